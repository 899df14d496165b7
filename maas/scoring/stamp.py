"""The stamp of an input file: its size in bytes and the time of its last change, in nanoseconds.

A hash says more, but a file that changes while it is read is found by its stamp.
"""

from pathlib import Path

from maas.errors import DataError, UnreadableDataError


def check_stamp(path: Path, stamp: tuple[int, int]) -> None:
    """Check that a file has not changed since the job began.

    Raises:
        DataError: it has.
        UnreadableDataError: this process cannot see it, which another one may.
    """
    try:
        stat = path.stat()
    except OSError as error:
        what = f"cannot be read any more ({error.strerror})"
        remedy = "restore it, where each worker can read it, then start again"
        raise UnreadableDataError(path, what, remedy) from None
    if (stat.st_size, stat.st_mtime_ns) != stamp:
        what, remedy = "changed while it was scored", "start again with another OUT"
        raise DataError(path, what, remedy)
