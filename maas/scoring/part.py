"""Scores one part: this is what a worker does, in any process, on any machine."""

import json
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from maas.drift.counts import BinCounts
from maas.errors import DataError, OverflowingRowError, StorageError
from maas.model.columns import Column, null_column
from maas.model.doubtful_rows import RowError, judge_rows
from maas.model.scorers import Matrix
from maas.model.signature import Signature
from maas.scoring.answers import Answers, answer_schema
from maas.scoring.inputs import list_wanted
from maas.scoring.invalid_rows import InvalidRows
from maas.scoring.loaded_model import LoadedModel, load_model
from maas.scoring.part_file import PartRecord, TableFile
from maas.scoring.stamp import check_stamp
from maas.tables.stream.arrays import number_array
from maas.tables.stream.batches import Batch, Dialect, read_batches

_OVERFLOW = "The row is too large for the model to compute"


@dataclass(frozen=True)
class PartTask:
    """A part to score: all that a worker is told. It holds no data and no model.

    Attributes:
        job: the id of the job.
        name: of the part.
        model: the folder of the version.
        digest: of the version.
        source: the file to read.
        file: how messages name it.
        stamp: its size in bytes and time of last change when the job began.
        dialect: how it is written.
        columns: the column of each feature; None: it has none.
        row_groups: those of a Parquet file to read; None: all.
        rows: how many there are; None: unknown.
        kept: the columns that are written too, as fields with the type that they are to have.
        read: the columns as they are read, as fields: the features' and the kept ones.
        probabilities: whether the probability of each class is written.
        quarantine: whether invalid rows are put aside; else they fail the job.
        target: the file to write.
        refused: the file to write invalid rows to.
    """

    job: str
    name: str
    model: str
    digest: str
    source: Path
    file: str
    stamp: tuple[int, int]
    dialect: Dialect
    columns: tuple[str | None, ...]
    row_groups: range | None
    rows: int | None
    kept: pa.Schema
    read: pa.Schema
    probabilities: bool
    quarantine: bool
    target: Path
    refused: Path

    def __str__(self) -> str:
        return self.file


def output_schema(kept: pa.Schema, signature: Signature, probabilities: bool) -> pa.Schema:
    """The columns of the output: the kept ones, then the answers."""
    return pa.schema([*kept, *answer_schema(signature, probabilities)])


def score_part(task: PartTask) -> PartRecord:
    """Score a part and write its file.

    Raises:
        DataError: a row is invalid, or the file is damaged or has changed.
        DamagedError: the version is not the one that the job names.
        StorageError: the output cannot be written.
    """
    model = load_model(task.model, task.digest)
    check_stamp(task.source, task.stamp)
    with _Scoring(task, model) as scoring:
        for batch in read_batches(
            task.source,
            list_wanted(model.predictor.signature, task.columns, task.dialect),
            task.kept.names,
            task.row_groups,
            task.quarantine,
            task.dialect,
        ):
            scoring.add(batch)
        check_stamp(task.source, task.stamp)
        return scoring.finish()


