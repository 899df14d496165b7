"""The data of a run: typed features, the target, and their hash, from a table."""

import difflib
import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa

from maas.config.train_config import FeatureConfig, ModelConfig
from maas.errors import DataError
from maas.model.signature import FeatureType
from maas.registry.manifest import SchemaVersion
from maas.tables.columns import CONVERTERS, Values, infer_type, is_numeric, value_type
from maas.tables.reading import read_table

# Text of this form sorts as the times that it names.
_ISO_DATE = re.compile(r"\d{4}-\d{2}(-\d{2}([T ]\d{2}:\d{2}.*)?)?$")


@dataclass(frozen=True)
class Column:
    """A feature and its values.

    Attributes:
        name: its name in the API.
        column: its name in the source.
        type: its feature type.
        nullable: whether it has missing values, or the config allows them.
        values: shape (rows,); str or None for a category, else float64, NaN where missing.
    """

    name: str
    column: str
    type: FeatureType
    nullable: bool
    values: Values


@dataclass(frozen=True)
class Dataset:
    """The data that a run trains on and measures with.

    Attributes:
        source: the value of `data.source` in the config.
        columns: the features, in the order of the config or the source.
        target: shape (rows,); str objects, bool, int64 or float64.
        keys: the column of the split, shape (rows,), if the split has one.
        sha256: hash of the names, types and values of features, target and keys.
    """

    source: str
    columns: tuple[Column, ...]
    target: Values
    keys: Values | None
    sha256: str

    @property
    def rows(self) -> int:
        """Number of rows."""
        return len(self.target)

    def frame(self) -> pd.DataFrame:
        """Build a data frame of the features, one column per API name."""
        columns = {
            c.name: pd.Series(c.values, dtype=c.values.dtype, copy=False) for c in self.columns
        }
        return pd.DataFrame(columns, copy=False)


def read_dataset(config: ModelConfig, root: Path, verified: SchemaVersion | None = None) -> Dataset:
    """Read the data that a config names; relative paths start from `root`.

    Args:
        config: the run.
        root: the folder that a relative path starts from.
        verified: the schema of the published version that is verified: it is read by the rules
            of that schema, and what is only probably a mistake is no longer refused. None for a
            new run.

    Raises:
        UnreadableDataError: the file does not exist or cannot be read.
        DataError: no model can be trained on the data; names the file and the column.
    """
    entries = [
        FeatureConfig(column=entry) if isinstance(entry, str) else entry
        for entry in (config.data.features or {}).values()
    ]
    others = {e.column for e in entries if e.type != "category"} | {config.data.target}
    text_columns = {e.column for e in entries if e.type == "category"} - others
    return make_dataset(config, read_table(config.data.source, root, text_columns), verified)


def make_dataset(
    config: ModelConfig,
    table: pa.Table,
    verified: SchemaVersion | None = None,  # noqa: ARG001
) -> Dataset:
    """Convert and check the columns of a table that a config names.

    Raises:
        DataError: no model can be trained on the data; names the column.
    """
    source, target, by = config.data.source, config.data.target, config.split.column
    wanted = _wanted(config, table)
    columns = tuple(_read_feature(source, table, name, entry) for name, entry in wanted.items())
    labels = _read_target(source, _pick(source, table, target, "data.target"))
    keys = None
    if by is not None:
        where = f"{source}: column {by!r}"
        keys = _read_keys(where, _pick(source, table, by, "split.column"), config.split.method)
    hashed = [(c.column, c.values) for c in columns] + [(target, labels)]
    if by is not None and keys is not None:
        hashed.append((by, keys.astype(str).astype(object)))
    return Dataset(source, columns, labels, keys, _hash(hashed))


def _wanted(config: ModelConfig, table: pa.Table) -> dict[str, FeatureConfig]:
    given = config.data.features
    if given is None:
        left_out = {config.data.target, config.split.column}
        names = [name for name in table.column_names if name not in left_out]
        if not names:
            what = "has no column but the target"
            raise DataError(config.data.source, what, "add columns for features")
        return {name: FeatureConfig(column=name) for name in names}
    wanted = {k: FeatureConfig(column=v) if isinstance(v, str) else v for k, v in given.items()}
    for name, entry in wanted.items():
        if entry.column == config.data.target:
            raise DataError(f"data.features.{name}", "is the target", "remove it")
    return wanted


def _pick(source: str, table: pa.Table, column: str, key: str) -> pa.ChunkedArray:
    if column in table.column_names:
        return table.column(column)
    near = difflib.get_close_matches(column, table.column_names, n=1)
    known = ", ".join(table.column_names[:20]) + (", …" if table.num_columns > 20 else "")
    hint = f"did you mean {near[0]!r}?" if near else f"choose one of {known}"
    raise DataError(f"{source}: column {column!r} ({key})", "does not exist", hint)


