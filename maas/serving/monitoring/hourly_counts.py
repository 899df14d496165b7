"""Counts per hour in a mapped file, one per worker and version, which other workers read too.

A file holds a day of slots, one per hour; a slot of an earlier day is emptied before it is used.
The counts of a worker that was killed stay, and the worker that takes its place goes on with them.
What another process left may be of another size or half written: such a file is not counted.
"""

import contextlib
import logging
import mmap
import os
import re
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from time import time

import numpy as np
import psutil

from maas.drift.levels import Counts
from maas.serving.monitoring.metrics_file import allocate

log = logging.getLogger("bentoml.maas")

HOURS = 24
_HOUR_S = 3600

# The first number of a file, which is written last: the version of its layout.
_LAYOUT = 0x6D61_6173_0001
_HEAD = 3
"""The layout, the size of the counts, and the second in which counting began."""

_NAME = re.compile(r"drift-([0-9a-f]{64})-(\d+)\.counts")
_MAX_COUNT = 2**52

# Links and pipes of these names are not ours.
_NO_LINK, _NO_WAIT = getattr(os, "O_NOFOLLOW", 0), getattr(os, "O_NONBLOCK", 0)


@dataclass(frozen=True)
class CountsOfADay:
    """What was counted in the last hours.

    Attributes:
        counts: added up.
        since: the second of the epoch from which on.
    """

    counts: Counts
    since: int


class HourlyCounts:
    """The counts of this process for one version.

    Args:
        folder: which the workers share; None: the counts stay in this process.
        digest: of the version.
        size: of an array of counts.
    """

    def __init__(self, folder: Path | None, digest: str, size: int) -> None:
        self._size, self._hex = size, digest.removeprefix("sha256:")
        self._path: Path | None = None
        self._place: tuple[int, int] | None = None
        self._numbers = self._new_numbers()
        if folder is not None:
            path = folder / f"drift-{self._hex}-{os.getpid()}.counts"
            _take_over(folder, self._hex, path)
            self._open(path)

    def add(self, counts: Counts) -> None:
        """Add counts to those of this hour."""
        slot = self._slots(self._numbers)[_hour() % HOURS]
        if slot[0] != _hour():
            slot[0] = 0
            slot[1:] = 0
            slot[0] = _hour()
        slot[1:] += counts

    def sum(self) -> CountsOfADay:
        """The counts of all workers; read in a thread where there are many."""
        parts = [self._numbers]
        if self._path is not None:
            parts += self._others(self._path)
        window = (_hour() - HOURS + 1) * _HOUR_S
        since = min(int(part[2]) for part in parts)
        counts = np.zeros(self._size, dtype=np.int64)
        for part in parts:
            counts += _sum_slots(self._slots(part))
        return CountsOfADay(counts, max(since, window))

    def restore(self) -> None:
        """Write the file again if it was removed: its content is still mapped."""
        places = [] if self._path is None else [*map(_place, _status(self._path))]
        if self._path is not None and self._place not in places:
            self._open(self._path, self._numbers.copy())

    def _open(self, path: Path, content: Counts | None = None) -> None:
        """Count in a file from now on; without room for it, in memory."""
        fresh = self._new_numbers() if content is None else content
        size = fresh.nbytes
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            is_new = _remove_other(path, size)
            allocate(str(path), size)
            with open(os.open(path, os.O_RDWR | _NO_LINK), "r+b") as file:
                self._place = _place(os.fstat(file.fileno()))
                mapped = np.frombuffer(mmap.mmap(file.fileno(), size), dtype=np.int64)
        except OSError as error:
            what = "no room for the counts of drift (%s); this worker keeps its own in memory"
            log.error(f"%s: {what}", path, error.strerror)
            self._numbers, self._path = fresh, None
            return
        if is_new or not self._is_valid(mapped):
            mapped[1:] = fresh[1:]
            mapped[0] = fresh[0]
        self._numbers, self._path = mapped, path

    def _others(self, own: Path) -> Iterator[Counts]:
        """What the files of other processes hold, each once."""
        seen = set(map(_place, _status(own)))
        for file in _files(own.parent, self._hex):
            with contextlib.suppress(OSError):
                found = self._read(file, seen)
                if found is not None and self._is_valid(found):
                    yield found

    def _read(self, file: Path, seen: set[tuple[int, int]]) -> Counts | None:
        with open(os.open(file, os.O_RDONLY | _NO_LINK | _NO_WAIT), "rb") as opened:
            status = os.fstat(opened.fileno())
            if status.st_size != self._numbers.nbytes or _place(status) in seen:
                return None
            seen.add(_place(status))
            return np.frombuffer(opened.read(status.st_size), dtype=np.int64)

    def _is_valid(self, numbers: Counts) -> bool:
        if len(numbers) != len(self._numbers) or numbers[0] != _LAYOUT or numbers[1] != self._size:
            return False
        slots = self._slots(numbers)
        return bool(0 < numbers[2] <= time() + _HOUR_S and (slots >= 0).all()) and bool(
            (slots < _MAX_COUNT).all()
        )

    def _new_numbers(self) -> Counts:
        numbers = np.zeros(_HEAD + HOURS * (1 + self._size), dtype=np.int64)
        numbers[:_HEAD] = _LAYOUT, self._size, int(time())
        return numbers

    def _slots(self, numbers: Counts) -> Counts:
        """A row per slot: its hour, then the counts."""
        return numbers[_HEAD:].reshape(HOURS, 1 + self._size)


def _hour() -> int:
    return int(time()) // _HOUR_S


def _sum_slots(slots: Counts) -> Counts:
    """Add up the slots of the last hours; those of earlier days were not used since."""
    hour = _hour()
    recent = (slots[:, 0] > hour - HOURS) & (slots[:, 0] <= hour)
    found: Counts = slots[recent, 1:].sum(axis=0, dtype=np.int64)
    return found


def _files(folder: Path, digest: str) -> list[Path]:
    """The files of all processes that count for a version."""
    try:
        names = sorted(os.listdir(folder))
    except OSError:
        return []
    matches = filter(None, map(_NAME.fullmatch, names))
    return [folder / match[0] for match in matches if match[1] == digest]


def _take_over(folder: Path, digest: str, own: Path) -> None:
    """Go on in the file of a worker that was killed, if there is one: it counts no more."""
    if os.path.lexists(own):
        return
    for file in _files(folder, digest):
        match = _NAME.fullmatch(file.name)
        if match and not psutil.pid_exists(int(match[2])):
            with contextlib.suppress(OSError):
                file.rename(own)  # another new worker may be faster
                return


def _remove_other(path: Path, size: int) -> bool:
    """Remove what cannot be counted in; tell whether the file will be a new one."""
    for status in _status(path):
        if stat.S_ISREG(status.st_mode) and status.st_size == size:
            return False
        path.unlink()
    return True


def _place(status: os.stat_result) -> tuple[int, int]:
    return status.st_dev, status.st_ino


def _status(path: Path) -> list[os.stat_result]:
    """The status of a file; none if it is not there."""
    with contextlib.suppress(OSError):
        return [os.lstat(path)]
    return []
