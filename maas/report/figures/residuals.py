"""How far off the predictions of a regressor are."""

from itertools import pairwise

from markupsafe import Markup

from maas.report.axes import Scale, YAxis, x_axis
from maas.report.figure import Figure
from maas.report.numbers import format_number, format_rows, format_share
from maas.report.parts import ResidualsRecord
from maas.report.svg import WIDTH, boxes, number, picture, tag
from maas.report.text import cut, fit, quote

_TOP, _PLOT = 28, 170
_RIGHT = WIDTH - 12


def residuals_figure(residuals: ResidualsRecord, target: str) -> Figure:
    """A histogram of predicted less actual, and its quantiles."""
    base = _TOP + _PLOT
    y = Scale(0, max((*residuals.counts, 1)), base, _TOP)
    axis = YAxis(y, "held-out rows")
    x = Scale(residuals.edges[0], residuals.edges[-1], axis.left, _RIGHT)
    unit = fit(f"predicted less actual {cut(target)}", WIDTH - axis.left)
    drawn = [axis.draw(_RIGHT), _bars(residuals, x, y), _zero(x, base), x_axis(x, base, unit)]
    said = _say(residuals, target)
    drawing = picture("Residuals: predicted less actual", said, base + 40, *drawn)
    outer = " Values beyond the ends are in the first and the last bar."
    return Figure("residuals", "How far off are the predictions?", f"{said}{outer}", drawing)


def _bars(residuals: ResidualsRecord, x: Scale, y: Scale) -> Markup:
    found = (
        (x(low) + 0.5, y(count), max(1, x(high) - x(low) - 1), y.start - y(count))
        for (low, high), count in zip(pairwise(residuals.edges), residuals.counts, strict=True)
        if count
    )
    return tag("path", class_="fill", d=boxes(found))


def _zero(x: Scale, base: float) -> Markup | str:
    if not x.low < 0 < x.high:
        return ""
    return tag("path", class_="diagonal", d=f"M{number(x(0))} {_TOP}V{number(base)}")


def _say(residuals: ResidualsRecord, target: str) -> str:
    """The quantiles in sentences: pairs from the outside, and the middle one."""
    levels = {round(q.level, 6): q.value for q in residuals.quantiles}
    said = [
        f"{format_share(1 - 2 * level)} between {format_number(value, 3)} and "
        f"{format_number(levels[round(1 - level, 6)], 3)}"
        for level, value in sorted(levels.items(), reverse=True)
        if 0 < level < 0.5 and round(1 - level, 6) in levels
    ]
    rows = format_rows(sum(residuals.counts))
    if not said:
        return f"Errors of {rows}, in the unit of {quote(target)}."
    return f"Of {rows}, {', '.join(said)} off, in the unit of {quote(target)}."
