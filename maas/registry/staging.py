"""The folder in which a version is written before it is published; readers do not see it.

`models/.staging-<random>/` holds `version/`, which is renamed to `models/vN`, and `lock`, which
is locked as long as the run lives. A run that finds the lock free may remove what a dead run
left behind. A version that is removed takes the way back: it is renamed into such a folder.
"""

import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from maas.errors import StorageError
from maas.registry.files import (
    make_folder,
    remove_tree,
    remove_unused,
    sync_folder,
    write_synced,
)
from maas.registry.locks import release, try_lock
from maas.registry.trash import finish_removals

PREFIX = ".staging-"
_LOCK = "lock"
_CONTENT = "version"

# A try fails only if another run comes between the creation of a folder and its lock: one that
# cleans up, or one that made the models folder and was refused.
_MAX_TRIES = 100


@contextmanager
def staged(models_dir: Path, contents: Mapping[str, bytes]) -> Iterator[Path]:
    """Write files to a new folder, sync them to disk and yield the folder, to be renamed.

    Nothing is left behind unless the folder was renamed, not even a models folder that was made
    for it. `remove_abandoned` removes what a killed process leaves.

    Args:
        models_dir: the folder that the version will be renamed into; made if it is missing.
        contents: file name -> content.

    Raises:
        OSError: the files cannot be written.
        StorageError: other runs remove the folder again and again.
    """
    staging, lock, made = _create_locked(models_dir)
    try:
        for folder in made:
            sync_folder(folder.parent)
        version = staging / _CONTENT
        version.mkdir()
        version.chmod(0o755)  # whatever the umask is: other users may read versions
        for name, data in contents.items():
            write_synced(version / name, data)
        sync_folder(version)
        yield version
    finally:
        _remove(staging, lock)
        remove_unused(made)


def remove_abandoned(models_dir: Path) -> None:
    """Remove the staging folders of dead runs; those of live runs are locked, and stay."""
    for staging in models_dir.glob(f"{PREFIX}*"):
        with suppress(OSError):  # it was just removed, or belongs to another user
            lock = try_lock(staging / _LOCK)
            if lock is not None:
                finish_removals(models_dir, staging / _CONTENT)
                _remove(staging, lock)


def _create_locked(models_dir: Path) -> tuple[Path, int, list[Path]]:
    """Create a staging folder and lock it; try again if another run removed it, or its folder.

    Returns:
        The folder, its lock, and the folders above it that were made.
    """
    made: list[Path] = []
    lost: FileNotFoundError | None = None
    for _ in range(_MAX_TRIES):
        try:
            made += make_folder(models_dir)
            staging = Path(tempfile.mkdtemp(prefix=PREFIX, dir=models_dir))
        except FileNotFoundError as error:  # the run that made the folder was refused
            lost = error
            continue
        except OSError:
            remove_unused(made)
            raise
        try:
            lock = try_lock(staging / _LOCK)
        except FileNotFoundError:
            continue
        except OSError:
            remove_tree(staging)
            remove_unused(made)
            raise
        if lock is not None:
            return staging, lock, made
    remove_unused(made)
    if lost is not None and not models_dir.is_dir():
        raise lost  # no folder can be made there
    what = f"lost {_MAX_TRIES} staging folders in a row to other runs"
    raise StorageError(models_dir, what, "start the run again")


def _remove(staging: Path, lock: int) -> None:
    if os.name == "nt":  # an open file cannot be removed there
        release(lock)
        remove_tree(staging)
        return
    remove_tree(staging)
    release(lock)
