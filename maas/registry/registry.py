"""The registry of one models folder: list, open, check and publish versions."""

import contextlib
import errno
import logging
import os
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from maas.errors import DamagedError, StorageError, VersionError
from maas.model.tag import MAX_NUMBER, numbers_among
from maas.registry.files import MAX_RECORD_BYTES, read_bounded, storage_error, sync_folder
from maas.registry.locks import hold_folder
from maas.registry.manifest import Manifest
from maas.registry.removed_numbers import read_highest_removed
from maas.registry.staging import remove_abandoned, staged
from maas.registry.strays import report_strays
from maas.registry.version import MANIFEST, RUN, Version

_UNREADABLE = "cannot read the models folder"
_TRAIN_REMEDY = "run `python train.py` to make one"

# What a rename onto a name that is taken fails with, on the systems that this runs on.
_TARGET_EXISTS = (errno.ENOTEMPTY, errno.EEXIST, errno.EACCES, errno.ENOTDIR)

HOLDERS = "a training run that publishes, or a promotion or removal, in this folder"
"""Who could hold the lock on the models folder."""

# Every try goes to a higher number, and fails only where another run was faster. No more runs
# than this can publish during one rename.
_MAX_CLAIMS = 1000

log = logging.getLogger("maas")


class Registry:
    """The versions in one models folder; all belong to one model.

    ::

        registry = Registry(Path("models"))
        for version in registry.versions():
            print(version.tag, version.manifest.digest)
        registry.open(3).read("model.onnx")
        registry.check(3)

    Args:
        models_dir: the folder; it need not exist yet.
    """

    def __init__(self, models_dir: Path) -> None:
        self.models_dir = models_dir

    def numbers(self) -> list[int]:
        """List the numbers of the versions in the folder, ascending; damaged ones too.

        Raises:
            StorageError: the folder cannot be read.
        """
        try:
            return [n for n in self._used_numbers() if (self.models_dir / f"v{n}").is_dir()]
        except OSError as error:
            raise storage_error(self.models_dir, _UNREADABLE, error) from None

    def report_strays(self) -> None:
        """Log one warning for the names that look like versions but have no valid number.

        Raises:
            StorageError: the folder cannot be read.
        """
        report_strays(self.models_dir, self._names())

    def versions(self) -> list[Version]:
        """Open every version, ascending, except those whose manifest is damaged.

        Raises:
            StorageError: the folder cannot be read.
        """
        found = []
        for number in self.numbers():
            with contextlib.suppress(DamagedError, VersionError):  # it may just have been removed
                found.append(self.open(number))
        return found

    def open(self, number: int) -> Version:
        """Open a version: read its manifest and check it against its digest.

        Raises:
            VersionError: there is no such version.
            DamagedError: the manifest is missing, was altered or cannot be read.
        """
        path = self.models_dir / f"v{number}"
        if number > MAX_NUMBER:
            raise self._no_such(path)
        try:
            data = read_bounded(path / MANIFEST)
        except DamagedError:
            if number in self.numbers() or os.path.lexists(path):
                raise
            raise self._no_such(path) from None
        return Version(number, path, Manifest.parse(data, path / MANIFEST))

    def _no_such(self, path: Path) -> VersionError:
        existing = ", ".join(f"v{n}" for n in self.numbers()) or "none"
        remedy = _TRAIN_REMEDY if existing == "none" else "choose one of these"
        return VersionError(path, f"no such version (there: {existing})", remedy)

    def latest(self) -> Version:
        """Open the version with the highest number.

        Raises:
            VersionError: there is none.
            DamagedError: its manifest is missing, was altered or cannot be read.
        """
        numbers = self.numbers()
        if not numbers:
            raise VersionError(self.models_dir, "holds no version", _TRAIN_REMEDY)
        return self.open(numbers[-1])

    def check(self, number: int) -> Version:
        """Open a version and check all its files.

        Raises:
            VersionError: there is no such version.
            DamagedError: a file is not as published; names it.
        """
        version = self.open(number)
        version.check()
        return version

    def model_name(self) -> str | None:
        """Find the name of the model that these are versions of; None if none can be read.

        Raises:
            StorageError: the folder cannot be read.
        """
        for number in reversed(self.numbers()):
            with contextlib.suppress(DamagedError, VersionError):  # it may just have been removed
                return self.open(number).manifest.model_name
        return None

    def prepare(self, model_name: str) -> None:
        """Check that a version can be published here, before a run spends time on one.

        Also removes the staging folders that dead runs left behind, and reports stray names. A
        folder that is missing is made and removed again: a run that is refused leaves none.

        Raises:
            VersionError: the folder holds versions of another model.
            DamagedError: removed.json is not valid.
            StorageError: the folder cannot be written.
        """
        self.report_strays()
        self._check_model_name(model_name)
        read_highest_removed(self.models_dir)  # a damaged file is an error before the fit
        with self._as_storage_error(), staged(self.models_dir, {}):
            remove_abandoned(self.models_dir)

    def publish(
        self, manifest: Manifest, files: Mapping[str, bytes], run: bytes, taken: Collection[int]
    ) -> Version:
        """Publish a version under the next free number.

        A reader sees the complete version or none, whenever the process dies: the files
        are written to a staging folder, synced to disk, and the folder is renamed.
        docs/registry.md gives the reason for each step.

        Args:
            manifest: of `files`, with its digest.
            files: name -> content.
            run: content of run.json.
            taken: numbers that the model store has used; the new one is higher.

        Raises:
            VersionError: another process has published another model here meanwhile.
            DamagedError: removed.json is not valid.
            StorageError: the version cannot be written, or another run locks the folder for
                too long; nothing is left behind.
        """
        contents = {**files, RUN: run, MANIFEST: manifest.to_bytes()}
        _check_sizes(contents)
        with self._as_storage_error(), staged(self.models_dir, contents) as folder:
            # The lock keeps two models from starting in one empty folder. Numbers do not need
            # it: see _claim.
            with hold_folder(self.models_dir, HOLDERS):
                self._check_model_name(manifest.model_name)
                number = self._claim(folder, max([0, *taken]))
            path = self.models_dir / f"v{number}"
            try:
                sync_folder(self.models_dir)
            except OSError as error:  # readers can see the version, so it cannot be withdrawn
                log.warning("%s is published, but a power cut may lose it: %s", path, error)
        return Version(number, path, manifest)

    def _claim(self, folder: Path, floor: int) -> int:
        """Rename the folder to the next free number, and return that number."""
        for _ in range(_MAX_CLAIMS):
            # In this order: `removed.json` is written before a version leaves the folder.
            used = self._used_numbers()
            number = 1 + max([floor, *used, read_highest_removed(self.models_dir)])
            if number > MAX_NUMBER:
                what = f"has no number left: v{MAX_NUMBER} is taken here, in the store or removed"
                remedy = "move that entry elsewhere, or correct removed.json"
                raise StorageError(self.models_dir, what, remedy)
            target = self.models_dir / f"v{number}"
            try:
                folder.rename(target)
            except OSError as error:
                # Another run took the number first: a rename never replaces a folder with files.
                if error.errno not in _TARGET_EXISTS or not os.path.lexists(target):
                    raise
                floor = number  # also where the listing does not show the name (`V5` on macOS)
                continue
            return number
        what = f"gave {_MAX_CLAIMS} numbers in a row to other runs"
        raise StorageError(self.models_dir, what, "start the run again")

    def _used_numbers(self) -> list[int]:
        """List the numbers that are taken, also by a file or a broken link; ascending."""
        return numbers_among(self._names())

    def _names(self) -> list[str]:
        try:
            return os.listdir(self.models_dir)
        except FileNotFoundError:
            return []
        except OSError as error:
            raise storage_error(self.models_dir, _UNREADABLE, error) from None

    def _check_model_name(self, model_name: str) -> None:
        """Refuse a folder whose newest readable version belongs to another model."""
        other = self.model_name()
        if other not in (None, model_name):
            raise VersionError(
                self.models_dir,
                f"holds versions of {other!r}, not of {model_name!r}",
                "set paths.models_dir (or MODELS_DIR) to another folder",
            )

    @contextmanager
    def _as_storage_error(self) -> Iterator[None]:
        """Turn an OSError into a StorageError."""
        try:
            yield
        except OSError as error:
            what = "cannot write to the models folder"
            raise storage_error(self.models_dir, what, error) from None


def _check_sizes(contents: Mapping[str, bytes]) -> None:
    """Refuse to publish what no reader would read."""
    for name in (MANIFEST, RUN):
        if len(contents[name]) > MAX_RECORD_BYTES:
            what = f"would be larger than {MAX_RECORD_BYTES} bytes"
            raise StorageError(name, what, "leave out features with so many categories")
