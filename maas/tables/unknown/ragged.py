"""Rows that have another number of columns than the header."""

import io
from itertools import islice
from typing import TextIO

from maas.errors import DataError
from maas.tables.unknown.delimiters import name_delimiter
from maas.tables.unknown.numbered_rows import split_rows

# Where a block of a larger file begins, a quoted text may be open: this many lines are tried.
_LINES = 50
_ROWS = 20
_ROWS_BYTES = 2**16


def describe_ragged(where: object, text: str | TextIO, delimiter: str) -> DataError | None:
    """The error for the first row with another number of columns; None if there is none.

    Args:
        where: the file, for the error.
        text: all of it, or opened with newline="".
        delimiter: between the columns.
    """
    rows = split_rows(text, delimiter)
    _, header = next(rows, (1, []))
    width = len(header)
    odd = ((line, row) for line, row in rows if len(row) != width)
    first = next(odd, None)
    if first is None:
        return None
    return describe_row(where, *first, delimiter, width, sum(1 for _ in odd))


def describe_row(
    where: object, line: int, row: list[str], delimiter: str, width: int, others: int
) -> DataError:
    """The error for a row with another number of columns than the header.

    Args:
        where: the file.
        line: where the row begins.
        row: its fields.
        delimiter: between the columns.
        width: of the header.
        others: how many more such rows there are.
    """
    more = f" (and in {others} more)" if others else ""
    what = f"has {_columns(len(row))} in line {line}{more}, but {width} in its header"
    if any("\n" in field for field in row):
        return DataError(where, what, "close the quote that begins in that line")
    if len(row) > width:
        mark = name_delimiter(delimiter)
        return DataError(
            where, what, f"put text with {mark} between double quotes, or correct that line"
        )
    return DataError(where, what, "correct that line, or remove it if it is not a row")


def whole_rows(block: bytes, delimiter: str, width: int, has_header: bool) -> bytes:
    """The rows of a block that was cut at line ends: a line end may be inside quotes.

    Args:
        block: of a larger text.
        delimiter: between the columns.
        width: the number of columns.
        has_header: whether the block is the begin of the text, where no quote is open.

    Returns:
        The block, from the first line on from which all rows have that many columns, to the last
        line in which no quote is open. Empty if there is no such line.
    """
    if b'"' not in block:
        return block
    begin, end = 0, len(block)
    for _ in range(_LINES):
        if has_header or _fits(block[begin : begin + _ROWS_BYTES], delimiter, width):
            break
        begin = block.find(b"\n", begin) + 1
        if begin == 0:
            return b""
    else:
        return b""
    while block.count(b'"', begin, end) % 2:
        end = block.rfind(b"\n", begin, end - 1) + 1
        if end <= begin:  # a quote that stands inside a text, such as 5" for inches
            return block[begin:]
    return block[begin:end]


def keep_rows(text: str, delimiter: str, width: int) -> str:
    """The lines of the rows that have that many columns."""
    lines = list(io.StringIO(text, newline=""))
    starts = list(split_rows(text, delimiter))
    ends = [line for line, _ in starts[1:]] + [len(lines) + 1]
    kept = [
        "".join(lines[line - 1 : end - 1])
        for (line, row), end in zip(starts, ends, strict=True)
        if len(row) == width
    ]
    return "".join(kept)


def _fits(start: bytes, delimiter: str, width: int) -> bool:
    rows = list(islice(split_rows(start.decode(errors="replace"), delimiter), _ROWS + 1))
    return bool(rows) and all(len(row) == width for _, row in rows[:-1] or rows)


def _columns(count: int) -> str:
    return f"{count} column{'s' if count > 1 else ''}"
