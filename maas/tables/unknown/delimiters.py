"""Finds out what separates the columns of a text."""

import re
from collections import Counter
from itertools import islice
from pathlib import Path

from maas.errors import DataError
from maas.tables.unknown.numbered_rows import split_rows

# Others are tried if none of the usual ones separates columns.
_USUAL = ",;\t|"
_OTHERS = ":^~ "

_ROWS = 500

_NAMES = {"\t": "tabs", ",": "commas", " ": "single spaces"}

Widths = list[int]
"""The number of columns of each row."""


def name_delimiter(mark: str) -> str:
    """A delimiter in words."""
    return _NAMES.get(mark, f"{mark!r}")


def find_delimiter(path: Path, text: str) -> str:
    """Find the character that gives all rows the same number of columns.

    Args:
        path: the file, for the error.
        text: its first lines, whole ones.

    Returns:
        The delimiter; a comma if there is one column.

    Raises:
        DataError: the columns are separated by runs of spaces.
    """
    found = _best(text, _USUAL)
    if found is None:
        _check_spaces(path, text)
        found = _best(text, _OTHERS)
    return found or ","


def _best(text: str, marks: str) -> str | None:
    scores = {mark: _score(text, mark) for mark in marks if mark in text}
    possible = [mark for mark, score in scores.items() if score is not None]
    return max(possible, key=lambda mark: scores[mark] or (), default=None)


def _score(text: str, mark: str) -> tuple[float, ...] | None:
    """How well a delimiter fits: None if most rows have one column, or each another number."""
    widths = [len(row) for _, row in islice(split_rows(text, mark), _ROWS)]
    if not widths:
        return None
    width, count = Counter(widths[1:] or widths).most_common(1)[0]
    share = count / len(widths[1:] or widths)
    # A header of as many names tells a delimiter from a mark in values, as 1,5 or 10:30 have it.
    has_header = widths[0] == width
    if width < 2 or share < 0.5 or (mark in _OTHERS and not (has_header and share == 1)):
        return None
    return (has_header, share, width)


def _check_spaces(path: Path, text: str) -> None:
    lines = [line for line in text.splitlines() if line.strip()][:_ROWS]
    widths = {len(line.split()) for line in lines}
    runs = sum(re.search(r"\S(  +| *\t[ \t]+)\S", line) is not None for line in lines)
    if len(widths) == 1 and widths.pop() > 1 and (runs or any(line[:1] == " " for line in lines)):
        copy = f"{path.stem}-commas.csv"
        code = f"pandas.read_csv({path.name!r}, sep=r'\\s+').to_csv({copy!r}, index=False)"
        remedy = f"write it with commas, e.g. {code}, and name that file"
        raise DataError(path, "has columns that are separated by runs of spaces", remedy)
