"""Reads a CSV file batch by batch, as training reads it: commas, a header, UTF-8."""

import re
from bisect import bisect_left
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
from maas.tables.arrow_columns import TextLists
from maas.tables.batch import BadLine, Batch, FileShape, Wanted
from maas.tables.csv_columns import make_csv_column
from maas.tables.separators import check_separator

# How much of the file is parsed at once, and the longest line that can be read.
_BLOCK_BYTES = 2**20

_MAX_ROWS = 2**16

# Lines that are no rows wait for the rows around them; so many, and so much of each, are kept.
_MAX_BAD_LINES = 2**17
_MAX_LETTERS = 1000

_BAD_LINE = re.compile(r"Row #(\d+): Expected (\d+) columns, got (\d+)")
_BAD_TEXT = re.compile(r"Row #(\d+): CSV conversion error to string: invalid UTF8")
_LONG_LINE = "straddling object"


def describe_csv(path: Path) -> FileShape:
    """Describe a CSV file by its header.

    Raises:
        DataError: it is not separated by commas, or its header is not text in UTF-8.
    """
    check_separator(path)
    with _naming_fault(path), _open_header(path) as reader:
        return FileShape(tuple(reader.schema.names), None, (), None)


def _open_header(path: Path) -> pa.csv.CSVStreamingReader:
    """Open the header alone: below it may be lines that are no rows."""
    header, quotes = [], 0
    with path.open("rb") as file:
        block = file.read(_BLOCK_BYTES)
    for line in block.splitlines(keepends=True):
        header.append(line)
        quotes += line.count(b'"')
        if line.strip() and quotes % 2 == 0:
            break
    try:
        return _open(pa.BufferReader(b"".join(header) + b"\n"), None, None)
    except pa.ArrowInvalid:  # such as a name with a single quote in it
        return _open(_complete(path), None, lambda _: "skip")


def read_csv_batches(
    path: Path, wanted: Sequence[Wanted], kept: Sequence[str], skip_bad_lines: bool = False
) -> Iterator[Batch]:
    """Read columns of a CSV file.

    Args:
        path: the file.
        wanted: the features to read.
        kept: the names of the other columns to read.
        skip_bad_lines: whether lines may have another number of columns than the header.

    Raises:
        DataError: the file is not such a table, or holds text of several lines.
    """
    names = list(dict.fromkeys([*(feature.column for feature in wanted), *kept]))
    names = names or [describe_csv(path).names[0]]  # of none, pyarrow would read all
    lists = [TextLists() for _ in wanted]
    lines = _Lines(path, skip_bad_lines)
    with _naming_fault(path, lines), _open(_complete(path), names, lines.handler) as reader:
        for block in reader:
            rows, bad = lines.place(len(block))
            _check_lines(path, block, rows)
            for start in range(0, len(block), _MAX_ROWS):
                table = block.slice(start, _MAX_ROWS)
                columns = _make_columns(table, wanted, lists)
                yield Batch(rows[start : start + _MAX_ROWS], columns, table, bad)
                bad = ()
        if lines.waiting:
            nothing = _make_empty(reader.schema)
            bad = tuple(lines.waiting)
            yield Batch(range(0), _make_columns(nothing, wanted, lists), nothing, bad)


def _make_empty(schema: pa.Schema) -> pa.RecordBatch:
    return pa.RecordBatch.from_arrays([pa.nulls(0, kind) for kind in schema.types], schema=schema)


def _make_columns(
    table: pa.RecordBatch, wanted: Sequence[Wanted], lists: Sequence[TextLists]
) -> tuple[Column, ...]:
    pairs = zip(wanted, lists, strict=True)
    return tuple(make_csv_column(table.column(f.column), f.type, texts) for f, texts in pairs)


class _Lines:
    """Finds the place of each row and of each line that is none.

    Attributes:
        handler: what pyarrow asks about each line that is no row; None: none may be left out.
        waiting: the lines that are no rows, of which no row after them has come yet.
        fault: why a line could not be left out.
    """

    def __init__(self, path: Path, skips: bool) -> None:
        self.handler = self._skip if skips else None
        self.waiting: list[BadLine] = []
        self.fault: DataError | None = None
        self._path = path
        self._next = 0

    def _skip(self, line: pa.csv.InvalidRow) -> str:
        """Note a line that is no row; pyarrow's number of it counts the header, from 1."""
        row = line.number - 2
        reason = _describe_width(line.expected_columns, line.actual_columns)
        if "\n" in line.text:
            self.fault = _refuse_lines(f"{self._path}: row {row + 1}")
        if len(self.waiting) == _MAX_BAD_LINES:
            what = f"more than {_MAX_BAD_LINES} lines are no rows, up to row {row + 1}: it {reason}"
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


def _open(
    source: Path | pa.BufferReader,
    names: Sequence[str] | None,
    skip: Callable[[pa.csv.InvalidRow], str] | None,
) -> pa.csv.CSVStreamingReader:
    """Open a file of which some columns, or all, are read as texts."""
    # Lines are numbered only without threads.
    read = pa.csv.ReadOptions(block_size=_BLOCK_BYTES, use_threads=False)
    # With line breaks in quotes: else the parser loses its place where they are.
    parse = pa.csv.ParseOptions(newlines_in_values=True, invalid_row_handler=skip)
    convert = pa.csv.ConvertOptions(strings_can_be_null=True)
    if names is not None:
        convert.include_columns = names
        convert.column_types = dict.fromkeys(names, pa.string())
    return pa.csv.open_csv(source, read, parse, convert)


def _complete(path: Path) -> Path | pa.BufferReader:
    """A file that may be a header without a line end, which pyarrow would not take."""
    if path.stat().st_size > _BLOCK_BYTES:
        return path
    return pa.BufferReader(path.read_bytes() + b"\n")


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
def _naming_fault(path: Path, lines: _Lines | None = None) -> Iterator[None]:
    """Name the file and the row in what pyarrow raises."""
    try:
        yield
    except UnicodeDecodeError:
        raise DataError(path, "has a header that is not UTF-8", "save it as UTF-8") from None
    except OSError as error:
        remedy = "name a file that you may read"
        raise UnreadableDataError(path, f"cannot be read ({error.strerror})", remedy) from None
    except pa.ArrowException as error:
        fault = lines.fault if lines else None
        skips = lines is not None and lines.handler is not None
        raise (fault or _describe(path, str(error), skips)) from None


def _describe(path: Path, message: str, skips: bool) -> DataError:
    remedy = "correct that line, or save it with commas as separators"
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
    what = f"is not a valid comma-separated table ({message.splitlines()[0]})"
    return DataError(path, what, remedy)


def _describe_width(expected: int, actual: int) -> str:
    return f"has {actual} column{'s' * (actual != 1)}, and the header has {expected}"
