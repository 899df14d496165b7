"""The project folder, and the folders that a config names."""

import os
from collections.abc import Mapping
from pathlib import Path

# The folder of train.py and service.py.
PROJECT = Path(__file__).resolve().parent.parent.parent


def is_project(folder: Path) -> bool:
    """Whether a folder is one of this project's copies; others have a train.py of their own too."""
    return (folder / "train.py").is_file() and (folder / "maas" / "__init__.py").is_file()


IMAGE_COPY = ".image-copy"
"""A file beside train.py by which an image says that its models/ is a copy of its own."""


def is_in_image(project: Path) -> bool:
    """Whether a project's folder is that of an image which the Dockerfile made."""
    return (project / IMAGE_COPY).exists()


def is_in_bento(project: Path) -> bool:
    """Whether a project's folder is the part of a Bento that holds the code."""
    return project.name == "src" and (project.parent / "bento.yaml").is_file()


def project_root(config_path: Path) -> Path:
    """Find the folder that the data in a train config are relative to.

    It is the copy of this project that the config is in, or else the folder of the config itself.
    """
    folder = config_path.resolve().parent
    return next(filter(is_project, (folder, *folder.parents)), folder)


def models_folder(configured: str, root: Path, environ: Mapping[str, str] = os.environ) -> Path:
    """Find the models folder: MODELS_DIR (relative to the current folder), else as configured."""
    override = environ.get("MODELS_DIR")
    return Path(override).absolute() if override else root / configured
