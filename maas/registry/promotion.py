"""The rules of a promotion: what may become live, and what the shadow of the live version.

A version is checked and loaded before the ledger is locked, because that takes a while. What
depends on the live version is decided under the lock: another process may promote meanwhile.
"""

from dataclasses import dataclass, field

from maas.errors import DamagedError, InputError, VersionError
from maas.model.compatibility import SignatureChange, compare_signatures, encoding_differences
from maas.registry.candidate import check_candidate
from maas.registry.comparison import Changes, compare_manifests
from maas.registry.ledger import Release
from maas.registry.live_version import Expected, LiveVersion, check_expected, look_up_live
from maas.registry.registry import Registry
from maas.registry.release_gates import GateReport, compare_metrics
from maas.registry.releases import open_ledger
from maas.registry.version import Version


@dataclass(frozen=True)
class Outcome:
    """What a promotion or a rollback did.

    Attributes:
        release: the entry; that of before, if nothing was added.
        added: whether the entry is new.
        before: what was live.
        version: what the entry names; None: there is no shadow any more.
        changes: of config, data, metrics and signature, against the live version.
        clients: what clients of the live version notice.
        gates: the release gates.
        skipped: releases that a rollback went past, because their versions were removed.
    """

    release: Release | None
    added: bool
    before: LiveVersion | None = None
    version: Version | None = None
    changes: dict[str, Changes] = field(default_factory=dict)
    clients: tuple[SignatureChange, ...] = ()
    gates: GateReport = field(default_factory=GateReport)
    skipped: tuple[Release, ...] = ()


def promote(
    registry: Registry,
    number: int,
    reason: str | None = None,
    breaking: bool = False,
    force: bool = False,
    expected: Expected = None,
) -> Outcome:
    """Make a version live.

    Args:
        registry: of the models folder.
        number: the version's.
        reason: for the ledger.
        breaking: whether it may break clients of the live version.
        force: whether it may miss its release gates.
        expected: what must be live.

    Raises:
        VersionError: there is no such version, or it belongs to another model.
        DamagedError: it, or the ledger, is damaged.
        InputError: another version is live than was expected, or clients would break.
        GateError: a metric is too far from that of the live version.
        StorageError: the ledger cannot be locked or written.
    """
    version = registry.open(number)
    input_bound = check_candidate(version)
    with open_ledger(registry.models_dir) as writer:
        live = look_up_live(registry, writer.ledger)
        check_expected(live, expected)
        check_unchanged(registry, version)
        if live.release and live.release.names(version):
            return Outcome(live.release, False, live, version)
        changes, clients, gates = compare_with_live(live, version)
        if not breaking:
            _refuse_breaking(version, live, clients)
        if not force:
            gates.require(version)
        entry = writer.append(
            "promote",
            version,
            reason,
            before=live.release.release if live.release else None,
            input_bound=input_bound,
            forced=bool(gates.missed),
        )
    return Outcome(entry, True, live, version, changes, clients, gates)


def promote_shadow(
    registry: Registry, number: int, reason: str | None = None, expected: Expected = None
) -> Outcome:
    """Make a version the shadow of the live one.

    Raises:
        MaasError: see `promote`; gates and clients do not matter, but the shadow must take the
            rows as they were encoded for the live version (InputError).
    """
    version = registry.open(number)
    input_bound = check_candidate(version)
    with open_ledger(registry.models_dir) as writer:
        live, shadow = look_up_live(registry, writer.ledger), writer.ledger.shadow
        check_expected(live, expected)
        check_unchanged(registry, version)
        if shadow and shadow.names(version):
            return Outcome(shadow, False, live, version)
        changes, clients, _ = compare_with_live(live, version, gated=False)
        _refuse_other_encoding(version, live)
        entry = writer.append("shadow", version, reason, input_bound=input_bound)
    return Outcome(entry, True, live, version, changes, clients)


def end_shadow(registry: Registry, reason: str | None = None, expected: Expected = None) -> Outcome:
    """End the shadow, if there is one.

    Raises:
        MaasError: see `promote`.
    """
    registry.numbers() or registry.latest()  # raises: there is no version
    with open_ledger(registry.models_dir) as writer:
        live = look_up_live(registry, writer.ledger)
        check_expected(live, expected)
        if writer.ledger.shadow is None:
            return Outcome(None, False, live)
        return Outcome(writer.append("shadow", None, reason), True, live)


def check_unchanged(registry: Registry, version: Version) -> None:
    """Check that a version was not replaced or removed since it was checked.

    Raises:
        VersionError: it was removed.
        DamagedError: it was replaced.
    """
    if registry.open(version.number).manifest.digest != version.manifest.digest:
        raise DamagedError(version.path, "was replaced meanwhile", "start again")


def compare_with_live(
    live: LiveVersion, version: Version, gated: bool = True
) -> tuple[dict[str, Changes], tuple[SignatureChange, ...], GateReport]:
    """Compare a version with the live one: what changed, what clients notice, the release gates.

    All three are empty if the live version cannot be read.

    Raises:
        VersionError: the version belongs to another model.
        DamagedError: its release gates cannot be read.
    """
    if live.version is None or live.version == version:
        return {}, (), GateReport()
    then, now = live.version.manifest, version.manifest
    if then.model_name != now.model_name:
        what = f"belongs to another model than {live.version.tag}, which is live"
        raise VersionError(version.tag, what, "move it to a models folder of its own")
    return (
        compare_manifests(then, now),
        compare_signatures(then.signature, now.signature),
        compare_metrics(version, then) if gated else GateReport(),
    )


def _refuse_breaking(
    version: Version, live: LiveVersion, clients: tuple[SignatureChange, ...]
) -> None:
    breaking = "; ".join(change.what for change in clients if change.breaks)
    if breaking:
        what = f"would break clients of v{live.number}, which is live ({breaking})"
        raise InputError(version.tag, what, "change the clients first, then add --breaking")


def _refuse_other_encoding(version: Version, live: LiveVersion) -> None:
    if live.version is None:
        return
    found = encoding_differences(live.version.manifest.signature, version.manifest.signature)
    if found:
        what = f"cannot shadow v{live.number}, which takes other rows ({'; '.join(found)})"
        raise InputError(version.tag, what, "shadow with a version of equal features")
