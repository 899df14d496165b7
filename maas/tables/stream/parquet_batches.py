"""Reads a Parquet file batch by batch."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from maas.errors import DataError, UnreadableDataError
from maas.model.columns import Column
from maas.tables.forms.number_forms import make_form_column
from maas.tables.stream.arrow_columns import TextLists, holds_text, is_text, make_column
from maas.tables.stream.batch import Batch, FileShape, Wanted

# How much of each column is read from the file at once.
_BUFFER_BYTES = 2**16

# What the columns of a batch hold at most, about: the memory of a worker is a few times this.
_BATCH_BYTES = 2**22
_VALUE_BYTES = 8
_MIN_ROWS, _MAX_ROWS = 2**10, 2**16

# The same where rows are huge: fewer rows would take more time than the memory is worth.
_HUGE_BYTES = 2**26
_MIN_HUGE_ROWS = 2**4


def describe_parquet(path: Path) -> FileShape:
    """Describe a Parquet file by its footer.

    Raises:
        DataError: it is none, or is cut off.
    """
    with _naming_damage(path), pq.ParquetFile(path) as file:
        metadata, types = file.metadata, file.schema_arrow
    return FileShape(tuple(types.names), types, _count_rows(metadata), metadata.num_rows)


def read_parquet_batches(
    path: Path,
    wanted: Sequence[Wanted],
    kept: Sequence[str],
    row_groups: range | None = None,
    decimal: str = ".",
) -> Iterator[Batch]:
    """Read columns of a Parquet file; those of texts come as dictionaries.

    Args:
        path: the file.
        wanted: the features to read.
        kept: the names of the other columns to read.
        row_groups: which to read; None: all.
        decimal: the decimal mark of texts that have a form.

    Raises:
        DataError: the file is damaged.
    """
    names = list(dict.fromkeys([*(feature.column for feature in wanted), *kept]))
    lists = [TextLists() for _ in wanted]
    with _naming_damage(path), _open(path, wanted) as file:
        sizes = _count_rows(file.metadata)
        groups = range(len(sizes)) if row_groups is None else row_groups
        end = sum(sizes[: groups.start])
        last = end + sum(sizes[n] for n in groups)
        size = _choose_rows(file.metadata, names, groups)
        for table in file.iter_batches(size, list(groups), names, use_threads=False):
            _check_places(table)
            rows = range(end, end + len(table))
            columns = tuple(
                _make_column(table.column(feature.column), feature, texts, decimal)
                for feature, texts in zip(wanted, lists, strict=True)
            )
            yield Batch(rows, columns, table)
            end = rows.stop
    if end != last:
        raise _damage(path, f"the rows end at {end}, not at {last}")


def _make_column(array: pa.Array, feature: Wanted, texts: TextLists, decimal: str) -> Column:
    if feature.form is not None and holds_text(array.type):
        return make_form_column(array, feature.type, feature.form, decimal)
    return make_column(array, texts)


def _count_rows(metadata: pq.FileMetaData) -> tuple[int, ...]:
    return tuple(metadata.row_group(n).num_rows for n in range(metadata.num_row_groups))


def _open(path: Path, wanted: Sequence[Wanted]) -> pq.ParquetFile:
    """Open a file so that neither a row group nor a column of it is in memory at once."""
    with pq.ParquetFile(path) as file:
        metadata, types = file.metadata, file.schema_arrow
    names = [feature.column for feature in wanted]
    texts = [name for name in names if is_text(types.field(name).type)]
    return pq.ParquetFile(
        path,
        metadata=metadata,
        read_dictionary=texts,
        pre_buffer=False,
        buffer_size=_BUFFER_BYTES,
        memory_map=False,
        page_checksum_verification=True,
    )


def _check_places(table: pa.RecordBatch) -> None:
    """Refuse places that are not in their dictionary, as a damaged file has; Arrow would crash."""
    for column in table.columns:
        if pa.types.is_dictionary(column.type) or pa.types.is_nested(column.type):
            column.validate(full=True)


def _choose_rows(metadata: pq.FileMetaData, names: Sequence[str], groups: range) -> int:
    """The number of rows in a batch: a power of 2, less for wide rows and long texts."""
    width = sum(_width(metadata, place, groups) for place in _find_places(metadata, set(names)))
    rows = _MAX_ROWS
    while rows > _MIN_ROWS and rows * width > _BATCH_BYTES:
        rows //= 2
    while rows > _MIN_HUGE_ROWS and rows * width > _HUGE_BYTES:
        rows //= 2
    return rows


def _find_places(metadata: pq.FileMetaData, names: set[str]) -> list[int]:
    """The places of the columns in a file, in which a nested one has several."""
    paths = [metadata.schema.column(place).path for place in range(metadata.num_columns)]
    return [n for n, path in enumerate(paths) if path in names or path.split(".")[0] in names]


def _width(metadata: pq.FileMetaData, place: int, groups: range) -> float:
    """The mean bytes of a column's values, at least those of a float64."""
    size = rows = 0
    for group in map(metadata.row_group, groups):
        size += group.column(place).total_uncompressed_size
        rows += group.num_rows
    return max(_VALUE_BYTES, size / max(1, rows))


@contextmanager
def _naming_damage(path: Path) -> Iterator[None]:
    """Name the file in what its reader raises."""
    try:
        yield
    except (pa.ArrowException, UnicodeDecodeError) as error:
        raise _damage(path, str(error).splitlines()[0]) from None
    except OSError as error:
        if error.errno is None:  # Arrow raises it for what it cannot decode
            raise _damage(path, str(error).splitlines()[0]) from None
        remedy = "name a file that you may read"
        raise UnreadableDataError(path, f"cannot be read ({error.strerror})", remedy) from None


def _damage(path: Path, what: str) -> DataError:
    return DataError(path, f"is not a valid Parquet file ({what})", "write it again")
