"""Which Bentos need an entry of the store; a real one is in tests/e2e/test_bento.py."""

from pathlib import Path

import pytest

from maas.registry.bentos import bentos_using


def write(home: Path, tag: str, text: str) -> Path:
    folder = home / "bentos" / tag.replace(":", "/")
    folder.mkdir(parents=True)
    (folder / "bento.yaml").write_text(text)
    return folder


def test_a_bento_names_its_models_itself_or_in_a_service(tmp_path: Path):
    write(tmp_path, "b:one", "models: [{tag: 'm:v1'}]")
    write(tmp_path, "a:two", "models: []\nservices: [{models: [{tag: 'm:v1'}, {tag: 'm:v10'}]}]")
    assert bentos_using(tmp_path, "m:v1") == ["a:two", "b:one"]
    assert bentos_using(tmp_path, "m:v10") == ["a:two"]
    assert bentos_using(tmp_path, "m:v2") == []


def test_a_bento_with_its_own_copy_needs_no_entry(tmp_path: Path):
    (write(tmp_path, "b:one", "models: [{tag: 'm:v1'}]") / "models").mkdir()
    assert bentos_using(tmp_path, "m:v1") == []


@pytest.mark.parametrize(
    "text", ["", "[", "7", "models: 7", "models: [7]", "models: [{tag: 7}]", "services: [m, {}]"]
)
def test_what_is_not_a_bento_s_description_names_no_model(tmp_path: Path, text: str):
    write(tmp_path, "b:one", text)
    assert bentos_using(tmp_path, "m:v1") == []
    assert bentos_using(tmp_path / "nowhere", "m:v1") == []
