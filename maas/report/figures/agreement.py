"""Predicted against actual numbers, as a heat map."""

import math

from markupsafe import Markup

from maas.report.axes import Scale, YAxis, x_axis
from maas.report.figure import Figure
from maas.report.numbers import format_rows, format_share
from maas.report.parts import AgreementRecord
from maas.report.svg import WIDTH, boxes, number, picture, tag, text
from maas.report.text import cut, fit

_TOP, _PLOT, _LEGEND = 28, 260, 30
_RIGHT = WIDTH - 12
_SHADES = 5


def agreement_figure(agreement: AgreementRecord, target: str) -> Figure:
    """Actual values across, predicted ones upwards; the darker a cell, the more rows."""
    low, high = agreement.edges[0], agreement.edges[-1]
    y = Scale(low, high, _TOP + _PLOT, _TOP)
    name = cut(target)
    axis = YAxis(y, fit(f"predicted {name}", WIDTH))
    x = Scale(low, high, axis.left, _RIGHT)
    base = _TOP + _PLOT
    drawn = [axis.draw(_RIGHT), *_cells(agreement, x, y), _diagonal(x, y)]
    drawn += [x_axis(x, base, fit(f"actual {name}", _RIGHT - axis.left))]
    most = max(map(max, agreement.counts), default=0)
    drawn.append(_legend(most, base + 44))
    drawing = picture(f"Predicted against actual {name}", _say(agreement), base + 62, *drawn)
    caption = "On the dashed line, the prediction is right; above it, it is too high."
    return Figure("agreement", "Predicted against actual", caption, drawing)


def _shade(count: int, most: int) -> int:
    """The square root lets cells with few rows be seen."""
    return math.ceil(_SHADES * math.sqrt(count / most)) if count else 0


def _cells(agreement: AgreementRecord, x: Scale, y: Scale) -> list[Markup]:
    """A path per shade."""
    edges, most = agreement.edges, max(map(max, agreement.counts), default=0)
    shades: dict[int, list[tuple[float, float, float, float]]] = {}
    for row, counts in enumerate(agreement.counts):
        left, right = x(edges[row]), x(edges[row + 1])
        for column, count in enumerate(counts):
            top, bottom = y(edges[column + 1]), y(edges[column])
            box = (left, top, right - left, bottom - top)
            shades.setdefault(_shade(count, most), []).append(box)
    return [
        tag("path", class_=f"h{shade}", d=boxes(found))
        for shade, found in sorted(shades.items())
        if shade
    ]


def _diagonal(x: Scale, y: Scale) -> Markup:
    start, end = ((number(x(v)), number(y(v))) for v in (x.low, x.high))
    return tag("path", class_="diagonal", d=f"M{' '.join(start)}L{' '.join(end)}")


def _legend(most: int, y: float) -> Markup:
    start = 104
    squares = (
        tag("rect", class_=f"h{n + 1}", x=start + 24 * n, y=y, width=22, height=12)
        for n in range(_SHADES)
    )
    few, many = "1 row", format_rows(most)
    return Markup("").join(
        (
            text(start - 8, y + 11, few, "end note"),
            *squares,
            text(start + 24 * _SHADES + 6, y + 11, many, "note"),
        )
    )


def _say(agreement: AgreementRecord) -> str:
    """How many rows are on the diagonal, or beside it."""
    rows = sum(map(sum, agreement.counts))
    near = sum(
        count
        for row, counts in enumerate(agreement.counts)
        for column, count in enumerate(counts)
        if abs(row - column) <= 1
    )
    share = format_share(near / rows) if rows else "none"
    bins = len(agreement.counts)
    return (
        f"Of {format_rows(rows)}, {share} are predicted in the bin of the actual value or one "
        f"beside it, of {bins} bins."
    )