class _Scoring(ExitStack):
    """The files of a part while it is scored; what goes wrong leaves none of them behind."""

    def __init__(self, task: PartTask, model: LoadedModel) -> None:
        super().__init__()
        self._task, self._model = task, model
        predictor = model.predictor
        self._answers = Answers(predictor, task.probabilities, model.gives_places)
        self._bins = BinCounts(predictor.signature, json.loads(model.reference))
        self._counts = self._bins.zeros()
        schema = output_schema(task.kept, predictor.signature, task.probabilities)
        table = TableFile(task.target, schema, statistics=task.kept.names)
        self._table = self.enter_context(table)
        self._invalid = self.enter_context(InvalidRows(task.refused, task.file, task.read))
        self._scored = 0

    def add(self, batch: Batch) -> None:
        """Score a batch."""
        if batch.bad_lines:
            lines = batch.bad_lines
            reasons = [f"{line.reason}: {line.text[:200]!r}" for line in lines]
            self._invalid.add_lines([line.row for line in lines], reasons)
        if not batch.table.num_rows:
            return
        columns = self._columns(batch)
        encoder = self._model.predictor.encoder
        encoded = encoder.encode_columns(columns)
        errors: list[RowError] = []
        for error in judge_rows(columns, encoded, encoder, self._model.row):
            errors.append(error)
            self._refuse(batch, error)
        self._score(batch, columns, encoded.matrix, errors)

    def _columns(self, batch: Batch) -> list[Column]:
        found, rows = iter(batch.columns), batch.table.num_rows
        return [null_column(rows) if name is None else next(found) for name in self._task.columns]

    def _score(
        self, batch: Batch, columns: Sequence[Column], matrix: Matrix, errors: list[RowError]
    ) -> None:
        """Answer the rows without an error, and put the others aside."""
        valid = _all_but(errors, len(matrix))
        rows = matrix if valid is None else matrix[valid]
        try:
            answers, values = self._answer(rows)
        except OverflowingRowError:
            places = np.arange(len(matrix)) if valid is None else valid
            for place in self._find_overflows(rows, places):
                errors.append(RowError(place, "", _OVERFLOW))
                self._refuse(batch, errors[-1])
            errors.sort(key=lambda error: error.row)
            valid = _all_but(errors, len(matrix))
            rows = matrix[valid]
            answers, values = self._answer(rows)
        if errors:
            places_in_file = [int(batch.rows[error.row]) for error in errors]
            self._invalid.add(errors, places_in_file, _cast(batch.table, self._task.read))
        if not len(rows):
            return
        kept = _cast(batch.table, self._task.kept)
        if valid is not None:
            kept = kept.take(number_array(valid))
        self._table.write([*kept.columns, *answers])
        self._scored += len(rows)
        self._counts += self._bins.count(rows, values, self._gaps(columns, valid))

    def _answer(self, rows: Matrix) -> tuple[list[pa.Array], Any]:
        if not len(rows):
            return [], np.zeros(0)
        return self._answers.answer(rows)

    def _find_overflows(self, rows: Matrix, places: Any) -> list[int]:
        """The places of the rows that the model cannot compute, by halves."""
        try:
            self._answer(rows)
        except OverflowingRowError:
            if len(rows) == 1:
                return [int(places[0])]
            half = len(rows) // 2
            first = self._find_overflows(rows[:half], places[:half])
            return first + self._find_overflows(rows[half:], places[half:])
        return []

    def _refuse(self, batch: Batch, error: RowError) -> None:
        """Fail at an invalid row, unless such rows are put aside."""
        if self._task.quarantine:
            return
        where = f"{self._task.file}: row {int(batch.rows[error.row]) + 1}"
        field = f"field {error.field!r}: " if error.field else ""
        remedy = "correct it, or put invalid rows aside with --on-invalid quarantine"
        raise DataError(where, f"{field}{error.message}", remedy)

    def _gaps(self, columns: Sequence[Column], valid: Any) -> dict[int, int]:
        """How many rows are null, of the features of which the code does not tell."""
        order = self._model.predictor.signature.matrix_order
        gaps = {}
        for place in self._bins.ambiguous:
            column = columns[order[place]]
            nulls = np.ones(len(column), dtype=bool) if column.kind == "null" else column.gaps
            chosen = nulls if nulls is None or valid is None else nulls[valid]
            gaps[place] = 0 if chosen is None else int(chosen.sum())
        return gaps

    def finish(self) -> PartRecord:
        """Give the part's files their names; that of its answers last."""
        task = self._task
        self._invalid.finish()
        counts = self._bins.to_json(self._counts)
        record = PartRecord(
            job=task.job,
            part=task.name,
            scored=self._scored,
            refused=self._invalid.count,
            counts=counts,
        )
        if task.rows is not None and task.rows != self._scored + self._invalid.count:
            what = f"has {self._scored + self._invalid.count} rows where {task.rows} were expected"
            raise StorageError(task.source, what, "start again with another OUT")
        self._table.finish(record)
        return record


def _all_but(errors: Sequence[RowError], rows: int) -> Any:
    """The places of the rows without an error; None: all of them."""
    if not errors:
        return None
    valid = np.ones(rows, dtype=bool)
    valid[[error.row for error in errors]] = False
    return np.flatnonzero(valid)


def _cast(batch: pa.RecordBatch, schema: pa.Schema) -> pa.RecordBatch:
    """The columns of a schema, in its types."""
    columns = []
    for field in schema:
        column = batch.column(field.name)
        columns.append(column if column.type == field.type else column.cast(field.type))
    if not columns:  # a batch without columns has no number of rows
        return batch.select([])
    return pa.RecordBatch.from_arrays(columns, schema=schema)
