"""The rows that were refused, with the reason, in a file beside the answers."""

from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
import pyarrow as pa

from maas.model.doubtful_rows import RowError
from maas.scoring.part_file import TableFile

_OWN = pa.schema(
    [("file", pa.string()), ("row", pa.int64()), ("field", pa.string()), ("reason", pa.string())]
)


def invalid_schema(read: pa.Schema) -> pa.Schema:
    """The columns of refused rows: where and why, then the columns as they were read.

    A column of the input with a name of ours is called `input_<name>`, or `input_input_<name>` if
    there is such a column too.
    """
    taken, fields = {*_OWN.names, *read.names}, []
    for field in read:
        name = field.name
        while name in taken and (name != field.name or name in _OWN.names):
            name = f"input_{name}"
        fields.append(field.with_name(name))
    return pa.schema([*_OWN, *fields])


class InvalidRows:
    """Writes refused rows to a file, which is made with the first of them.

    Args:
        path: its name.
        file: of the input, as it is named in the rows.
        schema: of the columns of the input that were read.
    """

    def __init__(self, path: Path, file: str, schema: pa.Schema) -> None:
        self._path, self._file, self._schema = path, file, invalid_schema(schema)
        self._table: TableFile | None = None
        self.count = 0

    def add(self, errors: Sequence[RowError], rows: Sequence[int], batch: pa.RecordBatch) -> None:
        """Add the rows of a batch that were refused.

        Args:
            errors: what is wrong, by place in the batch.
            rows: the place of each of them in the file, from 0.
            batch: the columns as they were read.
        """
        if not errors:
            return
        read = batch.take(pa.array([error.row for error in errors])).columns
        fields, reasons = zip(*((error.field, error.message) for error in errors), strict=True)
        self._write(rows, fields, reasons, read)

    def add_lines(self, rows: Sequence[int], reasons: Sequence[str]) -> None:
        """Add lines of a CSV file that are not rows: they have no columns."""
        if rows:
            kinds = list(self._schema.types[len(_OWN) :])
            nothing = [pa.nulls(len(rows), kind) for kind in kinds]
            self._write(rows, [""] * len(rows), reasons, nothing)

    def _write(
        self,
        rows: Sequence[int],
        fields: Sequence[str],
        reasons: Sequence[str],
        read: Sequence[pa.Array],
    ) -> None:
        if self._table is None:
            self._table = TableFile(self._path, self._schema)
        file = pa.array([self._file] * len(rows), pa.string())
        places = pa.array(np.asarray(rows, dtype=np.int64) + 1)  # people count from 1
        own = [file, places, pa.array(fields, pa.string()), pa.array(reasons, pa.string())]
        self._table.write([*own, *read])
        self.count += len(rows)

    def finish(self) -> None:
        """Give the file its name, if there is one."""
        if self._table is None:
            self._path.unlink(missing_ok=True)  # of an earlier run that was killed
        else:
            self._table.finish()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._table is not None:
            self._table.__exit__(kind, error, trace)
