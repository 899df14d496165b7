"""The metrics with their intervals, and the baseline's beside them."""

from collections.abc import Mapping

from markupsafe import Markup

from maas.report.axes import Scale, x_axis
from maas.report.figure import Figure
from maas.report.metric_names import IN_UNITS, SHORT_NAMES, metric_name
from maas.report.numbers import SPACE, format_number, format_share
from maas.report.parts import MetricRecord
from maas.report.record import Report
from maas.report.svg import WIDTH, number, picture, tag, text
from maas.report.text import cut, fit, quote, text_width

_ROW, _AXIS, _LEGEND = 44, 58, 26
_START, _END = 8, WIDTH - 8
# Between a name and its value, which is bold and so a little wider.
_GAP = 16


def metrics_figure(report: Report, target: str) -> Figure:
    """A row per metric; those with the same unit have one axis.

    Args:
        report: of a version.
        target: the name of what is predicted.
    """
    drawn, height, said = [_legend(report.level)], float(_LEGEND), []
    for unit, metrics in _by_unit(report.metrics, target).items():
        rows, scale = _ROW * len(metrics), _scale(metrics)
        drawn += [_row(*item, scale, height + _ROW * n) for n, item in enumerate(metrics.items())]
        drawn.append(x_axis(scale, height + rows, fit(unit, _END - _START)))
        height += rows + _AXIS
        said += [_say(name, metric) for name, metric in metrics.items()]
    title = f"Metrics on {report.held_out_rows} held-out rows"
    drawing = picture(title, "; ".join(said) + ".", height - 16, *drawn)
    return Figure("metrics", "Metrics, beside the baseline", _caption(report), drawing)


def _caption(report: Report) -> str:
    answer = report.baseline.answer
    written = quote(answer) if isinstance(answer, str) else format_number(answer)
    return f"The baseline looks at no feature and always answers {written}."


def _by_unit(
    metrics: Mapping[str, MetricRecord], target: str
) -> dict[str, dict[str, MetricRecord]]:
    """Metrics by the title of their axis."""
    found: dict[str, dict[str, MetricRecord]] = {}
    for name in sorted(metrics, key=lambda name: name in IN_UNITS):
        metric = metrics[name]
        if name in IN_UNITS:
            unit = f"{cut(target)}, less is better"
        elif all(-1 <= value <= 1 for value in _values(metric)):
            unit = "1 is perfect"
        else:
            unit = metric_name(name)
        found.setdefault(unit, {})[name] = metric
    return found


def _values(metric: MetricRecord) -> list[float]:
    given = (metric.value, metric.low, metric.high, metric.baseline)
    return [value for value in given if value is not None]


def _scale(metrics: Mapping[str, MetricRecord]) -> Scale:
    values = [value for metric in metrics.values() for value in _values(metric)]
    low, high = min(0.0, *values), max(values)
    if metrics.keys() - set(IN_UNITS):
        high = max(1.0, high)
    return Scale(low, high or 1.0, _START, _END)


def _row(name: str, metric: MetricRecord, scale: Scale, y: float) -> Markup:
    """The name and the value in a line of text, and the marks below it."""
    middle = y + 30
    marks = [tag("path", class_="grid", d=f"M{_START} {number(middle)}H{_END}")]
    if metric.low is not None and metric.high is not None:
        low, high = number(scale(metric.low)), number(scale(metric.high))
        marks.append(tag("path", class_="whisker", d=f"M{low} {number(middle)}H{high}"))
    if metric.baseline is not None:
        marks.append(_diamond(scale(metric.baseline), middle))
    marks.append(tag("circle", class_="dot", cx=scale(metric.value), cy=middle, r=5))
    value = format_number(metric.value, 3)
    interval = f"  {_interval(metric)}" if metric.low is not None else ""
    room = _END - _START - _GAP - text_width(value + interval)
    called = metric_name(name)
    if text_width(called) > room:
        called = fit(SHORT_NAMES.get(name, called), room)
    value = tag("tspan", value, class_="strong")
    written = tag("text", value, interval, x=_END, y=y + 16, class_="end")
    return Markup("").join((text(_START, y + 16, called), written, *marks))


def _interval(metric: MetricRecord) -> str:
    ends = (metric.low, metric.high)
    low, high = (format_number(end, 3) for end in ends if end is not None)
    return f"{low} to {high}"


def _diamond(x: float, y: float) -> Markup:
    return tag("path", class_="line mark", d=f"M{number(x)} {number(y - 6)}l6 6-6 6-6-6z")


def _legend(level: float) -> Markup:
    y = 8.0
    whisker = tag("path", class_="whisker", d=f"M{_START} {number(y)}h26")
    dot = tag("circle", class_="dot", cx=_START + 13, cy=y, r=5)
    interval = f"value, {format_share(level)}".replace(SPACE, "") + " interval"
    return Markup("").join(
        (
            whisker,
            dot,
            text(_START + 33, y + 4, interval, "note"),
            _diamond(210, y),
            text(222, y + 4, "baseline", "note"),
        )
    )


def _say(name: str, metric: MetricRecord) -> str:
    said = f"{metric_name(name)} {format_number(metric.value, 3)}"
    if metric.low is not None and metric.high is not None:
        said += f", interval {_interval(metric)}"
    if metric.baseline is not None:
        said += f", baseline {format_number(metric.baseline, 3)}"
    return said
