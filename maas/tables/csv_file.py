"""Reads a CSV file into a table of typed columns."""

import os
from collections.abc import Collection
from pathlib import Path

import pyarrow as pa
import pyarrow.compute
import pyarrow.csv

from maas.errors import DataError

_BLOCK_BYTES = 2**22
"""Bytes of a CSV that are parsed at once, on all cores."""
_MAX_BLOCK_BYTES = 2**30
"""CSV types are inferred from the first block: the whole file, unless it is larger."""


def read_csv(path: Path, texts: Collection[str] = ()) -> pa.Table:
    """Read a CSV file whose fields are separated by commas, with a header, in UTF-8.

    Args:
        path: the file, which is not empty.
        texts: columns that are texts, even if all look like numbers.

    Raises:
        DataError: it is not such a file; names the file, the column and a remedy.
    """
    table = _parse_csv(path, texts)
    names = table.column_names
    if len(names) == 1 and any(mark in names[0] for mark in ";\t|"):
        mark = next(mark for mark in ";\t|" if mark in names[0])
        raise DataError(path, f"is separated by {mark!r}", "save it with commas")
    for name, column in zip(names, table.columns, strict=True):
        if pa.types.is_binary(column.type):
            raise DataError(f"{path}: column {name!r}", "is not UTF-8 text", "save it as UTF-8")
        if pa.types.is_string(column.type):
            _check_lines(f"{path}: column {name!r}", column)
    return table


def _parse_csv(path: Path, texts: Collection[str]) -> pa.Table:
    pa.set_cpu_count(os.cpu_count() or 1)  # the pins say 1; text is parsed to the same bits
    size = min(max(path.stat().st_size + 1, 4096), _MAX_BLOCK_BYTES)
    try:
        table = _parse_blocks(path, texts) if size > _BLOCK_BYTES else None
        return _parse_at_once(path, texts, size) if table is None else table
    except UnicodeDecodeError:
        raise DataError(path, "has a header that is not UTF-8", "save it as UTF-8") from None
    except (pa.ArrowInvalid, pa.ArrowException) as error:
        what = f"is no comma-separated table ({str(error).splitlines()[0]})"
        raise DataError(path, what, "correct that line, or save it with commas") from None


def _parse_blocks(path: Path, texts: Collection[str]) -> pa.Table | None:
    """Parse on all cores; None where it is not sure to be what the whole file would give.

    A type that the first block has, and all others fit, is the whole file's. Integers are read
    as they are written, so that leading zeros can be seen.
    """
    read = pa.csv.ReadOptions(block_size=_BLOCK_BYTES)
    try:
        with pa.csv.open_csv(path, read, convert_options=_conversion(texts)) as reader:
            schema = reader.schema
        integers = [field.name for field in schema if pa.types.is_integer(field.type)]
        convert = _conversion([*texts, *integers])
        table = pa.csv.read_csv(path, read_options=read, convert_options=convert)
        for name in integers:
            place = table.column_names.index(name)
            written = pa.compute.utf8_trim(table.column(place), characters=" \t")
            if _leads_with_zeros(written):
                return None
            table = table.set_column(place, name, written.cast(pa.int64()))
    except (pa.ArrowInvalid, pa.ArrowException):
        return None
    found = [field.name for field in table.schema if pa.types.is_integer(field.type)]
    return table if found == integers and len(set(found)) == len(found) else None


def _parse_at_once(path: Path, texts: Collection[str], size: int) -> pa.Table:
    read = pa.csv.ReadOptions(block_size=size)
    table = pa.csv.read_csv(path, read_options=read, convert_options=_conversion(texts))
    integers = [field.name for field in table.schema if pa.types.is_integer(field.type)]
    if len(set(table.column_names)) < table.num_columns or not integers:
        return table
    convert = _conversion(integers)
    convert.include_columns = integers
    written = pa.csv.read_csv(path, convert_options=convert)
    for name in integers:
        if _leads_with_zeros(written.column(name)):
            remedy = "declare type: category in data.features; write classes as texts"
            raise DataError(f"{path}: column {name!r}", "holds leading zeros", remedy)
    return table


def _conversion(texts: Collection[str]) -> pa.csv.ConvertOptions:
    types = dict.fromkeys(texts, pa.string())
    return pa.csv.ConvertOptions(strings_can_be_null=True, column_types=types)


def _leads_with_zeros(column: pa.ChunkedArray) -> bool:
    """Whether 00501 is among the integers: it is a name, and would come back as 501."""
    zeros = pa.compute.match_substring_regex(column, "^[ \t]*-?0[0-9]")
    return bool(pa.compute.any(zeros).as_py())


def _check_lines(where: str, column: pa.ChunkedArray) -> None:
    """A text over several lines is nearly always a quote that was never closed."""
    broken = pa.compute.match_substring(column, "\n").fill_null(False)
    if pa.compute.any(broken).as_py():
        row = broken.to_pylist().index(True) + 1
        what = f"row {row} holds a text over several lines"
        raise DataError(where, what, "close the quote in that row, or take the line breaks out")
