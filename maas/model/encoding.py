"""Valid rows to the matrix that the model takes; one encoding, by row and by column.

The matrix is float32, of shape (rows, features). Numbers come first, null as NaN; then a code
per category: its place among the categories, or -1 for null and for an ignored one.

A single row is encoded from its pydantic object. A batch is checked and encoded column by
column, because Python's own loop over rows is too slow. Both use the same rules and codes, and
the parity check compares both with the pipeline's own encoder.
"""

from collections.abc import Callable, Iterable, Sequence
from operator import attrgetter, itemgetter
from typing import Any

import numpy as np
import numpy.typing as npt

from maas.model.checks import Rule, rule_of
from maas.model.row import Row
from maas.model.scorers import Matrix
from maas.model.signature import Feature, Signature

Record = dict[str, Any]
"""A row as it comes from JSON."""

GAP = -1
"""The code of a gap, and of a category that is ignored."""

_NOT_PLAIN = (KeyError, TypeError, OverflowError, ValueError)
"""What the conversion of records raises where a value is invalid or needs a closer look."""


class CategoryCodes(dict[str | None, int]):
    """A category's code is its place among the categories.

    An unknown category is a KeyError, or `GAP` where the signature ignores it.
    """

    def __init__(self, feature: Feature, unknown: str) -> None:
        super().__init__({name: code for code, name in enumerate(feature.categories or ())})
        self[None] = GAP
        self._ignores = unknown == "ignore"

    def __missing__(self, category: str | None) -> int:
        if self._ignores:
            return GAP
        raise KeyError(category)


class Encoder:
    """Encodes rows of one signature.

    Attributes:
        signature: what the rows are of.
    """

    def __init__(self, signature: Signature) -> None:
        self.signature = signature
        order = signature.matrix_order
        features = [signature.features[index] for index in order]
        codes = [
            CategoryCodes(feature, signature.unknown) if feature.type == "category" else None
            for feature in features
        ]
        self._width = len(features)
        self._values_of = _values_getter([f"f{index}" for index in order], codes)
        self._pick: Callable[[Record], Any] = itemgetter(*(feature.name for feature in features))
        self._convert = [
            _column_converter(rule_of(feature, signature), table)
            for feature, table in zip(features, codes, strict=True)
        ]

    def encode_rows(self, rows: Iterable[Row]) -> Matrix:
        """Encode rows that their type has checked; shape (rows, features)."""
        values = [self._values_of(row) for row in rows]
        return np.array(values, dtype=np.float32).reshape(-1, self._width)

    def encode_records(self, records: Any) -> Matrix | None:
        """Check and encode a list of records, column by column; shape (rows, features).

        Returns:
            The matrix; None where a record is not plainly valid, such as one with a missing
            key, a wrong type or a number at the bound itself: the row type is to judge it.
        """
        try:
            return self._encode_records(records)
        except _NOT_PLAIN:
            return None

    def _encode_records(self, records: Any) -> Matrix:
        if type(records) is not list or set(map(len, records)) != {self._width}:
            raise ValueError
        picked = map(self._pick, records)
        columns = [tuple(picked)] if self._width == 1 else zip(*picked, strict=True)
        matrix = np.empty((len(records), self._width), dtype=np.float32)
        for place, (convert, column) in enumerate(zip(self._convert, columns, strict=True)):
            matrix[:, place] = convert(column)
        return matrix


def _values_getter(
    names: Sequence[str], codes: Sequence[CategoryCodes | None]
) -> Callable[[Row], Sequence[Any]]:
    """What gives a row's values in the order of the matrix, categories as their codes."""
    pairs = list(zip(names, codes, strict=True))
    numbers = [name for name, table in pairs if table is None]
    coded = [(attrgetter(name), table) for name, table in pairs if table is not None]
    getters = [attrgetter(name) for name in numbers]
    if not coded and len(numbers) > 1:
        return attrgetter(*numbers)
    return lambda row: (
        *(get(row) for get in getters),
        *(table[get(row)] for get, table in coded),
    )


def _column_converter(
    rule: Rule, codes: CategoryCodes | None
) -> Callable[[tuple[Any, ...]], npt.NDArray[np.float64] | list[int]]:
    """What checks a column's values and gives their numbers or codes."""
    types = rule.json_types | ({type(None)} if rule.nullable else set())

    def check_types(values: tuple[Any, ...]) -> None:
        if not set(map(type, values)) <= types:
            raise TypeError

    def convert_categories(values: tuple[Any, ...]) -> list[int]:
        check_types(values)
        return [table[value] for value in values]

    def convert_numbers(values: tuple[Any, ...]) -> npt.NDArray[np.float64]:
        check_types(values)
        numbers = np.array(values, dtype=np.float64)
        # Below the bound, not at it: an integer just above it is the bound in float64.
        valid = np.abs(numbers) < rule.bound
        if rule.kind == "integer":
            valid &= numbers == np.trunc(numbers)
            numbers += 0.0  # -0.0 is the integer 0
        gaps = values.count(None) if rule.nullable else 0
        if int(valid.sum()) + gaps != len(values):
            raise ValueError
        return numbers

    if codes is None:
        return convert_numbers
    table = codes
    return convert_categories
