"""Reads a CSV file into a table of typed columns."""

import io
import os
import re
from collections.abc import Collection
from dataclasses import dataclass
from itertools import filterfalse
from pathlib import Path

import pyarrow as pa
import pyarrow.compute
import pyarrow.csv

from maas.errors import DataError
from maas.tables.dialect import PLAIN, Dialect
from maas.tables.faults import Faults
from maas.tables.row_places import RowPlaces
from maas.tables.separators import START_BYTES, check_start
from maas.tables.unknown.ragged import describe_ragged

# A larger file is first parsed in blocks of this size, on all cores.
_BLOCK_BYTES = 2**22

# Otherwise the file is one block, because pyarrow infers types from the first block alone. A file
# above this size still has several.
_MAX_BLOCK_BYTES = 2**30

# A character of one byte in another encoding has up to three in UTF-8: the euro sign of cp1252.
_MAX_GROWTH = 3

_SET_ENCODING = "set data.encoding to its encoding, most often cp1252, or save it as UTF-8"

# The names that pandas gives to an index without a name when it writes Parquet.
_PANDAS_INDEX = re.compile(r"__index_level_\d+__")


def is_nameless(name: str) -> bool:
    """Whether a column has no name, or the one that pandas gives to an index without a name."""
    return not name.strip() or _PANDAS_INDEX.fullmatch(name) is not None


def read_csv(
    path: Path, faults: Faults, text_columns: Collection[str] = (), dialect: Dialect = PLAIN
) -> pa.Table:
    """Read a CSV file with a header.

    Args:
        path: a file that is not empty, and not compressed.
        faults: takes what is wrong with single columns that have a name.
        text_columns: columns that hold text, even if all their values look like numbers.
        dialect: how it is written.

    Raises:
        DataError: the file is not such a table.
    """
    return _read(_Csv(path, path, dialect), faults, text_columns)


def read_csv_bytes(
    data: bytes | bytearray | memoryview | pa.Buffer,
    name: object,
    faults: Faults,
    text_columns: Collection[str] = (),
    dialect: Dialect = PLAIN,
) -> pa.Table:
    """Read the content of a CSV file, or its first complete lines, as `read_csv` does.

    Args:
        data: at least one byte, in the encoding of the dialect.
        name: names the file in errors.
        faults: as in `read_csv`.
        text_columns: as in `read_csv`.
        dialect: as in `read_csv`.

    Raises:
        DataError: it is not such a table.
    """
    return _read(_Csv(pa.py_buffer(data), name, dialect), faults, text_columns)


@dataclass(frozen=True)
class _Csv:
    """A CSV file, or its content.

    Attributes:
        content: the file, or its bytes.
        name: names it in errors.
        dialect: how it is written.
    """

    content: Path | pa.Buffer
    name: object
    dialect: Dialect

    @property
    def size(self) -> int:
        """A bound of the number of bytes that are parsed, which are UTF-8."""
        content = self.content
        size = content.stat().st_size if isinstance(content, Path) else content.size
        return size if self.dialect.is_utf8 else size * _MAX_GROWTH

    def start(self) -> bytes:
        """The first bytes."""
        if isinstance(self.content, Path):
            with self.content.open("rb") as file:
                return file.read(START_BYTES)
        return bytes(memoryview(self.content)[:START_BYTES])

    def open(self) -> Path | pa.BufferReader:
        """What pyarrow reads from the start."""
        return self.content if isinstance(self.content, Path) else pa.BufferReader(self.content)

    def open_text(self) -> io.TextIOWrapper:
        """The text, for the csv module."""
        encoding = "utf-8-sig" if self.dialect.is_utf8 else self.dialect.encoding
        content = self.content
        file = content.open("rb") if isinstance(content, Path) else io.BytesIO(content)
        return io.TextIOWrapper(file, encoding, errors="replace", newline="")

    def read_options(self, block_size: int) -> pa.csv.ReadOptions:
        encoding = "utf8" if self.dialect.is_utf8 else self.dialect.encoding
        return pa.csv.ReadOptions(block_size=block_size, encoding=encoding)

    def conversion(self, text_columns: Collection[str]) -> pa.csv.ConvertOptions:
        return pa.csv.ConvertOptions(
            strings_can_be_null=True,
            null_values=self.dialect.all_null_values,
            decimal_point=self.dialect.decimal,
            column_types=dict.fromkeys(text_columns, pa.string()),
        )


def _read(csv: _Csv, faults: Faults, text_columns: Collection[str]) -> pa.Table:
    check_start(csv.name, csv.start(), csv.dialect)
    table, zeros = _parse_csv(csv, text_columns)
    for name in filterfalse(is_nameless, zeros):
        what = "holds integers with leading zeros"
        remedy = "write them without zeros, or declare type: category in data.features"
        faults.add_column(name, DataError(f"{csv.name}: column {name!r}", what, remedy))
    for name, column in zip(table.column_names, table.columns, strict=True):
        where = f"{csv.name}: column {name!r}"
        if is_nameless(name):
            continue  # which is its fault
        if pa.types.is_binary(column.type):
            faults.add_column(name, DataError(where, "is not UTF-8 text", _SET_ENCODING))
        if pa.types.is_string(column.type):
            faults.attempt(name, _check_lines, where, column, faults.places)
    return table


