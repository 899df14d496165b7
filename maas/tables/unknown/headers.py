"""Finds the names of the columns of a text, or why it has none."""

import re
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from maas.errors import DataError
from maas.tables.csv_file import is_nameless
from maas.tables.unknown.delimiters import name_delimiter
from maas.tables.unknown.ragged import describe_row

MAX_COLUMNS = 10_000
"""Training with more takes many minutes and gigabytes, and no client fills in so many fields."""

_COMMENT = ("#", "%", "//", "--")
_NUMBER = r"^\s*[-+]?(\d+([.,]\d*)?|[.,]\d+)([eE][-+]?\d+)?\s*%?\s*$"
_UNIT = r"[A-Za-z%]"

# Of two columns, one may have no name.
_MIN_COLUMNS_BELOW_TITLE = 3

_TOTALS = ("gesamt", "grand total", "insgesamt", "sum", "summe", "total", "totals")

_NO_HEADER = "write a line with the names of the columns above it"


def find_names(path: Path, rows: Sequence[tuple[int, list[str]]], delimiter: str) -> list[str]:
    """The names of the columns: the first row, if it can be.

    Args:
        path: the file, for the error.
        rows: the first rows, each with the number of its line.
        delimiter: between the columns.

    Raises:
        DataError: something stands before the header, it has another number of columns than the
            rows, or two columns have one name; or there are too many.
    """
    line, names = rows[0]
    if re.fullmatch(r"sep=.?", delimiter.join(names).strip(), re.IGNORECASE):
        what = (
            f"begins with the line {delimiter.join(names).strip()!r}, which only Excel understands"
        )
        raise DataError(path, what, f"remove line {line}")
    widths = [len(row) for _, row in rows]
    width = Counter(widths[1:] or widths).most_common(1)[0][0]
    if len(names) != width:
        raise _describe_width(path, rows, width, delimiter)
    _check_title(path, rows)
    if width > MAX_COLUMNS:
        remedy = f"keep at most {MAX_COLUMNS} columns"
        raise DataError(path, f"has {width} columns", remedy)
    if len(rows) == 1:
        raise DataError(path, "has one line only, most likely a header without rows", "add rows")
    _check_twice(path, names)
    return names


def _check_title(path: Path, rows: Sequence[tuple[int, list[str]]]) -> None:
    """Refuse lines of a title above the header, to which a spreadsheet added separators."""
    line = rows[0][0]
    for begin, row in rows:
        named = [name.strip() for name in row if name.strip()]
        if begin > line and len(set(named)) == len(row):
            if not any(re.search(_NUMBER, name) for name in named):
                lines = f"line {line}" if begin <= line + 1 else f"lines {line} to {begin - 1}"
                what = f"has {lines} above the header; line {line} has few texts, as titles have"
                raise DataError(path, what, f"remove {lines}")
            return
        if 2 * len(named) >= len(row) or len(row) < _MIN_COLUMNS_BELOW_TITLE:
            return


def _describe_width(
    path: Path, rows: Sequence[tuple[int, list[str]]], width: int, delimiter: str
) -> DataError:
    """The error for a first line with another number of columns than most lines."""
    line, names = rows[0]
    place, begin = next((n, line) for n, (line, row) in enumerate(rows) if n and len(row) == width)
    odd = [(number, row) for number, row in rows[1:] if len(row) != len(names)]
    if len(names) > width and (odd != list(rows[1:]) or "\n" in "".join(odd[0][1])):
        return describe_row(path, *odd[0], delimiter, len(names), len(odd) - 1)
    if len(names) > width:
        what = f"has {len(names)} names in line {line}, but {width} columns in line {begin}"
        return DataError(path, what, f"remove the name or the {delimiter!r} that is too many")
    is_comment = names[0].lstrip().startswith(_COMMENT)
    # One name above two columns may be a title, unless the line below it holds values.
    has_values = width > 2 or any(re.search(_NUMBER, field) for field in rows[1][1])
    if place == 1 and len(names) == width - 1 and has_values and not is_comment:
        return _describe_index(path, rows, begin, delimiter)
    if len(rows[place - 1][1]) >= max(width - 1, 2):
        begin = rows[place - 1][0]  # a header with a name too many or too few
    lines = f"line {line}" if begin <= line + 1 else f"lines {line} to {begin - 1}"
    like = f"not separated by {name_delimiter(delimiter)} as the lines below"
    what = f"has {lines} above the header; line {line} is {'a comment' if is_comment else like}"
    return DataError(path, what, f"remove {lines}")


def _describe_index(
    path: Path, rows: Sequence[tuple[int, list[str]]], begin: int, delimiter: str
) -> DataError:
    """The error for a header that has a name too few, as R writes it."""
    line, names = rows[0]
    width = len(names) + 1
    count = f"{len(names)} name{'s' * (width > 2)}"
    what = f"has {count} in line {line}, but {width} columns in line {begin}"
    if not any(row[-1] for _, row in rows[1:] if len(row) == width):
        return DataError(path, what, f"remove the {delimiter!r} at the end of each line")
    remedy = f"write {f'id{delimiter}'!r} before the first name, or with R's write.csv"
    return DataError(path, what, f"{remedy}(table, row.names = FALSE)")


