"""Finds out whether the numbers of a text have decimal commas."""

from typing import Literal

import pyarrow as pa
import pyarrow.compute as pc

# What may stand beside a number: a currency, a percent sign, a short unit.
_BESIDE = r"[^\d.,;:/+\-]{0,4}"


def _pattern(number: str) -> str:
    return rf"^{_BESIDE}[-+]?{number}([eE][-+]?\d+)?{_BESIDE}$"


_COMMA = _pattern(r"(\d+|\d{1,3}(\.\d{3})+)?,\d+")
_POINT = _pattern(r"((\d+|\d{1,3}(,\d{3})+)?\.\d+|\d{1,3}(,\d{3}){2,})")
_INTEGER = _pattern(r"\d+")

# Three digits after one mark: it may be a decimal mark, or separate thousands.
_COMMA_OR_THOUSANDS = _pattern(r"[1-9]\d{0,2},\d{3}")
_POINT_OR_THOUSANDS = _pattern(r"[1-9]\d{0,2}\.\d{3}")

_Vote = Literal[",", "?", "."]


def find_decimal_mark(texts: pa.Table, delimiter: str) -> tuple[Literal[".", ","], tuple[str, ...]]:
    """Find the decimal mark by all columns together.

    Args:
        texts: the rows as text.
        delimiter: between the columns: with ";", a comma with three digits after it is taken for a
            decimal mark, because where programs write ";" numbers have decimal commas.

    Returns:
        The mark, a comma only if more columns have it than have points; and what is in doubt.
    """
    with_commas = [column for column in texts.columns if _count(column, _COMMA)]
    if not with_commas:
        return ".", ()
    votes = [_vote(column) for column in texts.columns]
    mark: Literal[".", ","]
    sure, unsure, points = (votes.count(vote) for vote in (",", "?", "."))
    if sure and points:
        mark, word = (",", "commas") if sure > points else (".", "points")
        seen = f"decimal commas in {_columns(sure)}, decimal points in {_columns(points)}"
        return mark, (f"{seen}: numbers are read with {word}",)
    if sure:
        return ",", ()
    if unsure and not points and delimiter == ";":
        seen = f"three digits after each comma in {_columns(unsure)}"
        return ",", (f"{seen}: taken for decimal commas, as columns are separated by ';'",)
    return ".", ()


def _vote(column: pa.ChunkedArray) -> _Vote | None:
    """The mark of a column in which at least a half of the values are numbers, if it has one."""
    commas, points = _count(column, _COMMA), _count(column, _POINT)
    if not commas and not points:
        return None
    numbers = commas + points + _count(column, _INTEGER)
    if 2 * numbers < len(column) - column.null_count:
        return None
    sure_commas = commas - _count(column, _COMMA_OR_THOUSANDS)
    sure_points = points - _count(column, _POINT_OR_THOUSANDS)
    if sure_commas and not sure_points:
        return ","
    if sure_points and not sure_commas:
        return "."
    return "?" if commas and not points else None


def _count(column: pa.ChunkedArray, pattern: str) -> int:
    return pc.sum(pc.match_substring_regex(column, pattern)).as_py() or 0


def _columns(count: int) -> str:
    return f"{count} column{'s' if count > 1 else ''}"
