"""The content of a CSV file that is scored: compressed or not, and in any encoding."""

import csv
from dataclasses import dataclass, replace
from pathlib import Path

import pyarrow as pa

from maas.errors import DataError
from maas.tables.dialect import Dialect
from maas.tables.separators import DECIMAL_COMMA, check_start, width

_MARKS = ",;\t|"
_MAX_LINES = 20


@dataclass(frozen=True)
class Content:
    """What the parser reads, and in which encoding."""

    source: Path | pa.NativeFile
    encoding: str


def is_compressed(path: Path) -> bool:
    """Whether the name of a file says that it is compressed."""
    return path.name.lower().endswith(".gz")


def read_start(path: Path, size: int) -> bytes:
    """The first bytes of the content, at most `size`.

    Raises:
        OSError: it cannot be read, or it is not compressed as its name says.
    """
    compression = "gzip" if is_compressed(path) else None
    with pa.input_stream(str(path), compression=compression) as stream:
        start: bytes = stream.read(size)
    return start


def read_header(path: Path, size: int, dialect: Dialect) -> bytes:
    """The header in UTF-8; what is not text in its encoding below it does not count.

    Args:
        path: the file.
        size: how many bytes are looked at.
        dialect: how it is written.
    """
    start = read_start(path, size)
    if not dialect.is_utf8:
        start = start.decode(dialect.encoding, errors="replace").encode()
    header, quotes = [], 0
    for line in start.splitlines(keepends=True):
        header.append(line)
        quotes += line.count(b'"')
        if line.strip() and quotes % 2 == 0:
            break
    return b"".join(header) + b"\n"


def open_content(path: Path, size: int, dialect: Dialect) -> Content:
    """Open a file; one of at most `size` bytes may be a header without a line end.

    pyarrow would not take such a header.
    """
    encoding = "utf8" if dialect.is_utf8 else dialect.encoding
    compressed = is_compressed(path)
    if compressed or path.stat().st_size <= size:
        start = read_start(path, size + 1)
        if len(start) <= size:
            if not dialect.is_utf8:
                start = start.decode(dialect.encoding).encode()
            return Content(pa.BufferReader(start + b"\n"), "utf8")
    if compressed:
        return Content(pa.input_stream(str(path), compression="gzip"), encoding)
    return Content(path, encoding)


def check_content(path: Path, size: int, dialect: Dialect) -> None:
    """Refuse a file that is plainly written in another way than the dialect says.

    It is not read by its own separator: whether 1,234 is about one or about a thousand would
    hang on a guess.

    Args:
        path: the file.
        size: how many bytes are looked at.
        dialect: how the version's training data were written.

    Raises:
        DataError: it holds no text, or its first lines have more columns with another separator;
            where the version names one, only if the header does not have it.
    """
    start = read_start(path, size)
    if dialect.is_utf8 and start.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise DataError(path, "is UTF-16 text", "save it as UTF-8")
    check_start(path, start, replace(dialect, delimiter_is_known=True))
    encoding = "utf-8" if dialect.is_utf8 else dialect.encoding
    if len(start) == size:
        start = start[: start.rfind(b"\n") + 1] or start
    text = start.decode(encoding, errors="replace")
    lines = [line for line in text.splitlines() if line.strip()][:_MAX_LINES]
    known = dialect.delimiter_is_known or dialect.delimiter != ","
    own = max(width(lines[: 1 if known else None], dialect.delimiter), 1)
    widths = {mark: width(lines, mark) for mark in _MARKS if mark != dialect.delimiter}
    mark = max(widths, key=lambda mark: widths[mark])
    if widths[mark] > own and not (known and own > 1):
        raise _describe(path, lines, mark, dialect)


def _describe(path: Path, lines: list[str], mark: str, dialect: Dialect) -> DataError:
    what, options = f"is separated by {mark!r}", f"sep={mark!r}"
    rows = list(csv.reader(lines, delimiter=mark))[1:]
    if any(DECIMAL_COMMA.fullmatch(field) for row in rows for field in row):
        what, options = f"{what}, with decimal commas", f"{options}, decimal=','"
    what = (
        f"{what}; the data that the version was trained on are separated by {dialect.delimiter!r}"
    )
    stem = path.name.split(".")[0]
    code = f"pandas.read_csv({path.name!r}, {options}).to_parquet({stem + '.parquet'!r})"
    return DataError(path, what, f"write it as these are, or as Parquet, e.g. {code}")
