"""The data of a run: typed features, the target, and their hash, from a table."""

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import cast

import numpy as np
import pandas as pd
import pyarrow as pa

from maas.config.train_config import FeatureConfig, ModelConfig
from maas.errors import ConfigError, DataError
from maas.model.signature import FeatureType
from maas.registry.manifest import SchemaVersion
from maas.tables.columns import CONVERTERS, LEAVE_OUT, Values, infer_type
from maas.tables.dialect import dialect_of
from maas.tables.faults import Faults
from maas.tables.forms.form_columns import apply_forms
from maas.tables.reading import read_table
from maas.tables.row_places import RowPlaces
from maas.tables.split_keys import read_keys, read_old_keys
from maas.tables.target import read_target
from maas.tables.target_rows import NOTHING, LeftOut, keep_rows
from maas.training.data_hash import hash_columns
from maas.training.named_columns import (
    feature_entries,
    find_features,
    needs_column,
    pick_column,
)

# The first schema whose split reads times as times.
_FIRST_WITH_TIMES = 3

# Whole floats below are integers without a doubt.
_MAX_WHOLE = 2.0**53


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
        left_out: which rows of the source are not among them.
    """

    source: str
    columns: tuple[Column, ...]
    target: Values
    keys: Values | None
    sha256: str
    left_out: LeftOut = NOTHING

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
        ConfigError: rare classes are to be left out, but the estimator predicts numbers.
        DataError: no model can be trained on the data; names the file and each faulty column.
    """
    _check_task(config)
    entries = feature_entries(config)
    others = {e.column for e in entries.values() if e.type != "category"} | {config.data.target}
    text_columns = {e.column for e in entries.values() if e.type == "category"} - others
    faults = Faults(config.data.source, root, partial(needs_column, config))
    text_columns |= set(config.data.forms)
    table = read_table(config.data.source, root, text_columns, faults, config.data)
    table = apply_forms(table, dialect_of(config.data, root / config.data.source), faults)
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
    faults = faults or Faults(source, needs=partial(needs_column, config))
    where = f"{source}: target"
    kept = faults.attempt(target, keep_rows, where, table, config.data, faults.places)
    table, left_out = kept or (table, NOTHING)
    labels = faults.attempt(target, _read_labels, config, table, verified is None, faults.places)
    keys = None
    if by is not None:
        keys = faults.attempt(by, _read_split, config, table, by, verified, faults.places)
    wanted = find_features(config, table, faults)
    read = partial(_read_feature, config, table, new=verified is None)
    found = [faults.attempt(entry.column, read, name, entry) for name, entry in wanted.items()]
    faults.check()
    columns, labels = cast("list[Column]", found), cast("Values", labels)
    hashed = [(c.column, c.values) for c in columns] + [(target, labels)]
    if by is not None and keys is not None:
        hashed.append((by, keys.astype(str).astype(object)))
    return Dataset(source, tuple(columns), labels, keys, hash_columns(hashed), left_out)


def _check_task(config: ModelConfig) -> None:
    """Refuse keys about classes where numbers are predicted."""
    if config.data.min_class_rows is not None and not _predicts_classes(config):
        what = f"is about classes, but {config.estimator.name} predicts numbers"
        remedy = "remove it, or name a classifier as estimator.name"
        raise ConfigError("data.min_class_rows", what, remedy)


def _predicts_classes(config: ModelConfig) -> bool:
    from maas.training.fit.estimators import build_estimator, task_of  # which imports scikit-learn

    return task_of(build_estimator(config.estimator, config.seed)) == "classification"


def _read_labels(config: ModelConfig, table: pa.Table, new: bool, places: RowPlaces) -> Values:
    source, target = config.data.source, config.data.target
    data = pick_column(source, table, target, "data.target")
    labels = read_target(f"{source}: target", data, new, target, places)
    # pandas writes integers as floats where some are missing; no class is a float.
    whole = _are_whole_floats(labels) and _predicts_classes(config)
    return labels.astype(np.int64) if whole else labels


def _are_whole_floats(values: Values) -> bool:
    if values.dtype.kind != "f":
        return False
    return bool((values == np.floor(values)).all() and np.abs(values).max() < _MAX_WHOLE)


def _read_split(
    config: ModelConfig,
    table: pa.Table,
    column: str,
    verified: SchemaVersion | None,
    places: RowPlaces,
) -> Values:
    source = config.data.source
    data, where = pick_column(source, table, column, "split.column"), f"{source}: column {column!r}"
    if verified is None or verified >= _FIRST_WITH_TIMES:
        return read_keys(where, data, config.split.method, column, places)
    return read_old_keys(where, data, config.split.method, places)


def _read_feature(
    config: ModelConfig, table: pa.Table, name: str, entry: FeatureConfig, new: bool
) -> Column:
    source = config.data.source
    where = f"{source}: column {entry.column!r}"
    leave_out = "leave it out of data.features" if config.data.features else LEAVE_OUT
    data = pick_column(source, table, entry.column, f"data.features.{name}")
    if data.null_count == len(data):
        raise DataError(where, "has no value in any row", leave_out)
    kind = entry.type or infer_type(where, data, new, leave_out, entry.column)
    values = CONVERTERS[kind](where, data)
    gaps = int(pd.isna(values).sum())
    if gaps == len(values):
        raise DataError(where, "is NaN in every row", leave_out)
    if gaps and entry.nullable is False:
        what = f"has missing values ({gaps}) but is declared not nullable"
        raise DataError(where, what, "fill them in, or set nullable to true")
    return Column(name, entry.column, kind, bool(gaps) or bool(entry.nullable), values)
