"""Reads a .csv or .parquet file batch by batch, for scoring: memory does not grow with the file."""

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from maas.errors import DataError, UnreadableDataError
from maas.tables.arrow_columns import carries, describe_feature, find_cast
from maas.tables.batch import BadLine, Batch, FileShape, Wanted
from maas.tables.parquet_batches import describe_parquet, read_parquet_batches

__all__ = [
    "BadLine",
    "Batch",
    "FileShape",
    "Wanted",
    "check_types",
    "describe_file",
    "read_batches",
]

SUFFIXES = (".csv", ".parquet")


def describe_file(path: Path) -> FileShape:
    """Describe a file by its header or footer.

    Raises:
        UnreadableDataError: the file does not exist or cannot be read.
        DataError: it is no .csv or .parquet file.
    """
    suffix = _check_file(path)
    if suffix == ".parquet":
        return describe_parquet(path)
    from maas.tables.csv_batches import describe_csv  # a tenth of a second, for CSV files alone

    return describe_csv(path)


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
        if not carries(kind, feature.type):
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
) -> Iterator[Batch]:
    """Read columns that `check_types` has found to be right.

    Args:
        path: the file.
        wanted: the features to read.
        kept: the names of the other columns to read.
        row_groups: which of a Parquet file's to read; None: all.
        skip_bad_lines: whether a CSV file may have lines with another number of columns, which
            are then among the `bad_lines` of a batch.

    Raises:
        UnreadableDataError: the file does not exist or cannot be read.
        DataError: it is damaged, or not a valid table.
    """
    suffix = _check_file(path)
    if suffix == ".parquet":
        return read_parquet_batches(path, wanted, kept, row_groups)
    from maas.tables.csv_batches import read_csv_batches

    return read_csv_batches(path, wanted, kept, skip_bad_lines)


def _check_file(path: Path) -> str:
    """Check that a file can be read and holds something; return its suffix in small letters."""
    try:
        with path.open("rb") as file:
            start = file.read(4)
    except FileNotFoundError:
        raise UnreadableDataError(path, "does not exist", "correct its name") from None
    except OSError as error:
        remedy = "name a file that you may read"
        raise UnreadableDataError(path, f"cannot be read ({error.strerror})", remedy) from None
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        remedy = "name one, or give it the suffix of its format"
        raise DataError(path, "is neither a .csv nor a .parquet file", remedy)
    if not start:
        raise DataError(path, "is empty (0 bytes)", "write the data to it, or name another file")
    if suffix == ".csv" and start.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise DataError(path, "is UTF-16 text", "save it as UTF-8")
    return suffix
