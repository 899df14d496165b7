"""Reads a data source into a table of typed columns: CSV, Parquet or a bundled data set."""

import json
from collections.abc import Collection
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet

from maas.errors import DataError, UnreadableDataError
from maas.tables.csv_file import is_nameless, read_csv
from maas.tables.faults import Faults

# Data sets that scikit-learn ships; their target column is called `target`.
BUNDLED = ("breast_cancer", "diabetes", "digits", "iris", "wine")


def read_table(
    source: str, root: Path, text_columns: Collection[str] = (), faults: Faults | None = None
) -> pa.Table:
    """Read a bundled data set by name, or a .csv or .parquet file.

    Args:
        source: the value of `data.source` in the config.
        root: the folder that relative paths start from.
        text_columns: columns of a CSV file that hold text, even if all values look like numbers.
        faults: takes what is wrong with single columns; without it, that is raised too.

    Returns:
        The table; of columns with one name, the first.

    Raises:
        UnreadableDataError: the file does not exist or cannot be read.
        DataError: the source is not a valid table.
    """
    if source in BUNDLED:
        return _read_bundled(source)
    suffix = Path(source).suffix.lower()
    if suffix not in (".csv", ".parquet"):
        raise DataError(
            f"data.source = {source!r}",
            "is neither a .csv or .parquet file nor a bundled data set",
            f"name a file, or one of {', '.join(BUNDLED)}",
        )
    path = root / source
    _check_file(path)
    found = faults or Faults(source, root)
    table = read_csv(path, found, text_columns) if suffix == ".csv" else _read_parquet(path)
    table = _check_names(path, table, found)
    if table.num_rows == 0:
        found.add("rows", DataError(path, "has a header but no rows", "add rows"))
    if faults is None or table.num_rows == 0:
        found.check()
    return table


def _check_file(path: Path) -> None:
    try:
        with path.open("rb") as file:
            start = file.read(4)
    except FileNotFoundError:
        remedy = "correct data.source; a relative path starts at the project folder"
        raise UnreadableDataError(path, "does not exist", remedy) from None
    except OSError as error:
        remedy = "name a file that you may read"
        raise UnreadableDataError(path, f"cannot be read ({error.strerror})", remedy) from None
    if not start:
        raise DataError(path, "is empty (0 bytes)", "write the data to it, or name another file")
    if start.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise DataError(path, "is UTF-16 text", "save it as UTF-8")


def _read_parquet(path: Path) -> pa.Table:
    try:
        names = pa.parquet.read_schema(path).names
        if len(set(names)) < len(names):  # which read_table refuses without naming them
            return pa.parquet.ParquetFile(path).read()
        return pa.parquet.read_table(path)
    except (pa.ArrowInvalid, pa.ArrowException, OSError) as error:
        what = f"is not a valid Parquet file ({str(error).splitlines()[0]})"
        raise DataError(path, what, "write it again, or name a .csv file") from None


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
