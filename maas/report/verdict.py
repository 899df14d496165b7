"""What a model predicts, how well, and whether that is better than no model: in sentences."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from maas.model.signature import Signature, label_text
from maas.report.numbers import (
    format_count,
    format_number,
    format_rows,
    format_share,
    format_shares,
)
from maas.report.parts import BaselineRecord, MetricRecord
from maas.report.record import Report
from maas.report.text import quote

Standing = Literal["better", "not better", "unknown"]


@dataclass(frozen=True)
class Verdict:
    """The verdict on a version.

    Attributes:
        sentences: plain text.
        standing: `better`: the whole interval of the main metric is above the baseline's;
            `unknown`: there is no baseline to compare with, or the value is above it and has no
            interval.
    """

    sentences: tuple[str, ...]
    standing: Standing

    def __str__(self) -> str:
        """All sentences."""
        return " ".join(self.sentences)


def verdict(signature: Signature, metrics: Mapping[str, float], report: Report | None) -> Verdict:
    """Say what a version predicts, and how well.

    Args:
        signature: of the version.
        metrics: of its manifest.
        report: None: it was trained before there were reports.
    """
    task = _say_task(signature)
    if report is None:
        return Verdict((task, *_say_values(signature, metrics)), "unknown")
    standing = _standing(report)
    say = _say_classes if report.task == "classification" else _say_numbers
    return Verdict((task, *say(report, signature.target), _CONCLUSIONS[standing]), standing)


# So many classes are named.
_MAX_NAMED = 5

_CONCLUSIONS: dict[Standing, str] = {
    "better": "The model is better than that baseline, and by more than chance explains.",
    "not better": "These rows do not show that the model is better than that baseline.",
    "unknown": "It cannot be said whether the model is better than a baseline.",
}


def _say_task(signature: Signature) -> str:
    features = len(signature.features)
    used = f"from {format_count(features)} feature{'s' * (features != 1)}"
    if signature.classes is None:
        return f"Predicts the number {quote(signature.target)} {used}."
    classes = [quote(label_text(label)) for label in signature.classes]
    if len(classes) > _MAX_NAMED:
        return f"Predicts {quote(signature.target)} ({len(classes)} classes) {used}."
    named = f"{', '.join(classes[:-1])} or {classes[-1]}" if len(classes) > 1 else classes[0]
    return f"Predicts {quote(signature.target)}, which is {named}, {used}."


def _say_values(signature: Signature, metrics: Mapping[str, float]) -> tuple[str, ...]:
    """What the manifest alone says."""
    if "accuracy" in metrics:
        return (f"It was right for {format_share(metrics['accuracy'])} of the held-out rows.",)
    if "mae" in metrics:
        off = format_number(metrics["mae"], 3)
        unit = quote(signature.target)
        return (f"On the held-out rows it was off by {off} on average, in the unit of {unit}.",)
    return ()


def _standing(report: Report) -> Standing:
    metric = report.metrics.get(report.headline)
    if any(warning.kind in ("not_better", "constant_target") for warning in report.warnings):
        return "not better"
    if metric is None or metric.baseline is None:
        return "unknown"
    if metric.low is None:
        return "unknown" if metric.value > metric.baseline else "not better"
    return "better" if metric.low > metric.baseline else "not better"


def _say_classes(report: Report, _: str) -> tuple[str, ...]:
    metric = report.metrics.get("accuracy")
    if metric is None:
        return ()
    known = [s for s in (metric.value, metric.baseline) if s is not None]
    value, *baseline = format_shares(*known)
    said = f"It was right for {value} of {format_rows(report.held_out_rows)} held out of training"
    if metric.low is not None and metric.high is not None:
        low, high = (format_share(end) for end in (metric.low, metric.high))
        said += f" ({format_share(report.level)} interval {low} to {high})"
    if not baseline:
        return (f"{said}.",)
    answer = _say_answer(report.baseline)
    return (f"{said}; always answering {answer} is right for {baseline[0]}.",)


def _say_numbers(report: Report, target: str) -> tuple[str, ...]:
    said = []
    error, explained = report.metrics.get("mae"), report.metrics.get("r2")
    if error is not None:
        said.append(_say_error(report, error, target))
    if explained is not None:
        said.append(_say_explained(explained, report.level))
    return tuple(said)


def _say_error(report: Report, error: MetricRecord, target: str) -> str:
    said = (
        f"On {format_rows(report.held_out_rows)} held out of training it was off by "
        f"{format_number(error.value, 3)} on average"
        f"{_interval(error, report.level)}, in the unit of {quote(target)}"
    )
    if error.baseline is None:
        return f"{said}."
    off = format_number(error.baseline, 3)
    return f"{said}; always answering {_say_answer(report.baseline)} is off by {off}."


def _say_explained(explained: MetricRecord, level: float) -> str:
    value = f"R² {format_number(explained.value, 3)}{_interval(explained, level)}"
    if explained.value <= 0:
        return f"It explains none of the differences between rows: {value}."
    share = format_share(min(1.0, explained.value))
    return f"It explains {share} of the variance: {value}."


def _interval(metric: MetricRecord, level: float) -> str:
    if metric.low is None or metric.high is None:
        return ""
    low, high = format_number(metric.low, 3), format_number(metric.high, 3)
    return f" ({format_share(level)} interval {low} to {high})"


def _say_answer(baseline: BaselineRecord) -> str:
    answer = baseline.answer
    return quote(answer) if isinstance(answer, str) else format_number(answer)
