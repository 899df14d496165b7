"""Reads Parquet files into one table."""

from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet

from maas.errors import DataError
from maas.tables.column_kinds import decode
from maas.tables.faults import Faults
from maas.tables.row_places import RowPlaces
from maas.tables.sources import DataFile, check_columns


def read_parquet_files(files: Sequence[DataFile], faults: Faults) -> pa.Table:
    """Read Parquet files: the rows of all, with types that hold the values of all.

    Args:
        files: at least one; they have the same columns, maybe in another order.
        faults: learns where the rows stand.

    Raises:
        DataError: one of them is damaged, or has other columns than the first, or other types.
    """
    tables = [_read(file.path) for file in files]
    if len(files) == 1:
        return tables[0]
    faults.places = RowPlaces(
        [file.name for file in files], lambda index: int(tables[index].num_rows)
    )
    names = tables[0].column_names
    for file, table in zip(files, tables, strict=True):
        check_columns(files[0], names, file, table.column_names)
        if len(set(table.column_names)) < len(names):
            what = "has two columns of one name"
            raise DataError(file.path, what, "rename or remove one of them")
    columns = {name: _join(name, files, [table.column(name) for table in tables]) for name in names}
    return pa.table(columns)


def _read(path: Path) -> pa.Table:
    try:
        names = pa.parquet.read_schema(path).names
        if len(set(names)) < len(names):  # which read_table refuses without naming them
            return pa.parquet.ParquetFile(path).read()
        # As a file object: the name of a folder may say `key=value`, which would be a column.
        return pa.parquet.read_table(path)
    except (pa.ArrowInvalid, pa.ArrowException, OSError) as error:
        what = f"is not a valid Parquet file ({str(error).splitlines()[0]})"
        raise DataError(path, what, "write it again, or name a .csv file") from None


def _join(
    name: str, files: Sequence[DataFile], columns: Sequence[pa.ChunkedArray]
) -> pa.ChunkedArray:
    """Join a column of several files in the type that holds all values."""
    parts = [pa.table({name: decode(column)}) for column in columns]
    joined = parts[0]
    for file, part in zip(files[1:], parts[1:], strict=True):
        try:
            joined = pa.concat_tables([joined, part], promote_options="permissive")
        except (pa.ArrowInvalid, pa.ArrowException):
            kinds = f"{part.schema.types[0]}, but {joined.schema.types[0]} in {files[0].name}"
            remedy = "write it with one type to all files, or name fewer files"
            raise DataError(f"{file.path}: column {name!r}", f"holds {kinds}", remedy) from None
    return joined.column(0)
