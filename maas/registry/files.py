"""The files of a version on disk: durable writes and checked reads."""

import hashlib
import os
from pathlib import Path

from maas.errors import DamagedError, StorageError
from maas.registry.manifest import RESTORE, FileRecord, Manifest, record_file


def write_synced(path: Path, data: bytes) -> None:
    """Write a new read-only file and sync it to disk."""
    with path.open("xb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    path.chmod(0o444)


def sync_folder(path: Path) -> None:
    """Sync the names in a folder to disk; Windows does so by itself."""
    if os.name == "nt":
        return
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def read_checked(path: Path, manifest: Manifest) -> bytes:
    """Read a file and check it against the manifest.

    Raises:
        DamagedError: the file is missing or is not the one that was published.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise _unreadable(path, error) from None
    _check(path, record_file(data), manifest)
    return data


def check_file(path: Path, manifest: Manifest) -> None:
    """Check a file of any size against the manifest, in constant memory.

    Raises:
        DamagedError: the file is missing or is not the one that was published.
    """
    try:
        with path.open("rb") as file:
            sha256 = hashlib.file_digest(file, "sha256").hexdigest()
            found = FileRecord(sha256=sha256, size=file.tell())
    except OSError as error:
        raise _unreadable(path, error) from None
    _check(path, found, manifest)


def storage_error(
    path: Path, what: str, error: OSError, variable: str = "MODELS_DIR"
) -> StorageError:
    """Build the error for a folder that fails; `variable` is how the user names another one."""
    reason = error.strerror or str(error)
    if isinstance(error, FileExistsError):
        reason = "its name is taken by something that is not a folder"
    remedy = f"check its owner, permissions and free space, or set {variable} to another folder"
    return StorageError(path, f"{what} ({reason})", remedy)


def _check(path: Path, found: FileRecord, manifest: Manifest) -> None:
    if found != manifest.files[path.name]:
        raise DamagedError(path, "was altered: its sha256 is not the one in manifest.json", RESTORE)


def _unreadable(path: Path, error: OSError) -> DamagedError:
    if isinstance(error, FileNotFoundError):
        return DamagedError(path, "is missing", RESTORE)
    return DamagedError(path, f"cannot be read ({error.strerror})", RESTORE)
