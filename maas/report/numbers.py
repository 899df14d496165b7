"""Numbers for people: few digits, separators of thousands, hardly ever a power of ten."""

import math
from collections.abc import Sequence
from itertools import pairwise

SPACE = "\u00a0"
"""Between a number and its unit, so that no line ends there."""
MINUS = "\u2212"

DIGITS = 4
_SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")

# Numbers beyond these are written with a power of ten.
_LARGE, _SMALL = 1e15, 1e-6


def format_number(value: float, digits: int = DIGITS) -> str:
    """A number with so many significant digits, such as 0.9333, 12.5, 2024 and 1,235,000."""
    if not value:
        return "0"
    exponent = int(f"{abs(value):.{digits - 1}e}".partition("e")[2])
    if not _SMALL <= abs(value) < _LARGE:
        return _power_of_ten(value, digits)
    decimals = digits - 1 - exponent
    text = _group(round(value, decimals), max(0, decimals))
    return text.rstrip("0").rstrip(".") if "." in text else text


def format_count(count: int) -> str:
    """A whole number with all its digits, such as 30, 4096 and 12,345."""
    return _group(count, 0)


def format_share(share: float) -> str:
    """A share in per cent, such as 93 %, 0.4 % and 99.98 %; only the whole is 100 %."""
    return format_shares(share)[0]


def format_shares(*shares: float) -> list[str]:
    """Shares in per cent with as few decimals as tell them apart, two at most."""
    for decimals in range(3):
        written = [_percent(share, decimals) for share in shares]
        if len(set(written)) == len(set(shares)):
            break
    return written


def format_rows(count: int) -> str:
    """A number of rows: 1 row, 12,345 rows."""
    return f"{format_count(count)}{SPACE}row{'s' * (count != 1)}"


def ticks(low: float, high: float, most: int) -> list[float]:
    """Round numbers from low to high, at equal steps; `most` at most, or the two ends."""
    width = high / 2 - low / 2  # of half the range, which is finite
    if not width > 0:
        return [low]
    for step in _steps(2 * (width / max(1, most))):
        first, last = math.ceil(low / step), math.floor(high / step)
        if last - first < most:
            found = [number * step for number in range(first, last + 1)]
            return found if len(found) > 1 else [low, high]
    return [low, high]


def format_ticks(values: Sequence[float]) -> list[str]:
    """Numbers of an axis, all with the same decimals."""
    step = min((abs(b - a) for a, b in pairwise(values)), default=0)
    largest = max(map(abs, values), default=0)
    if step < _SMALL or largest >= _LARGE:
        return [format_number(value) for value in values]
    decimals = next(n for n in range(9) if n == 8 or _is_whole(step * 10**n))
    return [_group(value + 0.0, decimals) for value in values]


def _steps(least: float) -> list[float]:
    exponent = math.floor(math.log10(least)) if least else -300
    return [factor * 10.0**exponent for factor in (1, 2, 5, 10, 20) if exponent < 307]


def _is_whole(value: float) -> bool:
    return math.isclose(value, round(value), rel_tol=1e-6)


def _percent(share: float, decimals: int) -> str:
    text = f"{100 * share:.{decimals}f}"
    while _is_end(text) and 0 < share < 1 and decimals < 2:
        decimals += 1
        text = f"{100 * share:.{decimals}f}"
    if _is_end(text) and 0 < share < 1:
        text = f"<{SPACE}0.01" if share < 0.5 else f">{SPACE}99.99"
    elif _is_end(text):
        text = text.partition(".")[0]
    return f"{text}{SPACE}%"


def _is_end(text: str) -> bool:
    """Whether a number says that it is nothing, or all."""
    return float(text) in (0, 100)


def _power_of_ten(value: float, digits: int) -> str:
    mantissa, _, exponent = f"{value:.{digits - 1}e}".partition("e")
    mantissa = mantissa.rstrip("0").rstrip(".").replace("-", MINUS)
    return f"{mantissa}{SPACE}×{SPACE}10{str(int(exponent)).translate(_SUPERSCRIPTS)}"


def _group(value: float, decimals: int) -> str:
    """Separators of thousands from five digits on: years and small numbers have none."""
    separator = "," if abs(value) >= 10_000 else ""
    text = f"{value:{separator}.{decimals}f}"
    if not text.strip("-0.,"):
        text = text.lstrip("-")
    return text.replace("-", MINUS)
