"""Reads of a file as much as says how it is written and what its columns are."""

import glob
import gzip
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, cast

import pyarrow as pa

from maas.errors import DataError, UnreadableDataError
from maas.tables.sources import DataFile, check_start, read_start
from maas.tables.unknown.file_start import START_BYTES, check_text
from maas.tables.unknown.line_ends import cut_lines, find_mark, line_end
from maas.tables.unknown.parquet_sample import read_parquet_sample

SAMPLE_BYTES = 2**25
"""A file up to this size is taken whole; of a larger one, a half of it or more."""

# The blocks of a larger file: small, so that there are many all over it; but of several lines.
_BLOCK_BYTES = 2**18
_LINES = 4

# A longer line is not a header.
_MAX_HEADER_BYTES = 2**23


@dataclass(frozen=True)
class Sample:
    """What was read.

    Attributes:
        path: the file; of several, the first.
        files: all of them.
        blocks: text as it is in the files, decompressed: whole lines. The first block begins with
            the header of the first file; no other header is in them. Empty for Parquet.
        table: rows of Parquet files.
        is_whole: whether it is all of all files.
        bytes_read: the length of the text, or how much of the files the rows of the table are.
        bytes_total: of all files; of .gz, decompressed.
        rows_total: of Parquet files; of text it is not known.
    """

    path: Path
    files: tuple[Path, ...]
    blocks: tuple[bytes, ...]
    table: pa.Table | None
    is_whole: bool
    bytes_read: int
    bytes_total: int
    rows_total: int | None

    @property
    def data(self) -> bytes | None:
        """The text in one piece; None for Parquet."""
        return b"".join(self.blocks) if self.table is None else None


