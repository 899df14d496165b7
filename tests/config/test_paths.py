"""The folders that a config names."""

from pathlib import Path

from maas.config.paths import models_folder, project_root
from tests.workspace import PROJECT


def test_paths_are_relative_to_the_project_and_models_dir_to_where_you_stand(tmp_path):
    assert project_root(PROJECT / "configs/examples/wine.yaml") == PROJECT
    assert project_root(tmp_path / "config.yaml") == tmp_path
    assert models_folder("models", PROJECT, {}) == PROJECT / "models"
    assert models_folder("models", PROJECT, {"MODELS_DIR": "x"}) == Path.cwd() / "x"
