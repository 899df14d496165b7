"""The target as an array. Targets that no estimator can learn fail."""

import numpy as np
import pyarrow as pa

from maas.errors import DataError
from maas.tables.column_kinds import count_texts, is_numeric, is_text, value_type, which_numeric
from maas.tables.columns import Values, cast_integers, check_complete
from maas.tables.forms.text_forms import find_form
from maas.tables.forms.units import find_units
from maas.tables.row_places import RowPlaces

# More different numbers than this are amounts, not the names of classes, even if they are text.
_MAX_NUMBERS_AS_CLASSES = 20

_LEAVE_OUT = "leave these rows out with data.drop_rows_without_target: true"


def read_target(
    where: str,
    data: pa.ChunkedArray,
    new: bool = True,
    column: str | None = None,
    places: RowPlaces | None = None,
) -> Values:
    """Convert the target.

    Args:
        where: names the target in errors.
        data: its column.
        new: whether what is only probably a mistake is refused too.
        column: its name in the source, for a remedy.
        places: where its rows stand in their files.

    Returns:
        Shape (rows,); str objects, bool, int64 or float64, without missing values.

    Raises:
        DataError: it cannot be predicted.
    """
    if len(data) and data.null_count == len(data):
        raise DataError(where, "has no value in any row", "name another target")
    check_complete(where, data, _LEAVE_OUT, places or RowPlaces())
    kind = value_type(data)
    if pa.types.is_boolean(kind):
        values: Values = np.array(data.to_pylist(), dtype=bool)
    elif pa.types.is_integer(kind):
        values = cast_integers(where, data)
    elif is_numeric(data):
        values = np.array(data.cast(pa.float64()).to_numpy())
    elif is_text(kind):
        if new:
            _check_texts(where, data, column)
        values = np.array(data.to_pylist(), dtype=object)
    else:
        what = f"holds {kind}, which cannot be predicted"
        raise DataError(where, what, "name a column of numbers or classes")
    if values.dtype.kind == "f":
        _check_finite(where, values)
    if len(set(values.tolist())) < 2:
        what = "has the same value in every row"
        raise DataError(where, what, "name a target with at least two values")
    return values


def _check_finite(where: str, values: Values) -> None:
    if np.isinf(values).any():
        raise DataError(where, "holds infinite numbers", "correct these rows, or drop them")
    if np.isnan(values).all():
        raise DataError(where, "is NaN in every row", "name another target")
    if np.isnan(values).any():
        raise DataError(where, f"holds NaN ({np.isnan(values).sum()} rows)", _LEAVE_OUT)


def _check_texts(where: str, data: pa.ChunkedArray, column: str | None) -> None:
    """Refuse numbers and dates that became text, and so would be classes."""
    counts = count_texts(data)
    if form := find_form(counts) or find_units(counts, of_feature=False):
        if form.is_date:
            remedy = "name another target (dates cannot be predicted), or write classes as words"
        else:
            remedy = f"{form.instruction(column)}, or classes as words"
        raise DataError(where, form.sentence, remedy)
    numeric = which_numeric(counts)
    rows = counts.to_numpy()[numeric].sum()
    if numeric.sum() <= _MAX_NUMBERS_AS_CLASSES or rows <= counts.sum() / 2:
        return
    if numeric.all():
        raise DataError(where, "holds numbers written as text", "store them as numbers")
    what = f"mixes numbers with text such as {counts.index[~numeric][0][:40]!r}"
    raise DataError(where, what, "correct these rows, or drop them")
