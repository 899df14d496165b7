"""Whether the probabilities are right: what was said against how often it was so."""

from collections.abc import Sequence

from markupsafe import Markup

from maas.report.axes import Scale, YAxis, x_axis
from maas.report.figure import Figure
from maas.report.numbers import format_rows, format_share
from maas.report.parts import CalibrationBin
from maas.report.svg import WIDTH, boxes, number, picture, tag, text

_TOP, _PLOT, _STRIP = 28, 220, 40
_RIGHT = WIDTH - 12
MANY_ROWS = 10
"""A share of fewer is hardly known."""


def calibration_figure(bins: Sequence[CalibrationBin]) -> Figure:
    """A dot per bin that has rows; below it, how many rows there are."""
    y = Scale(0, 1, _TOP + _PLOT, _TOP)
    axis = YAxis(y, "share of them that was right", shares=True)
    x = Scale(0, 1, axis.left, _RIGHT)
    base = _TOP + _PLOT + 36 + _STRIP
    drawn = [axis.draw(_RIGHT), _diagonal(x, y), *_dots(bins, x, y), _strip(bins, x, base)]
    title = "Probability of the predicted class against the share that was right"
    content = "; ".join(
        f"said {format_share(b.probability)}, right {format_share(b.correct)} "
        f"of {format_rows(b.rows)}"
        for b in bins
        if b.probability is not None and b.correct is not None
    )
    caption = (
        "On the dashed line, the model is right as often as its probabilities say; below it, it "
        "is too sure of itself. The bars are the rows per bin; a hollow dot is of fewer than "
        f"{MANY_ROWS} rows, which say little."
    )
    drawn.append(x_axis(x, base, "probability of the predicted class"))
    drawing = picture(title, f"{content}." if content else "", base + 40, *drawn)
    return Figure("calibration", "Are the probabilities right?", caption, drawing)


def _diagonal(x: Scale, y: Scale) -> Markup:
    start, end = ((number(x(v)), number(y(v))) for v in (0, 1))
    return tag("path", class_="diagonal", d=f"M{' '.join(start)}L{' '.join(end)}")


def _dots(bins: Sequence[CalibrationBin], x: Scale, y: Scale) -> list[Markup]:
    """A line through the dots that many rows make; the others are hollow."""
    places = [
        (x(b.probability), y(b.correct), b.rows >= MANY_ROWS)
        for b in bins
        if b.probability is not None and b.correct is not None
    ]
    line = "L".join(f"{number(left)} {number(top)}" for left, top, many in places if many)
    dots = (
        tag("circle", class_="dot" if many else "dot few", cx=left, cy=top, r=5)
        for left, top, many in places
    )
    return [tag("path", class_="trend", d=f"M{line}" if line else ""), *dots]


def _strip(bins: Sequence[CalibrationBin], x: Scale, base: float) -> Markup:
    most = max((b.rows for b in bins), default=0)
    heights = [(b, _STRIP * b.rows / most if most else 0) for b in bins]
    found = (
        (x(b.low) + 1, base - max(1, height), x(b.high) - x(b.low) - 2, max(1, height))
        for b, height in heights
        if b.rows
    )
    label = text(0, base - _STRIP - 6, f"rows (most: {most})", "note")
    return Markup("").join((tag("path", class_="fill", d=boxes(found)), label))
