"""Reads a CSV file batch by batch, as training reads it."""

import re
from bisect import bisect_left
from codecs import getincrementaldecoder
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

from maas.errors import DataError, UnreadableDataError
from maas.model.columns import Column
from maas.tables.dialect import PLAIN, Dialect
from maas.tables.separators import START_BYTES
from maas.tables.stream.arrow_columns import TextLists
from maas.tables.stream.batch import BadLine, Batch, FileShape, Wanted
from maas.tables.stream.csv_columns import make_csv_column
from maas.tables.stream.csv_content import (
    Content,
    check_content,
    open_content,
    read_header,
    read_start,
)

# How much of the file is parsed at once, and the longest line that can be read.
_BLOCK_BYTES = 2**20

_MAX_ROWS = 2**16

# Lines that are not rows wait for the rows around them; so many, and so much of each, are kept.
_MAX_BAD_LINES = 2**17
_MAX_LETTERS = 1000

_BAD_LINE = re.compile(r"Row #(\d+): Expected (\d+) columns, got (\d+)")
_BAD_TEXT = re.compile(r"Row #(\d+): CSV conversion error to string: invalid UTF8")
_LONG_LINE = "straddling object"


def describe_csv(path: Path, dialect: Dialect = PLAIN) -> FileShape:
    """Describe a CSV file by its header.

    Raises:
        DataError: it is plainly not written as the dialect says.
    """
    with _naming_fault(path, dialect):
        check_content(path, START_BYTES, dialect)
        with _open_header(path, dialect) as reader:
            return FileShape(tuple(reader.schema.names), None, (), None)


def _open_header(path: Path, dialect: Dialect) -> pa.csv.CSVStreamingReader:
    """Open the header alone: below it may be lines that are not rows."""
    header = pa.BufferReader(read_header(path, _BLOCK_BYTES, dialect))
    try:
        return _open(Content(header, "utf8"), dialect, None, None)
    except pa.ArrowInvalid:  # such as a name with a single quote in it
        if dialect.is_utf8:  # what is asked about a line is given its text, and must get one
            getincrementaldecoder("utf-8")().decode(read_start(path, _BLOCK_BYTES))
        return _open(open_content(path, _BLOCK_BYTES, dialect), dialect, None, lambda _: "skip")


def read_csv_batches(
    path: Path,
    wanted: Sequence[Wanted],
    kept: Sequence[str],
    skip_bad_lines: bool = False,
    dialect: Dialect = PLAIN,
) -> Iterator[Batch]:
    """Read columns of a CSV file.

    Args:
        path: the file.
        wanted: the features to read.
        kept: the names of the other columns to read.
        skip_bad_lines: whether lines may have another number of columns than the header.
        dialect: how it is written.

    Raises:
        DataError: the file is not such a table, or holds text of several lines.
    """
    names = list(dict.fromkeys([*(feature.column for feature in wanted), *kept]))
    names = names or [describe_csv(path, dialect).names[0]]  # of none, pyarrow would read all
    lists = [TextLists() for _ in wanted]
    lines = _Lines(path, skip_bad_lines)
    with _naming_fault(path, dialect, lines), _open_rows(path, dialect, names, lines) as reader:
        for block in reader:
            rows, bad = lines.place(len(block))
            _check_lines(path, block, rows)
            for start in range(0, len(block), _MAX_ROWS):
                table = block.slice(start, _MAX_ROWS)
                columns = _make_columns(table, wanted, lists, dialect)
                yield Batch(rows[start : start + _MAX_ROWS], columns, table, bad)
                bad = ()
        if lines.waiting:
            nothing = _make_empty(reader.schema)
            bad = tuple(lines.waiting)
            yield Batch(range(0), _make_columns(nothing, wanted, lists, dialect), nothing, bad)


def _make_empty(schema: pa.Schema) -> pa.RecordBatch:
    return pa.RecordBatch.from_arrays([pa.nulls(0, kind) for kind in schema.types], schema=schema)


def _make_columns(
    table: pa.RecordBatch,
    wanted: Sequence[Wanted],
    lists: Sequence[TextLists],
    dialect: Dialect,
) -> tuple[Column, ...]:
    return tuple(
        make_csv_column(table.column(feature.column), feature, texts, dialect.decimal)
        for feature, texts in zip(wanted, lists, strict=True)
    )


