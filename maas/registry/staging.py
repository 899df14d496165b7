"""Where a version is filled before it is published: unseen by readers, owned while its maker lives.

`models/.staging-<random>/` holds `lock`, locked as long as the owner lives, and `version/`,
which is renamed to `models/vN`. Whoever finds the lock free owns what is left of a dead run.
"""

import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from maas.registry.files import sync_folder, write_synced
from maas.registry.locks import release, try_lock

PREFIX = ".staging-"
_LOCK = "lock"


@contextmanager
def staged(models_dir: Path, contents: Mapping[str, bytes]) -> Iterator[Path]:
    """Write files to a folder of their own, durably; give the folder, to be renamed.

    Whatever happens, nothing is left behind; what a kill leaves, `remove_abandoned` removes.

    Args:
        models_dir: the folder that the version will be renamed into; it exists.
        contents: file name -> content.

    Raises:
        OSError: the files cannot be written.
    """
    staging, lock = _create_locked(models_dir)
    try:
        version = staging / "version"
        version.mkdir()
        version.chmod(0o755)  # whatever the umask: other users are to read the version
        for name, data in contents.items():
            write_synced(version / name, data)
        sync_folder(version)
        yield version
    finally:
        _remove(staging, lock)


def remove_abandoned(models_dir: Path) -> None:
    """Remove what runs that are dead have left; leave what belongs to live ones."""
    for staging in models_dir.glob(f"{PREFIX}*"):
        with suppress(OSError):  # it has just gone, or belongs to another user
            lock = try_lock(staging / _LOCK)
            if lock is not None:
                _remove(staging, lock)


def _create_locked(models_dir: Path) -> tuple[Path, int]:
    """Make a staging folder and lock it; one that a cleaner took before that is his."""
    while True:
        staging = Path(tempfile.mkdtemp(prefix=PREFIX, dir=models_dir))
        try:
            lock = try_lock(staging / _LOCK)
        except FileNotFoundError:
            continue
        except OSError:
            shutil.rmtree(staging, ignore_errors=True)
            raise
        if lock is not None:
            return staging, lock


def _remove(staging: Path, lock: int) -> None:
    if os.name == "nt":  # an open file cannot be removed there
        release(lock)
        shutil.rmtree(staging, ignore_errors=True)
        return
    shutil.rmtree(staging, ignore_errors=True)
    release(lock)
