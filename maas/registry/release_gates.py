"""Release gates: how far the metrics of a version may be from those of the live one.

They stand in the version's run.json, as its train config had them.
"""

from dataclasses import dataclass
from typing import Any

from pydantic import TypeAdapter, ValidationError

from maas.config.train_config import ReleaseGateConfig
from maas.errors import DamagedError, GateError
from maas.registry.manifest import RESTORE, Manifest
from maas.registry.version import RUN, Version

_GATES = TypeAdapter(dict[str, ReleaseGateConfig])

# Two metrics are close decimal fractions: their difference has an error in the last digits.
_ROUNDING = 1e-9


@dataclass(frozen=True)
class GateResult:
    """One gate, and how far a version's metric is from the live version's.

    Attributes:
        metric: its name.
        live: its value in the live version.
        value: its value in the version to promote.
        delta: the second minus the first.
        min_delta: the smallest difference; None: any.
        max_delta: the largest difference; None: any.
        passed: whether the difference is within both.
    """

    metric: str
    live: float
    value: float
    delta: float
    min_delta: float | None
    max_delta: float | None
    passed: bool

    @property
    def text(self) -> str:
        """The gate in words."""
        bounds = {"min_delta": self.min_delta, "max_delta": self.max_delta}
        named = ", ".join(
            f"{name} {bound:g}" for name, bound in bounds.items() if bound is not None
        )
        figures = f"{self.live:.6g} -> {self.value:.6g} ({self.delta:+.4g}; {named})"
        return f"{self.metric}: {figures} {'passed' if self.passed else 'missed'}"


@dataclass(frozen=True)
class GateReport:
    """The gates of a version against the live one.

    Attributes:
        results: one per gate that could be compared.
        not_compared: why the gates, or some of them, were not compared; empty: all were.
    """

    results: tuple[GateResult, ...] = ()
    not_compared: str = ""

    @property
    def missed(self) -> tuple[GateResult, ...]:
        """The gates that the version does not pass."""
        return tuple(result for result in self.results if not result.passed)

    def require(self, version: Version) -> None:
        """Refuse a version that misses a gate.

        Raises:
            GateError: names every gate that it misses, with the figures.
        """
        if self.missed:
            what = f"misses its release gates ({'; '.join(gate.text for gate in self.missed)})"
            remedy = "nothing was released; train a better one, or override it with --force"
            raise GateError(version.tag, what, remedy)


def read_release_gates(version: Version) -> dict[str, ReleaseGateConfig]:
    """Read the release gates of a version; there are none where its config had none.

    Raises:
        DamagedError: run.json is damaged, or its gates are not valid.
    """
    try:
        return _GATES.validate_python(version.read_run().get("release_gates", {}))
    except ValidationError:
        what = "has no valid release_gates"
        raise DamagedError(version.path / RUN, what, RESTORE) from None


def compare_metrics(version: Version, live: Manifest) -> GateReport:
    """Compare the metrics that a version has gates for with those of the live version.

    Metrics on other held-out rows say nothing about each other: with other data, another split or
    another seed nothing is compared.

    Raises:
        DamagedError: run.json is damaged, or its gates are not valid.
    """
    gates, now = read_release_gates(version), version.manifest
    if not gates:
        return GateReport()
    then_rows, now_rows = _held_out(live), _held_out(now)
    other = [name for name, value in now_rows.items() if value != then_rows[name]]
    if other:
        return GateReport(not_compared=f"the release gates were not compared: other {_and(other)}")
    common = [name for name in gates if name in live.metrics and name in now.metrics]
    results = tuple(_compare(name, gates[name], live, now) for name in common)
    absent = [name for name in gates if name not in common]
    reason = f"{_and(absent)}: not compared, because one version lacks it" if absent else ""
    return GateReport(results, reason)


def _held_out(manifest: Manifest) -> dict[str, Any]:
    """What decides which rows a version was measured on."""
    config = manifest.config
    return {"data": manifest.data.sha256, "split": config.get("split"), "seed": config.get("seed")}


def _compare(name: str, gate: ReleaseGateConfig, live: Manifest, now: Manifest) -> GateResult:
    old, new = live.metrics[name], now.metrics[name]
    delta = new - old
    low = gate.min_delta is None or delta >= gate.min_delta - _ROUNDING
    high = gate.max_delta is None or delta <= gate.max_delta + _ROUNDING
    return GateResult(name, old, new, delta, gate.min_delta, gate.max_delta, low and high)


def _and(names: list[str]) -> str:
    return " and ".join(names)
