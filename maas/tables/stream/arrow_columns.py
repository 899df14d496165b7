"""Arrow arrays to the columns that the encoder takes, and which Arrow types carry a feature."""

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from maas.model.columns import Column, Kind
from maas.model.signature import FeatureType

_CASTS: dict[FeatureType, str] = {
    "number": "float64",
    "integer": "int64",
    "boolean": "bool",
    "category": "string",
}

_NAMES: dict[FeatureType, str] = {
    "number": "a number (integers, floats or decimals)",
    "integer": "an integer (integers, or floats and decimals with whole values)",
    "boolean": "a boolean (bool)",
    "category": "a category (string, or a dictionary of strings)",
}


def carries(kind: pa.DataType, feature: FeatureType) -> bool:
    """Whether values of an Arrow type are values of a feature; null carries each feature."""
    return pa.types.is_null(kind) or _kind_of(kind) == _KINDS[feature]


def describe_feature(feature: FeatureType) -> str:
    """What a feature of a type takes, for an error."""
    return _NAMES[feature]


def find_cast(kind: pa.DataType, feature: FeatureType) -> str | None:
    """The Arrow type to cast a column to for a feature; None: no cast helps.

    The cast keeps what the values mean: a text that is cast to numbers, or numbers that are cast
    to texts, are the values that the model was trained on only if they were written alike, which
    the caller knows.
    """
    if feature in ("number", "integer") and pa.types.is_boolean(kind):
        return "int8"
    if pa.types.is_dictionary(kind):
        kind = kind.value_type
        return _CASTS[feature] if carries(kind, feature) else find_cast(kind, feature)
    castable = _kind_of(kind) != "other" or is_text(kind)
    return _CASTS[feature] if castable else None


def is_text(kind: pa.DataType) -> bool:
    """Whether a type of values is text."""
    types = pa.types
    return bool(types.is_string(kind) or types.is_large_string(kind) or types.is_string_view(kind))


def holds_text(kind: pa.DataType) -> bool:
    """Whether a type is text, or a dictionary of texts."""
    return is_text(kind.value_type if pa.types.is_dictionary(kind) else kind)


def make_column(array: pa.Array, texts: "TextLists") -> Column:
    """A column of the encoder, of the values of an array; numbers without gaps are not copied.

    Args:
        array: of any type.
        texts: what keeps the texts of the column's last dictionary.
    """
    kind = _kind_of(array.type)
    if kind in ("null", "other"):
        gaps = None if kind == "null" else find_gaps(array)
        return Column(kind, np.zeros(len(array), dtype=np.int8), gaps)
    if kind == "text":
        return _make_text_column(array, texts)
    if pa.types.is_decimal(array.type):
        array = array.cast(pa.float64())
    read = read_flags if kind == "boolean" else read_values
    return Column(kind, read(array), find_gaps(array))


class TextLists:
    """The texts of a dictionary as a list, made once for the batches that share it."""

    def __init__(self) -> None:
        self._dictionary: pa.Array | None = None
        self._texts: list[str] = []

    def read(self, dictionary: pa.Array) -> list[str]:
        """The texts; "" in place of a null."""
        if self._dictionary is None or not dictionary.equals(self._dictionary):
            self._texts = _list_texts(dictionary)
            self._dictionary = dictionary
        return self._texts


_KINDS: dict[FeatureType, Kind] = {
    "number": "number",
    "integer": "number",
    "boolean": "boolean",
    "category": "text",
}

_TESTS: tuple[tuple[Kind, Callable[[pa.DataType], bool]], ...] = (
    ("number", pa.types.is_floating),
    ("number", pa.types.is_integer),
    ("number", pa.types.is_decimal),
    ("boolean", pa.types.is_boolean),
    ("text", is_text),
    ("null", pa.types.is_null),
)


def _kind_of(kind: pa.DataType) -> Kind:
    if pa.types.is_dictionary(kind):
        return "text" if holds_text(kind) else "other"
    return next((name for name, test in _TESTS if test(kind)), "other")


def find_gaps(array: pa.Array) -> npt.NDArray[np.bool_] | None:
    """Which values are null; None: none is."""
    return read_flags(array.is_null()) if array.null_count else None


# Arrow's `to_numpy`, and arrays or scalars of Python's values, would import pandas where it is
# installed: 40 MB in each worker.
def read_values(array: pa.Array) -> npt.NDArray[Any]:
    """The values of an array of numbers, 0 in place of a gap; copied only if there are gaps."""
    return np.from_dlpack(_fill(array) if array.null_count else array)


def read_flags(array: pa.Array) -> npt.NDArray[np.bool_]:
    """The values of an array of booleans, of which Arrow keeps eight in a byte."""
    return np.from_dlpack((_fill(array) if array.null_count else array).cast(pa.uint8())).view(
        np.bool_
    )


def _fill(array: pa.Array) -> pa.Array:
    """An array with zeros, or False, in its gaps."""
    zero = pa.Array.from_buffers(array.type, 1, [None, pa.py_buffer(bytes(8))])[0]
    return array.fill_null(zero)


def _list_texts(array: pa.Array) -> list[str]:
    texts: list[Any] = array.to_pylist()
    return ["" if text is None else text for text in texts] if array.null_count else texts


def _make_text_column(array: pa.Array, texts: TextLists) -> Column:
    array = _avoid_views(array)
    if not pa.types.is_dictionary(array.type):
        array = array.dictionary_encode()
    elif len(array.dictionary) > len(array):  # most of its texts are not in this batch
        array = array.dictionary_decode().dictionary_encode()
    places, dictionary = array.indices, array.dictionary
    gaps, numbers = find_gaps(places), read_values(places)
    if not len(dictionary):  # all are gaps
        return Column("text", numbers, gaps, ("",))
    if dictionary.null_count:
        nulls = read_flags(dictionary.is_null())[numbers]
        gaps = nulls if gaps is None else gaps | nulls
    return Column("text", numbers, gaps, texts.read(dictionary))


def _avoid_views(array: pa.Array) -> pa.Array:
    """The texts as a type for which Arrow has all functions."""
    if pa.types.is_string_view(array.type):
        return array.cast(pa.large_string())
    if pa.types.is_dictionary(array.type) and pa.types.is_string_view(array.type.value_type):
        texts = array.dictionary.cast(pa.large_string())
        return pa.DictionaryArray.from_arrays(array.indices, texts)
    return array
