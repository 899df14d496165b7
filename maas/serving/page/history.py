"""The releases of the models folder, and how the shadow answers, for the page."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from maas.errors import MaasError
from maas.registry.ledger import Release, read_ledger
from maas.report.about import describe_moment
from maas.report.numbers import format_count, format_share
from maas.report.text import clean
from maas.serving.api.responses import ShadowResponse
from maas.serving.monitoring.collector import MergedCollector

MAX_ROWS = 20
"""The page shows so many releases, the newest first."""

_SHADOW_ROWS = "maas_shadow_rows"


@dataclass(frozen=True)
class HistoryRow:
    """A release in words. Who made it is in the ledger alone: the page may be open to all."""

    release: int
    at: str
    what: str
    reason: str
    live: bool


@dataclass(frozen=True)
class History:
    """What the page says of releases.

    Attributes:
        rows: the newest first.
        others: how many earlier ones there are.
        problem: why there are none to show; "" if nothing is wrong.
        shadow: what is scored beside the live version, in a sentence.
    """

    rows: tuple[HistoryRow, ...]
    others: int
    problem: str
    shadow: str


def describe_history(
    models_dir: Path, release: Release | None, shadow: ShadowResponse | None
) -> History:
    """Read the ledger of a models folder; a Bento has none.

    Args:
        models_dir: where the served version is.
        release: the one that made it live.
        shadow: what is scored beside it.
    """
    said = describe_shadow(shadow)
    try:
        entries = read_ledger(models_dir).entries
    except MaasError:  # what exactly, and where, is for those who can mend it
        problem = "The ledger of releases is damaged: `python -m maas history` says where."
        return History((), 0, problem, said)
    number = release.release if release else None
    rows = tuple(_describe(entry, number) for entry in reversed(entries[-MAX_ROWS:]))
    return History(rows, max(0, len(entries) - MAX_ROWS), "", said)


def describe_shadow(shadow: ShadowResponse | None) -> str:
    """What is scored beside the live version, and how often the two agree."""
    if shadow is None:
        return "No version is scored beside the live one."
    counts = dict(_count_shadow_rows())
    rows, agreeing = sum(counts.values()), counts.get("true", 0)
    said = f"Version {shadow.version} is scored beside the live one, and answers nobody"
    if not rows:
        return f"{said}; it has scored no row yet."
    share = format_share(agreeing / rows)
    return f"{said}: of {format_count(rows)} rows since the service started, {share} agree."


def _describe(entry: Release, live: int | None) -> HistoryRow:
    match entry.action:
        case "promote":
            what = f"version {entry.version} became live"
        case "rollback":
            what = f"back to version {entry.version}"
        case _:
            named = f"version {entry.version} became the shadow"
            what = "the shadow was ended" if entry.version is None else named
    reason = clean(entry.reason or "")
    at = describe_moment(entry.at)
    return HistoryRow(entry.release, at, what, reason, entry.release == live)


def _count_shadow_rows() -> Iterator[tuple[str, int]]:
    for family in MergedCollector().collect():
        if family.name == _SHADOW_ROWS:
            for sample in family.samples:
                if sample.name.endswith("_total"):
                    yield sample.labels["agrees"], int(sample.value)
