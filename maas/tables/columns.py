"""The feature type of a column, and its values as an array. Columns that no model can use fail."""

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from maas.errors import DataError
from maas.model.signature import FLOAT32_MAX, FeatureType

Values = npt.NDArray[Any]

_TOO_CLOSE_REMEDY = "subtract an offset, or declare type: category if they are names"


def infer_type(where: str, data: pa.ChunkedArray) -> FeatureType:
    """Infer the feature type of a column.

    Args:
        where: names the column in errors.
        data: the column.

    Raises:
        DataError: no feature type fits the column.
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
    remedy = "convert it to numbers or text, or leave it out of data.features"
    raise DataError(where, f"holds {kind}, which is not a supported feature type", remedy)


def _check_texts(where: str, data: pa.ChunkedArray) -> None:
    """Refuse numbers that were read as text because of a mistake, and ids."""
    texts = pd.Series(data.drop_null().to_pylist(), dtype=object)
    numeric = pd.to_numeric(texts, errors="coerce").notna()
    with_points = pd.to_numeric(texts.str.replace(",", "."), errors="coerce").notna()
    if with_points.all() and not numeric.all():
        raise DataError(
            where, "holds numbers with decimal commas", "write them with decimal points"
        )
    if numeric.mean() > 0.5:
        what = "holds numbers written as text"
        if not numeric.all():
            what = f"mixes numbers with text such as {texts[~numeric].iloc[0][:40]!r}"
        raise DataError(where, what, "correct them, or declare its type in data.features")
    if len(texts) > 2 and texts.nunique() == len(texts):
        what = "holds a different text in every row, so it is an id, not a category"
        raise DataError(where, what, "leave it out of data.features")


def _to_number(where: str, data: pa.ChunkedArray) -> Values:
    if not (is_numeric(data) or pa.types.is_boolean(data.type)):
        raise DataError(where, f"holds {value_type(data)}, not numbers", "declare another type")
    try:
        values = np.array(data.cast(pa.float64()).to_numpy(), dtype=np.float64)
    except pa.ArrowInvalid:
        what = "holds integers beyond 2^53, which a float64 cannot tell apart"
        raise DataError(where, what, _TOO_CLOSE_REMEDY) from None
    low, high = float(np.fmin.reduce(values)), float(np.fmax.reduce(values))  # both skip NaN
    if np.isinf([low, high]).any():
        raise DataError(
            where, "holds infinite numbers", "make them finite, or leave the cells empty"
        )
    if max(-low, high) > FLOAT32_MAX:
        raise DataError(where, "holds numbers outside the range of float32", "rescale it")
    _check_steps(where, values, low, high)
    return values


def _check_steps(where: str, values: Values, low: float, high: float) -> None:
    """Refuse numbers that are so close together, and so far from zero, that float32 merges them."""
    if np.isnan(low) or low == high:
        return
    with np.errstate(over="ignore"):  # beside the largest float32
        step = float(np.spacing(np.float32(max(-low, high))))
    if step * 1000 < high - low:
        return
    values = values[~np.isnan(values)]
    distinct, kept = len(np.unique(values)), len(np.unique(values.astype(np.float32)))
    if kept < distinct:
        what = f"holds {distinct} values, of which float32 can tell only {kept} apart"
        raise DataError(where, what, _TOO_CLOSE_REMEDY)


def _to_integer(where: str, data: pa.ChunkedArray) -> Values:
    values = _to_number(where, data)
    present = values[~np.isnan(values)]
    if (present != np.floor(present)).any():
        raise DataError(
            where, "is declared as integers but holds fractions", "declare type: number"
        )
    return values


def _to_boolean(where: str, data: pa.ChunkedArray) -> Values:
    values = _to_number(where, data)
    if not np.isin(values[~np.isnan(values)], (0.0, 1.0)).all():
        what = "is declared as booleans but holds more than 0 and 1"
        raise DataError(where, what, "declare another type")
    return values


def _cast_whole_floats(where: str, data: pa.ChunkedArray) -> pa.ChunkedArray:
    """Cast floats to integers: pandas writes integers as floats if some are missing."""
    try:
        return data.cast(pa.int64())
    except pa.ArrowInvalid:
        what = "is declared as categories but holds fractions"
        raise DataError(where, what, "declare type: number, or write them as text") from None


def _to_category(where: str, data: pa.ChunkedArray) -> Values:
    kind = value_type(data)
    if pa.types.is_floating(kind):
        data = _cast_whole_floats(where, data)
    elif not (_is_text(kind) or pa.types.is_integer(kind) or pa.types.is_boolean(kind)):
        raise DataError(where, f"holds {kind}, not categories", "leave it out of data.features")
    texts = ["true" if v is True else "false" if v is False else v for v in data.to_pylist()]
    return np.array([None if v is None else str(v) for v in texts], dtype=object)


# How a column becomes an array of each feature type. A missing value becomes NaN among float64
# and None among strings.
CONVERTERS: dict[FeatureType, Callable[[str, pa.ChunkedArray], Values]] = {
    "number": _to_number,
    "integer": _to_integer,
    "boolean": _to_boolean,
    "category": _to_category,
}


def _is_text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))


def is_numeric(data: pa.ChunkedArray) -> bool:
    """Whether a column holds integers, floats or decimals."""
    kind = data.type
    return bool(
        pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind)
    )


def value_type(data: pa.ChunkedArray) -> pa.DataType:
    """The type of the values of a column, also if it is dictionary-encoded."""
    return data.type.value_type if pa.types.is_dictionary(data.type) else data.type
