"""The rollback: the version that was live before becomes live again, as a new release."""

from maas.errors import InputError
from maas.registry.candidate import check_candidate
from maas.registry.ledger import Ledger, Release, read_ledger
from maas.registry.live_version import look_up_live, open_released
from maas.registry.promotion import Outcome, check_unchanged, compare_with_live
from maas.registry.registry import Registry
from maas.registry.releases import open_ledger


def roll_back(registry: Registry, reason: str | None = None) -> Outcome:
    """Make the version live again that was live before; once more goes further back.

    Raises:
        InputError: there is nothing to go back to, or another process was faster.
        DamagedError: the version to go back to, or the ledger, is damaged.
        StorageError: the ledger cannot be locked or written.
    """
    ledger = read_ledger(registry.models_dir)
    target, skipped = _find_target(registry, ledger)
    version = open_released(registry, target)
    input_bound = check_candidate(version)
    with open_ledger(registry.models_dir) as writer:
        live = look_up_live(registry, writer.ledger)
        if live.release != ledger.live:
            what = f"v{live.number} became live meanwhile"
            raise InputError("rollback", what, "look at `history`, then decide again")
        check_unchanged(registry, version)
        changes, clients, _ = compare_with_live(live, version, gated=False)
        before = target.before
        entry = writer.append("rollback", version, reason, before, input_bound)
    return Outcome(entry, True, live, version, changes, clients, skipped=skipped)


def _find_target(registry: Registry, ledger: Ledger) -> tuple[Release, tuple[Release, ...]]:
    """Find the release that a rollback goes to, and those on the way whose versions are gone."""
    if ledger.live is None:
        what = "nothing was released yet, so there is nothing to go back to"
        raise InputError("rollback", what, "choose a version with `promote`")
    target, skipped = ledger.find_rollback(registry.numbers())
    if target is None:
        gone = f", and v{skipped[-1].version} was removed" if skipped else ""
        what = f"there is nothing to go back to from release {ledger.live.release}{gone}"
        raise InputError("rollback", what, "choose a version with `promote`")
    return target, skipped
