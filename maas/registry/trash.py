"""A version that is removed, and what was signed about it: moved out of sight in one step each.

The folder goes first. If the process dies before the signatures have followed, the folder in the
trash says so, and the next process that empties the trash of a dead one removes them.
"""

import logging
from contextlib import suppress
from pathlib import Path

from maas.model.tag import numbers_among

# Where the models folder keeps what was signed about a version outside its folder.
_SIGNED = ("signatures/v{}.sig", "attestations/v{}.jsonl")

log = logging.getLogger("maas")


def move_to_trash(models_dir: Path, number: int, trash: Path) -> None:
    """Move a version to the trash, a folder on the same disk: from then on no reader sees it.

    Raises:
        OSError: it cannot be moved, and is as it was.
    """
    folder = models_dir / f"v{number}"
    mode = folder.stat().st_mode
    if not folder.is_symlink():
        with suppress(OSError):  # of another user
            folder.chmod(mode | 0o200)  # or its owner, who is not root, cannot move it
    try:
        folder.rename(trash / f"v{number}")
    except OSError:
        with suppress(OSError):
            folder.chmod(mode)
        raise
    _move_signed(models_dir, number, trash)


def finish_removals(models_dir: Path, trash: Path) -> None:
    """Move what was signed about the versions in the trash of a process that died there too."""
    for number in numbers_among(path.name for path in trash.glob("v*")):
        if not (models_dir / f"v{number}").exists():  # nobody has restored it meanwhile
            _move_signed(models_dir, number, trash)


def _move_signed(models_dir: Path, number: int, trash: Path) -> None:
    for path in (models_dir / name.format(number) for name in _SIGNED):
        try:
            path.rename(trash / path.name)
        except FileNotFoundError:
            pass
        except OSError as error:
            log.warning("%s is left of a version that was removed: %s", path, error.strerror)
