"""What kind of file a file is, by its first bytes: text is told from what is not a table."""

from pathlib import Path

from maas.errors import DataError

START_BYTES = 2**16
"""How much of a file says of what kind it is."""

UTF_16 = {b"\xff\xfe": "utf-16-le", b"\xfe\xff": "utf-16-be"}
"""The byte order marks of UTF-16, and what to decode with after them."""

_MAGIC = (
    (b"SQLite format 3\0", "is an SQLite database", "write the table to a CSV file"),
    (b"%PDF", "is a PDF document", "name a file that holds the table as text"),
    (b"\x89PNG", "is an image", "name a file that holds the table as text"),
    (b"\xff\xd8\xff", "is an image", "name a file that holds the table as text"),
    (b"GIF8", "is an image", "name a file that holds the table as text"),
    (b"BZh", "is compressed by bzip2", "unpack it, or compress it with gzip"),
    (b"\xfd7zXZ\0", "is compressed by xz", "unpack it, or compress it with gzip"),
    (b"\x28\xb5\x2f\xfd", "is compressed by zstd", "unpack it, or compress it with gzip"),
    (b"7z\xbc\xaf\x27\x1c", "is a 7z archive", "unpack it, and name a CSV file of it"),
    (b"ARROW1", "is an Arrow file", "write the table to a Parquet file"),
    (b"\x89HDF", "is an HDF5 file", "write the table to a Parquet or CSV file"),
    (b"\x93NUMPY", "is an array of NumPy", "write it to a CSV file whose first line names columns"),
    (b"RDX", "is a file of R", "write the table with write.csv(table, row.names = FALSE)"),
    (b"<stata_dta>", "is a file of Stata", "write the table to a CSV file"),
    (b"$FL2", "is a file of SPSS", "write the table to a CSV file"),
    *(
        (bytes([0x80, n]), "is a Python pickle", "write the table to a CSV file")
        for n in (2, 3, 4, 5)
    ),
)

# What text begins with that is not a table. Lower case; blanks before it do not count.
_OTHER_TEXT = (
    (("<!doctype", "<html"), "is a web page", "save the table itself, most likely by a 'raw' link"),
    (("<?xml",), "is XML", "write the table to a CSV file"),
    (("{", "[{", "[["), "is JSON", "write the table to a CSV file, e.g. with pandas"),
    (("version https://git-lfs",), "is a pointer of Git LFS", "fetch the file with git lfs pull"),
    (("@relation",), "is an ARFF file", "write the table to a CSV file"),
)

# But for tabs, line ends, form feeds and the mark that DOS puts at the end of a file.
_CONTROLS = frozenset(range(32)) - frozenset(b"\t\n\r\f\x1a")


def check_text(path: Path, start: bytes) -> None:
    """Refuse what is not text, and text that is not a table.

    Args:
        path: the file, for the error.
        start: its first bytes, decompressed.

    Raises:
        DataError: says what it is.
    """
    for magic, what, remedy in _MAGIC:
        if start.startswith(magic):
            raise DataError(path, what, remedy)
    encoding = UTF_16.get(start[:2], "latin-1")
    text = start[2 * (encoding != "latin-1") :].decode(encoding, errors="replace")
    controls = sum(map(text.count, map(chr, _CONTROLS)))
    if "\0" in text or controls > len(text) / 100:
        what = "is not text: it holds bytes 0" if "\0" in text else "is not text"
        raise DataError(path, what, "name a CSV or Parquet file")
    begin = text[:100].removeprefix("ï»¿").lstrip().lower()
    for begins, what, remedy in _OTHER_TEXT:
        if begin.startswith(begins):
            raise DataError(path, what, remedy)