def _check_twice(path: Path, names: Sequence[str]) -> None:
    counts = Counter(name for name in names if not is_nameless(name))
    twice = [name for name, count in counts.items() if count > 1]
    if not twice:
        return
    if any(re.search(_NUMBER, name) for name in twice):
        what = "has no header: numbers stand in its first line more than once"
        raise DataError(path, what, _NO_HEADER)
    places = [str(n) for n, name in enumerate(names, 1) if name == twice[0]]
    what = (
        f"exists {len(places)} times: column {' and '.join([', '.join(places[:-1]), places[-1]])}"
    )
    more = f" (and {len(twice) - 1} other names)" if twice[1:] else ""
    raise DataError(f"{path}: column {twice[0]!r}", f"{what}{more}", "rename or remove one of them")


def check_header(path: Path, names: Sequence[str], texts: pa.Table) -> int:
    """Refuse a first row that holds values, and a second one that holds names or units.

    Args:
        path: the file, for the error.
        names: the first row.
        texts: the rows below it as text, in the order of the names.

    Returns:
        How many of the rows are equal to the header.

    Raises:
        DataError: there is no header, or a row below it belongs to it.
    """
    repeats = pa.chunked_array([pa.array([True] * texts.num_rows, pa.bool_())])
    seen = []
    for name, column in zip(names, texts.columns, strict=True):
        if is_nameless(name):
            continue
        equal = pc.equal(column, name).fill_null(False)
        repeats = pc.and_(repeats, equal)
        seen.append(pc.sum(equal).as_py() or 0)
    repeated = pc.sum(repeats).as_py() or 0 if seen else 0
    known = [count > repeated for count in seen]
    _check_names(path, names, texts, known)
    if not repeated:
        _check_second_row(path, texts)
    return repeated


def find_total(texts: pa.Table) -> tuple[str, ...]:
    """Say that the last row seems to sum up the others.

    Args:
        texts: all rows as text.

    Returns:
        One sentence, or none.
    """
    for column in texts.columns:
        last = column[-1].as_py()
        if last is None or last.strip(" :").casefold() not in _TOTALS:
            continue
        if pc.sum(pc.equal(column, last)).as_py() == 1:
            return ("the last row is called a total: if it sums up the others, remove it",)
    return ()


def _check_names(path: Path, names: Sequence[str], texts: pa.Table, known: list[bool]) -> None:
    """Refuse a first row of values; `known` says of each name whether it is a value below it."""
    named = [n for n, name in enumerate(names) if not is_nameless(name)]
    if len(known) > 1 and all(known):
        what = "has no header: each text of its first line is a value of its column too"
        raise DataError(path, what, _NO_HEADER)
    if not any(re.search(_NUMBER, names[n]) for n in named):
        return
    if is_nameless(names[0]) and len(named) == len(names) - 1:
        return  # the corner above an index: the other names are names
    numeric = [_is_numeric(texts.column(n)) for n in named]
    as_numbers = [names[n] for n, number in zip(named, numeric, strict=True) if number]
    as_texts = [place for place, number in zip(known, numeric, strict=True) if not number]
    if not as_numbers or not all(re.search(_NUMBER, name) for name in as_numbers):
        return
    if any(as_texts) or not _are_names(as_numbers, bool(as_texts)):
        what = "has no header: its first line holds numbers where the lines below do"
        raise DataError(path, what, _NO_HEADER)


def _are_names(numbers: Sequence[str], beside_texts: bool) -> bool:
    """Whether numbers are names, as 1990, 1991, … and 0, 1, … and 0.1, 0.5, 0.9 are."""
    values = [float(number.strip(" \t%").replace(",", ".")) for number in numbers]
    steps = {after - before for before, after in pairwise(values)}
    if beside_texts:
        return len(values) < 3 or min(steps) > 0
    return len(steps) == 1 and min(steps) > 0 and (len(values) > 2 or values[0] in (0, 1))


def _check_second_row(path: Path, texts: pa.Table) -> None:
    """Refuse a second row of units or longer names: no column is a number then."""
    if texts.num_rows < 3:
        return
    units = 0
    for column in texts.columns:
        first = column[0].as_py()
        if first is not None and re.search(_NUMBER, first):
            return
        rest = column.slice(1)
        if rest.null_count < len(rest) and _is_numeric(rest):
            units += first is not None and re.search(_UNIT, first) is not None
    if units > 1:
        what = f"has a second line that holds no values: {units} columns of numbers have text there"
        raise DataError(path, what, "remove it, and keep one line of names")


def _is_numeric(texts: pa.ChunkedArray) -> bool:
    """Whether all values are numbers, and there are any."""
    matches = pc.match_substring_regex(texts, _NUMBER)
    return matches.null_count < len(matches) and bool(pc.all(matches).as_py())
