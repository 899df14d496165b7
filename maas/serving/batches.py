"""Rows of a batch, checked and encoded by column: Python's own loop over rows is too slow.

What is in any way unusual is left to the row type, which checks row by row and says which
field of which row is wrong.
"""

from collections.abc import Callable, Iterator, Sequence
from operator import itemgetter
from typing import Annotated, Any, overload

import numpy as np
from pydantic import Field, ValidatorFunctionWrapHandler, WrapValidator

from maas.predictor import Array, Matrix, category_codes
from maas.signature import Feature, Row, Signature


class RowBatch(Sequence[Row]):
    """Rows that are made when they are asked for, and their matrix, which is made already.

    Args:
        objects: the rows as JSON has them, valid.
        row: their type.
        matrix: as `Predictor.encode` gives it.
    """

    def __init__(self, objects: list[dict[str, Any]], row: type[Row], matrix: Matrix) -> None:
        self._objects, self._row = objects, row
        self.matrix = matrix

    def __len__(self) -> int:
        return len(self._objects)

    @overload
    def __getitem__(self, index: int) -> Row: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Row]: ...
    def __getitem__(self, index: int | slice) -> Row | Sequence[Row]:
        if isinstance(index, slice):
            return RowBatch(self._objects[index], self._row, self.matrix[index])
        return self._row.model_validate(self._objects[index])

    def __iter__(self) -> Iterator[Row]:
        return map(self._row.model_validate, self._objects)


def batch_of(row: type[Row], signature: Signature, limit: float, most: int) -> Any:
    """The type of a list of rows; one that is longer is 413, not a breach of the schema.

    Args:
        row: the type of a row.
        signature: what the model takes.
        limit: the largest magnitude of a number.
        most: the largest number of rows.
    """
    encode = _encoder(signature, limit)

    def validate(value: Any, validate_rows: ValidatorFunctionWrapHandler) -> Any:
        if type(value) is list and 0 < len(value) <= most:
            matrix = encode(value)
            if matrix is not None:
                return RowBatch(value, row, matrix)
        return validate_rows(value)

    def say(schema: dict[str, Any]) -> None:
        schema.pop("maxItems", None)
        schema["description"] = f"At most {most} rows."

    rows: Any = list[row]  # type: ignore[valid-type]
    return Annotated[rows, Field(max_length=most, json_schema_extra=say), WrapValidator(validate)]


def _encoder(signature: Signature, limit: float) -> Callable[[list[dict[str, Any]]], Matrix | None]:
    """Rows -> matrix; None where a row is unusual."""
    features = [signature.features[index] for index in signature.matrix_order]
    names = [feature.name for feature in features]
    pick: Callable[[Any], tuple[Any, ...]] = itemgetter(*names)
    columns = [_column(feature, signature.unknown, limit) for feature in features]

    def encode(rows: list[dict[str, Any]]) -> Matrix | None:
        try:
            if set(map(len, rows)) != {len(names)}:
                return None
            picked = map(pick, rows)
            values = [tuple(picked)] if len(names) == 1 else zip(*picked, strict=True)
            matrix = np.empty((len(rows), len(names)), dtype=np.float32)
            for place, (convert, column) in enumerate(zip(columns, values, strict=True)):
                converted = convert(column)
                if converted is None:
                    return None
                matrix[:, place] = converted
        except (KeyError, TypeError, OverflowError, ValueError):
            return None
        return matrix

    return encode


def _column(
    feature: Feature, unknown: str, limit: float
) -> Callable[[tuple[Any, ...]], Array | list[int] | None]:
    """A column's values -> what goes into the matrix; None where one is unusual."""
    absent: set[type] = {type(None)} if feature.nullable else set()
    if feature.type == "category":
        codes = category_codes(feature) | ({None: -1} if feature.nullable else {})

        def convert_category(values: tuple[Any, ...]) -> list[int] | None:
            if not set(map(type, values)) <= {str, *absent}:
                return None
            if unknown == "ignore":
                return [codes.get(value, -1) for value in values]
            return [codes[value] for value in values]

        return convert_category
    allowed = {bool} if feature.type == "boolean" else {int, float}
    whole = feature.type == "integer"

    def convert_number(values: tuple[Any, ...]) -> Array | None:
        if not set(map(type, values)) <= allowed | absent:
            return None
        numbers = np.array(values, dtype=np.float64)
        fine = np.abs(numbers) <= limit
        if whole:
            fine &= numbers == np.trunc(numbers)
        gaps = values.count(None) if absent else 0
        return numbers if int(fine.sum()) + gaps == len(values) else None

    return convert_number
