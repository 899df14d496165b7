"""Reads a CSV or Parquet file batch by batch, for scoring: memory does not grow with the file."""

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Literal

from maas.errors import DataError, UnreadableDataError
from maas.tables.dialect import PLAIN, Dialect
from maas.tables.stream.arrow_columns import carries, describe_feature, find_cast, holds_text
from maas.tables.stream.batch import BadLine, Batch, FileShape, Wanted
from maas.tables.stream.parquet_batches import describe_parquet, read_parquet_batches

__all__ = [
    "SUFFIXES",
    "BadLine",
    "Batch",
    "Dialect",
    "FileShape",
    "Wanted",
    "check_types",
    "describe_file",
    "find_suffix",
    "kind_of",
    "read_batches",
]

Kind = Literal["csv", "parquet"]

_KINDS: dict[str, Kind] = {
    ".csv": "csv",
    ".csv.gz": "csv",
    ".tsv": "csv",
    ".tsv.gz": "csv",
    ".parquet": "parquet",
}

SUFFIXES = tuple(_KINDS)
"""Of the files that are read, in small letters."""


def find_suffix(name: str) -> str | None:
    """The suffix of a file that is read, as it is written; None: it is none."""
    found = next((suffix for suffix in _KINDS if name.lower().endswith(suffix)), None)
    return found and name[-len(found) :]


def kind_of(path: Path) -> Kind | None:
    """How a file is read, by its suffix; None: it is not read."""
    suffix = find_suffix(path.name)
    return _KINDS[suffix.lower()] if suffix else None


def describe_file(path: Path, dialect: Dialect = PLAIN) -> FileShape:
    """Describe a file by its header or footer.

    Args:
        path: the file.
        dialect: how a CSV file is written.

    Raises:
        UnreadableDataError: the file does not exist or cannot be read.
        DataError: it is of no kind that is read, or not written so.
    """
    if _check_file(path) == "parquet":
        return describe_parquet(path)
    from maas.tables.stream.csv_batches import (
        describe_csv,  # a tenth of a second, for CSV files alone
    )

    return describe_csv(path, dialect)


def check_types(
    where: object, shape: FileShape, wanted: Sequence[Wanted], kept: Sequence[str]
) -> None:
    """Check that a file has the columns, each once, and with types that carry the features.

    Args:
        where: names the file in errors.
        shape: of the file.
        wanted: the features to read.
        kept: the names of the other columns to read, of any type.

    Raises:
        DataError: a column is missing, there twice or has a type that is not the feature's.
    """
    counts = Counter(shape.names)
    for name in (*(feature.column for feature in wanted), *kept):
        if not counts[name]:
            remedy = f"name a file that has it; this one has {', '.join(map(repr, counts))}"
            raise DataError(where, f"has no column {name!r}", remedy)
        if counts[name] > 1:
            what = f"has more than one column {name!r}"
            raise DataError(where, what, "rename or remove one of them")
    if shape.types is None:
        return
    for feature in wanted:
        kind = shape.types.field(feature.column).type
        if not carries(kind, feature.type) and not (feature.form and holds_text(kind)):
            what = f"holds {kind}, and the model takes {describe_feature(feature.type)}"
            cast = find_cast(kind, feature.type)
            remedy = (
                f"cast it to {cast}" if cast else f"write it as {describe_feature(feature.type)}"
            )
            raise DataError(f"{where}: column {feature.column!r}", what, remedy)


def read_batches(
    path: Path,
    wanted: Sequence[Wanted],
    kept: Sequence[str],
    row_groups: range | None = None,
    skip_bad_lines: bool = False,
    dialect: Dialect = PLAIN,
) -> Iterator[Batch]:
    """Read columns that `check_types` has found to be right.

    Args:
        path: the file.
        wanted: the features to read.
        kept: the names of the other columns to read.
        row_groups: which of a Parquet file's to read; None: all.
        skip_bad_lines: whether a CSV file may have lines with another number of columns, which
            are then among the `bad_lines` of a batch.
        dialect: how a CSV file is written, and texts of a Parquet file that have a form.

    Raises:
        UnreadableDataError: the file does not exist or cannot be read.
        DataError: it is damaged, or not a valid table.
    """
    if _check_file(path) == "parquet":
        return read_parquet_batches(path, wanted, kept, row_groups, dialect.decimal)
    from maas.tables.stream.csv_batches import read_csv_batches

    return read_csv_batches(path, wanted, kept, skip_bad_lines, dialect)


def _check_file(path: Path) -> Kind:
    """Check that a file can be read and holds something; say how it is read."""
    try:
        with path.open("rb") as file:
            start = file.read(1)
    except FileNotFoundError:
        raise UnreadableDataError(path, "does not exist", "correct its name") from None
    except OSError as error:
        remedy = "name a file that you may read"
        raise UnreadableDataError(path, f"cannot be read ({error.strerror})", remedy) from None
    kind = kind_of(path)
    if kind is None:
        remedy = f"name one, or give it the suffix of its format: {', '.join(SUFFIXES)}"
        raise DataError(path, "is neither a CSV nor a Parquet file", remedy)
    if not start:
        raise DataError(path, "is empty (0 bytes)", "write the data to it, or name another file")
    return kind