def _read_feature(source: str, table: pa.Table, name: str, entry: FeatureConfig) -> Column:
    where = f"{source}: column {entry.column!r}"
    data = _pick(source, table, entry.column, f"data.features.{name}")
    if data.null_count == len(data):
        raise DataError(where, "has no value in any row", f"leave {name!r} out of data.features")
    kind = entry.type or infer_type(where, data)
    values = CONVERTERS[kind](where, data)
    gaps = int(pd.isna(values).sum())
    if gaps == len(values):
        raise DataError(where, "is NaN in every row", f"leave {name!r} out of data.features")
    if gaps and entry.nullable is False:
        what = f"has missing values ({gaps}) but is declared not nullable"
        raise DataError(where, what, "fill them in, or set nullable to true")
    return Column(name, entry.column, kind, bool(gaps) or bool(entry.nullable), values)


def _read_target(source: str, data: pa.ChunkedArray) -> Values:
    where = f"{source}: target"
    _check_complete(where, data, "drop these rows")
    kind = value_type(data)
    if pa.types.is_boolean(kind):
        values: Values = np.array(data.to_pylist(), dtype=bool)
    elif pa.types.is_integer(kind):
        values = _cast_integers(where, data)
    elif is_numeric(data):
        values = np.array(data.cast(pa.float64()).to_numpy())
    elif pa.types.is_string(kind) or pa.types.is_large_string(kind):
        values = np.array(data.to_pylist(), dtype=object)
    else:
        what = f"holds {kind}, which cannot be predicted"
        raise DataError(where, what, "name a column of numbers or classes")
    if values.dtype.kind == "f" and not np.isfinite(values).all():
        raise DataError(where, "holds NaN or infinite numbers", "drop these rows")
    if len(set(values.tolist())) < 2:
        what = "has the same value in every row"
        raise DataError(where, what, "name a target with at least two values")
    return values


def _cast_integers(where: str, data: pa.ChunkedArray) -> Values:
    try:
        return np.array(data.cast(pa.int64()).to_numpy())
    except pa.ArrowInvalid:
        what = "holds integers of more than 64 bits"
        raise DataError(where, what, "store them as text") from None


def _read_keys(where: str, data: pa.ChunkedArray, method: str | None) -> Values:
    """Convert the column of the split to numbers or text; a date becomes its number of units."""
    _check_complete(where, data, "drop these rows: the split needs a value in each")
    kind = value_type(data)
    if pa.types.is_date32(kind):
        return np.array(data.cast(pa.int32()).to_numpy(), dtype=np.int64)
    if pa.types.is_date64(kind) or pa.types.is_timestamp(kind) or pa.types.is_integer(kind):
        return _cast_integers(where, data)
    if is_numeric(data):
        keys = np.array(data.cast(pa.float64()).to_numpy())
        if np.isnan(keys).any():
            remedy = "drop these rows: the split needs a value in each"
            raise DataError(where, "holds NaN", remedy)
        return keys
    if method == "group" and pa.types.is_boolean(kind):
        return np.array(data.to_pylist(), dtype=np.int64)
    if not (pa.types.is_string(kind) or pa.types.is_large_string(kind)):
        what = f"holds {kind}, which cannot be split by"
        raise DataError(where, what, "split by numbers, dates or text")
    texts = data.to_pylist()
    odd = next((t for t in texts if method == "time" and not _ISO_DATE.match(t)), None)
    if odd is not None:
        what = f"holds {odd[:40]!r}, which is not an ISO date"
        raise DataError(where, what, "write days as YYYY-MM-DD")
    return np.array(texts, dtype=object)


def _check_complete(where: str, data: pa.ChunkedArray, remedy: str) -> None:
    if data.null_count:
        first = data.is_null().to_pylist().index(True) + 1
        what = f"has missing values ({data.null_count}; the first in row {first})"
        raise DataError(where, what, remedy)


def _hash(columns: list[tuple[str, Values]]) -> str:
    """Hash the values, not their memory: numbers in little-endian, text with its length."""
    digest = hashlib.sha256()
    for name, values in columns:
        if values.dtype == object:
            texts = [b"\0" if value is None else b"\1" + value.encode() for value in values]
            data = b"".join(len(text).to_bytes(8, "little") + text for text in texts)
        else:
            data = values.astype(values.dtype.newbyteorder("<")).tobytes()
        header = f"{name}\0{values.dtype.kind}\0{len(values)}\0{len(data)}\0"
        digest.update(header.encode() + data)
    return digest.hexdigest()
