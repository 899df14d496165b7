"""How the live rows differ from the training rows, in words and pictures."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from markupsafe import Markup

from maas.drift.record import MIN_ROWS, DriftReport, FeatureDrift
from maas.model.signature import Signature
from maas.report.about import describe_moment
from maas.report.figures.feature import answers_figure, feature_figure
from maas.report.numbers import format_number, format_rows, format_share
from maas.report.text import clean, quote
from maas.serving.monitoring.live_drift import LiveDrift

MAX_DRAWN = 60
"""The page draws so many features, those that differ most."""

# A summary names so many features.
_MAX_NAMED = 5

State = Literal["ok", "warn", "unknown"]
"""How a line of the page is marked."""

_STATES: dict[str, State] = {"ok": "ok", "drift": "warn", "too few rows": "unknown"}


@dataclass(frozen=True)
class InputRow:
    """A feature, or the answers, in words."""

    name: str
    drawing: Markup | None
    shift: str
    nulls: str
    unseen: str
    verdict: str


@dataclass(frozen=True)
class Inputs:
    """What the page says of the live rows.

    Attributes:
        verdict: that of the drift report, or `unknown`.
        state: how the verdict is marked.
        summary: a sentence.
        detail: another one; "" if there is nothing to add.
        rows: the features, those that differ most first.
        answers: the predictions; None where nothing is known of them.
    """

    verdict: str
    state: State
    summary: str
    detail: str = ""
    rows: tuple[InputRow, ...] = ()
    answers: InputRow | None = None


def describe_inputs(
    signature: Signature, reference: Mapping[str, Any], drift: LiveDrift | None
) -> Inputs:
    """Compare the live rows with the training rows.

    Args:
        signature: of the served version.
        reference: the content of its reference.json; empty: it cannot be read.
        drift: its live counts; None: its reference.json cannot be used.
    """
    if drift is None:
        what = "The live rows cannot be compared: this version records no distributions of its own."
        return Inputs("unknown", "unknown", what)
    report, counts = drift.snapshot()
    verdict, too_few = report.verdict, report.verdict == "too few rows"
    return Inputs(
        verdict,
        _STATES[verdict],
        _summarise(report),
        "" if too_few or not report.since else f"Counted since {describe_moment(report.since)}.",
        tuple(_rows(signature, reference, report, counts)),
        _answers(signature, reference, report, counts),
    )


def _summarise(report: DriftReport) -> str:
    rows = format_rows(report.rows)  # counted ones: of a large batch, not all are
    if report.verdict == "too few rows":
        if not report.rows:
            return f"No rows in the last 24 hours; from {MIN_ROWS} on, they are compared."
        return f"{rows} counted in the last 24 hours: too few to compare; {MIN_ROWS} are needed."
    if report.verdict == "ok":
        return f"{rows} counted in the last 24 hours, distributed like the training rows."
    drifting = [name for name, found in report.worst() if found.verdict == "drift"]
    if not drifting:
        what = "the predictions are not distributed like those of held-out rows"
        return f"Drift: {what}; {rows} counted in 24 hours."
    names = ", ".join(quote(name) for name in drifting[:_MAX_NAMED])
    more = len(drifting) - _MAX_NAMED
    others = f" and {more} more" if more > 0 else ""
    one = "is" if len(drifting) == 1 else "are"
    of = f"{len(drifting)} of {len(report.features)} features {one} not distributed as in training"
    return f"Drift: {of} ({names}{others}); {rows} counted in 24 hours."


def _rows(
    signature: Signature,
    reference: Mapping[str, Any],
    report: DriftReport,
    counts: Mapping[str, Any],
) -> list[InputRow]:
    features = {feature.name: feature for feature in signature.features}
    found = []
    for place, (name, drift) in enumerate(report.worst()):
        drawing = None
        if place < MAX_DRAWN and reference:
            record, live = reference["features"][name], counts["features"][name]
            drawing = feature_figure(features[name], record, live, small=True).drawing
        found.append(_describe(name, drawing, drift))
    return found


def _describe(name: str, drawing: Markup | None, drift: FeatureDrift) -> InputRow:
    too_few = drift.verdict == "too few rows"
    return InputRow(
        name=clean(name),
        drawing=drawing,
        shift="" if too_few else format_number(drift.psi / drift.limit, 2),
        nulls=format_share(drift.null_rate),
        unseen=format_share(drift.unseen_rate),
        verdict=drift.verdict,
    )


def _answers(
    signature: Signature,
    reference: Mapping[str, Any],
    report: DriftReport,
    counts: Mapping[str, Any],
) -> InputRow:
    found, limit = report.prediction, report.prediction.limit
    compared = limit is not None and found.verdict != "too few rows"
    drawing = None
    if reference:
        given = counts["prediction"]
        drawing = answers_figure(signature, reference, given, small=True).drawing
    return InputRow(
        name=signature.target,
        drawing=drawing,
        shift=format_number(found.psi / limit, 2) if compared and limit else "",
        nulls="",
        unseen="",
        verdict=found.verdict if limit is not None else "not compared",
    )
