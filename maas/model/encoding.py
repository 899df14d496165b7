"""Valid rows to the matrix that the model takes; one encoding, by row and by column.

The matrix is float32, of shape (rows, features). Numbers come first, null as NaN; then a code
per category: its place among the categories, or -1 for null and for an ignored one.

A single row is encoded from its pydantic object. A batch is checked and encoded column by
column, because Python's own loop over rows is too slow: of records as JSON has them, or of arrays
as files and Arrow streams have them. All use the same rules and codes, and the parity check
compares them with the pipeline's own encoder.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from operator import attrgetter, itemgetter
from typing import Any

import numpy as np

from maas.model.checks import rule_of
from maas.model.column_encoding import CategoryCodes, Flags, array_encoder, list_converter
from maas.model.columns import Column
from maas.model.row import Row
from maas.model.scorers import Matrix
from maas.model.signature import Signature

Record = dict[str, Any]
"""A row as it comes from JSON."""

_NOT_PLAIN = (KeyError, TypeError, OverflowError, ValueError)
"""What the conversion of records raises where a value is invalid or needs a closer look."""


@dataclass(frozen=True)
class EncodedColumns:
    """What was made of the columns of a batch.

    Attributes:
        matrix: float32, shape (rows, features); what a doubtful row has in it means nothing.
        doubtful: which rows are not plainly valid, such as those with a wrong type, or a number
            at the bound itself: the row type is to judge them. None: no row is.
    """

    matrix: Matrix
    doubtful: Flags | None


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
        self._width, self._order = len(features), order
        self._values_of = _values_getter([f"f{index}" for index in order], codes)
        self._pick: Callable[[Record], Any] = itemgetter(*(feature.name for feature in features))
        rules = [rule_of(feature, signature) for feature in features]
        self._convert = list(map(list_converter, rules, codes))
        self._encode = list(map(array_encoder, rules, codes))

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

    def encode_columns(self, columns: Sequence[Column]) -> EncodedColumns:
        """Check and encode columns of equal length, given in the order of the features."""
        rows = len(columns[0])
        matrix = np.empty((rows, self._width), dtype=np.float32)
        doubtful: Flags | None = None
        with np.errstate(over="ignore"):  # a number beyond float32 is doubtful
            for place, (encode, index) in enumerate(zip(self._encode, self._order, strict=True)):
                matrix[:, place], doubts = encode(columns[index])
                if doubts is not None:
                    doubtful = doubts if doubtful is None else doubtful | doubts
        return EncodedColumns(matrix, doubtful)

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
