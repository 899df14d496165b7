"""The files of a version on disk: durable writes and checked reads."""

import hashlib
import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from io import BufferedReader
from pathlib import Path
from stat import S_ISREG

from maas.errors import CAUSED_ELSEWHERE, DamagedError, StorageError, remedy_for
from maas.registry.manifest import RESTORE, FileRecord, Manifest, record_file

# The most that is read of a file that no digest covers: manifest.json, run.json, model.yaml.
MAX_RECORD_BYTES = 32 * 1024 * 1024

# Some of these flags are of POSIX, the last one is of Windows.
_READ_PLAIN = os.O_RDONLY
for _name in ("O_NOFOLLOW", "O_NONBLOCK", "O_CLOEXEC", "O_BINARY"):
    _READ_PLAIN |= getattr(os, _name, 0)


def write_synced(path: Path, data: bytes) -> None:
    """Write a new read-only file and sync it to disk."""
    with path.open("xb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    path.chmod(0o444)


def make_folder(path: Path) -> list[Path]:
    """Make a folder and what is missing above it; give those that this call made, in that order.

    Raises:
        OSError: it cannot be made; nothing is left behind.
    """
    made: list[Path] = []
    try:
        for folder in (*reversed(path.parents), path):
            if not folder.is_dir():
                made += _make_one(folder)
    except OSError:
        remove_unused(made)
        raise
    return made


def _make_one(folder: Path) -> list[Path]:
    """Make a folder, unless another process just has; give it if this one did."""
    try:
        folder.mkdir()
    except FileExistsError:
        if not folder.is_dir():
            raise
        return []
    return [folder]


def remove_unused(made: Sequence[Path]) -> None:
    """Remove the folders that `make_folder` made, up to the first that holds something by now."""
    with suppress(OSError):
        for folder in reversed(made):
            folder.rmdir()


def sync_folder(path: Path) -> None:
    """Sync the names in a folder to disk; Windows does so by itself."""
    if os.name == "nt":
        return
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def remove_tree(path: Path) -> None:
    """Remove a folder with all that is in it, as far as the system lets it; no link is followed.

    POSIX removes nothing from a read-only folder, and Windows no read-only file.
    """
    if path.is_symlink():
        return
    for folder, _, names in os.walk(path):
        locked = [Path(folder, name) for name in names] if os.name == "nt" else [Path(folder)]
        for item in locked:
            with suppress(OSError):  # of another user
                item.chmod(0o700)
    shutil.rmtree(path, ignore_errors=True)


def read_checked(path: Path, manifest: Manifest) -> bytes:
    """Read a file and check it against the manifest.

    Raises:
        DamagedError: the file is missing or is not the one that was published.
    """
    with _open_plain(path) as file:
        _check_size(path, file, manifest)
        data = file.read()
    _check(path, record_file(data), manifest)
    return data


def read_bounded(path: Path, limit: int = MAX_RECORD_BYTES) -> bytes:
    """Read a file that no digest covers; one that is larger than the limit is not read.

    Raises:
        DamagedError: the file is missing, not a plain file, too large, or cannot be read.
    """
    with _open_plain(path) as file:
        if os.fstat(file.fileno()).st_size > limit:
            raise DamagedError(path, f"is larger than {limit} bytes", RESTORE)
        return file.read(limit)


def is_missing(path: Path) -> bool:
    """Whether nothing has this name. To `os.path.lexists`, a failing disk looks like that too.

    Raises:
        DamagedError: the system cannot say.
    """
    try:
        path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return True
    except OSError as error:
        raise DamagedError(path, f"cannot be read ({error.strerror})", RESTORE) from None
    return False


def check_file(path: Path, manifest: Manifest) -> None:
    """Check a file of any size against the manifest, in constant memory.

    Raises:
        DamagedError: the file is missing or is not the one that was published.
    """
    with _open_plain(path) as file:
        _check_size(path, file, manifest)
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        found = FileRecord(sha256=sha256, size=file.tell())
    _check(path, found, manifest)


def storage_error(
    path: Path, what: str, error: OSError, variable: str = "MODELS_DIR"
) -> StorageError:
    """Build the error for a folder that fails; `variable` is how the user names another one."""
    reason = error.strerror or str(error)
    if isinstance(error, FileExistsError):
        reason = "its name is taken by something that is not a folder"
    remedy = remedy_for(error)
    if error.errno not in CAUSED_ELSEWHERE:
        remedy += f", or set {variable} to another folder"
    return StorageError(path, f"{what} ({reason})", remedy)


def _check(path: Path, found: FileRecord, manifest: Manifest) -> None:
    if found != manifest.files.get(path.name):
        raise DamagedError(path, "was altered: its sha256 is not the one in manifest.json", RESTORE)


def _check_size(path: Path, file: BufferedReader, manifest: Manifest) -> None:
    """Compare the size before the content is read: a forged file may be of any size."""
    if path.name not in manifest.files:
        raise DamagedError(path, "is not a file of this version", RESTORE)
    if os.fstat(file.fileno()).st_size != manifest.files[path.name].size:
        raise DamagedError(path, "was altered: its size is not the one in manifest.json", RESTORE)


@contextmanager
def _open_plain(path: Path) -> Iterator[BufferedReader]:
    """Open a plain file: no link is followed, and a FIFO or a device is not waited for.

    Raises:
        DamagedError: it is something else, is missing, or cannot be opened or read.
    """
    try:
        handle = os.open(path, _READ_PLAIN)
        try:
            if not S_ISREG(os.fstat(handle).st_mode):
                raise DamagedError(path, "is not a plain file", RESTORE)
            yield os.fdopen(handle, "rb", closefd=False)
        finally:
            os.close(handle)
    except MemoryError:
        raise DamagedError(path, "does not fit in the memory", RESTORE) from None
    except OSError as error:
        raise _unreadable(path, error) from None


def _unreadable(path: Path, error: OSError) -> DamagedError:
    if isinstance(error, FileNotFoundError):
        return DamagedError(path, "is missing", RESTORE)
    if path.is_symlink():
        return DamagedError(path, "is a link, not a plain file", RESTORE)
    return DamagedError(path, f"cannot be read ({error.strerror})", RESTORE)
