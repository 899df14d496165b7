"""Which version is live before a release, and whether that is the one that a caller expects."""

from dataclasses import dataclass
from typing import Literal

from maas.errors import InputError, MaasError
from maas.registry.ledger import Ledger, Release, find_live
from maas.registry.registry import Registry
from maas.registry.version import Version

Expected = int | Literal["none"] | None
"""Which version must be live; `none`: nothing may be released yet; None: it does not matter."""


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
    release = ledger.live
    number = release.version if release else None
    if number is None:
        number = (registry.numbers() or [registry.latest().number])[-1]
    try:
        return LiveVersion(number, release, find_live(registry, ledger))
    except MaasError as error:
        return LiveVersion(number, release, None, f"{error.where} {error.what}")


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
