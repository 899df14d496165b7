"""Locks that a stopped process holds: one line, a limit, and no wait once the holder is dead."""

import logging
import sys
import threading
from pathlib import Path

import pytest

from maas.errors import LockedError, StorageError
from maas.registry import locks
from maas.registry.locks import hold, hold_folder, release, try_lock
from maas.registry.registry import Registry
from maas.registry.store import open_store
from tests.lock_holder import stopped_holder
from tests.samples import FILES, RUN, make_manifest
from tests.workspace import Workspace

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="stops a process with a signal")


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    """Limits that a test can wait for."""
    monkeypatch.setattr(locks, "NOTICE_S", 0.02)
    monkeypatch.setattr(locks, "TIMEOUT_S", 0.2)


@pytest.mark.usefixtures("short")
def test_a_wait_is_one_line_and_ends_with_an_error_that_names_file_holders_and_remedy(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
):
    path = tmp_path / "lock"
    with stopped_holder(path), pytest.raises(LockedError) as caught, hold(path, "a test"):
        pytest.fail("the lock is held by another process")
    assert str(caught.value) == (
        f"{path}: is locked by another process for more than 0.2 s: a test; "
        f"continue or end that process (`fuser {path}` names it), then start again"
    )
    assert (isinstance(caught.value, StorageError), caught.value.exit_code) == (True, 1)
    (record,) = caplog.records
    assert record.levelno == logging.WARNING
    line = f"{path}: waiting for the lock, which another process holds: a test"
    assert record.getMessage() == line


def test_who_does_not_wait_is_told_at_once_and_logs_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
):
    path = tmp_path / "lock"
    with (
        stopped_holder(path),
        pytest.raises(LockedError, match="is locked by another process: a test; "),
        hold(path, "a test", timeout_s=0),
    ):
        pytest.fail("the lock is held by another process")
    assert caplog.records == []


def test_the_lock_of_a_holder_that_dies_is_taken(tmp_path: Path):
    path = tmp_path / "lock"
    with stopped_holder(path) as child:
        threading.Timer(0.05, child.kill).start()
        with hold(path, "a test"):
            assert try_lock(path) is None
    handle = try_lock(path)
    assert handle is not None
    release(handle)


@pytest.mark.usefixtures("short")
def test_a_locked_folder_is_an_error_and_leaves_nothing(tmp_path: Path):
    registry = Registry(tmp_path)
    with stopped_holder(tmp_path):
        with pytest.raises(
            LockedError, match="a training run that publishes, or a promotion or removal"
        ):
            registry.publish(make_manifest(), FILES, RUN, ())
        assert list(tmp_path.iterdir()) == []
    with hold_folder(tmp_path, "a test"):
        pass


@pytest.mark.usefixtures("short")
def test_a_run_gives_up_before_it_fits_where_the_store_is_locked(
    own: Workspace, caplog: pytest.LogCaptureFixture
):
    with (
        stopped_holder(own.store / "maas.lock"),
        pytest.raises(LockedError, match=r"maas\.lock: is locked by another process"),
    ):
        own.train_here()
    assert [record.getMessage().partition(": ")[2][:20] for record in caplog.records] == [
        "waiting for the lock"
    ]
    assert Registry(own.models).numbers() == [1]


@pytest.mark.usefixtures("short")
def test_the_store_names_who_could_hold_its_lock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("BENTOML_HOME", str(tmp_path))
    with (
        stopped_holder(tmp_path / "maas.lock"),
        pytest.raises(
            LockedError, match="a training run, `sync`, `remove`, a build or a starting service"
        ),
        open_store("m"),
    ):
        pytest.fail("the lock is held by another process")