class _Lines:
    """Finds the place of each row and of each line that is none.

    Attributes:
        handler: what pyarrow asks about each line that is not a row; None: none may be left out.
        waiting: the lines that are not rows, of which no row after them has come yet.
        fault: why a line could not be left out.
    """

    def __init__(self, path: Path, skips: bool) -> None:
        self.handler = self._skip if skips else None
        self.waiting: list[BadLine] = []
        self.fault: DataError | None = None
        self._path = path
        self._next = 0

    def _skip(self, line: pa.csv.InvalidRow) -> str:
        """Note a line that is not a row; pyarrow's number of it counts the header, from 1."""
        row = line.number - 2
        reason = _describe_width(line.expected_columns, line.actual_columns)
        if "\n" in line.text:
            self.fault = _refuse_lines(f"{self._path}: row {row + 1}")
        if len(self.waiting) == _MAX_BAD_LINES:
            what = (
                f"has over {_MAX_BAD_LINES} lines that are not rows; that of row {row + 1} {reason}"
            )
            self.fault = DataError(self._path, what, "save it with the columns of its header")
        self.waiting.append(BadLine(row, reason, line.text[:_MAX_LETTERS]))
        return "skip" if self.fault is None else "error"

    def place(self, count: int) -> tuple[npt.NDArray[np.int64] | range, tuple[BadLine, ...]]:
        """The places of the next rows, and the lines before the last of them that are none."""
        start = self._next
        # So many rows are before each line; the parser may be a block ahead.
        before = [line.row - start - index for index, line in enumerate(self.waiting)]
        bad = tuple(self.waiting[: bisect_left(before, count)])
        del self.waiting[: len(bad)]
        self._next = start + count + len(bad)
        rows = range(start, self._next)
        if not bad:
            return rows, bad
        return np.setdiff1d(rows, [line.row for line in bad], assume_unique=True), bad


def _open_rows(
    path: Path, dialect: Dialect, names: Sequence[str], lines: _Lines
) -> pa.csv.CSVStreamingReader:
    return _open(open_content(path, _BLOCK_BYTES, dialect), dialect, names, lines.handler)


def _open(
    content: Content,
    dialect: Dialect,
    names: Sequence[str] | None,
    skip: Callable[[pa.csv.InvalidRow], str] | None,
) -> pa.csv.CSVStreamingReader:
    """Open a file of which some columns, or all, are read as texts."""
    # Lines are numbered only without threads.
    read = pa.csv.ReadOptions(block_size=_BLOCK_BYTES, use_threads=False, encoding=content.encoding)
    # With line breaks in quotes: else the parser loses its place where they are.
    parse = dialect.parse_options
    parse.newlines_in_values = True
    if skip is not None:
        parse.invalid_row_handler = skip
    convert = pa.csv.ConvertOptions(strings_can_be_null=True, null_values=dialect.all_null_values)
    if names is not None:
        convert.include_columns = names
        convert.column_types = dict.fromkeys(names, pa.string())
    return pa.csv.open_csv(content.source, read, parse, convert)


def _check_lines(path: Path, block: pa.RecordBatch, rows: npt.NDArray[np.int64] | range) -> None:
    """Refuse text of several lines: nearly always a quote was not closed."""
    for name, texts in zip(block.schema.names, block.columns, strict=True):
        written = texts.buffers()[2]
        if written is not None and b"\n" in written.to_pybytes():
            place = pc.index(pc.match_substring(texts, "\n"), pa.scalar(True)).as_py()
            raise _refuse_lines(f"{path}: row {rows[place] + 1}: column {name!r}")


def _refuse_lines(where: str) -> DataError:
    remedy = "close the quote in that row, or remove the line breaks"
    return DataError(where, "holds text of several lines", remedy)


@contextmanager
def _naming_fault(path: Path, dialect: Dialect, lines: _Lines | None = None) -> Iterator[None]:
    """Name the file and the row in what pyarrow raises."""
    try:
        yield
    except UnicodeError:
        if dialect.is_utf8:
            raise DataError(path, "has a header that is not UTF-8", "save it as UTF-8") from None
        name = dialect.encoding
        raise DataError(path, f"holds text that is not {name}", f"save it as {name}") from None
    except OSError as error:
        if error.errno is None:  # Arrow raises it for what it cannot decompress
            what = f"is not a whole gzip file ({error})"
            raise DataError(path, what, "copy or write it again") from None
        remedy = "name a file that you may read"
        raise UnreadableDataError(path, f"cannot be read ({error.strerror})", remedy) from None
    except pa.ArrowException as error:
        fault = lines.fault if lines else None
        skips = lines is not None and lines.handler is not None
        raise (fault or _describe(path, str(error), skips, dialect)) from None


def _describe(path: Path, message: str, skips: bool, dialect: Dialect) -> DataError:
    named = "commas" if dialect.delimiter == "," else f"{dialect.delimiter!r}"
    remedy = f"correct that line, or save it with {named} as separators"
    bad_line = _BAD_LINE.search(message)
    # The handler is given texts: it cannot be asked about a line that is none.
    if bad_text := _BAD_TEXT.search(message) or (bad_line if skips else None):
        where = f"{path}: row {int(bad_text[1]) - 1}"
        return DataError(where, "holds text that is not UTF-8", "save it as UTF-8")
    if bad_line:
        row, expected, actual = map(int, bad_line.groups())
        return DataError(f"{path}: row {row - 1}", _describe_width(expected, actual), remedy)
    if message.startswith(_LONG_LINE):
        what = f"has a line of more than {_BLOCK_BYTES // 2**20} MB"
        return DataError(path, what, "close the quote in it that is open, or shorten it")
    kind = "comma-separated table" if dialect.delimiter == "," else f"table with {named}"
    return DataError(path, f"is not a valid {kind} ({message.splitlines()[0]})", remedy)


def _describe_width(expected: int, actual: int) -> str:
    return f"has {actual} column{'s' * (actual != 1)}, and the header has {expected}"
