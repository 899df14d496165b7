"""The project folder, and the folders that a config names."""

import os
from collections.abc import Mapping
from pathlib import Path

# The folder of train.py and service.py.
PROJECT = Path(__file__).resolve().parent.parent.parent


def project_root(config_path: Path) -> Path:
    """Find the folder that paths in a config are relative to.

    It is the nearest folder at or above that of the config that holds a train.py, or else the
    folder of the config itself.
    """
    folder = config_path.resolve().parent
    return next((f for f in (folder, *folder.parents) if (f / "train.py").is_file()), folder)


def models_folder(configured: str, root: Path, environ: Mapping[str, str] = os.environ) -> Path:
    """Find the models folder: MODELS_DIR (relative to the current folder), else as configured."""
    override = environ.get("MODELS_DIR")
    return Path(override).absolute() if override else root / configured
