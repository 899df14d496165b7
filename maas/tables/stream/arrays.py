"""Numpy arrays and texts to Arrow arrays, without a copy where there is a choice.

`pyarrow.array` would do, but imports pandas where it is installed: half a second and 50 MB in
each worker.
"""

from collections.abc import Sequence
from itertools import accumulate
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa


def number_array(values: npt.NDArray[Any]) -> pa.Array:
    """An array of integers or floats, shape (rows,), without a null."""
    values = np.ascontiguousarray(values)
    buffers = [None, pa.py_buffer(values)]
    return pa.Array.from_buffers(pa.from_numpy_dtype(values.dtype), len(values), buffers)


def flag_array(values: npt.NDArray[np.bool_]) -> pa.Array:
    """An array of booleans, shape (rows,), without a null."""
    bits = pa.py_buffer(np.packbits(values, bitorder="little"))
    return pa.Array.from_buffers(pa.bool_(), len(values), [None, bits])


def text_array(texts: Sequence[str]) -> pa.Array:
    """An array of texts."""
    data = [text.encode() for text in texts]
    ends = np.fromiter(accumulate(map(len, data), initial=0), np.int32, len(data) + 1)
    buffers = [None, pa.py_buffer(ends), pa.py_buffer(b"".join(data))]
    return pa.Array.from_buffers(pa.string(), len(data), buffers)


def coded_array(places: npt.NDArray[np.int32], texts: pa.Array) -> pa.Array:
    """An array of texts, each given by its place among the different ones."""
    return pa.DictionaryArray.from_arrays(number_array(places), texts)
