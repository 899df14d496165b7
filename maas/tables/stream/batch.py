"""What is read of a file: its shape, and its rows batch by batch."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from maas.model.columns import Column
from maas.model.signature import FeatureType


@dataclass(frozen=True)
class Wanted:
    """A feature to read.

    Attributes:
        column: its name in the file.
        type: what its values are to be.
        form: how its numbers are written where they are texts; None: plainly.
    """

    column: str
    type: FeatureType
    form: str | None = None


@dataclass(frozen=True)
class FileShape:
    """What is known of a file without reading its values.

    Attributes:
        names: its columns, as often as they are in it.
        types: the types of a Parquet file; None: a CSV file.
        row_groups: the number of rows in each of a Parquet file's; (): a CSV file.
        rows: the number of rows of a Parquet file; None: a CSV file.
    """

    names: tuple[str, ...]
    types: pa.Schema | None
    row_groups: tuple[int, ...]
    rows: int | None


@dataclass(frozen=True)
class BadLine:
    """A line of a CSV file that is not a row, because it has another number of columns.

    Attributes:
        row: its place among the rows, from 0.
        reason: what is wrong with it.
        text: the line.
    """

    row: int
    reason: str
    text: str


@dataclass(frozen=True)
class Batch:
    """Some rows of a file, in the file's order.

    Attributes:
        rows: the place of each in the file, from 0; a range unless lines were left out.
        columns: the wanted ones, in their order.
        table: the wanted and the kept columns as they were read: those of a CSV file are texts,
            those of a Parquet file have its types, or are a dictionary of their texts.
        bad_lines: those that were found since the batch before; there may be some without a row.
    """

    rows: npt.NDArray[np.int64] | range
    columns: tuple[Column, ...]
    table: pa.RecordBatch
    bad_lines: tuple[BadLine, ...] = ()
