"""Reads a data source into a table of typed columns: files of CSV or Parquet, or a bundled set."""

import json
from collections.abc import Collection
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from maas.config.train_config import DataConfig
from maas.errors import DataError
from maas.tables.csv_file import is_nameless
from maas.tables.dialect import dialect_of
from maas.tables.faults import Faults
from maas.tables.joined_csv import read_csv_files
from maas.tables.parquet_files import read_parquet_files
from maas.tables.sources import BUNDLED, find_files


def read_table(
    source: str,
    root: Path,
    text_columns: Collection[str] = (),
    faults: Faults | None = None,
    config: DataConfig | None = None,
) -> pa.Table:
    """Read a bundled data set by name, a file, or the files that a pattern names.

    Args:
        source: the value of `data.source` in the config.
        root: the folder that relative paths start from.
        text_columns: columns of a CSV file that hold text, even if all values look like numbers.
        faults: takes what is wrong with single columns; without it, that is raised too.
        config: says how CSV files are written; None: with commas (in .tsv, tabs), in UTF-8.

    Returns:
        The table; of columns with one name, the first.

    Raises:
        UnreadableDataError: the file does not exist or cannot be read.
        DataError: the source is not a valid table.
    """
    if source in BUNDLED:
        return _read_bundled(source)
    files = find_files(source, root)
    path = root / source
    found = faults or Faults(source, root)
    if files[0].suffix == ".parquet":
        table = read_parquet_files(files, found)
    else:
        dialect = dialect_of(config, files[0].path)
        table = read_csv_files(files, path, found, text_columns, dialect)
    table = _check_names(path, table, found)
    if table.num_rows == 0:
        found.add("rows", DataError(path, "has a header but no rows", "add rows"))
    if faults is None or table.num_rows == 0:
        found.check()
    return table


def _check_names(path: Path, table: pa.Table, faults: Faults) -> pa.Table:
    """Find columns without a name, and names that are there twice; keep the first of each."""
    first: dict[str, int] = {}
    for place, name in enumerate(table.column_names):
        if is_nameless(name):
            what = "has a column without a name"
            remedy = "or name it, or save the file without the index"
            if table.num_rows and table.column(place).null_count == table.num_rows:
                what = f"has a column without a name and values, number {place + 1}"
                remedy = "or remove it: most likely the lines end with a comma"
            listed = json.dumps(name, ensure_ascii=False)
            remedy = f"leave it out with data.exclude: [{listed}], {remedy}"
            faults.add_column(name, DataError(path, what, remedy))
        elif name in first:
            what = "exists more than once"
            error = DataError(f"{path}: column {name!r}", what, "rename or remove one of them")
            faults.add_column(name, error)
        first.setdefault(name, place)
    return table.select(list(first.values()))


def _read_bundled(name: str) -> pa.Table:
    from sklearn import datasets

    # diabetes is standardised by default; raw units make a usable API.
    raw = {"scaled": False} if name == "diabetes" else {}
    bunch = getattr(datasets, f"load_{name}")(**raw)
    columns: dict[str, Any] = {
        str(column): values.astype(np.float64)
        for column, values in zip(bunch.feature_names, bunch.data.T, strict=True)
    }
    target = bunch.target
    if "target_names" in bunch:
        target = bunch.target_names[target].tolist()
    return pa.table({**columns, "target": target})
