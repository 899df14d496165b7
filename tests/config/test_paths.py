"""The folders that a config names."""

from pathlib import Path

from maas.config.paths import is_project, models_folder, project_root
from tests.workspace import PROJECT


def test_paths_are_relative_to_the_project_and_models_dir_to_where_you_stand(tmp_path):
    assert project_root(PROJECT / "configs/examples/wine.yaml") == PROJECT
    assert project_root(tmp_path / "config.yaml") == tmp_path
    assert models_folder("models", PROJECT, {}) == PROJECT / "models"
    assert models_folder("models", PROJECT, {"MODELS_DIR": "x"}) == Path.cwd() / "x"


def test_another_repository_with_a_train_py_is_not_this_project(tmp_path):
    other = tmp_path / "other"
    (other / "configs").mkdir(parents=True)
    (other / "train.py").touch()
    assert not is_project(other)
    assert project_root(other / "configs/mine.yaml") == other / "configs"


def test_a_second_copy_of_this_project_is_one(tmp_path):
    (tmp_path / "maas").mkdir()
    for name in ("train.py", "maas/__init__.py"):
        (tmp_path / name).touch()
    assert is_project(tmp_path)
    assert project_root(tmp_path / "configs/mine.yaml") == tmp_path
