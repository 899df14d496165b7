"""Edges of bins that people can read: few digits, and no exact value where they can be rounded.

`spread_edges` and `whole_edges` begin and end close to the smallest and the largest value: they are
for features, whose range is in the signature anyway. `round_edges` and `round_whole_edges` are at
multiples of a round step, so that they do not tell the smallest and the largest value; whole
numbers of which each has a bin of its own are the exception, as categories are.

Exponents are taken from decimals, not from logarithms, whose last bit differs from CPU to CPU.
"""

import math
import sys
from decimal import ROUND_HALF_EVEN, Context, Decimal, localcontext
from itertools import pairwise

# Steps between edges, times a power of ten.
_STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)

# The least step of round edges, as a share of the values.
_LEAST_STEP = 1e-4

# Digits and rounding are Python's defaults, whatever code at the start of Python made of these.
_CONTEXT = Context(
    prec=28, rounding=ROUND_HALF_EVEN, Emin=-999_999, Emax=999_999, flags=[], traps=[]
)

# A float64 has 15 digits for sure: edges so close together that they need more are not rounded.
_DIGITS = 15


def spread_edges(low: float, high: float, bins: int) -> list[float]:
    """Edges of bins of equal width over a range, rounded to a tenth of the width or less.

    Args:
        low: the smallest value; it is inside.
        high: the largest value; it is inside.
        bins: how many.

    Returns:
        Ascending, bins + 1 of them; where the values are too close together for so many, the two
        values themselves, which are equal where there is one value.
    """
    width = high / bins - low / bins
    if not low < high or not math.isfinite(width) or _digits(low, high, width) > _DIGITS:
        return [low, high]
    places = 1 - _exponent(width)
    edges = [round(low + place * width, places) + 0.0 for place in range(bins + 1)]  # not -0.0
    edges[0] = _outside(low, places, -1)
    edges[-1] = _outside(high, places, 1) + 0.0
    valid = all(map(math.isfinite, edges)) and all(a < b for a, b in pairwise(edges))
    return edges if valid else [low, high]


def whole_edges(low: int, high: int, bins: int) -> list[float]:
    """Edges between whole numbers, so that each bin holds equally many of them.

    Args:
        low: the smallest value; it is inside.
        high: the largest value; it is inside.
        bins: how many at most.
    """
    step = -(-(high - low + 1) // bins)
    count = -(-(high - low + 1) // step)
    return [low - 0.5 + step * place for place in range(count + 1)]


def round_whole_edges(low: int, high: int, bins: int) -> list[float]:
    """Edges between whole numbers, half below multiples of a round step.

    Args:
        low: it is inside.
        high: it is inside.
        bins: how many at most; so many numbers or fewer have a bin each.
    """
    for exponent in range(len(str(high - low)) + 1):
        for factor in (1, 2, 5):
            step = factor * 10**exponent
            first, last = low // step, high // step + 1
            if last - first <= bins:
                return [step * place - 0.5 for place in range(first, last + 1)]
    raise AssertionError("a step of the whole range leaves two bins at most")


def round_edges(low: float, high: float, bins: int, least: float = _LEAST_STEP) -> list[float]:
    """Edges at multiples of a round step, from about `low` to about `high`.

    Args:
        low: it is inside.
        high: it is inside.
        bins: how many at most; half of them or more are there, unless the range is too small.
        least: the least step, as a share of the values.
    """
    middle = low / 2 + high / 2
    width = max(high / bins - low / bins, abs(middle) * least)
    if not width:
        return [-1.0, 0.0, 1.0]
    exponent = _exponent(width)
    with localcontext(_CONTEXT):
        for factor in (*_STEPS, 20.0):
            step = Decimal(factor).scaleb(exponent)
            first = math.floor(Decimal(low) / step)
            last = max(math.ceil(Decimal(high) / step), first + 1)
            if last - first <= bins:
                break
        edges = sorted({_to_float(step * place) for place in range(first, last + 1)})
    return edges if len(edges) > 1 else [-1.0, 0.0, 1.0]


def round_beside(value: float, other: float) -> float:
    """An edge between two values, a tenth of their distance from the first, with few digits.

    It is the other value where float64 tells no number between them.
    """
    distance = other / 10 - value / 10
    edge = round(value + distance, -_exponent(distance)) + 0.0
    return edge if min(value, other) < edge < max(value, other) else other


def round_outward(value: float, edge: float) -> float:
    """The last edge around a value, rounded away from the next one to a tenth of the bin or less.

    Args:
        value: the smallest or the largest one.
        edge: the other one of its bin.
    """
    distance = value / 10 - edge / 10
    try:
        rounded = _outside(value, -_exponent(distance), 1 if value > edge else -1)
    except OverflowError:
        return value
    return rounded + 0.0 if math.isfinite(rounded) else value


def round_number(value: float, digits: int = 6) -> float:
    """A number with few digits, as a report holds it."""
    rounded = float(f"{value:.{digits - 1}e}")
    return rounded if math.isfinite(rounded) else value


def _to_float(value: Decimal) -> float:
    """The nearest finite number, whose zero has no sign."""
    largest = sys.float_info.max
    return min(max(float(value), -largest), largest) + 0.0


def _outside(value: float, places: int, direction: int) -> float:
    """The value, rounded away from the middle of the range."""
    rounded = round(value, places)
    if (rounded - value) * direction >= 0:
        return rounded
    with localcontext(_CONTEXT):
        return float(Decimal(repr(rounded)) + direction * Decimal(1).scaleb(-places))


def _exponent(value: float) -> int:
    return Decimal(value).adjusted()


def _digits(low: float, high: float, width: float) -> int:
    """How many digits an edge needs."""
    return _exponent(max(abs(low), abs(high))) - _exponent(width) + 2
