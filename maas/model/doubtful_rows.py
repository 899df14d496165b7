"""Rows whose columns are not plainly valid: the row type judges them, one by one.

So a value is valid in a file or in a batch exactly where it is valid in a row, and what is wrong
with it is said in the same words.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from pydantic import ValidationError

from maas.model.columns import Column
from maas.model.encoding import EncodedColumns, Encoder, Record
from maas.model.row import Row


@dataclass(frozen=True)
class RowError:
    """What is wrong with a row, first of all.

    Attributes:
        row: its place in the batch.
        field: the name of the feature.
        message: what is wrong with its value.
    """

    row: int
    field: str
    message: str


def record_at(columns: Sequence[Column], names: Sequence[str], row: int) -> Record:
    """A row as JSON would have it."""
    return {name: column.at(row) for name, column in zip(names, columns, strict=True)}


def judge_rows(
    columns: Sequence[Column], encoded: EncodedColumns, encoder: Encoder, kind: type[Row]
) -> Iterator[RowError]:
    """Judge the doubtful rows of a batch; those that are valid are written into its matrix.

    Args:
        columns: in the order of the features.
        encoded: what the encoder made of them.
        encoder: of the model.
        kind: the type of a row.

    Yields:
        What is wrong, row by row, in their order.
    """
    if encoded.doubtful is None:
        return
    names = [feature.name for feature in encoder.signature.features]
    for row in np.flatnonzero(encoded.doubtful).tolist():
        try:
            valid = kind.model_validate(record_at(columns, names, row))
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False)[0]
            yield RowError(row, str(first["loc"][0]), first["msg"])
        else:
            encoded.matrix[row] = encoder.encode_rows([valid])[0]
