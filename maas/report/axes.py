"""Axes of pictures: where a value is, ticks at round numbers, titles with units."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from maas.report.numbers import SPACE, format_ticks, ticks
from maas.report.svg import number, tag, text
from maas.report.text import text_width

LINE = 16
"""The height of a line of text."""
# Of a vertical axis, at least.
_BETWEEN_TICKS = 30


@dataclass(frozen=True)
class Scale:
    """Where values are.

    Attributes:
        low: the value at the start.
        high: the value at the end.
        start: in units of the picture.
        end: in units of the picture.
    """

    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        """The place of a value; those beyond the ends are at the ends."""
        width = self.high / 2 - self.low / 2  # of half the range, which is finite
        share = (value / 2 - self.low / 2) / width if width > 0 else 0.5
        return self.start + min(1.0, max(0.0, share)) * (self.end - self.start)


def x_axis(
    scale: Scale,
    y: float,
    title: str,
    labels: bool = True,
    within: tuple[float, float] = (-math.inf, math.inf),
) -> Markup:
    """A horizontal line, its ticks below, and a title below them; 36 units high.

    Args:
        scale: of the axis.
        y: of the line.
        title: with the unit.
        labels: whether there is a number at each tick.
        within: where numbers have place; a tick elsewhere has none.
    """
    values = _fitting(scale) if labels else []
    placed = [
        (x, label)
        for x, label in _place(scale, values)
        if within[0] <= x - text_width(label) / 2 and x + text_width(label) / 2 <= within[1]
    ]
    marks = "".join(f"M{number(scale(value))} {number(y)}v4" for value in values)
    line = f"M{number(scale.start)} {number(y)}H{number(scale.end)}{marks}"
    return Markup("").join(
        (
            tag("path", class_="axis", d=line),
            *(text(x, y + LINE, label, "mid note") for x, label in placed),
            text((scale.start + scale.end) / 2, y + 2 * LINE, title, "mid note"),
        )
    )


class YAxis:
    """Horizontal lines with numbers at their left, and a title above them.

    Args:
        scale: of the axis.
        title: with the unit.
        shares: whether the numbers are shares, written in per cent.

    Attributes:
        left: where the picture begins, right of the numbers.
    """

    def __init__(self, scale: Scale, title: str, shares: bool = False) -> None:
        self._scale, self._title = scale, title
        most = int(abs(scale.start - scale.end) / _BETWEEN_TICKS)
        self._values = ticks(scale.low, scale.high, max(2, most))
        written = format_ticks([100 * v for v in self._values] if shares else self._values)
        self._labels = [f"{label}{SPACE}%" for label in written] if shares else written
        self.left = 8 + max(map(text_width, self._labels))

    def draw(self, right: float) -> Markup:
        """The lines up to the right, the numbers and the title."""
        places = list(map(self._scale, self._values))
        lines = "".join(f"M{number(self.left)} {number(y)}H{number(right)}" for y in places)
        labels = zip(places, self._labels, strict=True)
        return Markup("").join(
            (
                tag("path", class_="grid", d=lines),
                *(text(self.left - 6, y + 4, label, "end note") for y, label in labels),
                text(0, min(self._scale.start, self._scale.end) - 14, self._title, "note"),
            )
        )


def _fitting(scale: Scale) -> list[float]:
    """As many round numbers as have place beside each other."""
    for most in (6, 5, 4, 3, 2):
        values = ticks(scale.low, scale.high, most)
        if sum(text_width(label) + 10 for label in format_ticks(values)) < scale.end - scale.start:
            break
    return values


def _place(scale: Scale, values: Sequence[float]) -> list[tuple[float, str]]:
    """Numbers in the middle below their ticks; moved inwards at the ends, where they are long."""
    found = []
    for value, label in zip(values, format_ticks(values), strict=True):
        half = text_width(label) / 2
        found.append((min(max(scale(value), half), max(scale.end + 8 - half, half)), label))
    return found
