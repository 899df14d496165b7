"""Finds out what `data.forms` calls the form of texts: the key that reads all of them."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from maas.config.data_format import NumberForm
from maas.tables.forms.number_forms import find_currencies, write_plainly


def find_number_key(
    texts: Sequence[str], forms: Sequence[NumberForm], likely: str
) -> tuple[NumberForm | None, str | None]:
    """Find the form that reads all texts, and the decimal mark that it needs.

    Args:
        texts: all texts of a column that should be numbers.
        forms: those to try.
        likely: the decimal mark that the texts seem to have.

    Returns:
        The first form that fits, None if none does; and the decimal mark, None if the texts mean
        the same with both.
    """
    array = pa.array(texts, pa.string())
    other = "." if likely == "," else ","
    for form in forms:
        for mark in (likely, other):
            numbers = _read(array, form, mark)
            if numbers is not None:
                with_other = _read(array, form, other) if mark == likely else None
                same = with_other is not None and np.array_equal(numbers, with_other)
                return form, None if same else mark
    return None, None


def have_currencies(texts: Sequence[str], decimal: str) -> bool:
    """Whether amounts of money have several currencies."""
    return len(find_currencies(write_plainly(pa.array(texts, pa.string()), "money", decimal))) > 1


def _read(texts: pa.Array, form: NumberForm, decimal: str) -> npt.NDArray[np.float64] | None:
    """The numbers; None if a text does not fit, or if there are several currencies."""
    written = write_plainly(texts, form, decimal)
    if pc.any(written.misfits).as_py() or len(find_currencies(written)) > 1:
        return None
    return np.asarray(written.plain.cast(pa.float64()))
