"""The mapped files that workers count in, on a disk that may be full and in a folder that may go.

A write to a mapped page that the disk has no room for kills the process (SIGBUS). So all pages are
allocated before they are mapped. Where there is no room the counts stay in the memory of their
worker: other workers do not see them, and requests are answered.
"""

import logging
import mmap
import os
from pathlib import Path
from typing import Any

from prometheus_client import values
from prometheus_client.mmap_dict import MmapedDict

log = logging.getLogger("bentoml.maas")

INITIAL_BYTES = 65_536
"""The size of a new file (prometheus_client's own, mmap_dict.py)."""

# Bytes of a new entry beside its key: its length, padding, a value and a time.
_ENTRY_BYTES = 32

_open_files: list["MetricsFile"] = []


class MetricsFile(MmapedDict):
    """prometheus_client's mapped file, with its pages allocated before they are used."""

    def __init__(self, filename: str, read_mode: bool = False) -> None:
        self._in_memory = False
        if read_mode:
            super().__init__(filename, read_mode)  # type: ignore[no-untyped-call]
            return
        try:
            allocate(filename, INITIAL_BYTES)
            super().__init__(filename)  # type: ignore[no-untyped-call]
        except OSError as error:
            self._f: Any = None
            self._fname, self._capacity, self._used = filename, INITIAL_BYTES, 8
            self._positions: dict[str, int] = {}
            self._keep_in_memory(bytearray(INITIAL_BYTES), error)
        _open_files.append(self)

    def _init_value(self, key: str) -> None:
        while self._used + len(key.encode()) + _ENTRY_BYTES > self._capacity:
            self._grow()
        super()._init_value(key)  # type: ignore[no-untyped-call]

    def _grow(self) -> None:
        size = 2 * self._capacity
        if not self._in_memory:
            try:
                allocate(self._fname, size)
                self._m: Any = mmap.mmap(self._f.fileno(), size)
            except OSError as error:
                self._keep_in_memory(bytearray(self._m[:]), error)
        if self._in_memory:
            self._m.extend(bytes(size - self._capacity))
        self._capacity = size

    def _keep_in_memory(self, content: bytearray, error: OSError) -> None:
        what = "no room for metrics (%s); this worker goes on, and /metrics lacks its counts"
        log.error(f"%s: {what}", self._fname, error.strerror)
        if self._f is not None:
            self._f.close()
            self._f = None
        self._m, self._in_memory = content, True

    def restore(self) -> None:
        """Write the file again if it was removed: its content is still mapped."""
        if self._in_memory or self._f is None or _is_same_file(self._f.fileno(), self._fname):
            return
        content = bytes(self._m[:])
        try:
            Path(self._fname).parent.mkdir(parents=True, exist_ok=True)
            allocate(self._fname, len(content))
            self._f.close()
            self._f = open(self._fname, "r+b")  # noqa: SIM115 - as long as the worker lives
            self._m = mmap.mmap(self._f.fileno(), len(content))
            self._m[:] = content
        except OSError as error:
            self._keep_in_memory(bytearray(content), error)

    def close(self) -> None:
        """Unmap the file; prometheus_client calls this."""
        if self in _open_files:
            _open_files.remove(self)
        if not self._in_memory:
            super().close()  # type: ignore[no-untyped-call]


def allocate(filename: str, size: int) -> None:
    """Make a file of at least this size whose pages the disk has.

    Raises:
        OSError: there is no room; a file that was not there before is removed.
    """
    existed = Path(filename).exists()
    handle = os.open(filename, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        if hasattr(os, "posix_fallocate"):
            os.posix_fallocate(handle, 0, size)
        else:  # macOS, Windows
            missing = size - os.fstat(handle).st_size
            os.pwrite(handle, bytes(max(0, missing)), size - max(0, missing))
    except OSError:
        if not existed:
            Path(filename).unlink(missing_ok=True)
        raise
    finally:
        os.close(handle)


def use_metrics_files() -> None:
    """Let prometheus_client count in such files; before any metric is made."""
    if hasattr(values, "MmapedDict") and hasattr(MmapedDict, "_init_value"):
        values.MmapedDict = MetricsFile
    else:
        log.warning("prometheus_client is not the one that is known: a full disk may kill workers")


def restore_files() -> None:
    """Write again what was removed of this process's files."""
    for file in _open_files:
        file.restore()


def _is_same_file(handle: int, filename: str) -> bool:
    try:
        return os.path.samestat(os.fstat(handle), Path(filename).stat())
    except OSError:
        return False
