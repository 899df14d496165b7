"""Turns a table into what a model trains on: typed features, a target, and their hash."""

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
from maas.tables.columns import CONVERTERS, Values, infer_type, is_numeric, value_type
from maas.tables.reading import read_table

_ISO_DATE = re.compile(r"\d{4}-\d{2}(-\d{2}([T ]\d{2}:\d{2}.*)?)?$")
"""Texts of this form are ordered as the times they stand for."""


@dataclass(frozen=True)
class Column:
    """A feature as it was read.

    Attributes:
        name: its name in the API.
        column: its name in the source.
        type: what it holds.
        nullable: whether it has gaps, or the config lets it.
        values: shape (rows,): str or None for a category, else float64 with NaN for gaps.
    """

    name: str
    column: str
    type: FeatureType
    nullable: bool
    values: Values


@dataclass(frozen=True)
class Dataset:
    """What was read.

    Attributes:
        source: the source as the config writes it.
        columns: the features, in the order of the config or the source.
        target: shape (rows,): str objects, bool, int64 or float64.
        keys: the split's column, shape (rows,), where the split has one.
        sha256: hash of names, types and values of all of the above.
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
        """The features as a data frame, one column per API name."""
        columns = {
            c.name: pd.Series(c.values, dtype=c.values.dtype, copy=False) for c in self.columns
        }
        return pd.DataFrame(columns, copy=False)


def read_dataset(config: ModelConfig, root: Path) -> Dataset:
    """Read the data that a config names; relative paths start at `root`.

    Raises:
        DataError: the data cannot be trained on; names the file, the column and a remedy.
    """
    entries = [
        FeatureConfig(column=entry) if isinstance(entry, str) else entry
        for entry in (config.data.features or {}).values()
    ]
    others = {e.column for e in entries if e.type != "category"} | {config.data.target}
    texts = {e.column for e in entries if e.type == "category"} - others
    return make_dataset(config, read_table(config.data.source, root, texts))


def make_dataset(config: ModelConfig, table: pa.Table) -> Dataset:
    """Type and check the columns of a table that a config names.

    Raises:
        DataError: as `read_dataset`.
    """
    source, target, by = config.data.source, config.data.target, config.split.column
    wanted = _wanted(config, table)
    columns = tuple(_read_feature(source, table, name, entry) for name, entry in wanted.items())
    answers = _read_target(source, _pick(source, table, target, "data.target"))
    keys = None
    if by is not None:
        where = f"{source}: column {by!r}"
        keys = _read_keys(where, _pick(source, table, by, "split.column"), config.split.method)
    hashed = [(c.column, c.values) for c in columns] + [(target, answers)]
    if by is not None and keys is not None:
        hashed.append((by, keys.astype(str).astype(object)))
    return Dataset(source, columns, answers, keys, _hash(hashed))


def _wanted(config: ModelConfig, table: pa.Table) -> dict[str, FeatureConfig]:
    given = config.data.features
    if given is None:
        left_out = {config.data.target, config.split.column}
        names = [name for name in table.column_names if name not in left_out]
        if not names:
            raise DataError(config.data.source, "has no column but the target", "add features")
        return {name: FeatureConfig(column=name) for name in names}
    wanted = {k: FeatureConfig(column=v) if isinstance(v, str) else v for k, v in given.items()}
    for name, entry in wanted.items():
        if entry.column == config.data.target:
            raise DataError(f"data.features.{name}", "is the target", "take it out")
    return wanted


def _pick(source: str, table: pa.Table, column: str, key: str) -> pa.ChunkedArray:
    if column in table.column_names:
        return table.column(column)
    near = difflib.get_close_matches(column, table.column_names, n=1)
    known = ", ".join(table.column_names[:20]) + (", …" if table.num_columns > 20 else "")
    hint = f"did you mean {near[0]!r}?" if near else f"name one of {known}"
    raise DataError(f"{source}: column {column!r} ({key})", "does not exist", hint)


def _read_feature(source: str, table: pa.Table, name: str, entry: FeatureConfig) -> Column:
    where = f"{source}: column {entry.column!r}"
    data = _pick(source, table, entry.column, f"data.features.{name}")
    if data.null_count == len(data):
        raise DataError(where, "is empty in every row", f"leave {name!r} out of data.features")
    kind = entry.type or infer_type(where, data)
    values = CONVERTERS[kind](where, data)
    gaps = int(pd.isna(values).sum())
    if gaps == len(values):
        raise DataError(where, "is NaN in every row", f"leave {name!r} out of data.features")
    if gaps and entry.nullable is False:
        remedy = "fill them, or set nullable to true"
        raise DataError(where, f"has {gaps} gaps but is declared not nullable", remedy)
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
        raise DataError(where, f"holds {kind}", "name a column of numbers or classes")
    if values.dtype.kind == "f" and not np.isfinite(values).all():
        raise DataError(where, "holds NaN or infinite numbers", "drop these rows")
    if len(set(values.tolist())) < 2:
        raise DataError(where, "is the same in every row", "name a target with two values or more")
    return values


def _cast_integers(where: str, data: pa.ChunkedArray) -> Values:
    try:
        return np.array(data.cast(pa.int64()).to_numpy())
    except pa.ArrowInvalid:
        raise DataError(where, "holds integers beyond 64 bits", "write them as texts") from None


def _read_keys(where: str, data: pa.ChunkedArray, method: str | None) -> Values:
    """What the split goes by: numbers, texts, or dates as the number of their units."""
    _check_complete(where, data, "drop these rows: the split goes by it")
    kind = value_type(data)
    if pa.types.is_date32(kind):
        return np.array(data.cast(pa.int32()).to_numpy(), dtype=np.int64)
    if pa.types.is_date64(kind) or pa.types.is_timestamp(kind) or pa.types.is_integer(kind):
        return _cast_integers(where, data)
    if is_numeric(data):
        keys = np.array(data.cast(pa.float64()).to_numpy())
        if np.isnan(keys).any():
            raise DataError(where, "holds NaN", "drop these rows: the split goes by it")
        return keys
    if method == "group" and pa.types.is_boolean(kind):
        return np.array(data.to_pylist(), dtype=np.int64)
    if not (pa.types.is_string(kind) or pa.types.is_large_string(kind)):
        raise DataError(where, f"holds {kind}", "split by numbers, dates or texts")
    texts = data.to_pylist()
    odd = next((t for t in texts if method == "time" and not _ISO_DATE.match(t)), None)
    if odd is not None:
        raise DataError(where, f"holds {odd[:40]!r}, no ISO date", "write days as YYYY-MM-DD")
    return np.array(texts, dtype=object)


def _check_complete(where: str, data: pa.ChunkedArray, remedy: str) -> None:
    if data.null_count:
        first = data.is_null().to_pylist().index(True) + 1
        raise DataError(where, f"has {data.null_count} gaps, the first in row {first}", remedy)


def _hash(columns: list[tuple[str, Values]]) -> str:
    """Hash values, not memory: little-endian numbers, texts with their lengths."""
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
