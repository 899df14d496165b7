"""The metrics of a report, and what a reader should know about them, in words."""

from dataclasses import dataclass

from maas.report.record import Report, ReportWarning

_NOTES = frozenset({"few_rows", "few_of_class"})
"""The kinds that hint at no mistake: there are few rows, and those who have the data know it."""

# By how much probabilities are wrong on average before it is said, of so many rows at least: by
# chance alone the share of right answers of 100 rows is off by as much once in twenty times.
_MAX_OFF = 0.1
_MIN_CALIBRATED = 100

# A line names so many classes, and so many letters of each.
_MAX_LISTED = 5
_MAX_LABEL_LETTERS = 40


@dataclass(frozen=True)
class Remark:
    """A line of plain text; `is_note`: it hints at no mistake."""

    text: str
    is_note: bool = False


def describe_warnings(report: Report) -> tuple[Remark, ...]:
    """What a reader should know: each warning of a report, and whether probabilities are wrong."""
    return (
        *(Remark(_describe(report, each), each.kind in _NOTES) for each in report.warnings),
        *map(Remark, _judge(report)),
    )


def warning_lines(report: Report) -> tuple[str, ...]:
    """The same, as lines alone."""
    return tuple(remark.text for remark in describe_warnings(report))


def metric_lines(report: Report) -> tuple[str, ...]:
    """A line of plain text for each metric: its value, its interval, and that of the baseline."""
    return tuple(
        f"{name}={metric.value:.4f}"
        + (
            f"  {_level(report)} {metric.low:.4f} to {metric.high:.4f}"
            if metric.low is not None
            else ""
        )
        + (f"  baseline {metric.baseline:.4f}" if metric.baseline is not None else "")
        for name, metric in report.metrics.items()
    )


def _judge(report: Report) -> tuple[str, ...]:
    """Whether the probabilities of the predicted classes are too high or too low on average."""
    rows = sum(each.rows for each in report.calibration)
    if rows < _MIN_CALIBRATED:
        return ()
    said = sum(each.rows * (each.probability or 0) for each in report.calibration) / rows
    right = sum(each.rows * (each.correct or 0) for each in report.calibration) / rows
    if abs(said - right) <= _MAX_OFF:
        return ()
    how = "high" if said > right else "low"
    what = f"those of the predicted classes are {100 * said:.0f} % on average"
    return (f"the probabilities are too {how}: {what}, and {100 * right:.0f} % are right",)


def _describe(report: Report, warning: ReportWarning) -> str:
    match warning.kind:
        case "few_rows":
            rows = "row" if warning.count == 1 else "rows"
            return f"only {warning.count} held-out {rows}: the figures may be off by much"
        case "few_of_class":
            return f"few held-out rows of {_list(warning)}: the figures of such a class say little"
        case "never_predicted":
            return f"never predicted for a held-out row: {_list(warning)}"
        case "constant_target":
            return "all held-out rows have the same target: they cannot show how good the model is"
        case "outlying_rows":
            few = "one held-out row holds" if warning.count == 1 else "two held-out rows hold"
            return (
                f"{few} most of the squares that {report.headline} is computed of: "
                "it cannot be told how good the model is for other rows"
            )
        case "not_better":
            return _compare(report)


def _compare(report: Report) -> str:
    name, metric = report.headline, report.metrics[report.headline]
    baseline = "?" if metric.baseline is None else f"{metric.baseline:.3f}"
    answer = report.baseline.answer
    always = repr(_cut(answer)) if isinstance(answer, str) else f"{answer:g}"
    found = f"{name} {metric.value:.3f}"
    if metric.low is not None and metric.high is not None:
        found += f" ({_level(report)} {metric.low:.3f} to {metric.high:.3f})"
    relation = "is not above"
    if metric.baseline is not None and metric.value > metric.baseline:
        relation = "is not clearly above"
    return f"{found} {relation} {baseline}, which always predicting {always} gives"


def _level(report: Report) -> str:
    return f"{100 * report.level:g} % interval"


def _list(warning: ReportWarning) -> str:
    listed = [repr(_cut(label)) for label in warning.classes[:_MAX_LISTED]]
    others = warning.count - len(listed)
    return ", ".join(listed) + (f" and {others} more" if others > 0 else "")


def _cut(text: str) -> str:
    return text if len(text) <= _MAX_LABEL_LETTERS else f"{text[:_MAX_LABEL_LETTERS]}…"
