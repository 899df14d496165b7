"""The rows of CSV text, each with the number of the line that it begins in."""

import csv
import io
from collections.abc import Iterator
from typing import TextIO

TOO_LONG = "\n"
"""The field of a row that does not end."""


def split_rows(text: str | TextIO, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """Split text, or a file that was opened with newline="", into rows as pyarrow does.

    Quotes are honoured; an empty line is not a row.

    It ends at a field that is longer than the csv module takes, because its quote is not closed:
    the last row then has one field, `TOO_LONG`.

    Yields:
        The number of a row's first line, from 1; its fields.
    """
    # newline="": lines end where the csv module ends them, and nowhere else.
    lines = io.StringIO(text, newline="") if isinstance(text, str) else text
    reader = csv.reader(lines, delimiter=delimiter)
    line = 1
    while True:
        try:
            row = next(reader, None)
        except csv.Error:
            yield line, [TOO_LONG]
            return
        if row is None:
            return
        if row:
            yield line, row
        line = reader.line_num + 1
