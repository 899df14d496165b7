"""File locks. The kernel releases a lock when its holder dies, so none is ever left behind.

A file with a process id would not do: two trainers may run in two containers that share a
volume, where the same id means two processes.
"""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

if sys.platform == "win32":  # pragma: no cover
    import msvcrt

    def _lock(handle: int, wait: bool) -> None:
        while True:
            try:
                return msvcrt.locking(handle, msvcrt.LK_LOCK if wait else msvcrt.LK_NBLCK, 1)
            except PermissionError as error:
                if not wait:
                    raise BlockingIOError(error.errno, error.strerror) from None
            except OSError:  # LK_LOCK gives up after ten seconds
                continue
else:
    import fcntl

    def _lock(handle: int, wait: bool) -> None:
        fcntl.flock(handle, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))


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
        _lock(handle, wait=False)
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
def hold(path: Path) -> Iterator[None]:
    """Wait for the lock on a file, which is created if it is missing, and hold it.

    Raises:
        OSError: the file cannot be opened, or this file system has no locks.
    """
    handle = _open(path)
    try:
        _lock(handle, wait=True)
        yield
    finally:
        release(handle)


@contextmanager
def hold_folder(path: Path) -> Iterator[None]:
    """Hold a lock on a folder itself. Where folders cannot be locked (NFS, Windows), do nothing."""
    if sys.platform == "win32":  # pragma: no cover
        yield
        return
    handle = os.open(path, os.O_RDONLY)
    try:
        with suppress(OSError):
            _lock(handle, wait=True)
        yield
    finally:
        release(handle)


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
