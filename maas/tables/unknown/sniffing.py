"""Finds out how an unknown text file is written, before any column is judged."""

from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import pyarrow as pa
import pyarrow.csv

from maas.errors import DataError
from maas.tables.dialect import Dialect
from maas.tables.unknown.decimal_mark import find_decimal_mark
from maas.tables.unknown.delimiters import find_delimiter
from maas.tables.unknown.encodings import decode
from maas.tables.unknown.headers import check_header, find_names, find_total
from maas.tables.unknown.numbered_rows import TOO_LONG, split_rows
from maas.tables.unknown.ragged import describe_ragged, keep_rows, whole_rows
from maas.tables.unknown.sample import Sample
from maas.tables.unknown.seen_column import count_of

# The first lines say what separates the columns.
_HEAD_BYTES = 2**20
_HEAD_ROWS = 500

# How much is parsed at once: larger blocks, and threads, hold more memory.
_BLOCK_BYTES = 2**20

# So many rows, at equal distances, say what the decimal mark is.
_ROWS = 5000


@dataclass(frozen=True)
class Sniffed:
    """How a file is written.

    Attributes:
        dialect: delimiter, decimal mark and encoding.
        names: of the columns, as they are written; some may have none.
        data: the header and the rows of the sample, in UTF-8.
        encoding_seen: how the encoding is known; "" of UTF-8.
        doubts: what else is a guess, and what training will refuse; without a value of a row.
    """

    dialect: Dialect
    names: tuple[str, ...]
    data: bytes
    encoding_seen: str
    doubts: tuple[str, ...]


def find_dialect(sample: Sample) -> Sniffed:
    """Find out how the text of a sample is written.

    Args:
        sample: of text, not of Parquet.

    Raises:
        DataError: training cannot read such a file; says which line is why, and what to do.
    """
    path = sample.path
    blocks, encoding, encoding_seen = decode(path, sample.blocks)
    head = _head(blocks[0])
    delimiter = find_delimiter(path, head)
    rows = list(islice(split_rows(head, delimiter), _HEAD_ROWS))
    if not rows:
        raise DataError(path, "holds empty lines only", "write the data to it")
    if rows[0][1] == [TOO_LONG]:
        what = f"has a text in line {rows[0][0]} that is too long for a name"
        raise DataError(path, what, "close its quote, or write one line for each row")
    names = find_names(path, rows, delimiter)
    if not sample.is_whole:
        blocks = [
            whole_rows(block, delimiter, len(names), n == 0) for n, block in enumerate(blocks)
        ]
    data, texts, ragged = _parse(sample, b"".join(blocks), delimiter, names)
    if texts.num_rows == 0:
        raise DataError(path, "has a header but no rows", "add rows")
    repeated = check_header(path, names, texts)
    if repeated:
        raise _describe_repeated(sample, data, delimiter, names, repeated)
    distance = -(-texts.num_rows // _ROWS)
    some = texts.take(pa.array(range(0, texts.num_rows, distance)))
    decimal, marks = find_decimal_mark(some, delimiter)
    dialect = Dialect(delimiter=delimiter, decimal=decimal, encoding=encoding)
    totals = find_total(texts) if sample.is_whole else ()
    return Sniffed(dialect, tuple(names), data, encoding_seen, (*marks, *ragged, *totals))


def _head(block: bytes) -> str:
    """The first lines of a block, whole ones."""
    end = block.find(b"\n", _HEAD_BYTES)
    head = block if end < 0 else block[: end + 1]
    return head.decode()


def _parse(
    sample: Sample, data: bytes, delimiter: str, names: list[str]
) -> tuple[bytes, pa.Table, tuple[str, ...]]:
    """The rows, as lines and as a table of texts; rows of another width are dropped from a part."""
    path = sample.path
    texts, count = _read_texts(path, data, delimiter, names, keep_on=not sample.is_whole)
    if not count:
        return data, texts, ()
    if sample.is_whole:
        what = "has lines with another number of columns than its header"
        error = describe_ragged(path, data.decode(), delimiter)
        raise error or DataError(path, what, "correct them")
    data = keep_rows(data.decode(), delimiter, len(names)).encode()
    texts, _ = _read_texts(path, data, delimiter, names, keep_on=True)
    seen = f"another number of columns than the header in {count_of(count, 'line')} of the sample"
    return data, texts, (f"{seen}: training will refuse them",)


def _read_texts(
    path: Path, data: bytes, delimiter: str, names: list[str], keep_on: bool
) -> tuple[pa.Table | None, int]:
    """Parse all columns as text; also count the rows that have another number of columns.

    Without `keep_on`, the first such row ends it, and there is no table.
    """
    odd: list[int] = []

    def take_odd(row: pa.csv.InvalidRow) -> str:
        odd.append(row.actual_columns)
        return "skip" if keep_on else "error"

    parse = pa.csv.ParseOptions(
        delimiter=delimiter, newlines_in_values=True, invalid_row_handler=take_odd
    )
    types = dict.fromkeys(names, pa.string())
    convert = pa.csv.ConvertOptions(column_types=types, strings_can_be_null=True)
    fault = "its header is not closed"
    for size in (_BLOCK_BYTES, len(data) + 1):  # a block must hold a line
        odd.clear()
        read = pa.csv.ReadOptions(block_size=size, use_threads=False)
        try:
            table = pa.csv.read_csv(pa.BufferReader(data), read, parse, convert)
        except pa.ArrowInvalid as error:
            if odd and not keep_on:
                return None, len(odd)
            fault = str(error).splitlines()[0]
        else:
            if table.column_names == names:
                return table, len(odd)
    raise DataError(path, f"is not a valid table ({fault})", "correct that line")


def _describe_repeated(
    sample: Sample, data: bytes, delimiter: str, names: list[str], count: int
) -> DataError:
    rows = islice(split_rows(data.decode(), delimiter), 1, None)
    line = next((line for line, row in rows if row == names), None)
    where = f"line {line}" if sample.is_whole and line else f"{count} of the lines looked at"
    what = f"repeats its header in {where}"
    if sample.is_whole and count > 1:
        what += f" and {count - 1} more"
    return DataError(sample.path, what, "remove each line that repeats the header")
