"""The Bentos of the store that use a model, whose files a stored Bento does not hold itself.

`bentoml models delete` of BentoML 1.4.39 asks the same (bentoml_cli/models.py).
"""

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from maas.config.yaml_file import YAML_ERRORS
from maas.errors import DamagedError
from maas.registry.files import read_bounded
from maas.registry.store_entry import YAML_LOADER


def bentos_using(home: Path, tag: str) -> list[str]:
    """Find the tags of the Bentos that need the entry of a model: those without a copy of it.

    Args:
        home: BENTOML_HOME.
        tag: `<model_name>:vN`.
    """
    return [
        f"{file.parent.parent.name}:{file.parent.name}"
        for file in sorted((home / "bentos").glob("*/*/bento.yaml"))
        if not (file.parent / "models").is_dir() and tag in _models(_read(file))
    ]


def _read(file: Path) -> Any:
    with contextlib.suppress(DamagedError, *YAML_ERRORS):
        return yaml.load(read_bounded(file), YAML_LOADER)  # noqa: S506 - it is a safe one
    return None


def _models(content: Any) -> Iterator[str]:
    """The tags of the models in a bento.yaml: of the Bento, and of each of its services."""
    for part in [content, *_list(content, "services")]:
        for model in _list(part, "models"):
            if isinstance(model, dict) and isinstance(model.get("tag"), str):
                yield model["tag"]


def _list(content: Any, key: str) -> list[Any]:
    value = content.get(key) if isinstance(content, dict) else None
    return value if isinstance(value, list) else []
