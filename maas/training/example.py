"""The example row of a signature, which /model and docs.json show to everybody."""

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pandas as pd

from maas.model.signature import FeatureType, Value
from maas.registry.manifest import SchemaVersion
from maas.tables.columns import Values
from maas.training.data import Column
from maas.training.split import Indices


def example_row(
    columns: Sequence[Column], train: Indices, schema: SchemaVersion
) -> dict[str, Value]:
    """Make the example by the rule of a schema.

    Schema 1 showed the first training row, which is somebody's data. It is still made where an
    older version is verified.
    """
    if schema == 1:
        return {column.name: _first_value(column, train) for column in columns}
    return {column.name: _typical_value(column, train) for column in columns}


def _first_value(column: Column, train: Indices) -> Value:
    value = column.values[train[0]]
    if pd.isna(value):
        return None
    kinds: dict[str, Callable[[Any], Value]] = {
        "number": float, "integer": int, "boolean": bool, "category": str,
    }  # fmt: skip
    return kinds[column.type](value)


def _typical_value(column: Column, train: Indices) -> Value:
    """The median of a number, and the most frequent of other values; never null."""
    values = column.values[train]
    typical: dict[FeatureType, Callable[[Values], Value]] = {
        "number": _median, "integer": _whole_median, "boolean": _mode, "category": _mode,
    }  # fmt: skip
    value = typical[column.type](values[~pd.isna(values)])
    return bool(value) if column.type == "boolean" else value


def _middle(values: Values) -> tuple[float, float]:
    """The two values in the middle; of an odd number of values, the one twice."""
    ordered = np.sort(values)
    count = len(ordered)
    return float(ordered[(count - 1) // 2]), float(ordered[count // 2])


def _median(values: Values) -> float:
    """The median, in the few digits of float32 where these lie between the middle values too."""
    low, high = _middle(values)
    median = low / 2 + high / 2
    with np.errstate(over="ignore"):
        short = float(str(np.float32(median)))
    return short if low <= short <= high else median


def _whole_median(values: Values) -> int:
    low, high = _middle(values)
    return (int(low) + int(high)) // 2


def _mode(values: Values) -> Any:
    """The most frequent value; of several, the smallest."""
    counts = Counter(values.tolist())
    return min(counts, key=lambda value: (-counts[value], value))
