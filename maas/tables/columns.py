"""Tells what a column holds, and turns it into values; refuses what no model should see."""

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from maas.errors import DataError
from maas.model.signature import FLOAT32_MAX, FeatureType

Values = npt.NDArray[Any]


def infer_type(where: str, data: pa.ChunkedArray) -> FeatureType:
    """What a column holds.

    Raises:
        DataError: nothing that a model can take; `where` names the column.
    """
    kind = value_type(data)
    if pa.types.is_boolean(kind):
        return "boolean"
    if pa.types.is_integer(kind):
        return "integer"
    if pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        return "number"
    if _is_text(kind):
        _check_texts(where, data)
        return "category"
    remedy = "turn it into numbers or texts, or leave it out of data.features"
    raise DataError(where, f"holds {kind}, which no feature type takes", remedy)


def _check_texts(where: str, data: pa.ChunkedArray) -> None:
    """Refuse texts that are numbers with a slip, and texts that are a name for each row."""
    texts = pd.Series(data.drop_null().to_pylist(), dtype=object)
    numeric = pd.to_numeric(texts, errors="coerce").notna()
    with_points = pd.to_numeric(texts.str.replace(",", "."), errors="coerce").notna()
    if with_points.all() and not numeric.all():
        raise DataError(where, "holds numbers with decimal commas", "write them with points")
    if numeric.mean() > 0.5:
        what = "holds numbers written as texts"
        if not numeric.all():
            what = f"mixes numbers with texts such as {texts[~numeric].iloc[0][:40]!r}"
        raise DataError(where, what, "correct them, or declare its type in data.features")
    if len(texts) > 2 and texts.nunique() == len(texts):
        what = "holds another text in every row: an id, not a category"
        raise DataError(where, what, "leave it out of data.features")


def _to_number(where: str, data: pa.ChunkedArray) -> Values:
    if not (is_numeric(data) or pa.types.is_boolean(data.type)):
        raise DataError(where, f"holds {value_type(data)}, not numbers", "change its type")
    try:
        values = np.array(data.cast(pa.float64()).to_numpy(), dtype=np.float64)
    except pa.ArrowInvalid:
        what = "holds integers beyond 2^53, which no float can tell apart"
        remedy = "subtract an offset, or declare type: category for what are names"
        raise DataError(where, what, remedy) from None
    low, high = float(np.fmin.reduce(values)), float(np.fmax.reduce(values))  # both pass over NaN
    if np.isinf([low, high]).any():
        raise DataError(where, "holds infinite numbers", "replace them with finite ones or gaps")
    if max(-low, high) > FLOAT32_MAX:
        raise DataError(where, "holds numbers beyond float32's range", "rescale it")
    _check_steps(where, values, low, high)
    return values


def _check_steps(where: str, values: Values, low: float, high: float) -> None:
    """Refuse numbers that lie so close together, so far from zero, that float32 merges them."""
    if np.isnan(low) or low == high:
        return
    step = float(np.spacing(np.float32(max(-low, high))))
    if step * 1000 < high - low:
        return
    values = values[~np.isnan(values)]
    distinct, kept = len(np.unique(values)), len(np.unique(values.astype(np.float32)))
    if kept < distinct:
        what = f"holds {distinct} values of which float32 can tell {kept} apart"
        remedy = "subtract an offset, or declare type: category for what are names"
        raise DataError(where, what, remedy)


def _to_integer(where: str, data: pa.ChunkedArray) -> Values:
    values = _to_number(where, data)
    present = values[~np.isnan(values)]
    if (present != np.floor(present)).any():
        raise DataError(where, "holds fractions, declared as integers", "declare type: number")
    return values


def _to_boolean(where: str, data: pa.ChunkedArray) -> Values:
    values = _to_number(where, data)
    if not np.isin(values[~np.isnan(values)], (0.0, 1.0)).all():
        raise DataError(where, "holds more than 0 and 1", "declare another type")
    return values


def _cast_whole_floats(where: str, data: pa.ChunkedArray) -> pa.ChunkedArray:
    """Integers that pandas wrote as floats, because there are gaps among them."""
    try:
        return data.cast(pa.int64())
    except pa.ArrowInvalid:
        what = "holds fractions, declared as categories"
        raise DataError(where, what, "declare type: number, or write them as texts") from None


def _to_category(where: str, data: pa.ChunkedArray) -> Values:
    kind = value_type(data)
    if pa.types.is_floating(kind):
        data = _cast_whole_floats(where, data)
    elif not (_is_text(kind) or pa.types.is_integer(kind) or pa.types.is_boolean(kind)):
        raise DataError(where, f"holds {kind}, no categories", "leave it out of data.features")
    texts = ["true" if v is True else "false" if v is False else v for v in data.to_pylist()]
    return np.array([None if v is None else str(v) for v in texts], dtype=object)


CONVERTERS: dict[FeatureType, Callable[[str, pa.ChunkedArray], Values]] = {
    "number": _to_number,
    "integer": _to_integer,
    "boolean": _to_boolean,
    "category": _to_category,
}
"""How each feature type is made of a column: float64 with NaN, or texts with None, for gaps."""


def _is_text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))


def is_numeric(data: pa.ChunkedArray) -> bool:
    """Whether it holds integers, floats or decimals."""
    kind = data.type
    return bool(
        pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind)
    )


def value_type(data: pa.ChunkedArray) -> pa.DataType:
    """The type of its values, also where they are kept as a dictionary."""
    return data.type.value_type if pa.types.is_dictionary(data.type) else data.type
