"""Numbers in bins: training filled, live outlined, as shares of the rows."""

import math
from collections.abc import Sequence
from itertools import accumulate

from markupsafe import Markup

from maas.report.axes import LINE, Scale, YAxis, x_axis
from maas.report.distribution import Distribution
from maas.report.figures.columns import GAP, Columns, lay_out
from maas.report.figures.legend import draw_legend
from maas.report.numbers import format_number
from maas.report.svg import WIDTH, boxes, number, picture, tag, text
from maas.report.text import fit, text_width

SMALL_WIDTH, SMALL_HEIGHT = 120, 32
_TOP, _PLOT = 28, 130
_RIGHT = WIDTH - 12
# Between labels.
_BETWEEN = 6
# The width of the columns of what is below and above the bins, as a share.
_OUTSIDE = 0.05


def draw_histogram(
    name: str,
    said: str,
    edges: Sequence[float],
    trained: Distribution,
    now: Distribution | None,
    small: bool,
) -> Markup:
    """A histogram; with live values, one more column at each side for those outside the range.

    Args:
        name: of the feature.
        said: what it shows, in words.
        edges: of the bins; none where training had no value.
        trained: the training rows.
        now: the live rows, if they are to be shown.
        small: without axes.
    """
    highest = max((0.0, *_heights(trained), *(_heights(now) if now else ())))
    columns = lay_out(edges)
    if small:
        y = Scale(0, highest or 1, SMALL_HEIGHT - 1, 1)
        marks = _marks(columns, trained, now, y, 0, SMALL_WIDTH)
        return picture(f"{name}: {said}", "", SMALL_HEIGHT, *marks, width=SMALL_WIDTH, kind="small")
    legend = 0 if now is None else 22
    y = Scale(0, highest or 1, legend + _TOP + _PLOT, legend + _TOP)
    axis = YAxis(y, "share of the rows", shares=True)
    marks = _marks(columns, trained, now, y, axis.left, _RIGHT)
    drawn = [draw_legend(trained.name) if now else "", axis.draw(_RIGHT), *marks]
    drawn.append(_axis(columns, y.start, name, axis.left, now is not None))
    return picture(name, f"{said}.", y.start + 40, *drawn)


def _axis(columns: Columns, base: float, name: str, left: float, outside: bool) -> Markup:
    """The axis of the bins that are to scale, and a line and a label below the others."""
    start, end = _inside(left, _RIGHT, outside)
    places = columns.places(start, end)
    apart = [*places[: columns.first], *places[len(places) - columns.last :]]
    within, drawn = [-math.inf, math.inf], []
    first, last = columns.labels()
    if first:
        half = text_width(first) / 2
        x = max(sum(places[0]) / 2, left + half)
        within[0] = x + half + _BETWEEN
        drawn.append(text(x, base + LINE, first, "mid note"))
    if last:
        half = text_width(last) / 2
        x = min(sum(places[-1]) / 2, WIDTH - half)
        within[1] = x - half - _BETWEEN
        drawn.append(text(x, base + LINE, last, "mid note"))
    if apart:
        lines = "".join(f"M{number(a)} {number(base)}H{number(b)}" for a, b in apart)
        drawn.append(tag("path", class_="axis", d=lines))
    scale, title = columns.scale(start, end), fit(name, _RIGHT - left)
    axis = x_axis(scale, base, title, bool(columns.edges), (within[0], within[1]))
    return axis + Markup("").join(drawn)


def say_numbers(edges: Sequence[float], trained: Distribution) -> str:
    """The range, and about where the middle is."""
    if not edges:
        return "no value in training"
    low, high = format_number(edges[0]), format_number(edges[-1])
    if len(edges) == 2 and edges[0] == edges[1]:
        return f"always {low}"
    return f"{low} to {high}, half below about {format_number(_median(edges, trained), 3)}"


def say_scale(edges: Sequence[float]) -> str:
    """Which columns are not to scale; "" where all are."""
    return lay_out(edges).say()


def _median(edges: Sequence[float], trained: Distribution) -> float:
    """The middle of the bin that the median is in."""
    reached = list(accumulate(trained.shares))
    place = next(n for n, share in enumerate(reached) if share >= reached[-1] / 2)
    columns = lay_out(edges)
    if place == 0 and columns.first and columns.is_narrow(0):
        return columns.lowest
    if place == len(edges) - 2 and columns.last and columns.is_narrow(-1):
        return columns.highest
    return edges[place] / 2 + edges[place + 1] / 2


def _heights(shown: Distribution) -> list[float]:
    return [*shown.shares, shown.others["below"], shown.others["above"]]


def _inside(left: float, right: float, outside: bool) -> tuple[float, float]:
    """Where the bins are; live rows have columns for what is below and above."""
    margin = _OUTSIDE * (right - left) + GAP if outside else 0
    return left + margin, right - margin


def _marks(
    columns: Columns,
    trained: Distribution,
    now: Distribution | None,
    y: Scale,
    left: float,
    right: float,
) -> list[Markup]:
    width = _OUTSIDE * (right - left)
    beyond = [(left, left + width), (right - width, right)]
    places = [*columns.places(*_inside(left, right, now is not None)), *beyond]
    drawn = [tag("path", class_="fill", d=_boxes(trained, places, y))]
    if now is not None:
        drawn.append(tag("path", class_="line", d=_boxes(now, places, y)))
    return drawn


def _boxes(shown: Distribution, places: Sequence[tuple[float, float]], y: Scale) -> str:
    return boxes(
        (start, y(height), end - start, y.start - y(height))
        for (start, end), height in zip(places, _heights(shown), strict=True)
        if height
    )
