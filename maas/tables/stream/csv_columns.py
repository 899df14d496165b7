"""The texts of a CSV file to the columns that the encoder takes.

What is a number or a boolean is what training takes as one, with pyarrow's reader of CSV files;
but there the type of a column is that of all its values, and here each value stands for itself:
what no number can be made of stays a text, which the row type refuses.
"""

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

from maas.model.columns import Column
from maas.tables.forms.number_forms import make_form_column, number_column
from maas.tables.stream.arrow_columns import (
    TextLists,
    find_gaps,
    make_column,
    read_flags,
    read_values,
)
from maas.tables.stream.batch import Wanted

# Spaces around a number do not count, for pyarrow's reader.
_SPACES = " \t"

# Texts that are numbers without a doubt, which are converted at once.
_PLAIN = r"^[-+]?([0-9]{1,15}(\.[0-9]{0,20})?|\.[0-9]{1,20})([eE][-+]?[0-9]{1,2})?$"

# All texts that may be numbers: whether they are, Arrow says.
_CANDIDATE = (
    r"^[-+]?(([0-9]+\.?[0-9]*|\.[0-9]+)([eE][-+]?[0-9]+)?|0[xX][0-9a-fA-F]+|(?i:inf|nan).*)$"
)

_OPTIONS = pyarrow.csv.ConvertOptions()
_BOOLEANS = dict.fromkeys(_OPTIONS.true_values, 1.0) | dict.fromkeys(_OPTIONS.false_values, 0.0)


def make_csv_column(
    texts: pa.Array, feature: Wanted, lists: TextLists, decimal: str = "."
) -> Column:
    """A column of the encoder, of the texts of a column.

    Numbers may have leading zeros: that 007 is a number and not a name is what the signature
    says. So may be hexadecimal integers, which training takes too. NaN is a gap, as in training.

    Args:
        texts: strings, null where the file has a gap.
        feature: what they are to be.
        lists: what keeps the texts of a category's last dictionary.
        decimal: the decimal mark.
    """
    if feature.type == "category":
        return make_column(texts, lists)
    if feature.form is not None:
        return make_form_column(texts, feature.type, feature.form, decimal)
    gaps = find_gaps(texts)
    written = texts if decimal == "." else _with_points(texts)
    convert = _convert_flags if feature.type == "boolean" else _convert_numbers
    numbers, misfits = convert(written)
    unknown = np.isnan(numbers)
    if unknown.any():
        numbers = np.where(unknown, 0.0, numbers)
        gaps = unknown if gaps is None else gaps | unknown
    return number_column(feature.type, numbers, gaps, misfits, texts)


def _with_points(texts: pa.Array) -> pa.Array:
    """Texts with points as decimal marks; one that had a point is not a number any more."""
    marked = pc.replace_substring(texts, ".", "_")
    return pc.replace_substring(marked, ",", ".")


_Converted = tuple[npt.NDArray[np.float64], npt.NDArray[np.bool_]]
"""The number of each text, 0 for one that is none, and which are none."""


def _convert_numbers(texts: pa.Array) -> _Converted:
    for written in (texts, pc.utf8_trim(texts, characters=_SPACES)):
        try:
            return read_values(written.cast(pa.float64())), np.zeros(len(texts), dtype=bool)
        except pa.ArrowInvalid:
            continue
    encoded = texts.dictionary_encode()
    return _look_up(encoded, *_convert_each(encoded.dictionary))


def _convert_each(texts: pa.Array) -> _Converted:
    """Convert texts of which some are not numbers."""
    written = pc.utf8_trim(texts, characters=_SPACES)
    plain = pc.match_substring_regex(written, _PLAIN)
    candidate = pc.match_substring_regex(written, _CANDIDATE)
    done, misfits = read_flags(plain), ~read_flags(candidate)
    numbers = np.zeros(len(texts))
    numbers[done] = read_values(written.filter(plain).cast(pa.float64()))
    for place in np.flatnonzero(~done & ~misfits).tolist():
        number = _convert_number(written.slice(place, 1))
        numbers[place], misfits[place] = number or 0.0, number is None
    return numbers, misfits


def _convert_number(text: pa.Array) -> float | None:
    """The number of a single text; None: it is none."""
    for kind in (pa.float64(), pa.int64()):  # an integer may be hexadecimal
        try:
            return float(text.cast(kind)[0].as_py())
        except pa.ArrowInvalid:
            continue
    return None


def _convert_flags(texts: pa.Array) -> _Converted:
    """Convert the words for true and false to 1 and 0; a number that is 1 or 0 is one too."""
    encoded = texts.dictionary_encode()
    numbers, misfits = _convert_each(encoded.dictionary)
    misfits |= ~np.isin(numbers, (0.0, 1.0)) & ~np.isnan(numbers)
    for place, text in enumerate(encoded.dictionary.to_pylist()):
        if text in _BOOLEANS:
            numbers[place], misfits[place] = _BOOLEANS[text], False
    return _look_up(encoded, numbers, misfits)


def _look_up(
    encoded: pa.DictionaryArray, numbers: npt.NDArray[np.float64], misfits: npt.NDArray[np.bool_]
) -> _Converted:
    """What was made of the texts of a dictionary, for each row; 0 for a gap."""
    places = encoded.indices
    gaps = find_gaps(places)
    if gaps is None:
        rows = read_values(places)
        return numbers[rows], misfits[rows]
    rows = np.where(gaps, len(numbers), read_values(places))
    return np.append(numbers, 0.0)[rows], np.append(misfits, False)[rows]
