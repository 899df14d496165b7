"""The BentoML model store as a mirror of the registry: `<model_name>:vN` holds the files of vN.

`models/` is the source of truth. The store belongs to the user, and several projects may share
it, so entries of other projects are left alone. Names are compared exactly: BentoML's own lookup
accepts a unique prefix, so that v1 can find v10.
"""

import errno
import os
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from maas.errors import DamagedError, StorageError, VersionError
from maas.model.tag import numbers_among
from maas.registry.files import make_folder, remove_tree, storage_error, sync_folder, write_synced
from maas.registry.registry import Registry
from maas.registry.stamp import is_untouched, stamp
from maas.registry.store_entry import (
    STAGING,
    Condition,
    inspect_entry,
    is_unreadable,
    open_entry,
    read_digest,
    remove_entry,
    write_entry,
)
from maas.registry.store_home import locked_home, store_home
from maas.registry.strays import report_strays
from maas.registry.version import Version

State = Literal[
    "present", "created", "repaired", "refused", "damaged", "removed", "missing", "orphan"
]


@dataclass(frozen=True)
class SyncResult:
    """What a sync did with one tag of the store.

    Attributes:
        tag: `<model_name>:vN`.
        state: one of

            - `present`: the entry was there, and intact;
            - `created`: it was missing;
            - `repaired`: a file of it was missing or altered;
            - `refused`: the tag holds another digest, which was left alone;
            - `damaged`: the version in `models/` is not as published, and was not copied;
            - `removed`: BentoML could not read the entry, its files were incomplete, and
              `models/` has no such version;
            - `missing`: the store could not be written;
            - `orphan`: `models/` has no such version; the module `orphans` finds these.
        detail: the reason, where the state needs one.
    """

    tag: str
    state: State
    detail: str = ""


