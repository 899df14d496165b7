"""Entries of the store whose number the models folder does not have."""

from maas.registry.registry import Registry
from maas.registry.store import Store, SyncResult
from maas.registry.store_entry import read_digest


def find_orphans(store: Store, registry: Registry) -> list[SyncResult]:
    """Name these entries, with the remedy; nothing here tells whose they are, so they are left.

    They are left of versions whose folder was deleted by hand, or removed where this store was not
    at hand, or they belong to another project or clone that shares the store.
    """
    found = []
    for number in sorted(store.numbers() - set(registry.numbers())):
        held = read_digest(store.folder / f"v{number}") or "another model"
        detail = (
            f"it holds {held}, and {registry.models_dir} has no v{number}: leave it if it belongs "
            f"to another project or clone, else `python -m maas remove {number} --force`"
        )
        found.append(SyncResult(f"{store.model_name}:v{number}", "orphan", detail))
    return found
