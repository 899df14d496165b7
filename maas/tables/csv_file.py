"""Reads a CSV file into a table of typed columns."""

import os
import re
from collections.abc import Collection
from itertools import filterfalse
from pathlib import Path

import pyarrow as pa
import pyarrow.compute
import pyarrow.csv

from maas.errors import DataError
from maas.tables.faults import Faults
from maas.tables.separators import check_separator

# A larger file is first parsed in blocks of this size, on all cores.
_BLOCK_BYTES = 2**22

# Otherwise the file is one block, because pyarrow infers types from the first block alone. A file
# above this size still has several.
_MAX_BLOCK_BYTES = 2**30


# The names that pandas gives to an index without a name when it writes Parquet.
_PANDAS_INDEX = re.compile(r"__index_level_\d+__")


def is_nameless(name: str) -> bool:
    """Whether a column has no name, or the one that pandas gives to an index without a name."""
    return not name.strip() or _PANDAS_INDEX.fullmatch(name) is not None


def read_csv(path: Path, faults: Faults, text_columns: Collection[str] = ()) -> pa.Table:
    """Read a CSV file: separated by commas, with a header, in UTF-8.

    Args:
        path: a file that is not empty.
        faults: takes what is wrong with single columns that have a name.
        text_columns: columns that hold text, even if all their values look like numbers.

    Raises:
        DataError: the file is not such a table.
    """
    check_separator(path)
    table, zeros = _parse_csv(path, text_columns)
    for name in filterfalse(is_nameless, zeros):
        what = "holds integers with leading zeros"
        remedy = "write them without zeros, or declare type: category in data.features"
        faults.add_column(name, DataError(f"{path}: column {name!r}", what, remedy))
    for name, column in zip(table.column_names, table.columns, strict=True):
        where = f"{path}: column {name!r}"
        if is_nameless(name):
            continue  # which is its fault
        if pa.types.is_binary(column.type):
            faults.add_column(name, DataError(where, "is not UTF-8 text", "save it as UTF-8"))
        if pa.types.is_string(column.type):
            faults.attempt(name, _check_lines, where, column)
    return table


def _parse_csv(path: Path, text_columns: Collection[str]) -> tuple[pa.Table, list[str]]:
    """Parse the file; also name the columns of integers with leading zeros."""
    pa.set_cpu_count(os.cpu_count() or 1)  # the pins set 1; parsing gives the same bits
    size = min(max(path.stat().st_size + 1, 4096), _MAX_BLOCK_BYTES)
    try:
        table = _parse_blocks(path, text_columns) if size > _BLOCK_BYTES else None
        return _parse_at_once(path, text_columns, size) if table is None else (table, [])
    except UnicodeDecodeError:
        raise DataError(path, "has a header that is not UTF-8", "save it as UTF-8") from None
    except (pa.ArrowInvalid, pa.ArrowException) as error:
        what = f"is not a valid comma-separated table ({str(error).splitlines()[0]})"
        remedy = "correct that line, or save it with commas as separators"
        raise DataError(path, what, remedy) from None


def _parse_blocks(path: Path, text_columns: Collection[str]) -> pa.Table | None:
    """Parse in blocks, on all cores; None if parsing at once might give another result.

    A type that the first block has, and that all other blocks fit, is the type of the column.
    Integers are read as text first, so that leading zeros can be found.
    """
    read = pa.csv.ReadOptions(block_size=_BLOCK_BYTES)
    try:
        with pa.csv.open_csv(path, read, convert_options=_conversion(text_columns)) as reader:
            schema = reader.schema
        integers = _integer_columns(schema)
        convert = _conversion([*text_columns, *integers])
        table = pa.csv.read_csv(path, read_options=read, convert_options=convert)
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
    path: Path, text_columns: Collection[str], size: int
) -> tuple[pa.Table, list[str]]:
    read = pa.csv.ReadOptions(block_size=size)
    table = pa.csv.read_csv(path, read_options=read, convert_options=_conversion(text_columns))
    names = table.column_names
    integers = [name for name in _integer_columns(table.schema) if names.count(name) == 1]
    if not integers:
        return table, []
    convert = _conversion(integers)
    convert.include_columns = integers
    written = pa.csv.read_csv(path, convert_options=convert)
    return table, [name for name in integers if _leads_with_zeros(written.column(name))]


def _integer_columns(schema: pa.Schema) -> list[str]:
    return [field.name for field in schema if pa.types.is_integer(field.type)]


def _conversion(text_columns: Collection[str]) -> pa.csv.ConvertOptions:
    types = dict.fromkeys(text_columns, pa.string())
    return pa.csv.ConvertOptions(strings_can_be_null=True, column_types=types)


def _leads_with_zeros(column: pa.ChunkedArray) -> bool:
    """Whether a value such as 00501 is among the integers: it is a name, not the number 501."""
    zeros = pa.compute.match_substring_regex(column, "^[ \t]*-?0[0-9]")
    return bool(pa.compute.any(zeros).as_py())


def _check_lines(where: str, column: pa.ChunkedArray) -> None:
    """Refuse text of several lines: nearly always a quote was not closed."""
    broken = pa.compute.match_substring(column, "\n").fill_null(False)
    if pa.compute.any(broken).as_py():
        row = broken.to_pylist().index(True) + 1
        what = f"row {row} holds text of several lines"
        raise DataError(where, what, "close the quote in that row, or remove the line breaks")
