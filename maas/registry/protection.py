"""Why a version may not be removed: what is served, what others need, what cannot be undone."""

from dataclasses import dataclass

from maas.config.paths import PROJECT
from maas.errors import DamagedError, VersionError
from maas.registry.bentos import bentos_using
from maas.registry.ledger import Ledger
from maas.registry.live_version import live_number
from maas.registry.registry import Registry
from maas.registry.store import Store

# `make reference` makes this version of the project's own models folder, and git has it.
REFERENCE = 1

_PROMOTE = "make another version live first (`python -m maas promote N`)"
_END_SHADOW = "end that first (`python -m maas promote none --shadow`)"


@dataclass(frozen=True)
class Protection:
    """A reason to keep a version.

    Attributes:
        reason: what the version is.
        remedy: what to do first, or instead.
        firm: whether --force does not help.
    """

    reason: str
    remedy: str
    firm: bool


def find_protection(
    registry: Registry, ledger: Ledger, store: Store | None, number: int
) -> Protection | None:
    """Find the reason that keeps a version, the firmest first; None if it may be removed.

    Args:
        registry: the models folder.
        ledger: its releases.
        store: the mirror of the registry; None if its name is not known.
        number: of the version, which need not exist any more.
    """
    if number == live_number(registry, ledger):
        since = "" if ledger.live else " (before the first release, the newest version is)"
        return Protection(f"is live{since}", _PROMOTE, firm=True)
    if ledger.shadow is not None and number == ledger.shadow.version:
        return Protection("is the shadow", _END_SHADOW, firm=True)
    if number == REFERENCE and registry.models_dir.resolve() == (PROJECT / "models").resolve():
        reason = "is the reference of this project, which its tests train again"
        return Protection(reason, "add --force to remove it all the same", firm=False)
    return _used_by_bentos(registry, store, number)


def _used_by_bentos(registry: Registry, store: Store | None, number: int) -> Protection | None:
    if store is None or not _is_mirrored(registry, store, number):
        return None
    bentos = bentos_using(store.home, f"{store.model_name}:v{number}")
    if not bentos:
        return None
    reason = f"is used by {', '.join(bentos)}: a Bento holds no files of its model"
    remedy = f"`bentoml delete {bentos[0]}` first, or add --force to break it"
    return Protection(reason, remedy, firm=False)


def _is_mirrored(registry: Registry, store: Store, number: int) -> bool:
    """Whether the store has an entry that would go along: the version's own, or an orphan."""
    try:
        return store.inspect(registry.open(number)) in ("intact", "incomplete")
    except VersionError:
        return number in store.numbers()
    except DamagedError:
        return False
