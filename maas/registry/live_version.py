"""Which version is live: as the ledger says, or the newest before the first release."""

from dataclasses import dataclass
from typing import Literal

from maas.errors import DamagedError, InputError, MaasError
from maas.registry.ledger import Ledger, Release
from maas.registry.manifest import RESTORE
from maas.registry.registry import Registry
from maas.registry.version import Version

Expected = int | Literal["none"] | None
"""Which version must be live; `none`: nothing may be released yet; None: it does not matter."""


def live_number(registry: Registry, ledger: Ledger) -> int | None:
    """The number of the live version, which may be damaged or removed; None: there is none."""
    if ledger.live is not None:
        return ledger.live.version
    return max(registry.numbers(), default=None)


def find_live(registry: Registry, ledger: Ledger) -> Version:
    """Open the version that is live: as the ledger says, or the newest before the first release.

    Raises:
        VersionError: there is none.
        DamagedError: it is missing or its manifest altered, or has not the ledger's digest.
    """
    entry = ledger.live
    if entry is None:
        return registry.latest()
    check_live_is_there(registry, ledger)
    return open_released(registry, entry)


def check_live_is_there(registry: Registry, ledger: Ledger) -> None:
    """Check that the version which the ledger says is live has a folder.

    Raises:
        DamagedError: it was removed by hand.
    """
    entry = ledger.live
    if entry is not None and entry.version not in registry.numbers():
        path = registry.models_dir / f"v{entry.version}"
        what = f"is missing, and live since release {entry.release}"
        remedy = "restore it from a backup, or promote another version"
        raise DamagedError(path, what, remedy)


def open_released(registry: Registry, entry: Release) -> Version:
    """Open the version that an entry names.

    Raises:
        VersionError: it does not exist.
        DamagedError: its manifest is missing or was altered, or has not the ledger's digest.
    """
    version = registry.open(entry.version or 0)  # there is no v0
    if version.manifest.digest != entry.digest:
        what = f"is not the version that release {entry.release} names ({entry.digest})"
        raise DamagedError(version.path, what, RESTORE)
    return version


@dataclass(frozen=True)
class LiveVersion:
    """The version that is live before a release.

    Attributes:
        number: its number; before the first release, the highest one there is.
        release: what made it live; None before the first release.
        version: it, if its manifest can be read and is the one that was released.
        problem: why not.
    """

    number: int
    release: Release | None
    version: Version | None
    problem: str = ""


def look_up_live(registry: Registry, ledger: Ledger) -> LiveVersion:
    """Find the live version, which may be damaged or removed.

    Raises:
        VersionError: nothing is released, and there is no version.
    """
    number = live_number(registry, ledger) or registry.latest().number
    try:
        return LiveVersion(number, ledger.live, find_live(registry, ledger))
    except MaasError as error:
        return LiveVersion(number, ledger.live, None, f"{error.where} {error.what}")


def check_expected(live: LiveVersion, expected: Expected) -> None:
    """Check that the version is live that a caller expects.

    Raises:
        InputError: another one is.
    """
    if expected is None or expected == live.number:
        return
    if expected == "none" and live.release is None:
        return
    since = f" since release {live.release.release}" if live.release else ""
    wanted = expected if expected == "none" else f"v{expected}"
    what = f"v{live.number} is live{since}"
    raise InputError(f"--expect {wanted}", what, "look at `history`, then decide again")
