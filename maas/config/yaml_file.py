"""Reads YAML strictly, from a file or a command line."""

import re
from pathlib import Path
from typing import Any

import yaml

from maas.errors import ConfigError


class _Loader(yaml.SafeLoader):
    """Loads YAML as people write it: 1e-3 is a number, and a duplicate key is an error."""


_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:float",
    re.compile(r"^[-+]?(\d+\.?\d*|\.\d+)[eE][-+]?\d+$"),
    list("-+0123456789."),
)


# Dates stay strings: no key is a date, and an impossible date would not be a YAML error.
_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if not tag.endswith(":timestamp")]
    for first, resolvers in _Loader.yaml_implicit_resolvers.items()
}

# What PyYAML raises, also for a value that does not fit its tag.
YAML_ERRORS = (
    yaml.YAMLError, ArithmeticError, AttributeError, LookupError, RecursionError, TypeError,
    ValueError,
)  # fmt: skip


def _mapping(loader: _Loader, node: yaml.MappingNode) -> dict[str, Any]:
    """Build a mapping with string keys: `1:` and `on:` are "1" and "on", as in JSON."""
    mapping: dict[str, Any] = {}
    for key, value in node.value:
        problem = None
        if not isinstance(key, yaml.ScalarNode):
            problem = "a key is a list or a mapping, not a string"
        elif key.value in mapping:
            problem = f"the key {key.value!r} is given twice"
        if problem:
            raise yaml.constructor.ConstructorError(None, None, problem, key.start_mark)
        mapping[key.value] = loader.construct_object(value, deep=True)
    return mapping


_Loader.add_constructor("tag:yaml.org,2002:map", _mapping)


def read_yaml(path: Path) -> dict[str, Any]:
    """Read a file that holds one mapping; an empty file is an empty mapping.

    Raises:
        ConfigError: the file cannot be read, or is not UTF-8, YAML or a mapping.
    """
    try:
        data = yaml.load(path.read_text(encoding="utf-8"), Loader=_Loader)  # noqa: S506
    except OSError as error:
        what = f"cannot be read ({error.strerror})"
        raise ConfigError(path, what, "name a readable file") from None
    except UnicodeDecodeError:
        raise ConfigError(path, "is not UTF-8 text", "save it as UTF-8") from None
    except YAML_ERRORS as error:
        raise ConfigError(path, f"is not valid YAML ({error})", "correct that line") from None
    if data is None or isinstance(data, dict):
        return data or {}
    raise ConfigError(path, "is not a mapping", "write lines of the form `key: value`")


def override_key(data: dict[str, Any], override: str) -> None:
    """Set one dotted key from KEY=VALUE; the value is read as YAML.

    Raises:
        ConfigError: the override is not KEY=VALUE, or a part of KEY is not a mapping.
    """
    key, equals, raw = override.partition("=")
    names = key.split(".")
    if not equals or not all(names):
        raise ConfigError(f"--set {override}", "is not KEY=VALUE", "write e.g. --set seed=7")
    try:
        value = yaml.load(raw, Loader=_Loader)  # noqa: S506
    except YAML_ERRORS as error:
        what = f"the value is not valid YAML ({error})"
        raise ConfigError(f"--set {override[:80]}", what, "correct or quote it") from None
    for name in names[:-1]:
        inner = data.setdefault(name, {})
        if not isinstance(inner, dict):
            what = f"{name} is not a mapping"
            raise ConfigError(f"--set {override}", what, "name a key that is inside a mapping")
        data = inner
    data[names[-1]] = value
