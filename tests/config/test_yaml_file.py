"""YAML as people write it: keys are texts, and what is ambiguous is refused."""

from pathlib import Path
from typing import Any

import pytest

from maas.config.yaml_file import override_key, read_yaml
from maas.errors import ConfigError


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "config.yaml"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1e3", 1000.0),
        ("1e-3", 0.001),
        ("-2.5E+3", -2500.0),
        (".5e1", 5.0),
        ("1e", "1e"),
        ("e3", "e3"),
        ("1e3x", "1e3x"),
        ("'1e3'", "1e3"),
        ("010", 8),
        ("2024-01-02", "2024-01-02"),
        ("2024-13-99", "2024-13-99"),
        ("2024-01-02 03:04:05", "2024-01-02 03:04:05"),
        ("yes", True),
        ("~", None),
        ("[1, {b: 2}]", [1, {"b": 2}]),
    ],
)
def test_a_value_is_read_alike_from_a_file_and_from_a_command_line(
    path: Path, text: str, value: Any
):
    path.write_text(f"a: {text}\n")
    assert repr(read_yaml(path)) == repr({"a": value})
    data: dict[str, Any] = {}
    override_key(data, f"a={text}")
    assert repr(data) == repr({"a": value})


@pytest.mark.parametrize("text", ["", "# nothing\n", "---\n", "null", "{}"])
def test_a_file_that_says_nothing_is_an_empty_mapping(path: Path, text: str):
    path.write_text(text)
    assert read_yaml(path) == {}


def test_every_key_is_a_text_at_every_depth(path: Path):
    path.write_text("1: {on: {no: [{2024-01-01: 1, 1.0: 2}]}}\n~: 3\n")
    assert read_yaml(path) == {"1": {"on": {"no": [{"2024-01-01": 1, "1.0": 2}]}}, "~": 3}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a: 1\n'a': 2\n", "the key 'a' is given twice"),
        ("a: {b: [{c: 1, d: 2, c: 3}]}\n", "the key 'c' is given twice"),
        ("1: a\n'1': b\n", "the key '1' is given twice"),
        ("? [1]\n: a\n", "a key is a list or a mapping"),
        ("a: {? {b: 1} : 2}\n", "a key is a list or a mapping"),
        ("a: &x [*x]\n", "recursive"),
        ("a: *x\n", "undefined alias"),
        ("a: !!int x\n", "is not valid YAML"),
        ("a: !!timestamp x\n", "is not valid YAML"),
        ("a: !!binary x\n", "is not valid YAML"),
        ("a: !own x\n", "is not valid YAML"),
        ("a: \x01\n", "is not valid YAML"),
        ("a: 1\n---\nb: 2\n", "is not valid YAML"),
        ("a:\n\tb: 1\n", "is not valid YAML"),
        ("text", "is not a mapping"),
        ("0", "is not a mapping"),
        ("[]", "is not a mapping"),
        ("false", "is not a mapping"),
    ],
)
def test_what_is_no_mapping_or_is_ambiguous_is_refused(path: Path, text: str, said: str):
    path.write_text(text)
    with pytest.raises(ConfigError, match=said) as caught:
        read_yaml(path)
    assert caught.value.where == str(path)


def test_a_syntax_error_names_its_line(path: Path):
    path.write_text("a: 1\nb: 2\nc: 'open\n")
    with pytest.raises(ConfigError, match="line 3"):
        read_yaml(path)


@pytest.mark.parametrize(
    ("override", "data"),
    [
        ("a=2", {"a": 2, "b": {"c": 1}}),
        ("b.c=2", {"a": 1, "b": {"c": 2}}),
        ("b.d=[x]", {"a": 1, "b": {"c": 1, "d": ["x"]}}),
        ("b={d: 1}", {"a": 1, "b": {"d": 1}}),
        ("x.y.z=1", {"a": 1, "b": {"c": 1}, "x": {"y": {"z": 1}}}),
        ("a=", {"a": None, "b": {"c": 1}}),
        ("a=x=y", {"a": "x=y", "b": {"c": 1}}),
    ],
)
def test_an_override_sets_one_key_and_leaves_the_others(override: str, data: dict):
    changed = {"a": 1, "b": {"c": 1}}
    override_key(changed, override)
    assert changed == data


@pytest.mark.parametrize(
    ("override", "said"),
    [
        ("a", "is not KEY=VALUE"),
        ("", "is not KEY=VALUE"),
        (".a=1", "is not KEY=VALUE"),
        ("a.=1", "is not KEY=VALUE"),
        ("a.b=1", "a is not a mapping"),
        ("b.c.d=1", "c is not a mapping"),
        ("a={x: 1, x: 2}", "'x' is given twice"),
        ("a=!!int x", "the value is not valid YAML"),
    ],
)
def test_an_override_that_names_no_key_or_no_value_changes_nothing(override: str, said: str):
    data = {"a": 1, "b": {"c": 1}}
    with pytest.raises(ConfigError, match=said) as caught:
        override_key(data, override)
    assert data == {"a": 1, "b": {"c": 1}}
    assert caught.value.where.startswith("--set ")