class Store:
    """The entries of one model in the store, which only this process writes meanwhile.

    `open_store` makes one.

    Args:
        home: BENTOML_HOME.
        model_name: the model whose entries these are.
    """

    def __init__(self, home: Path, model_name: str) -> None:
        self.home = home
        self.model_name = model_name
        self.folder = home / "models" / model_name

    def numbers(self) -> set[int]:
        """List the numbers that the store has used for the model.

        Raises:
            StorageError: the store cannot be read.
        """
        return set(numbers_among(self._names()))

    def _names(self) -> list[str]:
        try:
            return os.listdir(self.folder)
        except OSError as error:
            raise _store_error(self.folder, error) from None

    def mirror(self, version: Version, thorough: bool = True) -> SyncResult:
        """Make the store hold a version under its tag; an intact entry is not written again.

        Raises:
            DamagedError: a file of the version is not as published.
            StorageError: the store cannot be written.
        """
        path = self.folder / version.label
        if version.manifest.model_name != self.model_name:
            detail = f"{version.path} belongs to another model; move it out of the models folder"
            return SyncResult(version.tag, "refused", detail)
        if thorough:
            version.check()
        try:
            match inspect_entry(path, version, thorough):
                case "intact":
                    stamp(path, version.path)
                    return SyncResult(version.tag, "present")
                case "other":
                    held = read_digest(path) or "another model"
                    detail = f"the tag holds {held}, which was left alone"
                    return SyncResult(version.tag, "refused", detail)
                case condition:
                    if not thorough:
                        version.check()
                    write_entry(version, path, self.home / "tmp")
        except OSError as error:
            raise _store_error(path, error) from None
        return SyncResult(version.tag, "repaired" if condition == "incomplete" else "created")

    def sync(self, registry: Registry, thorough: bool = True) -> list[SyncResult]:
        """Mirror every version, repair entries that break BentoML, point `latest` to the highest.

        An entry whose number is not valid is reported and left alone.

        Raises:
            StorageError: the models folder cannot be read, or the store cannot be written.
        """
        numbers = registry.numbers()
        report_strays(self.folder, self._names())
        found: list[SyncResult] = []
        for number in numbers:
            found += self._mirror_number(registry, number, thorough)
        try:
            for number in sorted(self.numbers() - set(numbers)):
                found += self._repair_unreadable(number)
            self._point_latest()
        except OSError as error:
            raise _store_error(self.folder, error) from None
        return found

    def inspect(self, version: Version) -> Condition:
        """Compare the entry under a version's tag with the version, by its digest and sizes."""
        return inspect_entry(self.folder / version.label, version, thorough=False)

    def remove(self, number: int) -> None:
        """Remove the entry of a number, if there is one; `latest` goes to the next highest first.

        Raises:
            StorageError: the store cannot be written.
        """
        path = self.folder / f"v{number}"
        try:
            self._point_latest(without=number)
            if os.path.lexists(path):
                remove_entry(path, self.home / "tmp")
                sync_folder(self.folder)
        except OSError as error:
            raise _store_error(path, error) from None

    def _mirror_number(self, registry: Registry, number: int, thorough: bool) -> list[SyncResult]:
        """Mirror a version, if nobody with another store has removed it meanwhile."""
        tag, label = f"{self.model_name}:v{number}", f"v{number}"
        if not thorough and is_untouched(self.folder / label, registry.models_dir / label):
            return [SyncResult(tag, "present")]
        try:
            return [self.mirror(registry.open(number), thorough)]
        except (DamagedError, VersionError) as error:
            there = number in registry.numbers()
            return [SyncResult(tag, "damaged", str(error))] if there else []

    def _repair_unreadable(self, number: int) -> list[SyncResult]:
        """Repair or remove an entry that breaks BentoML and has no version in the models folder."""
        path, tag = self.folder / f"v{number}", f"{self.model_name}:v{number}"
        if not path.is_dir() or not is_unreadable(path):
            return []
        version = open_entry(path, number)
        if version is None:
            remove_entry(path, self.home / "tmp")
            detail = "BentoML could not read it, and its files were incomplete"
            return [SyncResult(tag, "removed", detail)]
        write_entry(version, path, self.home / "tmp")
        return [SyncResult(tag, "repaired")]

    def _point_latest(self, without: int | None = None) -> None:
        """Set `latest` to the highest number; BentoML itself sets it to the newest entry."""
        numbers = [n for n in self.numbers() if (self.folder / f"v{n}").is_dir() and n != without]
        pointer = self.folder / "latest"
        if not numbers and without is not None and pointer.is_file():
            pointer.unlink()
        highest = f"v{max(numbers, default=0)}".encode()
        if numbers and (not pointer.is_file() or pointer.read_bytes() != highest):
            if pointer.is_dir():
                remove_entry(pointer, self.home / "tmp")
            with tempfile.TemporaryDirectory(prefix=STAGING, dir=self.home / "tmp") as folder:
                fresh = Path(folder) / pointer.name
                write_synced(fresh, highest)
                fresh.chmod(0o644)  # BentoML writes it in place
                os.replace(fresh, pointer)

    def prepare(self, made: list[Path]) -> None:
        """Create the folders, check that they can be written, remove what dead runs left in `tmp`.

        Args:
            made: gets the folders that were missing.

        Raises:
            OSError: the store cannot be written.
        """
        for folder in (self.home / "tmp", self.folder):
            made += make_folder(folder)
            if not os.access(folder, os.W_OK | os.X_OK):
                raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        # A live run would hold the lock that this process holds: what is left is abandoned.
        for abandoned in (self.home / "tmp").glob(f"{STAGING}*"):
            remove_tree(abandoned)
        Path(tempfile.mkdtemp(prefix=STAGING, dir=self.home / "tmp")).rmdir()


@contextmanager
def open_store(model_name: str, timeout_s: float | None = None) -> Iterator[Store]:
    """Lock the store, once no other process writes it, and prepare it for writing.

    Folders that are made for it are removed again at the end, unless they are used.

    Args:
        model_name: the model whose entries are written.
        timeout_s: how long to wait for the lock; the default is that of `locks`, 0 is not at all.

    Raises:
        LockedError: another process writes it for longer.
        StorageError: the store cannot be written.
    """
    store = Store(store_home(), model_name)
    with ExitStack() as held:
        try:
            made = held.enter_context(locked_home(store.home, timeout_s))
            store.prepare(made)
        except OSError as error:
            raise _store_error(store.home, error) from None
        yield store


def _store_error(path: Path, error: OSError) -> StorageError:
    return storage_error(path, "cannot write the BentoML store", error, "BENTOML_HOME")
