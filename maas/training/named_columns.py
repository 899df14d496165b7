"""The columns that a config names; names that do not fit the table are faults."""

import difflib

import pyarrow as pa

from maas.config.train_config import FeatureConfig, ModelConfig
from maas.errors import DataError
from maas.tables.faults import Faults


def feature_entries(config: ModelConfig) -> dict[str, FeatureConfig]:
    """The features that the config lists."""
    given = (config.data.features or {}).items()
    return {k: FeatureConfig(column=v) if isinstance(v, str) else v for k, v in given}


def needs_column(config: ModelConfig, column: str) -> bool:
    """Whether a run uses a column; what is listed twice is used."""
    if column in (config.data.target, config.split.column):
        return True
    if config.data.features is None:
        return column not in config.data.exclude
    return column in {entry.column for entry in feature_entries(config).values()}


def find_features(config: ModelConfig, table: pa.Table, faults: Faults) -> dict[str, FeatureConfig]:
    """The features to read; names in the config that do not fit are faults."""
    entries = feature_entries(config)
    _check_excluded(config, table, entries, faults)
    _check_forms(config, table, entries, faults)
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
        elif column in listed:
            what = "is in data.features too"
            faults.add(key, DataError(key, what, "remove it from one of the two"))
        elif column not in table.column_names:
            faults.add(key, _missing(config.data.source, table, column, "data.exclude"))


def _check_forms(
    config: ModelConfig, table: pa.Table, entries: dict[str, FeatureConfig], faults: Faults
) -> None:
    categories = {entry.column for entry in entries.values() if entry.type == "category"}
    for column in config.data.forms:
        key = f"data.forms: {column!r}"
        if column not in table.column_names:
            faults.add(key, _missing(config.data.source, table, column, "data.forms"))
        elif column in categories:
            what = "is declared as a category, which is the text itself"
            faults.add(key, DataError(key, what, "remove one of the two"))


def pick_column(source: str, table: pa.Table, column: str, key: str) -> pa.ChunkedArray:
    """The column that a key of the config names.

    Raises:
        DataError: the table has none of that name.
    """
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
