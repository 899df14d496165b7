"""Columns of several batches as one, and the values of dictionaries at places."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from maas.model.columns import Column, null_column
from maas.serving.api.arrow.messages import refuse

Flags = npt.NDArray[np.bool_]


def look_up(places: npt.NDArray[Any], gaps: Flags | None, values: Column) -> Column:
    """The values of a dictionary.

    Args:
        places: of a value for each row.
        gaps: which rows have none.
        values: the dictionary.

    Raises:
        Problem: 400, a place leads out of the dictionary.
    """
    if values.kind == "null" or not len(values):
        if gaps is None and not len(values):
            refuse("a place in a dictionary leads out of it")
        return null_column(len(places))
    if gaps is not None:
        places = np.where(gaps, 0, places)
    if places.min() < 0 or places.max() >= len(values):
        refuse("a place in a dictionary leads out of it")
    places = places.astype(np.intp, copy=False)
    if values.gaps is not None:
        missing = values.gaps[places]
        gaps = missing if gaps is None else gaps | missing
    return Column(values.kind, values.values[places], gaps, values.texts)


def join_columns(columns: Sequence[Column]) -> Column:
    """The same column of each batch as one."""
    if len(columns) == 1:
        return columns[0]
    filled = [column for column in columns if column.kind != "null"]
    rows = sum(map(len, columns))
    if not filled:
        return null_column(rows)
    kind, dtype = filled[0].kind, filled[0].values.dtype
    gaps = None
    if len(filled) < len(columns) or any(column.gaps is not None for column in filled):
        gaps = np.concatenate([_gaps_of(column) for column in columns])
    texts: list[str] = []
    values = (
        _join_places(columns, texts) if kind == "text" else [column.values for column in columns]
    )
    return Column(kind, np.concatenate(values, dtype=dtype, casting="unsafe"), gaps, texts)


def _join_places(columns: Sequence[Column], texts: list[str]) -> list[npt.NDArray[Any]]:
    """The places in the texts of all; batches mostly share those of one dictionary."""
    starts: dict[int, int] = {}
    places = []
    for column in columns:
        start = starts.get(id(column.texts))
        if start is None:
            start = starts[id(column.texts)] = len(texts)
            texts.extend(column.texts)
        places.append(column.values + start)
    return places


def _gaps_of(column: Column) -> Flags:
    if column.kind == "null":
        return np.ones(len(column), dtype=bool)
    return np.zeros(len(column), dtype=bool) if column.gaps is None else column.gaps
