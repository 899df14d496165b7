"""The staging folder: synced before it gets its name, and left alone while its run lives."""

import os
from pathlib import Path

import pytest

from maas.errors import StorageError
from maas.registry import files, staging
from maas.registry.registry import Registry
from maas.registry.staging import staged
from tests.registry.conftest import lose_once
from tests.samples import FILES, RUN, make_manifest
from tests.workspace import Workspace


def test_a_live_trainer_s_staging_is_left_alone(workspace: Workspace):
    registry = Registry(workspace.models)
    with staged(workspace.models, {"model.onnx": b"mine"}) as folder:
        registry.prepare("m")
        assert (folder / "model.onnx").read_bytes() == b"mine"
    assert not workspace.models.exists()


def test_a_folder_that_a_refused_run_removes_meanwhile_is_made_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """The run that made the folder removes it, empty, just before this one writes into it."""
    models = tmp_path / "a/models"
    make, tries = lose_once(staging.make_folder)
    monkeypatch.setattr(staging, "make_folder", make)
    assert Registry(models).publish(make_manifest(), FILES, RUN, ()).number == 1
    assert tries == [models, models]


def test_the_name_of_a_new_models_folder_is_on_disk_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    synced: list[Path] = []
    monkeypatch.setattr(staging, "sync_folder", synced.append)
    Registry(tmp_path / "a/models").publish(make_manifest(), FILES, RUN, ())
    assert synced[:2] == [tmp_path, tmp_path / "a"]


def test_everything_is_on_disk_before_its_name_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """A power cut keeps what was synced, so files and folder are synced before the rename."""
    log: list[tuple[str, str]] = []
    sync, rename = os.fsync, os.rename

    def record_sync(handle: int) -> None:
        log.append(("sync", Path(f"/proc/self/fd/{handle}").readlink().name))
        sync(handle)

    def record_rename(source: object, target: object) -> None:
        log.append(("rename", Path(str(target)).name))
        rename(source, target)

    if not Path("/proc/self/fd").is_dir():
        pytest.skip("reads /proc to learn what is synced")
    models = tmp_path / "models"
    models.mkdir()
    monkeypatch.setattr(files.os, "fsync", record_sync)
    monkeypatch.setattr(os, "rename", record_rename)
    Registry(models).publish(make_manifest(), FILES, RUN, ())
    written = {("sync", name) for name in (*FILES, "run.json", "manifest.json")}
    assert set(log[:6]) == written
    assert log[6:] == [("sync", "version"), ("rename", "v1"), ("sync", "models")]


@pytest.mark.skipif(not Path("/proc/self").is_dir(), reason="no folder can be made in /proc")
def test_a_place_where_no_folder_can_be_made_is_named():
    with pytest.raises(StorageError, match=r"/proc/x: cannot write to .*No such file or dir"):
        Registry(Path("/proc/x")).prepare("m")
