"""The feature type of a column, and its values as an array. Columns that no model can use fail."""

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from maas.errors import DataError
from maas.model.signature import FLOAT32_MAX, FeatureType
from maas.tables.column_kinds import count_texts, is_numeric, is_text, value_type, which_numeric
from maas.tables.forms.text_forms import find_form
from maas.tables.forms.units import find_units
from maas.tables.row_places import RowPlaces

Values = npt.NDArray[Any]

_TOO_CLOSE_REMEDY = "subtract an offset, or declare type: category if they are names"

_IF_CODES = "declare type: category in data.features if they are names or codes"

# How a remedy tells to leave out a column; another one if the config lists its features.
LEAVE_OUT = "leave it out with data.exclude"

# In fewer rows than this, only a text that is different in each is an id: the others may repeat
# as soon as there are more rows.
MIN_ROWS_OF_IDS = 20


def infer_type(
    where: str,
    data: pa.ChunkedArray,
    new: bool = True,
    leave_out: str = LEAVE_OUT,
    column: str | None = None,
) -> FeatureType:
    """Infer the feature type of a column.

    Text is a category, unless it is most likely a mistake: numbers or dates in more than half of
    the rows with a value (with a unit, if more than 10 are different), or an id. It is an id or
    free text if more than half as many values are different as there are rows with a value; in
    fewer than 20 rows, if all are (of at least 3).

    Args:
        where: names the column in errors.
        data: the column.
        new: whether what is only probably a mistake is refused too.
        leave_out: how a remedy tells to leave out the column.
        column: its name in the source, for a remedy.

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
    if is_text(kind):
        if new:
            _check_texts(where, data, leave_out, column)
        return "category"
    what = f"holds {kind}, which is not a supported feature type"
    if pa.types.is_date(kind) or pa.types.is_timestamp(kind):
        raise DataError(where, what, _date_remedy(leave_out))
    if pa.types.is_time(kind):
        raise DataError(where, what, f"write numbers, such as minutes, {_IF_CODES}, or {leave_out}")
    raise DataError(where, what, f"convert it to numbers or text, or {leave_out}")


def _check_texts(where: str, data: pa.ChunkedArray, leave_out: str, column: str | None) -> None:
    """Refuse numbers and dates that were read as text because of a mistake, and ids."""
    counts = count_texts(data)
    declare = f"{_IF_CODES}, or {leave_out}"
    if form := find_form(counts) or find_units(counts, of_feature=True):
        remedy = f"{form.instruction(column)}, {declare}"
        if form.is_date:
            remedy = f"{_date_remedy(leave_out)} ({form.instruction(column)}), or {_IF_CODES}"
        raise DataError(where, form.sentence, remedy)
    numeric = which_numeric(counts)
    rows, numbers = int(counts.sum()), int(counts.to_numpy()[numeric].sum())
    if numbers > rows / 2:
        what = "holds numbers written as text"
        if not numeric.all():
            what = f"mixes numbers with text such as {counts.index[~numeric][0][:40]!r}"
        raise DataError(where, what, f"correct them or leave the cells empty, {declare}")
    if rows > 2 and len(counts) == rows:
        what = "holds a different text in every row, so it is an id, not a category"
        raise DataError(where, what, _id_remedy(leave_out))
    if rows >= MIN_ROWS_OF_IDS and len(counts) > rows / 2:
        what = f"holds {len(counts)} different texts in {rows} rows: an id or free text"
        raise DataError(where, f"{what}, not a category", _id_remedy(leave_out))


def _date_remedy(leave_out: str) -> str:
    newest = "hold out its newest rows with split.method: time"
    return f"dates are not features yet: {leave_out}, or {newest}"


def _id_remedy(leave_out: str) -> str:
    return f"{leave_out}, or declare type: category in data.features if it is meant"


def _to_number(where: str, data: pa.ChunkedArray) -> Values:
    if not (is_numeric(data) or pa.types.is_boolean(data.type)):
        remedy = "declare another type"
        counts = count_texts(data) if is_text(value_type(data)) else None
        if counts is not None and (form := find_form(counts) or find_units(counts, False)):
            named = f"name its form in data.forms: {form.key}, or " if form.key else ""
            remedy = f"{named}{form.rewriting}, or {remedy}"
        raise DataError(where, f"holds {value_type(data)}, not numbers", remedy)
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
    elif not (
        is_text(kind)
        or pa.types.is_integer(kind)
        or pa.types.is_boolean(kind)
        or pa.types.is_time(kind)
    ):
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


def cast_integers(where: str, data: pa.ChunkedArray) -> Values:
    """Cast a column without gaps to int64.

    Raises:
        DataError: a value has more than 64 bits.
    """
    try:
        return np.array(data.cast(pa.int64()).to_numpy())
    except pa.ArrowInvalid:
        what = "holds integers of more than 64 bits"
        raise DataError(where, what, "store them as text") from None


def check_complete(where: str, data: pa.ChunkedArray, remedy: str, places: RowPlaces) -> None:
    """Check that a column has a value in each row; `places` name the first without one.

    Raises:
        DataError: it has gaps.
    """
    if data.null_count:
        first = places.name(data.is_null().to_pylist().index(True))
        what = f"has missing values ({data.null_count}; the first in {first})"
        raise DataError(where, what, remedy)