def _parse_csv(csv: _Csv, text_columns: Collection[str]) -> tuple[pa.Table, list[str]]:
    """Parse the file; also name the columns of integers with leading zeros."""
    pa.set_cpu_count(os.cpu_count() or 1)  # the pins set 1; parsing gives the same bits
    size = min(max(csv.size + 1, 4096), _MAX_BLOCK_BYTES)
    try:
        table = _parse_blocks(csv, text_columns) if size > _BLOCK_BYTES else None
        return _parse_at_once(csv, text_columns, size) if table is None else (table, [])
    except UnicodeError as error:
        raise wrong_encoding(csv.name, csv.dialect, error) from None
    except (pa.ArrowInvalid, pa.ArrowException) as error:
        mark = csv.dialect.delimiter
        with csv.open_text() as text:
            ragged = describe_ragged(csv.name, text, mark)
        if ragged is not None:
            remedy = f"{ragged.remedy}, or data.delimiter" if mark != "," else ragged.remedy
            raise DataError(csv.name, ragged.what, remedy) from None
        kind = "comma-separated table" if mark == "," else f"table separated by {mark!r}"
        what = f"is not a valid {kind} ({str(error).splitlines()[0]})"
        remedy = "correct that line, or save it with commas as separators"
        if mark != ",":
            remedy = "correct that line, or data.delimiter"
        raise DataError(csv.name, what, remedy) from None


def wrong_encoding(name: object, dialect: Dialect, error: UnicodeError) -> DataError:
    """The error for a file, or its header, that is not text in the encoding of its dialect."""
    if dialect.is_utf8:
        return DataError(name, "has a header that is not UTF-8", _SET_ENCODING)
    reason = error.reason if isinstance(error, UnicodeDecodeError) else str(error)
    what = f"is not text in {dialect.encoding}, which data.encoding names ({reason})"
    return DataError(name, what, "correct data.encoding")


def _parse_blocks(csv: _Csv, text_columns: Collection[str]) -> pa.Table | None:
    """Parse in blocks, on all cores; None if parsing at once might give another result.

    A type that the first block has, and that all other blocks fit, is the type of the column.
    Integers are read as text first, so that leading zeros can be found.
    """
    read, parse = csv.read_options(_BLOCK_BYTES), csv.dialect.parse_options
    try:
        with pa.csv.open_csv(csv.open(), read, parse, csv.conversion(text_columns)) as reader:
            schema = reader.schema
        integers = _integer_columns(schema)
        convert = csv.conversion([*text_columns, *integers])
        table = pa.csv.read_csv(csv.open(), read, parse, convert)
        for name in integers:
            place = table.column_names.index(name)
            written = pa.compute.utf8_trim(table.column(place), characters=" \t")
            if _leads_with_zeros(written):
                return None
            table = table.set_column(place, name, written.cast(pa.int64()))
    except (pa.ArrowInvalid, pa.ArrowException):
        return None
    found = _integer_columns(table.schema)
    return table if found == integers and len(set(found)) == len(found) else None


def _parse_at_once(
    csv: _Csv, text_columns: Collection[str], size: int
) -> tuple[pa.Table, list[str]]:
    read, parse = csv.read_options(size), csv.dialect.parse_options
    table = pa.csv.read_csv(csv.open(), read, parse, csv.conversion(text_columns))
    names = table.column_names
    integers = [name for name in _integer_columns(table.schema) if names.count(name) == 1]
    if not integers:
        return table, []
    convert = csv.conversion(integers)
    convert.include_columns = integers
    written = pa.csv.read_csv(csv.open(), csv.read_options(size), parse, convert)
    return table, [name for name in integers if _leads_with_zeros(written.column(name))]


def _integer_columns(schema: pa.Schema) -> list[str]:
    return [field.name for field in schema if pa.types.is_integer(field.type)]


def _leads_with_zeros(column: pa.ChunkedArray) -> bool:
    """Whether a value such as 00501 is among the integers: it is a name, not the number 501."""
    zeros = pa.compute.match_substring_regex(column, "^[ \t]*-?0[0-9]")
    return bool(pa.compute.any(zeros).as_py())


def _check_lines(where: str, column: pa.ChunkedArray, places: RowPlaces) -> None:
    """Refuse text of several lines: nearly always a quote was not closed."""
    broken = pa.compute.match_substring(column, "\n").fill_null(False)
    if pa.compute.any(broken).as_py():
        row = places.name(pa.compute.index(broken, True).as_py())
        what = f"{row} holds text of several lines"
        raise DataError(where, what, "close the quote in that row, or remove the line breaks")
