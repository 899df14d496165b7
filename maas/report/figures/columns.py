"""Where the columns of bins are: those of equal width to scale, the others beside them.

The outer bins of a reference go on to far values, or hold one frequent value. To scale, the one
would leave no place for the others, and the other could not be seen.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from maas.report.axes import Scale
from maas.report.numbers import format_number

GAP = 3
"""Between the bins and columns that are not to scale."""

# Wider or narrower than the others by more than this is not to scale: edges are rounded.
_RATIO = 1.5


@dataclass(frozen=True)
class Columns:
    """The columns of bins.

    Attributes:
        edges: of the bins, ascending.
        first: the number of columns on the left that are not to scale.
        last: the number of those on the right.
    """

    edges: Sequence[float]
    first: int
    last: int

    @property
    def lowest(self) -> float:
        """About the smallest value."""
        return self.edges[0] + (0.5 if self._are_whole() else 0)

    @property
    def highest(self) -> float:
        """About the largest value."""
        return self.edges[-1] - (0.5 if self._are_whole() else 0)

    def scale(self, left: float, right: float) -> Scale:
        """Where the bins are that are to scale."""
        if not self.edges:
            return Scale(0, 0, left, right)
        width = self._width(left, right)
        inner = self.edges[self.first : len(self.edges) - self.last]
        margins = self.first * (width + GAP), self.last * (width + GAP)
        return Scale(inner[0], inner[-1], left + margins[0], right - margins[1])

    def places(self, left: float, right: float) -> list[tuple[float, float]]:
        """Where each bin begins and ends."""
        scale, width = self.scale(left, right), self._width(left, right)
        inner = self.edges[self.first : len(self.edges) - self.last]
        to_scale = [(scale(low), scale(high)) for low, high in pairwise(inner)]
        if len(self.edges) == 2:  # perhaps without a width
            quarter = (right - left) / 4
            to_scale = [(left + quarter, right - quarter)]
        starts = [left + place * (width + GAP) for place in range(self.first)]
        ends = [right - place * (width + GAP) for place in reversed(range(self.last))]
        return [
            *((start, start + width) for start in starts),
            *to_scale,
            *((end - width, end) for end in ends),
        ]

    def labels(self) -> tuple[str, str]:
        """What stands below the outermost columns; "" below those that are to scale."""
        first = last = ""
        if self.first:
            first = f"{'' if self.is_narrow(0) else 'from '}{format_number(self.lowest)}"
        if self.last:
            last = f"{'' if self.is_narrow(-1) else 'to '}{format_number(self.highest)}"
        return first, last

    def say(self) -> str:
        """Which columns are not to scale, in words; "" where all are."""
        ranges = [self._range(low, high) for low, high in pairwise(self.edges)]
        ends = ("first", ranges[: self.first]), ("last", ranges[len(ranges) - self.last :])
        said = [
            f"the {which} column{' is' if len(found) == 1 else 's are'} {' and '.join(found)}"
            for which, found in ends
            if found
        ]
        return f"not to scale: {', '.join(said)}" if said else ""

    def is_narrow(self, place: int) -> bool:
        """Whether an outermost bin holds hardly more than one value, though others are wide."""
        of_bin, others = _halves(self.edges)[place], _typical(self.edges)
        return of_bin * _RATIO < others or (self._are_whole() and of_bin == 0.5)

    def _range(self, low: float, high: float) -> str:
        if self._are_whole():
            low, high = low + 0.5, high - 0.5
        written = [format_number(low), format_number(high)]
        return written[0] if low == high else " to ".join(written)

    def _are_whole(self) -> bool:
        """Whether all edges are between whole numbers."""
        return all(edge % 1 == 0.5 for edge in self.edges)

    def _width(self, left: float, right: float) -> float:
        bins, apart = max(1, len(self.edges) - 1), self.first + self.last
        return (right - left - apart * GAP) / bins


def lay_out(edges: Sequence[float]) -> Columns:
    """Find the columns that are not to scale.

    Args:
        edges: ascending; none where there is no bin.
    """
    if len(edges) < 3:
        return Columns(edges, 0, 0)
    typical = _typical(edges)
    fits = [typical <= _RATIO * each <= _RATIO**2 * typical for each in _halves(edges)]
    return Columns(edges, fits.index(True), fits[::-1].index(True))


def _halves(edges: Sequence[float]) -> list[float]:
    """Half the width of each bin, which is finite."""
    return [high / 2 - low / 2 for low, high in pairwise(edges)]


def _typical(edges: Sequence[float]) -> float:
    halves = sorted(_halves(edges))
    return halves[len(halves) // 2]
