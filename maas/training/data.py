"""The data of a run: typed features, the target, and their hash, from a table."""

import difflib
import hashlib
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import cast

import pandas as pd
import pyarrow as pa

from maas.config.train_config import FeatureConfig, ModelConfig
from maas.errors import DataError
from maas.model.signature import FeatureType
from maas.registry.manifest import SchemaVersion
from maas.tables.columns import CONVERTERS, LEAVE_OUT, Values, infer_type
from maas.tables.faults import Faults
from maas.tables.reading import read_table
from maas.tables.split_keys import read_keys, read_old_keys
from maas.tables.target import read_target

# The first schema whose split reads times as times.
_FIRST_WITH_TIMES = 3


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
        found = self.columns
        columns = {c.name: pd.Series(c.values, dtype=c.values.dtype, copy=False) for c in found}
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
        DataError: no model can be trained on the data; names the file and each faulty column.
    """
    entries = _entries(config)
    others = {e.column for e in entries.values() if e.type != "category"} | {config.data.target}
    text_columns = {e.column for e in entries.values() if e.type == "category"} - others
    faults = Faults(config.data.source, root, partial(_needs, config))
    table = read_table(config.data.source, root, text_columns, faults)
    return make_dataset(config, table, verified, faults)


def make_dataset(
    config: ModelConfig,
    table: pa.Table,
    verified: SchemaVersion | None = None,
    faults: Faults | None = None,
) -> Dataset:
    """Convert and check the columns of a table that a config names.

    Args:
        config: the run.
        table: with unique names of columns.
        verified: as in `read_dataset`.
        faults: what was found wrong with the table before.

    Raises:
        DataError: no model can be trained on the data; names each faulty column.
    """
    source, target, by = config.data.source, config.data.target, config.split.column
    faults = faults or Faults(source, needs=partial(_needs, config))
    labels = faults.attempt(target, _read_labels, config, table, verified is None)
    keys = None
    if by is not None:
        keys = faults.attempt(by, _read_split, config, table, by, verified)
    wanted = _wanted(config, table, faults)
    read = partial(_read_feature, config, table, new=verified is None)
    found = [faults.attempt(entry.column, read, name, entry) for name, entry in wanted.items()]
    faults.check()
    columns, labels = cast("list[Column]", found), cast("Values", labels)
    hashed = [(c.column, c.values) for c in columns] + [(target, labels)]
    if by is not None and keys is not None:
        hashed.append((by, keys.astype(str).astype(object)))
    return Dataset(source, tuple(columns), labels, keys, _hash(hashed))


def _entries(config: ModelConfig) -> dict[str, FeatureConfig]:
    """The features that the config lists."""
    given = (config.data.features or {}).items()
    return {k: FeatureConfig(column=v) if isinstance(v, str) else v for k, v in given}


def _needs(config: ModelConfig, column: str) -> bool:
    """Whether a run uses a column; what is listed twice is used."""
    if column in (config.data.target, config.split.column):
        return True
    if config.data.features is None:
        return column not in config.data.exclude
    return column in {entry.column for entry in _entries(config).values()}


def _wanted(config: ModelConfig, table: pa.Table, faults: Faults) -> dict[str, FeatureConfig]:
    """The features to read; names in the config that do not fit are faults."""
    entries = _entries(config)
    _check_excluded(config, table, entries, faults)
    for key in (f"data.features.{k}" for k, e in entries.items() if e.column == config.data.target):
        faults.add(key, DataError(key, "is the target", "remove it"))
    if config.data.features is not None:
        return {k: e for k, e in entries.items() if e.column != config.data.target}
    used = [name for name in (config.data.target, config.split.column) if name is not None]
    # A column that is most likely meant by a name that does not exist is not a feature either.
    meant = {_nearest(name, table) for name in used if name not in table.column_names}
    left_out = {*used, *config.data.exclude, *meant}
    names = [name for name in table.column_names if name not in left_out]
    if not names and not meant:
        others = " and those in data.exclude" if config.data.exclude else ""
        what = f"has no column but the target{others}"
        faults.add("data", DataError(config.data.source, what, "add columns for features"))
    return {name: FeatureConfig(column=name) for name in names if name not in faults}


def _check_excluded(
    config: ModelConfig, table: pa.Table, entries: dict[str, FeatureConfig], faults: Faults
) -> None:
    listed = {entry.column for entry in entries.values()}
    for column in config.data.exclude:
        key = f"data.exclude: {column!r}"
        if column == config.data.target:
            faults.add(key, DataError(key, "is the target", "remove it from the list"))
        elif column == config.split.column:
            what = "is split.column, which is not a feature unless data.features lists it"
            faults.add(key, DataError(key, what, "remove it from the list"))
        elif column in listed:
            what = "is in data.features too"
            faults.add(key, DataError(key, what, "remove it from one of the two"))
        elif column not in table.column_names:
            faults.add(key, _missing(config.data.source, table, column, "data.exclude"))


def _pick(source: str, table: pa.Table, column: str, key: str) -> pa.ChunkedArray:
    if column not in table.column_names:
        raise _missing(source, table, column, key)
    return table.column(column)


def _missing(source: str, table: pa.Table, column: str, key: str) -> DataError:
    near = _nearest(column, table)
    known = ", ".join(table.column_names[:20]) + (", …" if table.num_columns > 20 else "")
    hint = f"did you mean {near!r}?" if near else f"choose one of {known}"
    return DataError(f"{source}: column {column!r} ({key})", "does not exist", hint)


def _nearest(column: str, table: pa.Table) -> str | None:
    names = {name.strip().casefold(): name for name in table.column_names}
    near = difflib.get_close_matches(column.strip().casefold(), names, n=1)
    return names[near[0]] if near else None


def _read_labels(config: ModelConfig, table: pa.Table, new: bool) -> Values:
    source, target = config.data.source, config.data.target
    return read_target(f"{source}: target", _pick(source, table, target, "data.target"), new)


def _read_split(
    config: ModelConfig, table: pa.Table, column: str, verified: SchemaVersion | None
) -> Values:
    source = config.data.source
    read = read_keys if verified is None or verified >= _FIRST_WITH_TIMES else read_old_keys
    data = _pick(source, table, column, "split.column")
    return read(f"{source}: column {column!r}", data, config.split.method)


def _read_feature(
    config: ModelConfig, table: pa.Table, name: str, entry: FeatureConfig, new: bool
) -> Column:
    source = config.data.source
    where = f"{source}: column {entry.column!r}"
    leave_out = "leave it out of data.features" if config.data.features else LEAVE_OUT
    data = _pick(source, table, entry.column, f"data.features.{name}")
    if data.null_count == len(data):
        raise DataError(where, "has no value in any row", leave_out)
    kind = entry.type or infer_type(where, data, new, leave_out)
    values = CONVERTERS[kind](where, data)
    gaps = int(pd.isna(values).sum())
    if gaps == len(values):
        raise DataError(where, "is NaN in every row", leave_out)
    if gaps and entry.nullable is False:
        what = f"has missing values ({gaps}) but is declared not nullable"
        raise DataError(where, what, "fill them in, or set nullable to true")
    return Column(name, entry.column, kind, bool(gaps) or bool(entry.nullable), values)


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
