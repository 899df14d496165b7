"""The folder of the BentoML store: where it is, and that a refused run leaves nothing in it."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from maas.registry import store_home as module
from maas.registry.store import open_store
from maas.registry.store_home import LOCK, locked_home, store_home
from tests.registry.conftest import lose_once


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A store that is not there yet, nor the folder that it is in."""
    home = tmp_path / "a/bentoml"
    monkeypatch.setenv("BENTOML_HOME", str(home))
    return home


def test_the_store_is_where_bentoml_looks(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("PLACE", "shelf")
    for value, folder in (("~/store", "store"), ("$HOME/$PLACE", "shelf"), ("", "bentoml")):
        monkeypatch.setenv("BENTOML_HOME", value)
        assert store_home() == tmp_path / folder


def below(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*")}


@pytest.mark.parametrize("there", ["", "a/bentoml", "a/bentoml/models", "a/bentoml/models/n"])
def test_a_store_that_was_only_looked_at_is_as_before(tmp_path: Path, home: Path, there: str):
    (tmp_path / there).mkdir(parents=True, exist_ok=True)
    before = below(tmp_path)
    with open_store("m"):
        assert below(home) >= {LOCK, "tmp", "models/m"}
    assert below(tmp_path) == before


def test_a_lock_that_was_there_stays(home: Path):
    home.mkdir(parents=True)
    (home / LOCK).touch()
    with open_store("m"):
        pass
    assert os.listdir(home) == [LOCK]


def test_what_is_used_stays_with_the_lock(home: Path):
    with open_store("m") as store:
        (store.folder / "v1").mkdir()
    assert below(home) == {LOCK, "tmp", "models", "models/m", "models/m/v1"}


@pytest.mark.parametrize("use", [Path.mkdir, Path.touch])
def test_what_another_program_keeps_in_a_new_store_stays(
    tmp_path: Path, home: Path, use: Callable[[Path], None]
):
    with open_store("m"):
        use(home / "bentos")
    assert below(tmp_path) == {"a", "a/bentoml", "a/bentoml/bentos"}


def test_a_store_that_a_refused_run_removes_meanwhile_is_made_again(
    home: Path, monkeypatch: pytest.MonkeyPatch
):
    make, tries = lose_once(module.make_folder)
    monkeypatch.setattr(module, "make_folder", make)
    with locked_home(home):
        assert (home / LOCK).is_file()
    assert tries == [home, home]
    assert not home.parent.exists()
