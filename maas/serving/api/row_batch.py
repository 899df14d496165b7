"""Rows of a batch, checked and encoded by column: Python's own loop over rows is too slow.

What is in any way unusual is left to the row type, which checks row by row and says which
field of which row is wrong.
"""

from bisect import bisect_right
from collections.abc import Callable, Sequence
from contextlib import suppress
from itertools import accumulate
from operator import itemgetter
from typing import Any, overload

import numpy as np
from pydantic import ValidatorFunctionWrapHandler

from maas.model.predictor import Array, Matrix, category_codes
from maas.model.signature import Feature, Row, Signature
from maas.serving.api.json_chunks import Parts, parse

_UNUSUAL = (KeyError, TypeError, OverflowError, ValueError)


class RowBatch(Sequence[Row]):
    """Rows that are made when they are asked for, and their matrix, which is made already.

    Args:
        parts: lists of valid rows, as JSON has them; bytes are not parsed until then.
        row: the rows' type.
        matrices: of each part, as `Predictor.encode` gives it.
    """

    def __init__(
        self,
        parts: Sequence[list[dict[str, Any]] | bytes],
        row: type[Row],
        matrices: Sequence[Matrix],
    ) -> None:
        self._parts, self._row = parts, row
        self._ends = list(accumulate(map(len, matrices)))
        self._opened: tuple[int, Any] = (-1, None)
        self.matrix = np.concatenate(matrices)

    def __len__(self) -> int:
        return len(self.matrix)

    @overload
    def __getitem__(self, index: int) -> Row: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Row]: ...
    def __getitem__(self, index: int | slice) -> Row | Sequence[Row]:
        chosen = range(len(self))[index]
        if isinstance(chosen, range):
            return [self[place] for place in chosen]
        part = bisect_right(self._ends, chosen)
        if self._opened[0] != part:  # rows are asked for in their order
            self._opened = part, _open(self._parts[part])
        return self._row.model_validate(self._opened[1][chosen - self._ends[part]])


BatchValidator = Callable[[Any, ValidatorFunctionWrapHandler], Any]


def batch_validator(
    row: type[Row], signature: Signature, limit: float, most: int
) -> BatchValidator:
    """What makes a `RowBatch` of a list of rows, or leaves the list to the row type.

    Args:
        row: the type of a row.
        signature: what the model takes.
        limit: the largest magnitude of a number.
        most: the largest number of rows.
    """
    encode = _encoder(signature, limit)

    def validate(value: Any, validate_rows: ValidatorFunctionWrapHandler) -> Any:
        parts = value.parts if isinstance(value, Parts) else (value,)
        with suppress(*_UNUSUAL):
            batch = RowBatch(parts, row, [encode(_open(part)) for part in parts])
            if len(batch) <= most:
                return batch
        return validate_rows(value)  # which refuses parts: the whole is to be parsed

    return validate


def _open(part: Any) -> Any:
    return parse(part) if isinstance(part, bytes) else part


def _encoder(signature: Signature, limit: float) -> Callable[[Any], Matrix]:
    """Rows -> matrix; one of `_UNUSUAL` is raised where a row is."""
    features = [signature.features[index] for index in signature.matrix_order]
    names = [feature.name for feature in features]
    pick: Callable[[Any], tuple[Any, ...]] = itemgetter(*names)
    columns = [_column(feature, signature.unknown, limit) for feature in features]

    def encode(rows: Any) -> Matrix:
        if type(rows) is not list or set(map(len, rows)) != {len(names)}:
            raise ValueError
        picked = map(pick, rows)
        values = [tuple(picked)] if len(names) == 1 else zip(*picked, strict=True)
        matrix = np.empty((len(rows), len(names)), dtype=np.float32)
        for place, (convert, column) in enumerate(zip(columns, values, strict=True)):
            matrix[:, place] = convert(column)
        return matrix

    return encode


def _column(
    feature: Feature, unknown: str, limit: float
) -> Callable[[tuple[Any, ...]], Array | list[int]]:
    """A column's values -> what goes into the matrix."""
    absent: set[type] = {type(None)} if feature.nullable else set()
    if feature.type == "category":
        codes = category_codes(feature) | ({None: -1} if feature.nullable else {})

        def convert_category(values: tuple[Any, ...]) -> list[int]:
            if not set(map(type, values)) <= {str, *absent}:
                raise TypeError
            if unknown == "ignore":
                return [codes.get(value, -1) for value in values]
            return [codes[value] for value in values]

        return convert_category
    allowed = {bool} if feature.type == "boolean" else {int, float}
    whole = feature.type == "integer"

    def convert_number(values: tuple[Any, ...]) -> Array:
        if not set(map(type, values)) <= allowed | absent:
            raise TypeError
        numbers = np.array(values, dtype=np.float64)
        fine = np.abs(numbers) <= limit
        if whole:
            fine &= numbers == np.trunc(numbers)
        gaps = values.count(None) if absent else 0
        if int(fine.sum()) + gaps != len(values):
            raise ValueError
        return numbers

    return convert_number
