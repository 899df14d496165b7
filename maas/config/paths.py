"""Where the project stands, and the folders that a config names."""

import os
from collections.abc import Mapping
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent.parent
"""The folder of train.py and service.py."""


def project_root(config_path: Path) -> Path:
    """The folder that paths in a config are relative to.

    The nearest folder above the config that holds a train.py; else the config's own.
    """
    folder = config_path.resolve().parent
    return next((f for f in (folder, *folder.parents) if (f / "train.py").is_file()), folder)


def models_folder(configured: str, root: Path, environ: Mapping[str, str] = os.environ) -> Path:
    """The models folder: MODELS_DIR (relative to where you stand), else the config's."""
    override = environ.get("MODELS_DIR")
    return Path(override).absolute() if override else root / configured
