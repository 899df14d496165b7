"""The target as an array. Targets that no estimator can learn fail."""

import numpy as np
import pyarrow as pa

from maas.errors import DataError
from maas.tables.columns import (
    Values,
    cast_integers,
    check_complete,
    count_texts,
    is_numeric,
    is_text,
    value_type,
    which_numeric,
)
from maas.tables.text_forms import find_form
from maas.tables.units import find_units

# More different numbers than this are amounts, not the names of classes, even if they are text.
_MAX_NUMBERS_AS_CLASSES = 20


def read_target(where: str, data: pa.ChunkedArray, new: bool = True) -> Values:
    """Convert the target.

    Args:
        where: names the target in errors.
        data: its column.
        new: whether what is only probably a mistake is refused too.

    Returns:
        Shape (rows,); str objects, bool, int64 or float64, without missing values.

    Raises:
        DataError: it cannot be predicted.
    """
    check_complete(where, data, "drop these rows")
    kind = value_type(data)
    if pa.types.is_boolean(kind):
        values: Values = np.array(data.to_pylist(), dtype=bool)
    elif pa.types.is_integer(kind):
        values = cast_integers(where, data)
    elif is_numeric(data):
        values = np.array(data.cast(pa.float64()).to_numpy())
    elif is_text(kind):
        if new:
            _check_texts(where, data)
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


def _check_texts(where: str, data: pa.ChunkedArray) -> None:
    """Refuse numbers and dates that became text, and so would be classes."""
    counts = count_texts(data)
    if form := find_form(counts) or find_units(counts, of_feature=False):
        if form.is_date:
            remedy = "name another target (dates cannot be predicted), or write classes as words"
        else:
            remedy = f"{form.rewriting}, or classes as words"
        raise DataError(where, form.sentence, remedy)
    numeric = which_numeric(counts)
    rows = counts.to_numpy()[numeric].sum()
    if numeric.sum() <= _MAX_NUMBERS_AS_CLASSES or rows <= counts.sum() / 2:
        return
    if numeric.all():
        raise DataError(where, "holds numbers written as text", "store them as numbers")
    what = f"mixes numbers with text such as {counts.index[~numeric][0][:40]!r}"
    raise DataError(where, what, "correct these rows, or drop them")
