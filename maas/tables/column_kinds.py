"""What kind of values a column holds, and its texts counted."""

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa


def count_texts(data: pa.ChunkedArray) -> "pd.Series[int]":
    """Count how many rows hold each text, in the order of their first rows; gaps are left out."""
    counts = decode(data).drop_null().value_counts()
    texts = pd.Index(counts.field("values").to_pylist(), dtype=object)
    return pd.Series(counts.field("counts").to_numpy(), index=texts)


def which_numeric(counts: "pd.Series[int]", decimal: str = ".") -> npt.NDArray[np.bool_]:
    """Which of the counted texts are plain numbers of a file with this decimal mark."""
    texts = counts.index.str.strip()
    if decimal == ",":
        texts = texts.str.replace(".", "_").str.replace(",", ".")  # 1_5 is not a number
    numbers = pd.to_numeric(pd.Series(texts, dtype=object), errors="coerce")
    return np.asarray(numbers.notna())


def is_text(kind: pa.DataType) -> bool:
    """Whether a type of values is text."""
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


def decode(data: pa.ChunkedArray) -> pa.ChunkedArray:
    """A column without dictionary encoding."""
    return data.cast(value_type(data)) if pa.types.is_dictionary(data.type) else data
