"""Removes versions: the folder, its entry in the store, and what was signed about it.

The entry goes first, and one rename of the folder removes the version. So a process that dies
leaves the whole version, whose mirror the next run or `sync` makes again, or none.
"""

import logging
import os
from collections.abc import Collection, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from maas.errors import DamagedError, StorageError, VersionError
from maas.registry.files import storage_error, sync_folder
from maas.registry.ledger import Ledger
from maas.registry.protection import find_protection
from maas.registry.registry import Registry
from maas.registry.releases import open_ledger
from maas.registry.removed_numbers import record_removed
from maas.registry.staging import remove_abandoned, staged
from maas.registry.store import Store, open_store
from maas.registry.store_entry import read_digest
from maas.registry.trash import move_to_trash

log = logging.getLogger("maas")


@dataclass(frozen=True)
class RemovalResult:
    """What became of one version.

    Attributes:
        version: its number.
        state: `removed`; `kept`, where a number of newest ones was to be kept; or `failed`.
        detail: why it was kept, what failed, or what was left in the store.
    """

    version: int
    state: Literal["removed", "kept", "failed"]
    detail: str = ""


def remove_versions(
    registry: Registry, numbers: Collection[int], force: bool
) -> list[RemovalResult]:
    """Remove versions, all of which are checked before the first goes.

    Args:
        registry: the models folder.
        numbers: of the versions; one that only the store has needs `force`.
        force: remove what is not live and not the shadow, whatever else speaks against it.

    Raises:
        VersionError: one does not exist, or may not be removed.
        DamagedError: the ledger or removed.json is not valid.
        StorageError: a folder cannot be written; nothing was removed.
    """
    if not registry.numbers():
        registry.latest()  # raises: there is no version
    with _opened(registry) as removal:
        chosen = sorted(set(numbers))
        for number in chosen:
            removal.check(number, force)
        return list(removal.remove(chosen, force))


def prune_versions(registry: Registry, keep: int, force: bool) -> list[RemovalResult]:
    """Remove all versions but the newest ones and those that something protects.

    Args:
        registry: the models folder.
        keep: how many of the newest to keep.
        force: see `remove_versions`.

    Raises:
        DamagedError: the ledger or removed.json is not valid.
        StorageError: a folder cannot be written; nothing was removed.
    """
    if len(registry.numbers()) <= keep:
        return [_newest(number, keep) for number in registry.numbers()]
    with _opened(registry) as removal:
        numbers = registry.numbers()
        reasons = {number: removal.reason_to_keep(number, force) for number in numbers[:-keep]}
        results = [RemovalResult(n, "kept", reason) for n, reason in reasons.items() if reason]
        results += removal.remove([n for n, reason in reasons.items() if not reason], force)
        results += [_newest(number, keep) for number in numbers[-keep:]]
        return sorted(results, key=lambda result: result.version)


def _newest(number: int, keep: int) -> RemovalResult:
    which = "is the newest" if keep == 1 else f"is one of the newest {keep}"
    return RemovalResult(number, "kept", which)


class _Removal:
    """The removal of versions under the locks, which `_opened` holds."""

    def __init__(
        self, registry: Registry, ledger: Ledger, store: Store | None, trash: ExitStack
    ) -> None:
        self.registry, self.ledger, self.store, self.trash = registry, ledger, store, trash

    def check(self, number: int, force: bool) -> None:
        """Refuse a version that does not exist, or that may not be removed.

        Raises:
            VersionError: says why, and what to do first.
        """
        where = self.registry.models_dir / f"v{number}"
        exists = number in self.registry.numbers()
        if not exists and not self._is_orphan(number):
            self.registry.open(number)  # raises
        protection = find_protection(self.registry, self.ledger, self.store, number)
        if protection and (protection.firm or not force):
            raise VersionError(where, protection.reason, protection.remedy)
        if not exists and not force:
            what = "is in the BentoML store only, where it may belong to another project or clone"
            raise VersionError(where, what, "add --force to remove it there")

    def reason_to_keep(self, number: int, force: bool) -> str | None:
        """Why a version is kept that is not among the newest; None if it is not."""
        protection = find_protection(self.registry, self.ledger, self.store, number)
        return protection.reason if protection and (protection.firm or not force) else None

    def remove(self, numbers: Collection[int], force: bool) -> Iterator[RemovalResult]:
        """Remove versions one by one; what fails with one of them does not stop the others.

        Raises:
            DamagedError: removed.json is not valid.
            OSError: the models folder cannot be written; nothing was removed.
        """
        if not numbers:
            return
        models_dir = self.registry.models_dir
        trash = self.trash.enter_context(staged(models_dir, {}))
        record_removed(models_dir, max(numbers), trash)
        for number in numbers:
            try:
                details = self._remove(number, trash, force)
            except (OSError, StorageError) as error:
                where = models_dir / f"v{number}"
                yield RemovalResult(number, "failed", _describe(where, error))
            else:
                yield RemovalResult(number, "removed", "; ".join(details))
        try:
            sync_folder(models_dir)
        except OSError as error:  # readers do not see the versions any more
            log.warning("%s: a power cut may bring removed versions back: %s", models_dir, error)

    def _remove(self, number: int, trash: Path, force: bool) -> list[str]:
        rollback, _ = self.ledger.find_rollback(self.registry.numbers())
        details = [self._remove_entry(number, force)]
        if number in self.registry.numbers():
            move_to_trash(self.registry.models_dir, number, trash)
        if rollback is not None and rollback.version == number:
            details.append("a rollback would have gone to it")
        return [detail for detail in details if detail]

    def _remove_entry(self, number: int, force: bool) -> str:
        """Remove the entry of a version from the store; say so where it is left."""
        if self.store is None:
            return "the store was not looked at: no manifest here says the name of the model"
        path, tag = self.store.folder / f"v{number}", f"{self.store.model_name}:v{number}"
        if not os.path.lexists(path):
            return ""
        try:
            if self.store.inspect(self.registry.open(number)) == "other":
                held = read_digest(path) or "another model"
                return f"the tag {tag} in the store holds {held}, which was left alone"
        except DamagedError:
            if not force:
                return (
                    f"{tag} in the store was left, as no manifest says whether it is the same: "
                    f"`remove {number} --force` removes it"
                )
        except VersionError:
            self.store.remove(number)
            return "from the store: the folder has no such version"
        self.store.remove(number)
        return ""

    def _is_orphan(self, number: int) -> bool:
        return self.store is not None and number in self.store.numbers()


@contextmanager
def _opened(registry: Registry) -> Iterator[_Removal]:
    """Lock the store, then the models folder, as a run does; the trash is emptied at the end."""
    models_dir = registry.models_dir
    with ExitStack() as held:
        name = registry.model_name()
        store = held.enter_context(open_store(name)) if name else None
        try:
            trash = held.enter_context(ExitStack())
            remove_abandoned(models_dir)
            with open_ledger(models_dir) as writer:
                yield _Removal(registry, writer.ledger, store, trash)
        except OSError as error:
            what = "cannot write to the models folder"
            raise storage_error(models_dir, what, error) from None


def _describe(where: Path, error: OSError | StorageError) -> str:
    if isinstance(error, OSError):
        return str(storage_error(where, "cannot be removed", error))
    return str(error)