def read_sample(source: Path, size: int = SAMPLE_BYTES) -> Sample:
    """Read a file whole, or blocks of it at equal distances; of several, equal shares.

    The same files give the same sample.

    Args:
        source: a file, or a pattern of several with * and ?.
        size: how many bytes are read at most, about.

    Raises:
        UnreadableDataError: there is no such file, or it cannot be read.
        DataError: it holds no text and is not a Parquet file, has a line that is longer than the
            sample, or the files have different headers.
    """
    files = _find(source)
    if any(_kind(path) == ".parquet" for path in files):
        return _sample_parquet(files, size)
    texts = [_read_text(path, size // len(files)) for path in files]
    blocks = [*texts[0].blocks]
    for path, text in zip(files[1:], texts[1:], strict=True):
        if not blocks[-1].endswith(line_end(blocks[0])):
            blocks[-1] += line_end(blocks[0])
        blocks += _without_header(files[0], blocks[0], path, text)
    total = sum(text.total for text in texts)
    is_whole = all(text.is_whole for text in texts)
    read = sum(map(len, blocks))
    return Sample(
        files[0],
        tuple(files),
        tuple(blocks),
        None,
        is_whole,
        total if is_whole else read,
        total,
        None,
    )


@dataclass(frozen=True)
class _Text:
    blocks: list[bytes]
    total: int
    is_whole: bool


def _find(source: Path) -> list[Path]:
    if source.exists() or not glob.has_magic(str(source)):
        return [source]
    found = sorted(glob.glob(str(source), recursive=True))  # noqa: PTH207
    files = [path for path in map(Path, found) if path.is_file()]
    if not files:
        raise UnreadableDataError(source, "is a pattern that no file has", "correct it")
    return files


def _kind(path: Path) -> str:
    """Check the kind of a file by its first bytes and its suffix; return the suffix."""
    file, start = DataFile(path.name, path), read_start(path, START_BYTES)
    is_gzip = path.name.lower().endswith(".gz")
    if file.suffix or not is_gzip:
        check_start(file, start)
    if not is_gzip and file.suffix != ".parquet":
        check_text(path, start)
    if not file.suffix:
        better = path.with_suffix(".csv.gz" if is_gzip else ".csv").name
        what = "is not named as one of the files that are read"
        raise DataError(path, what, f"rename it to {better}")
    return file.suffix


def _read_text(path: Path, size: int) -> _Text:
    if not path.name.lower().endswith(".gz"):
        with path.open("rb") as file:
            return _read_blocks(path, file, path.stat().st_size, size)
    try:
        with gzip.open(path) as file:
            check_text(path, file.read(START_BYTES))
            file.seek(0)
            return _read_blocks(path, cast("BinaryIO", file), None, size)
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        what = f"is damaged or was not written to its end ({error})"
        raise DataError(path, what, "write it again") from None


def _read_blocks(path: Path, file: BinaryIO, total: int | None, size: int) -> _Text:
    """Read blocks at equal distances and cut them at line ends."""
    start = file.read(min(size, _MAX_HEADER_BYTES))
    mark = line_end(start)
    if len(start) > 1 and mark not in start and file.read(1):
        what = f"has a first line of more than {len(start) // 10**6} million bytes"
        raise DataError(path, what, "write one line for each row")
    file.seek(0)
    if total is not None and total <= size:
        return _Text([_check_lines(path, file.read())], total, True)
    longest = max(map(len, start.split(mark)))
    length = min(max(_BLOCK_BYTES, _LINES * longest), size) // 2 * 2  # UTF-16 has two bytes
    most = max(size // length, 1)
    if total is None:
        blocks, total = _keep_blocks(file, length, most)
    else:
        blocks = list(_seek_blocks(file, total, length, most))
    if total <= size and len(blocks) * length >= total:
        return _Text([_check_lines(path, b"".join(blocks))], total, True)
    cut = [cut_lines(block, mark, n == 0) for n, block in enumerate(blocks)]
    return _Text([block for block in cut if block], total, False)


def _check_lines(path: Path, data: bytes) -> bytes:
    if not data.removeprefix(b"\xef\xbb\xbf").strip(b"\r\n\t \0\xff\xfe"):
        raise DataError(path, "holds empty lines only", "write the data to it")
    return data


def _seek_blocks(file: BinaryIO, total: int, length: int, most: int) -> Iterator[bytes]:
    count = total // length
    for place in range(0, max(count, 1), -(-count // most) or 1):
        file.seek(place * length)
        yield file.read(length)


def _keep_blocks(file: BinaryIO, length: int, most: int) -> tuple[list[bytes], int]:
    """Read all of a file that cannot seek, and keep between a half of `most` blocks and `most`."""
    blocks: list[bytes] = []
    total, distance, place = 0, 1, 0
    while block := file.read(length):
        total += len(block)
        if place % distance == 0:
            blocks.append(block)
        if len(blocks) > most:
            blocks, distance = blocks[::2], 2 * distance
        place += 1
    return blocks, total


def _without_header(first: Path, block: bytes, path: Path, text: _Text) -> list[bytes]:
    """The blocks of a further file, after the header, which must be that of the first."""
    header, _ = _header(block)
    other, end = _header(text.blocks[0])
    if other != header:
        what = f"has another header than {first.name}"
        raise DataError(path, what, "name files with equal first lines")
    return [block for block in (text.blocks[0][end:], *text.blocks[1:]) if block]


def _header(block: bytes) -> tuple[bytes, int]:
    """The first line without its end and a byte order mark, and where the next one begins."""
    end = find_mark(block, line_end(block))
    line = block[:end]
    return line.removeprefix(b"\xef\xbb\xbf").rstrip(b"\r\n\0"), end


def _sample_parquet(files: Sequence[Path], size: int) -> Sample:
    odd = next((path for path in files if _kind(path) != ".parquet"), None)
    if odd is not None:
        raise DataError(odd, "is not a Parquet file, as the others are", "name files of one kind")
    parts = [read_parquet_sample(path, size // len(files)) for path in files]
    total = sum(path.stat().st_size for path in files)
    rows = sum(part.rows_total for part in parts)
    try:
        table = pa.concat_tables([part.table for part in parts])
    except pa.ArrowInvalid:
        what, remedy = "holds files with different columns", "name files with the same columns"
        raise DataError(files[0].parent, what, remedy) from None
    if rows == 0:
        raise DataError(files[0], "has columns but no rows", "add rows")
    read = total * table.num_rows // rows
    return Sample(files[0], tuple(files), (), table, table.num_rows == rows, read, total, rows)
