"""Edges of bins for values of which a few lie far from all others, or of which most are equal.

Incomes, prices and counts have a long tail, and many are zero. In bins of equal width from the
smallest to the largest value, nearly all would be in one bin. So the bins are spread over the
middle of the values, a frequent value at its end has a bin of its own, and the outer bins go on to
the smallest and the largest value.

Quantiles are values themselves, by their rank: interpolation may differ from CPU to CPU.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from maas.training.edges import (
    round_beside,
    round_edges,
    round_outward,
    round_whole_edges,
    spread_edges,
    whole_edges,
)

# The middle 99 % of the values, and 95 %: one in so many is left out at each side, at least one.
_TAILS = (200, 40)

# The bins are spread over the middle if it takes less than this part of what they would be over.
_PART = 3

# Of fewer values, one at a side is not rare.
_LEAST_ROWS = 20

# The least step between edges of a target, as a share of it: float32 tells little more apart.
_LEAST_STEP = 1e-6

# The largest whole number below which all are float64.
_MAX_WHOLE = 2**53

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class _Rules:
    """How edges are rounded.

    Attributes:
        spread: edges from one value to another, so many bins at most.
        beside: an edge between a value and another one, close to the first.
        outward: an edge around all values: of a value, given the next edge.
    """

    spread: Callable[[float, float, int], list[float]]
    beside: Callable[[float, float], float]
    outward: Callable[[float, float], float]


_NUMBERS = _Rules(spread_edges, round_beside, round_outward)
_WHOLE = _Rules(
    lambda low, high, bins: whole_edges(math.ceil(low), math.floor(high), bins),
    lambda value, other: value + math.copysign(0.5, other - value),
    lambda value, edge: value + math.copysign(0.5, value - edge),
)
_ROUND = _Rules(
    lambda low, high, bins: round_edges(low, high, bins, _LEAST_STEP), round_beside, round_outward
)
_ROUND_WHOLE = _Rules(
    lambda low, high, bins: round_whole_edges(math.ceil(low), math.floor(high), bins),
    _WHOLE.beside,
    lambda value, edge: _round_whole(value + (value > edge), edge) - 0.5,
)


def find_edges(
    values: Floats, bins: int, are_whole: bool, *, hide_ends: bool = False
) -> list[float]:
    """Edges of bins that hold all values, ascending.

    Args:
        values: finite, shape (rows,).
        bins: how many at most.
        are_whole: whether they are whole numbers.
        hide_ends: whether the outer edges are rounded so far that they do not tell the smallest
            and the largest value. Those of whole numbers that have a bin each do, and so does one
            value that all rows have.
    """
    if not len(values):
        return []
    ordered = np.sort(values + 0.0)  # not -0.0, which is sorted anyhow beside 0.0
    low, high = float(ordered[0]), float(ordered[-1])
    are_whole = are_whole and low < high and max(-low, high) < _MAX_WHOLE
    if hide_ends and low < high:
        rules = _ROUND_WHOLE if are_whole else _ROUND
    else:
        rules = _WHOLE if are_whole else _NUMBERS
    middle = _find_middle(ordered)
    if middle == (low, high) or (are_whole and high - low < bins):
        return rules.spread(low, high, bins)
    return _stretch(ordered, *middle, bins, rules)


def _round_whole(value: float, edge: float) -> float:
    rounded = round_outward(value, edge)
    return rounded if rounded == math.floor(rounded) else value


def _find_middle(ordered: Floats) -> tuple[float, float]:
    """The ends of what the bins are spread over: the range, unless far less holds nearly all."""
    low, high = float(ordered[0]), float(ordered[-1])
    if len(ordered) < _LEAST_ROWS:
        return low, high
    for tail in _TAILS:
        left_out = max(1, len(ordered) // tail)
        inner_low, inner_high = float(ordered[left_out]), float(ordered[-1 - left_out])
        are_equal = inner_low == inner_high and tail != _TAILS[0]
        if not are_equal and inner_high / 2 - inner_low / 2 < (high / 2 - low / 2) / _PART:
            low, high = inner_low, inner_high
    return low, high


@dataclass(frozen=True)
class _End:
    """Where the inner bins begin, seen from the smallest value; or, mirrored, where they end.

    Attributes:
        start: of the inner bins.
        is_edge: whether that is an edge already; else it is a value.
        edges: before it; without the outermost.
        bins: how many are before it.
    """

    start: float
    is_edge: bool
    edges: tuple[float, ...]
    bins: int


def _stretch(ordered: Floats, low: float, high: float, bins: int, rules: _Rules) -> list[float]:
    """Edges from low to high, and beyond."""
    width = (high - low) / bins
    below = _find_end(ordered, low, width, rules, bins)
    above = _find_end(-ordered[::-1], -high, width, rules, bins)
    inner = _spread(ordered, below, above, rules, bins)
    edges = sorted({*below.edges, *inner, *(-edge for edge in above.edges)})
    smallest, largest = float(ordered[0]), float(ordered[-1])
    if edges[0] > smallest:
        edges.insert(0, rules.outward(smallest, edges[0]))
    if edges[-1] < largest:
        edges.append(rules.outward(largest, edges[-1]))
    return edges


def _spread(ordered: Floats, below: _End, above: _End, rules: _Rules, bins: int) -> list[float]:
    low, high = below.start, -above.start
    if not np.count_nonzero((ordered >= low) & (ordered <= high)):
        return [low]
    inner = rules.spread(low, high, bins - below.bins - above.bins)
    if below.is_edge:
        inner[0] = low
    if above.is_edge:
        inner[-1] = high
    return inner


def _find_end(ordered: Floats, quantile: float, width: float, rules: _Rules, bins: int) -> _End:
    """The low end.

    Args:
        ordered: the values, ascending.
        quantile: the smallest value of the middle.
        width: about that of an inner bin.
        rules: of rounding.
        bins: in all; a value that as many rows have as are in a bin on average has its own.
    """
    is_long = quantile - float(ordered[0]) > width
    value = quantile if is_long else float(ordered[0])
    first, after = np.searchsorted(ordered, value), np.searchsorted(ordered, value, "right")
    if (after - first) * bins < len(ordered):
        return _End(value, is_edge=False, edges=(), bins=int(is_long))
    edges = (rules.beside(value, float(ordered[first - 1])),) if is_long else ()
    if after == len(ordered):  # nearly all are the largest value
        return _End(value, is_edge=True, edges=edges, bins=1)
    return _End(rules.beside(value, float(ordered[after])), True, edges, 1 + is_long)
