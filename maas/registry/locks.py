"""File locks. The kernel releases a lock when its holder dies, so none is ever left behind.

A file with a process id would not do: two trainers may run in two containers that share a
volume, where the same id means two processes.
"""

import logging
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from time import monotonic, sleep

from maas.errors import LockedError

# How long a lock is waited for: its holders publish or mirror versions, which takes a second or
# so. A process that was stopped (SIGSTOP) holds its lock until it is continued or dies.
TIMEOUT_S = 60.0

# When a line says what is waited for.
NOTICE_S = 1.0

# The pause between two tries: the shortest, its growth, the longest.
_FIRST_PAUSE_S = 0.001
_PAUSE_GROWTH = 1.5
_LONGEST_PAUSE_S = 0.1

log = logging.getLogger("maas")

if sys.platform == "win32":  # pragma: no cover
    import msvcrt

    def _lock(handle: int) -> None:
        try:
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        except PermissionError as error:
            raise BlockingIOError(error.errno, error.strerror) from None
else:
    import fcntl

    def _lock(handle: int) -> None:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)


def try_lock(path: Path) -> int | None:
    """Lock a file, which is created if it is missing, without waiting.

    Returns:
        The handle to give to `release`; None if another process holds the lock or has just
        removed the file.

    Raises:
        OSError: the file cannot be opened, or this file system has no locks.
    """
    handle = _open(path)
    try:
        _lock(handle)
        if _is_same_file(handle, path):
            return handle
    except BlockingIOError:
        pass
    except OSError:
        release(handle)
        raise
    release(handle)
    return None


def release(handle: int) -> None:
    """Release a lock. An error of the disk is ignored: the work under the lock is done."""
    with suppress(OSError):
        os.close(handle)


@contextmanager
def hold(path: Path, holders: str, timeout_s: float | None = None) -> Iterator[None]:
    """Wait for the lock on a file, which is created if it is missing, and hold it.

    Args:
        path: the file.
        holders: which processes could hold the lock, for the line and the error.
        timeout_s: how long to wait; `TIMEOUT_S` by default, 0 not at all.

    Raises:
        LockedError: another process holds it for longer.
        OSError: the file cannot be opened, or this file system has no locks.
    """
    handle = _open_locked(path, holders, timeout_s)
    try:
        yield
    finally:
        release(handle)


def _open_locked(path: Path, holders: str, timeout_s: float | None) -> int:
    """Open and lock a file; again if its last holder has removed it."""
    while True:
        handle = _open(path)
        try:
            _wait(handle, path, holders, timeout_s)
            if _is_same_file(handle, path):
                return handle
        except BaseException:
            release(handle)
            raise
        release(handle)


@contextmanager
def hold_folder(path: Path, holders: str) -> Iterator[bool]:
    """Hold a lock on a folder itself. Where folders cannot be locked (NFS, Windows), do nothing.

    Yields:
        Whether it is locked.

    Raises:
        LockedError: another process holds it for longer than `TIMEOUT_S`.
    """
    if sys.platform == "win32":  # pragma: no cover
        yield False
        return
    handle, locked = os.open(path, os.O_RDONLY), False
    try:
        with suppress(OSError):
            _wait(handle, path, holders)
            locked = True
        yield locked
    finally:
        release(handle)


def _wait(handle: int, path: Path, holders: str, timeout_s: float | None = None) -> None:
    """Try until the lock is free. Tries end by themselves, as a wait in the kernel does not."""
    limit = TIMEOUT_S if timeout_s is None else timeout_s
    start, pause, notice = monotonic(), _FIRST_PAUSE_S, NOTICE_S
    while True:
        try:
            return _lock(handle)
        except BlockingIOError:
            waited = monotonic() - start
        if waited >= limit:
            raise _locked(path, holders, limit)
        if waited >= notice:
            log.warning("%s: waiting for the lock, which another process holds: %s", path, holders)
            notice = limit
        sleep(pause)
        pause = min(pause * _PAUSE_GROWTH, _LONGEST_PAUSE_S)


def _locked(path: Path, holders: str, limit: float) -> LockedError:
    since = f" for more than {limit:g} s" if limit else ""
    what = f"is locked by another process{since}: {holders}"
    remedy = f"continue or end that process (`fuser {path}` names it), then start again"
    return LockedError(path, what, remedy)


def _open(path: Path) -> int:
    try:
        return os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
    except PermissionError:
        if not path.exists():
            raise
        return os.open(path, os.O_RDONLY)  # enough to lock a file of another user


def _is_same_file(handle: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(handle), path.stat())
    except FileNotFoundError:
        return False
