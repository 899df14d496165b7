"""The BentoML model store as a mirror of the registry: `<model_name>:vN` holds vN's files.

The store belongs to the user and may be shared by several projects; `models/` is the
truth. Names are compared exactly: BentoML's own look-up takes a unique prefix for the
whole tag, so that v1 can find v10.
"""

import errno
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from maas.errors import DamagedError, StorageError
from maas.registry.files import storage_error, write_synced
from maas.registry.locks import hold
from maas.registry.registry import Registry
from maas.registry.store_entry import (
    STAGING,
    inspect_entry,
    is_unreadable,
    open_entry,
    read_digest,
    remove_entry,
    write_entry,
)
from maas.registry.version import Version, numbers_among

State = Literal["present", "created", "repaired", "refused", "damaged", "removed", "missing"]
_LOCK = "maas.lock"


@dataclass(frozen=True)
class SyncResult:
    """What became of a tag in the store.

    Attributes:
        tag: `<model_name>:vN`.
        state: `present` it was there; `created` it was missing and is there now; `repaired`
            it was torn and is whole now; `refused` it holds another digest, which is
            somebody else's and was left alone; `damaged` the version in `models/` is not
            as it was published and was not copied; `removed` no version in `models/`
            stands behind it, BentoML could not read it, and it was not whole; `missing` it
            could not be written.
        detail: why, where the state needs it.
    """

    tag: str
    state: State
    detail: str = ""


def store_home() -> Path:
    """BENTOML_HOME as BentoML reads it (its containers.py: variables and ~ are expanded)."""
    home = os.environ.get("BENTOML_HOME") or str(Path.home() / "bentoml")
    return Path(os.path.expandvars(home)).expanduser().absolute()


class Store:
    """The store's entries of one model, while this process alone writes them.

    Made by `open_store`.

    Args:
        home: BENTOML_HOME.
        model_name: whose entries.
    """

    def __init__(self, home: Path, model_name: str) -> None:
        self.home = home
        self.model_name = model_name
        self.folder = home / "models" / model_name

    def numbers(self) -> set[int]:
        """Numbers that the store has used for the model.

        Raises:
            StorageError: the store cannot be read.
        """
        try:
            names = os.listdir(self.folder)
        except OSError as error:
            raise _store_error(self.folder, error) from None
        return set(numbers_among(names))

    def mirror(self, version: Version, thorough: bool = True) -> SyncResult:
        """Make the store hold a version under its tag; write only what is missing or torn.

        Raises:
            DamagedError: the version's files are not the published ones.
            StorageError: the store cannot be written.
        """
        path = self.folder / version.label
        if version.manifest.model_name != self.model_name:
            detail = f"the others here are of {self.model_name!r}; take it out of the folder"
            return SyncResult(version.tag, "refused", detail)
        if thorough:
            version.check()
        try:
            match inspect_entry(path, version, thorough):
                case "intact":
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
        """Mirror every version, mend entries that break BentoML, point `latest` to the highest.

        Raises:
            StorageError: folder or store cannot be read or written.
        """
        found = []
        numbers = registry.numbers()
        for number in numbers:
            try:
                found.append(self.mirror(registry.open(number), thorough))
            except DamagedError as error:
                found.append(SyncResult(f"{self.model_name}:v{number}", "damaged", str(error)))
        try:
            for number in sorted(self.numbers() - set(numbers)):
                found += self._repair_unreadable(number)
            self._point_latest()
        except OSError as error:
            raise _store_error(self.folder, error) from None
        return found

    def _repair_unreadable(self, number: int) -> list[SyncResult]:
        """Repair an entry that breaks BentoML and stands in no folder of ours, or remove it."""
        path, tag = self.folder / f"v{number}", f"{self.model_name}:v{number}"
        if not path.is_dir() or not is_unreadable(path):
            return []
        version = open_entry(path, number)
        if version is None:
            remove_entry(path, self.home / "tmp")
            return [SyncResult(tag, "removed", "BentoML could not read it, and files were missing")]
        write_entry(version, path, self.home / "tmp")
        return [SyncResult(tag, "repaired")]

    def _point_latest(self) -> None:
        """BentoML's `latest` is the newest clock; ours is the highest number."""
        there = [n for n in self.numbers() if (self.folder / f"v{n}").is_dir()]
        pointer = self.folder / "latest"
        newest = f"v{max(there, default=0)}".encode()
        if there and (not pointer.is_file() or pointer.read_bytes() != newest):
            if pointer.is_dir():
                remove_entry(pointer, self.home / "tmp")
            with tempfile.TemporaryDirectory(prefix=STAGING, dir=self.home / "tmp") as folder:
                fresh = Path(folder) / pointer.name
                write_synced(fresh, newest)
                fresh.chmod(0o644)  # BentoML writes it in place
                os.replace(fresh, pointer)

    def prepare(self) -> None:
        """Make the folders, see that they can be written, remove what dead runs left in tmp.

        Raises:
            OSError: the store cannot be written.
        """
        for folder in (self.home / "tmp", self.folder):
            folder.mkdir(parents=True, exist_ok=True)
            if not os.access(folder, os.W_OK | os.X_OK):
                raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        for left in (self.home / "tmp").glob(f"{STAGING}*"):  # a live owner would hold the lock
            shutil.rmtree(left, ignore_errors=True)
        Path(tempfile.mkdtemp(prefix=STAGING, dir=self.home / "tmp")).rmdir()


@contextmanager
def open_store(model_name: str) -> Iterator[Store]:
    """Wait until no other process writes the store; hold it, writable and swept.

    Raises:
        StorageError: the store cannot be written.
    """
    store = Store(store_home(), model_name)
    with ExitStack() as held:
        try:
            store.home.mkdir(parents=True, exist_ok=True)
            held.enter_context(hold(store.home / _LOCK))
            store.prepare()
        except OSError as error:
            raise _store_error(store.home, error) from None
        yield store


def _store_error(path: Path, error: OSError) -> StorageError:
    return storage_error(path, "cannot write the BentoML store", error, "BENTOML_HOME")
