"""Locks between processes: held by one, awaited by the next, and free when their holder dies."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from time import sleep

import psutil
import pytest

from maas.registry import locks
from maas.registry.locks import hold, hold_folder, release, try_lock
from tests.workspace import PROJECT

# Holds a lock, once it gets it, until its stdin ends; says whether `done` was there by then.
HOLDER = """
import os, sys
from pathlib import Path
from maas.registry import locks
print("ready", flush=True)
with getattr(locks, sys.argv[1])(Path(sys.argv[2]), "a test"):
    print("held", os.path.exists(sys.argv[3]), flush=True)
    sys.stdin.read()
"""

Start = Callable[[str, Path], subprocess.Popen[str]]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Start a process that takes a lock; it is ready to take it when this returns."""
    started: list[subprocess.Popen[str]] = []

    def start(how: str, path: Path) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-c", HOLDER, how, str(path), str(tmp_path / "done")],
            cwd=PROJECT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        assert line(process) == "ready"
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


def line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def is_free(path: Path) -> bool:
    handle = try_lock(path)
    if handle is not None:
        release(handle)
    return handle is not None


def open_files() -> int:
    return len(os.listdir("/dev/fd"))


def test_a_lock_that_another_process_holds_is_not_taken(tmp_path: Path, start: Start):
    path = tmp_path / "lock"
    holder = start("hold", path)
    assert line(holder) == "held False"
    before = open_files()
    assert try_lock(path) is None
    assert open_files() == before
    holder.communicate()
    assert is_free(path)


def test_the_lock_of_a_killed_process_is_free(tmp_path: Path, start: Start):
    path = tmp_path / "lock"
    holder = start("hold", path)
    assert line(holder) == "held False"
    holder.kill()
    holder.wait()
    assert path.exists()
    assert is_free(path)


def test_a_lock_whose_last_holder_removes_it_is_taken_on_a_new_file(tmp_path: Path, start: Start):
    path = tmp_path / "lock"
    with hold(path, "a test"):
        waiting = start("hold", path)
        wait_until_open(waiting, path)
        path.unlink()
    assert line(waiting) == "held False"
    assert try_lock(path) is None  # it is the file of this name that is locked


def wait_until_open(process: subprocess.Popen[str], path: Path) -> None:
    while str(path) not in {file.path for file in psutil.Process(process.pid).open_files()}:
        sleep(0.01)


@pytest.mark.parametrize("how", [hold, hold_folder])
def test_a_second_process_waits_until_the_first_is_done(
    tmp_path: Path, start: Start, how: Callable[[Path, str], AbstractContextManager[None]]
):
    path = tmp_path / "locked"
    path.mkdir() if how is hold_folder else path.touch()
    with how(path, "a test"):
        waiting = start(how.__name__, path)
        sleep(0.1)  # a process that does not wait takes the lock now
        (tmp_path / "done").touch()
    assert line(waiting) == "held True"


def test_a_lock_is_held_within_a_process_too_until_it_is_released(tmp_path: Path):
    path = tmp_path / "lock"
    handle = try_lock(path)
    assert handle is not None
    assert not is_free(path)
    release(handle)
    assert is_free(path)


def test_a_failure_under_a_lock_releases_it(tmp_path: Path):
    path = tmp_path / "lock"
    with pytest.raises(NotADirectoryError), hold(path, "a test"):
        os.listdir(path)
    assert is_free(path)


def test_a_lock_on_a_file_that_was_removed_meanwhile_is_no_lock(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    path = tmp_path / "lock"
    take = locks._lock

    def remove_first(handle: int) -> None:
        path.unlink()
        take(handle)

    before = open_files()
    monkeypatch.setattr(locks, "_lock", remove_first)
    assert try_lock(path) is None
    assert open_files() == before
    assert not path.exists()


def test_a_file_that_cannot_be_written_can_be_locked(tmp_path: Path):
    path = tmp_path / "lock"
    path.write_text("kept")
    path.chmod(0o444)
    with hold(path, "a test"):
        assert not is_free(path)
    assert path.read_text() == "kept"


@pytest.mark.parametrize("take", [try_lock, lambda path: hold(path, "a test").__enter__()])
def test_a_place_where_no_file_can_be_is_an_error(tmp_path: Path, take: Callable[[Path], object]):
    before = open_files()
    for path in (tmp_path / "missing" / "lock", tmp_path):
        with pytest.raises((FileNotFoundError, IsADirectoryError)):
            take(path)
    assert open_files() == before


def test_a_folder_that_does_not_exist_cannot_be_held(tmp_path: Path):
    with pytest.raises(FileNotFoundError), hold_folder(tmp_path / "missing", "a test"):
        pass
