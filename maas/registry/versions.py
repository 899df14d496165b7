"""The registry of one models folder: list, open, check and publish versions."""

import contextlib
import errno
import os
import re
import shutil
import tempfile
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

from maas.errors import DamagedError, StorageError, VersionError
from maas.registry.manifest import Manifest, record_file
from maas.signature import Runtime

MANIFEST = "manifest.json"
PICKLE = "saved_model.pkl"
REFERENCE = "reference.json"
RUN = "run.json"
"""Files of a version. run.json alone is not covered by the digest."""

MODEL_FILES: dict[Runtime, str] = {"onnx": "model.onnx", "sklearn": PICKLE}
"""The file that each runtime serves from."""

_NUMBERED = re.compile(r"v([1-9][0-9]*)")
_STAGING = ".staging-"


@dataclass(frozen=True)
class Version:
    """A published version: its number, folder and manifest (which was checked)."""

    number: int
    path: Path
    manifest: Manifest

    @property
    def label(self) -> str:
        """`v3`: the folder's name and the store's version."""
        return f"v{self.number}"

    @property
    def tag(self) -> str:
        """`<model_name>:v3`, the tag in the BentoML store."""
        return f"{self.manifest.model_name}:{self.label}"

    def read(self, name: str) -> bytes:
        """Read a file of the version and check it against the manifest.

        Raises:
            DamagedError: the file is gone or is not the one that was published.
        """
        return read_checked(self.path / name, self.manifest)

    def check(self) -> None:
        """Check every file against the manifest, and that there is no other.

        Raises:
            DamagedError: naming the file.
        """
        expected = {*self.manifest.files, MANIFEST, RUN}
        for name in self.manifest.files:
            self.read(name)
        if not (self.path / RUN).is_file():
            raise DamagedError(self.path / RUN, "is missing", _RESTORE)
        for entry in sorted(self.path.iterdir()):
            if entry.name not in expected:
                raise DamagedError(entry, "does not belong to the version", "take the file out")


class Registry:
    """The versions in one models folder, all of one model.

    Args:
        models_dir: the folder; it need not exist yet.
    """

    def __init__(self, models_dir: Path) -> None:
        self.models_dir = models_dir

    def numbers(self) -> list[int]:
        """Numbers of the versions in the folder, ascending.

        Raises:
            StorageError: the folder cannot be read.
        """
        try:
            names = [e.name for e in os.scandir(self.models_dir) if e.is_dir()]
        except FileNotFoundError:
            return []
        except OSError as error:
            raise _storage_error(self.models_dir, "read", error) from None
        return sorted(int(m[1]) for name in names if (m := _NUMBERED.fullmatch(name)))

    def open(self, number: int) -> Version:
        """Open a version: read its manifest and check it against its digest.

        Raises:
            VersionError: there is no such version.
            DamagedError: the manifest is gone or was altered.
        """
        path = self.models_dir / f"v{number}"
        try:
            data = (path / MANIFEST).read_bytes()
        except FileNotFoundError:
            if path.is_dir():
                raise DamagedError(path / MANIFEST, "is missing", _RESTORE) from None
            there = ", ".join(f"v{n}" for n in self.numbers()) or "none"
            remedy = _TRAIN if there == "none" else "choose one of these"
            raise VersionError(path, f"no such version (there: {there})", remedy) from None
        except OSError as error:
            raise _storage_error(path, "read", error) from None
        return Version(number, path, Manifest.parse(data, path / MANIFEST))

    def latest(self) -> Version:
        """Open the version with the highest number.

        Raises:
            VersionError: there is none.
        """
        numbers = self.numbers()
        if not numbers:
            raise VersionError(self.models_dir, "holds no version", _TRAIN)
        return self.open(numbers[-1])

    def prepare(self, model_name: str) -> None:
        """Make sure, before any work is done, that a version can be published here.

        Raises:
            VersionError: the folder holds versions of another model.
            StorageError: the folder cannot be written.
        """
        other = self._model_name()
        if other not in (None, model_name):
            raise VersionError(
                self.models_dir,
                f"holds versions of {other!r}, not of {model_name!r}",
                "set paths.models_dir (or MODELS_DIR) to another folder",
            )
        self._stage().rmdir()

    def _model_name(self) -> str | None:
        """Whose versions these are, by the newest that is not damaged."""
        for number in reversed(self.numbers()):
            with contextlib.suppress(DamagedError):
                return self.open(number).manifest.model_name
        return None

    def publish(
        self, manifest: Manifest, files: Mapping[str, bytes], run: bytes, taken: Collection[int]
    ) -> Version:
        """Publish a version under the next free number.

        A reader sees the whole version or none: files are written to a staging folder,
        synced to disk and renamed. The number is above every folder's and all of `taken`.

        Args:
            manifest: sealed over `files`.
            files: name -> content.
            run: content of run.json.
            taken: numbers that the model store has used.

        Raises:
            StorageError: the version cannot be written; nothing is left behind.
        """
        staging = self._stage()
        try:
            contents = {**files, RUN: run, MANIFEST: manifest.to_bytes()}
            for name, data in contents.items():
                write_synced(staging / name, data)
            sync_folder(staging)
            number = self._rename(staging, max([0, *taken]))
        except OSError as error:
            raise _storage_error(self.models_dir, "publish to", error) from None
        finally:
            shutil.rmtree(staging, ignore_errors=True)
        return Version(number, self.models_dir / f"v{number}", manifest)

    def _stage(self) -> Path:
        try:
            self.models_dir.mkdir(parents=True, exist_ok=True)
            staging = Path(tempfile.mkdtemp(prefix=_STAGING, dir=self.models_dir))
            staging.chmod(0o755)  # mkdtemp's 0700 would hide the version from other users
        except OSError as error:
            raise _storage_error(self.models_dir, "write to", error) from None
        return staging

    def _rename(self, staging: Path, floor: int) -> int:
        while True:
            number = 1 + max([floor, *self.numbers()])
            try:
                # rename refuses a folder that holds files: a concurrent trainer's version.
                staging.rename(self.models_dir / f"v{number}")
            except OSError as error:
                if error.errno not in (errno.ENOTEMPTY, errno.EEXIST, errno.EACCES):
                    raise
                if not (self.models_dir / f"v{number}").exists():
                    raise
            else:
                sync_folder(self.models_dir)
                return number


_TRAIN = "run `python train.py` to make one"
_RESTORE = "restore it from a backup, or train a new version"


def read_checked(path: Path, manifest: Manifest) -> bytes:
    """Read a file and check it against the manifest.

    Raises:
        DamagedError: the file is gone or is not the one that was published.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise DamagedError(path, f"cannot be read ({error.strerror})", _RESTORE) from None
    if record_file(data) != manifest.files[path.name]:
        raise DamagedError(path, "was altered: its sha256 does not match", _RESTORE)
    return data


def sync_folder(path: Path) -> None:
    """Make the names in a folder durable; Windows keeps them so by itself."""
    if os.name == "nt":
        return
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def write_synced(path: Path, data: bytes) -> None:
    """Write a read-only file, durably."""
    with path.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    path.chmod(0o444)


def _storage_error(path: Path, verb: str, error: OSError) -> StorageError:
    return StorageError(
        path,
        f"cannot {verb} the models folder ({error.strerror})",
        "check its owner, mode and free space, or set MODELS_DIR to another folder",
    )
