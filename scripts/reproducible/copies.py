"""Two copies of the project, as different as two checkouts of one commit can be."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from maas.errors import StorageError

PROJECT = Path(__file__).resolve().parent.parent.parent


@dataclass(frozen=True)
class Copy:
    """A copy of the project, and what its owner's shell has.

    Attributes:
        folder: where it is.
        umask: the permission bits that nothing in it has.
        time_zone: of its owner.
    """

    folder: Path
    umask: int
    time_zone: str


@contextmanager
def two_copies() -> Iterator[tuple[Copy, Copy]]:
    """Two temporary copies with other names, modes, times, and order in their folders.

    Raises:
        StorageError: the project is not a git checkout.
    """
    names = _list_files()
    with tempfile.TemporaryDirectory(prefix="reproducible-") as root:
        first = Copy(Path(root, "one/model-service"), 0o022, "UTC")
        second = Copy(Path(root, "another/a checkout of it"), 0o077, "Asia/Kathmandu")
        _fill(first, names, mtime=None)
        _fill(second, names[::-1], mtime=981_173_106)
        yield first, second


def _list_files() -> list[str]:
    """What a clone would have: what git tracks, and what was changed or added since."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    try:
        done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        raise StorageError(
            PROJECT, "is not a git checkout, or git is not installed", "run this in a clone"
        ) from None
    names = sorted(set(done.stdout.split("\0")) - {""})
    return [name for name in names if os.path.lexists(PROJECT / name)]


def _fill(copy: Copy, names: list[str], mtime: int | None) -> None:
    """Place the files, and let modes and times be those of the copy.

    Args:
        copy: where to place them; the folder does not exist.
        names: relative paths.
        mtime: in seconds since 1970, of everything; None keeps the present.
    """
    for name in names:
        source, target = PROJECT / name, copy.folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, target, follow_symlinks=False)
        if not target.is_symlink():
            executable = source.stat().st_mode & 0o100
            target.chmod((0o777 if executable else 0o666) & ~copy.umask)
    for path in [copy.folder, *copy.folder.rglob("*")]:
        if path.is_dir() and not path.is_symlink():
            path.chmod(0o777 & ~copy.umask)
    if mtime is not None:
        for path in copy.folder.rglob("*"):
            os.utime(path, (mtime, mtime), follow_symlinks=False)
