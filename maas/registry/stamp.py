"""The stamp of a store entry: the time of its version's manifest, on every file of the entry.

A file that is written to gets another time. So an entry whose files all have the stamp, and the
sizes and the manifest of the version's, was not touched since it was compared or made, and a run
need not parse it. Whoever sets times can deceive this: `sync`, builds and serving hash the files.
"""

import os
from contextlib import suppress
from pathlib import Path
from stat import S_ISREG

from maas.errors import DamagedError
from maas.registry.file_names import INFO, MANIFEST
from maas.registry.files import read_bounded


def stamp(entry: Path, version: Path) -> None:
    """Give the files of an entry the time of its version's manifest."""
    with suppress(OSError):  # of another user, or just removed: the entry is then parsed each time
        time = (version / MANIFEST).stat().st_mtime_ns
        for name in os.listdir(entry):
            if (entry / name).lstat().st_mtime_ns != time:
                os.utime(entry / name, ns=(time, time), follow_symlinks=False)


def is_untouched(entry: Path, version: Path) -> bool:
    """Whether an entry has the stamp, and the names, sizes and manifest of the version."""
    try:
        there, here = _statuses(version), _statuses(entry)
        time = there[MANIFEST].st_mtime_ns
        return (
            here.keys() == there.keys() | {INFO}
            and all(_has_stamp(status, time) for status in here.values())
            and all(here[name].st_size == status.st_size for name, status in there.items())
            and read_bounded(entry / MANIFEST) == read_bounded(version / MANIFEST)
        )
    except (OSError, KeyError, DamagedError):
        return False


def _has_stamp(status: os.stat_result, time: int) -> bool:
    return status.st_mtime_ns == time and S_ISREG(status.st_mode)


def _statuses(folder: Path) -> dict[str, os.stat_result]:
    with os.scandir(folder) as files:
        return {file.name: file.stat(follow_symlinks=False) for file in files}
