"""Reads rows of a Parquet file, at equal distances over its row groups."""

from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet

from maas.errors import DataError

# At most so many row groups are read: the first rows of each.
_MAX_GROUPS = 64


@dataclass(frozen=True)
class ParquetSample:
    """Rows of a Parquet file, and how many it has."""

    table: pa.Table
    rows_total: int


def read_parquet_sample(path: Path, size: int) -> ParquetSample:
    """Read a file whole, or the first rows of row groups at equal distances.

    Args:
        path: the file.
        size: how many bytes are read at most, about: as they are stored, or 8 for each value if
            that is more.

    Raises:
        DataError: it is not a valid Parquet file.
    """
    try:
        file = pa.parquet.ParquetFile(path)
        return ParquetSample(_read_rows(file, size), file.metadata.num_rows)
    except (pa.ArrowInvalid, pa.ArrowException, OSError) as error:
        what = f"is not a valid Parquet file ({str(error).splitlines()[0]})"
        raise DataError(path, what, "write it again, or name a .csv file") from None


def _read_rows(file: pa.parquet.ParquetFile, size: int) -> pa.Table:
    about = file.metadata
    groups = range(about.num_row_groups)
    stored = sum(about.row_group(group).total_byte_size for group in groups)
    held = max(stored, 8 * about.num_rows * about.num_columns)
    if held <= size:
        return file.read()
    wanted = groups[:: -(-len(groups) // _MAX_GROUPS)]
    rows = max(about.num_rows * size // held // len(wanted), 1)
    parts = [_read_first(file, group, rows) for group in wanted]
    return pa.Table.from_batches([part for part in parts if part is not None], file.schema_arrow)


def _read_first(file: pa.parquet.ParquetFile, group: int, rows: int) -> pa.RecordBatch | None:
    return next(file.iter_batches(batch_size=rows, row_groups=[group]), None)
