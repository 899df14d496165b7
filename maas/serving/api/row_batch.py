"""A batch of rows that were checked and encoded by column.

Whatever is in any way unusual is left to the row type, which checks row by row and reports
which field of which row is wrong.
"""

from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from itertools import accumulate
from typing import Any, overload

import numpy as np
from pydantic import ValidatorFunctionWrapHandler

from maas.model.columns import Column
from maas.model.doubtful_rows import record_at
from maas.model.encoding import Encoder, Record
from maas.model.row import Row
from maas.model.scorers import Matrix
from maas.model.signature import Signature
from maas.serving.api.arrow.request import ArrowBody
from maas.serving.api.json_chunks import ChunkedList, parse_chunk


class ColumnRecords:
    """Records that are made when they are asked for, of columns.

    Args:
        columns: by name.
    """

    def __init__(self, columns: Mapping[str, Column]) -> None:
        self._names, self._columns = list(columns), list(columns.values())

    def __getitem__(self, row: int) -> Record:
        return record_at(self._columns, self._names, row)


Chunk = list[Record] | list[Row] | bytes | ColumnRecords
"""Records, the rows that the row type made of them, or JSON, which is parsed when it is needed."""


class RowBatch(Sequence[Row]):
    """Rows that are made when they are asked for, and their matrix, which is made already.

    Args:
        chunks: valid rows.
        row: the rows' type.
        matrices: the encoding of each chunk.
    """

    def __init__(self, chunks: Sequence[Chunk], row: type[Row], matrices: Sequence[Matrix]) -> None:
        self._chunks, self._row = chunks, row
        self._ends = list(accumulate(map(len, matrices)))
        self._parsed: tuple[int, Any] = (-1, None)
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
        chunk = bisect_right(self._ends, chosen)
        if self._parsed[0] != chunk:  # rows are mostly asked for in their order
            self._parsed = chunk, _records(self._chunks[chunk])
        return self._row.model_validate(self._parsed[1][chosen - self._ends[chunk]])


BatchValidator = Callable[[Any, ValidatorFunctionWrapHandler], Any]


def batch_validator(row: type[Row], signature: Signature, max_rows: int) -> BatchValidator:
    """What makes a `RowBatch` of a list of rows, which the row type checks where it must.

    Args:
        row: the type of a row.
        signature: what the model takes.
        max_rows: the largest number of rows.
    """
    encoder = Encoder(signature)
    names = frozenset(feature.name for feature in signature.features)

    def validate(value: Any, validate_rows: ValidatorFunctionWrapHandler) -> Any:
        if isinstance(value, ArrowBody):
            from maas.serving.api.arrow.rows import check_table  # most batches are JSON
            from maas.serving.api.arrow.stream import read_table

            table = read_table(value.stream, names, max_rows)
            matrix = check_table(table, encoder, row)
            return RowBatch((ColumnRecords(table.columns),), row, (matrix,))
        chunks = value.chunks if isinstance(value, ChunkedList) else (value,)
        matrices = _encode(encoder, chunks)
        if matrices is not None and sum(map(len, matrices)) <= max_rows:
            return RowBatch(chunks, row, matrices)
        rows = validate_rows(value)  # which refuses chunks: the whole body is parsed then
        return RowBatch((rows,), row, (encoder.encode_rows(rows),))

    return validate


def _encode(encoder: Encoder, chunks: Sequence[Chunk]) -> list[Matrix] | None:
    """The matrix of each chunk; None where a record is not plainly valid."""
    matrices = []
    for chunk in chunks:
        matrix = None
        with suppress(ValueError):  # a chunk that is not valid JSON
            matrix = encoder.encode_records(_records(chunk))
        if matrix is None:
            return None
        matrices.append(matrix)
    return matrices


def _records(chunk: Any) -> Any:
    return parse_chunk(chunk) if isinstance(chunk, bytes) else chunk
