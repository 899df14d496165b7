"""Reads compressed CSV files, and several CSV files as if they were one."""

from collections.abc import Collection, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.csv

from maas.errors import DataError, TooLargeError
from maas.tables.available_memory import available_memory
from maas.tables.csv_file import read_csv, read_csv_bytes, wrong_encoding
from maas.tables.dialect import Dialect
from maas.tables.faults import Faults
from maas.tables.row_places import RowPlaces
from maas.tables.separators import START_BYTES, check_start
from maas.tables.sources import DataFile, check_columns

_BOM = b"\xef\xbb\xbf"

# A longer header is not a header.
_MAX_HEADER_BYTES = 2**24

# How much is decompressed at once.
_PART_BYTES = 2**24

# The largest block that pyarrow takes.
_MAX_BLOCK_BYTES = 2**31 - 1


def read_csv_files(
    files: Sequence[DataFile],
    name: object,
    faults: Faults,
    text_columns: Collection[str],
    dialect: Dialect,
) -> pa.Table:
    """Read CSV files as the file that has the header of the first and the rows of all.

    Args:
        files: at least one; they have the same columns, maybe in another order.
        name: names all of them in errors.
        faults: takes what is wrong with single columns, and learns where the rows stand.
        text_columns: columns that hold text, even if all their values look like numbers.
        dialect: how they are written.

    Raises:
        DataError: one of them is damaged or not a table, or has other columns than the first.
    """
    if len(files) == 1:
        return _read_one(files[0], faults, text_columns, dialect)
    faults.places = RowPlaces(
        [file.name for file in files], lambda index: _count_rows(files[index], dialect)
    )
    data = _join(files, dialect)
    try:
        return read_csv_bytes(data, name, faults, text_columns, dialect.in_utf8())
    except DataError:
        for file in files:  # the one that is not a table has its own name and line
            _read_one(file, Faults(file.name), text_columns, dialect)
        raise


def read_bytes(path: Path) -> pa.Buffer:
    """Read a file, decompressed if its name ends with .gz.

    Raises:
        DataError: it is damaged.
        TooLargeError: more comes out of it than half of the memory that the process can get: the
            table needs about as much again.
    """
    compression = "gzip" if path.name.lower().endswith(".gz") else None
    try:
        with pa.input_stream(path, compression=compression) as stream:
            return _unpack(path, stream) if compression else stream.read_buffer()
    except OSError as error:
        what = f"is not a complete gzip file ({error})" if compression else f"is damaged ({error})"
        raise DataError(path, what, "write it again, or copy it again") from None


def _unpack(path: Path, stream: pa.NativeFile) -> pa.Buffer:
    data, most = bytearray(), available_memory() // 2
    while part := stream.read(_PART_BYTES):
        data += part
        if len(data) > most:
            what = f"holds more than {most / 2**30:.1f} GiB, half of the memory that is free"
            raise TooLargeError(path, what, "name files of fewer rows, or free memory")
    return pa.py_buffer(data)


def _read_one(
    file: DataFile, faults: Faults, text_columns: Collection[str], dialect: Dialect
) -> pa.Table:
    if not file.suffix.endswith(".gz"):
        return read_csv(file.path, faults, text_columns, dialect)
    data = read_bytes(file.path)
    if not data.size:
        raise DataError(file.path, "holds 0 bytes", "write the data to it, or name another file")
    return read_csv_bytes(data, file.path, faults, text_columns, dialect)


def _join(files: Sequence[DataFile], dialect: Dialect) -> bytearray:
    """The header of the first file and the lines of all, in UTF-8."""
    joined, names = bytearray(), list[str]()
    for file in files:
        text = _read_text(file, dialect)
        end = _header_end(text)
        header = _read_names(file, text[:end], dialect)
        names = names or header
        check_columns(files[0], names, file, header)
        if header != names:
            joined += _reorder(text, names, dialect)
        else:
            joined += text[end:] if joined else text
        if not joined.endswith((b"\n", b"\r")):
            joined += b"\n"
    return joined


def _read_text(file: DataFile, dialect: Dialect) -> bytes:
    """The content of a file in UTF-8, without a byte order mark."""
    data = read_bytes(file.path)
    check_start(file.path, bytes(memoryview(data)[:START_BYTES]), dialect)
    stream = pa.BufferReader(data)
    if not dialect.is_utf8:
        stream = pa.transcoding_input_stream(stream, dialect.encoding, "utf8")
    try:
        text: bytes = stream.read()
    except UnicodeError as error:
        raise wrong_encoding(file.path, dialect, error) from None
    return text.removeprefix(_BOM)


def _header_end(text: bytes) -> int:
    """Where the first line ends that is not empty; line ends in quotes belong to it."""
    end = quotes = 0
    for line in text[:_MAX_HEADER_BYTES].splitlines(keepends=True):
        end += len(line)
        quotes += line.count(b'"')
        if line.strip() and quotes % 2 == 0:
            break
    return end


def _read_names(file: DataFile, header: bytes, dialect: Dialect) -> list[str]:
    try:
        source = pa.BufferReader(header + b"\n")
        with pa.csv.open_csv(source, parse_options=dialect.parse_options) as reader:
            return list(reader.schema.names)
    except UnicodeDecodeError as error:
        raise wrong_encoding(file.path, dialect, error) from None
    except pa.ArrowInvalid as error:
        what = f"has no valid header ({str(error).splitlines()[0]})"
        raise DataError(
            file.path, what, "write the names of the columns to its first line"
        ) from None


def _reorder(text: bytes, names: list[str], dialect: Dialect) -> bytes:
    """The lines of a file below its header, with the columns in another order."""
    convert = pa.csv.ConvertOptions(
        include_columns=names, column_types=dict.fromkeys(names, pa.string()), check_utf8=False
    )
    table = pa.csv.read_csv(
        pa.BufferReader(text),
        pa.csv.ReadOptions(block_size=min(max(len(text) + 1, 4096), _MAX_BLOCK_BYTES)),
        dialect.parse_options,
        convert,
    )
    written = pa.BufferOutputStream()
    options = pa.csv.WriteOptions(
        include_header=False, delimiter=dialect.delimiter, quoting_style="all_valid"
    )
    pa.csv.write_csv(table, written, options)
    return bytes(written.getvalue())


def _count_rows(file: DataFile, dialect: Dialect) -> int:
    return int(_read_one(file, Faults(file.name), (), dialect).num_rows)
