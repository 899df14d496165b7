"""The summary of each version, as `list` prints it."""

from dataclasses import asdict, dataclass, replace
from typing import Any

from maas.errors import DamagedError, MaasError
from maas.registry.ledger import Ledger
from maas.registry.registry import Registry
from maas.registry.version import Version


@dataclass(frozen=True)
class Summary:
    """One version in a line.

    Attributes:
        version: its number.
        state: `ok`, or `damaged` if a file is not as published.
        problem: which file, and what is wrong with it.
        tag: `<model_name>:vN`.
        digest: the manifest's.
        created_at: RFC 3339, UTC.
        metric: the name of the main metric.
        value: its value on the held-out rows.
        source: the data, as in the config.
        rows: number of rows in the data.
        live: whether it is live; before the first release, the newest is.
        shadow: whether it is the shadow of the live one.

    All but the first two are None if the damage makes them unreadable; the last two are None if
    the ledger of releases is damaged.
    """

    version: int
    state: str
    problem: str | None = None
    tag: str | None = None
    digest: str | None = None
    created_at: str | None = None
    metric: str | None = None
    value: float | None = None
    source: str | None = None
    rows: int | None = None
    live: bool | None = None
    shadow: bool | None = None

    def to_json(self) -> dict[str, Any]:
        """The summary as a JSON object."""
        return asdict(self)


def summarise(registry: Registry, ledger: Ledger | None = None) -> list[Summary]:
    """Summarise every version in the folder, and report stray names; all files are hashed.

    Args:
        registry: of the folder.
        ledger: its releases; None if they cannot be read.

    Raises:
        StorageError: the folder cannot be read.
    """
    registry.report_strays()
    found = [_summarise(registry, number) for number in registry.numbers()]
    there = registry.numbers()  # what was removed meanwhile is not damaged
    summaries = [summary for summary in found if summary.version in there]
    return summaries if ledger is None else [_mark(s, summaries[-1], ledger) for s in summaries]


def _mark(summary: Summary, newest: Summary, ledger: Ledger) -> Summary:
    """Say whether a version is live, and whether it is the shadow."""
    live = ledger.live.version if ledger.live else newest.version
    shadow = ledger.shadow.version if ledger.shadow else None
    marked = replace(summary, live=summary.version == live, shadow=summary.version == shadow)
    if marked.live and ledger.live and marked.state == "ok" and marked.digest != ledger.live.digest:
        problem = f"it is not the version that release {ledger.live.release} made live"
        return replace(marked, state="damaged", problem=problem)
    return marked


def _summarise(registry: Registry, number: int) -> Summary:
    try:
        version = registry.open(number)
    except MaasError as error:
        return Summary(number, "damaged", f"{error.where} {error.what}")
    try:
        version.check()
    except DamagedError as error:
        return _describe(version, "damaged", f"{error.where} {error.what}")
    return _describe(version, "ok", None)


def _describe(version: Version, state: str, problem: str | None) -> Summary:
    manifest = version.manifest
    metric, value = manifest.headline
    return Summary(
        version=version.number,
        state=state,
        problem=problem,
        tag=version.tag,
        digest=manifest.digest,
        created_at=_created(version),
        metric=metric,
        value=value,
        source=manifest.data.source,
        rows=manifest.data.rows,
    )


def _created(version: Version) -> str | None:
    try:
        created = version.read_run().get("created_at")
    except DamagedError:
        return None
    return created if isinstance(created, str) else None
