"""Counts per hour of all workers, in files that others may have left in any state."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from maas.serving.monitoring import hourly_counts
from maas.serving.monitoring.hourly_counts import HOURS, HourlyCounts

DIGEST = f"sha256:{'a' * 64}"
SIZE = 5
NOW = 1_800_000_000


class Clock:
    def __init__(self) -> None:
        self.seconds = float(NOW)

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(hourly_counts, "time", clock)
    return clock


def counter(folder: Path | None, size: int = SIZE, digest: str = DIGEST) -> HourlyCounts:
    return HourlyCounts(folder, digest, size)


def ones(size: int = SIZE) -> np.ndarray:
    return np.ones(size, dtype=np.int64)


def rows(counts: HourlyCounts) -> list[int]:
    return counts.sum().counts.tolist()


def own_file(folder: Path) -> Path:
    (path,) = folder.glob(f"drift-*-{os.getpid()}.counts")
    return path


def leave(folder: Path, pid: int, content: bytes | None = None) -> Path:
    """What a process with this number has left: by default, one row in each place."""
    if content is None:
        written = counter(folder)
        written.add(ones())
        content = own_file(folder).read_bytes()
        own_file(folder).unlink()
    path = folder / f"drift-{'a' * 64}-{pid}.counts"
    path.write_bytes(content)
    return path


def dead_pid() -> int:
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


@pytest.mark.parametrize("shared", [True, False])
def test_counts_are_those_of_the_last_day(tmp_path: Path, clock: Clock, shared: bool):
    counts = counter(tmp_path if shared else None)
    for hour in range(HOURS):
        clock.seconds = NOW + hour * 3600
        counts.add(ones())
    assert rows(counts) == [HOURS] * SIZE
    assert counts.sum().since == NOW
    clock.seconds += 3600
    assert rows(counts) == [HOURS - 1] * SIZE
    assert counts.sum().since == (NOW // 3600 + 1) * 3600
    counts.add(ones())
    assert rows(counts) == [HOURS] * SIZE
    clock.seconds += 3600 * 24 * 40
    assert rows(counts) == [0] * SIZE


def test_a_slot_of_an_earlier_day_is_emptied(tmp_path: Path, clock: Clock):
    counts = counter(tmp_path)
    counts.add(ones())
    clock.seconds += 24 * 3600
    counts.add(ones())
    assert rows(counts) == [1] * SIZE


def test_the_counts_of_live_workers_are_added_up(tmp_path: Path):
    leave(tmp_path, 1)  # which always runs
    counts = counter(tmp_path)
    counts.add(ones())
    assert rows(counts) == [2] * SIZE
    assert rows(counter(tmp_path, digest=f"sha256:{'b' * 64}")) == [0] * SIZE


def test_a_new_worker_goes_on_with_the_counts_of_one_that_was_killed(tmp_path: Path):
    first = leave(tmp_path, dead_pid())
    files = [first, leave(tmp_path, dead_pid(), first.read_bytes())]
    counts = counter(tmp_path)
    assert rows(counts) == [2] * SIZE
    counts.add(ones())
    assert rows(counts) == [3] * SIZE
    assert sorted(file.exists() for file in files) == [False, True]


HOSTILE = {
    "empty": lambda _: b"",
    "half written": lambda content: content[: len(content) // 2],
    "longer": lambda content: content + b"x",
    "zeros": lambda content: bytes(len(content)),
    "of another size": lambda content: content[:8] + bytes(8) + content[16:],
    "negative": lambda content: content[:-8] + b"\xff" * 8,
    "huge": lambda content: content[:-8] + b"\xff" * 7 + b"\x7f",
    "of the future": lambda content: content[:16] + b"\xff" * 7 + b"\x00" + content[24:],
}


@pytest.mark.parametrize("pid", [1, "dead"])
@pytest.mark.parametrize("name", HOSTILE)
def test_what_is_not_such_a_file_is_not_counted(tmp_path: Path, name: str, pid: int | str):
    valid = leave(tmp_path, 1)
    content = valid.read_bytes()
    valid.unlink()
    leave(tmp_path, pid if isinstance(pid, int) else dead_pid(), HOSTILE[name](content))
    counts = counter(tmp_path)
    counts.add(ones())
    assert rows(counts) == [1] * SIZE


def test_links_pipes_and_folders_are_left_alone(tmp_path: Path):
    name = f"drift-{'a' * 64}"
    (tmp_path / f"{name}-1.counts").symlink_to("/dev/zero")
    os.mkfifo(tmp_path / f"{name}-2.counts")
    (tmp_path / f"{name}-3.counts").mkdir()
    (tmp_path / f"{name}-x.counts").touch()
    assert rows(counter(tmp_path)) == [0] * SIZE


def test_a_file_that_was_removed_is_written_again(tmp_path: Path):
    folder = tmp_path / "metrics"
    folder.mkdir()
    counts = counter(folder)
    counts.add(ones())
    own_file(folder).unlink()
    folder.rmdir()
    counts.restore()
    counts.add(ones())
    assert rows(counts) == [2] * SIZE
    assert np.frombuffer(own_file(folder).read_bytes(), dtype=np.int64).sum() > 0
    counts.restore()
    assert rows(counts) == [2] * SIZE


def test_without_room_the_counts_stay_in_memory(tmp_path: Path, monkeypatch, logged: list[str]):
    def fail(_: str, __: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(hourly_counts, "allocate", fail)
    counts = counter(tmp_path)
    counts.add(ones())
    assert rows(counts) == [1] * SIZE
    assert list(tmp_path.iterdir()) == []
    (line,) = logged
    assert "no room for the counts of drift (No space left on device)" in line
