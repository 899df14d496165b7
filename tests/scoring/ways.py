"""The ways that a table reaches a model, and what each says of it.

Each says the same thing in the same form: a `Verdict` per row; `Refused` stands for a whole file
that was refused at once.
"""

import asyncio
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from pydantic import ValidationError

from maas.config.train_config import DataConfig
from maas.errors import DataError, OverflowingRowError
from maas.model.columns import null_column
from maas.model.doubtful_rows import judge_rows
from maas.model.predictor import Predictor
from maas.model.row import Row, row_type
from maas.registry.loading import load_predictor
from maas.registry.version import Version
from maas.scoring.inputs import list_wanted
from maas.scoring.plan import Request
from maas.scoring.run import score
from maas.serving.api.batch_type import batch_type
from maas.serving.api.endpoint import Endpoint, Form
from maas.serving.api.responses import PredictBatchResponse, label_type
from maas.serving.http.problems import FIRST_NAMED, MAX_ALL_NAMED, Problem
from maas.tables.dialect import dialect_of
from maas.tables.stream.batches import describe_file, find_suffix, read_batches
from tests.scoring.inline import InlineEngine

MAX_ROWS = 1000
OVERFLOW = "The row is too large for the model to compute"

Answer = tuple[Any, tuple[float, ...]]
"""A prediction, and the probability of each class."""


@dataclass(frozen=True)
class Verdict:
    """What is said of a row.

    Attributes:
        errors: fields and messages, in the order in which they are said; () if it is valid.
        matrix: the bits of its encoding, if it is valid.
        answer: what the model says, if it is valid.
    """

    errors: tuple[tuple[str, str], ...] = ()
    matrix: bytes = b""
    answer: Answer | None = None

    @property
    def first(self) -> tuple[str, str] | None:
        return self.errors[0] if self.errors else None


@dataclass(frozen=True)
class Refused:
    """A whole file was refused, in these words."""

    message: str


class Model:
    """A version as its service and its scoring load it."""

    def __init__(self, version: Version) -> None:
        self.version = version
        self.predictor: Predictor = load_predictor(version)
        self.signature = self.predictor.signature
        self.row: type[Row] = row_type(self.signature)
        self.names = [feature.name for feature in self.signature.features]
        self._endpoint = self._make_endpoint()

    def _make_endpoint(self) -> Endpoint:
        predictor, label = self.predictor, label_type(self.signature)
        Rows = batch_type(self.row, self.signature, MAX_ROWS)  # noqa: N806

        class Service:
            async def predict_batch(
                self, rows: Rows, probabilities: bool = False
            ) -> PredictBatchResponse[label]:
                if not probabilities:
                    found = predictor.predict(rows.matrix)
                    return PredictBatchResponse(predictions=found, model_version=1)
                found, given = predictor.predict_proba(rows.matrix)
                return PredictBatchResponse(predictions=found, probabilities=given, model_version=1)

        return Endpoint(Service.predict_batch, Service())

    # A row by itself ---------------------------------------------------------------------------

    def judge(self, row: dict[str, Any]) -> Verdict:
        """What POST /predict says of a row."""
        try:
            valid = self.row.model_validate_json(json.dumps(row))
        except ValidationError as error:
            problems = error.errors(include_url=False, include_input=False)
            return Verdict(tuple((str(p["loc"][0]), p["msg"]) for p in problems))
        matrix = self.predictor.encoder.encode_rows([valid])
        try:
            return Verdict((), matrix.tobytes(), self._answer(matrix)[0])
        except OverflowingRowError:
            return Verdict((("", OVERFLOW),), matrix.tobytes())

    def _answer(self, matrix: Any) -> list[Answer]:
        if not self.signature.probabilities:
            return [(value, ()) for value in self.predictor.predict(matrix)]
        values, given = self.predictor.predict_proba(matrix)
        return [(v, tuple(p.values())) for v, p in zip(values, given, strict=True)]

    # A batch over HTTP -------------------------------------------------------------------------

    def ask(self, body: bytes) -> list[Answer] | Problem:
        """What POST /predict_batch answers to JSON."""
        try:
            response = asyncio.run(self._endpoint.respond(body))
        except Problem as problem:
            return problem
        found = json.loads(response.body)
        given = found.get("probabilities") or [{}] * len(found["predictions"])
        return [(v, tuple(p.values())) for v, p in zip(found["predictions"], given, strict=True)]

    def ask_arrow(self, body: bytes) -> list[Answer] | Problem:
        """What it answers to an Arrow stream, as a stream."""
        query = b"probabilities=true" if self.signature.probabilities else b""
        try:
            response = asyncio.run(self._endpoint.respond(body, Form(True, True, query)))
        except Problem as problem:
            return problem
        return list_answers(pa.ipc.open_stream(response.body).read_all())

    def write_json(self, rows: Sequence[dict[str, Any]], least: int = 0) -> bytes:
        return write_json(rows, self.signature.probabilities, least)

    # Files -------------------------------------------------------------------------------------

    def score(self, source: Path, target: Path, rows: int) -> list[Verdict] | Refused:
        """What `python -m maas score` says of the rows of a file."""
        request = Request(
            str(source), target, self.signature.probabilities, (), on_invalid="quarantine"
        )
        try:
            with InlineEngine() as engine:
                record = score(self.version, request, engine)
        except DataError as error:
            return Refused(str(error))
        verdicts = read_verdicts(target, source, rows)
        refused = sum(bool(verdict.errors) for verdict in verdicts)
        assert (record.scored, record.refused) == (rows - refused, refused)
        return verdicts

    def encode(self, source: Path, names: Sequence[str]) -> list[Verdict]:
        """What the encoder and the row type make of a file's columns, whatever their types.

        Args:
            source: the file.
            names: the column of each feature.
        """
        data = DataConfig.model_validate(self.version.manifest.config["data"])
        dialect = dialect_of(data, source)
        there = describe_file(source, dialect).names
        columns = [name if name in there else None for name in names]
        wanted = list_wanted(self.signature, columns, dialect)
        verdicts: list[Verdict] = []
        for batch in read_batches(source, wanted, (), dialect=dialect):
            found = iter(batch.columns)
            nothing = null_column(batch.table.num_rows)
            read = [next(found) if name in there else nothing for name in names]
            encoder = self.predictor.encoder
            encoded = encoder.encode_columns(read)
            errors = {
                error.row: (error.field, error.message)
                for error in judge_rows(read, encoded, encoder, self.row)
            }
            verdicts += [
                Verdict((errors[row],)) if row in errors else Verdict(matrix=bits.tobytes())
                for row, bits in enumerate(encoded.matrix)
            ]
        return verdicts


def write_json(rows: Sequence[dict[str, Any]], probabilities: bool, least: int = 0) -> bytes:
    """A batch as JSON, of at least so many bytes; the space is where it means nothing."""
    pad = " " * (least // len(rows)) if rows else ""
    texts = ",\n".join(f"{{{pad}{json.dumps(row)[1:]}" for row in rows)
    asked = f', "probabilities": {json.dumps(probabilities)}' if probabilities else ""
    return f'{{"rows": [{texts}]{asked}}}'.encode()


def read_verdicts(target: Path, source: Path, rows: int) -> list[Verdict]:
    """What a job that puts invalid rows aside has written of a file."""
    refused = _read_refused(target / "_invalid.parquet", source.name)
    stem = source.name.removesuffix(find_suffix(source.name) or "")
    answers = iter(_read_answers(target / f"{stem}.parquet"))
    verdicts = [
        Verdict((refused[row],)) if row in refused else Verdict(answer=next(answers))
        for row in range(rows)
    ]
    assert next(answers, None) is None
    return verdicts


def _read_refused(path: Path, file: str) -> dict[int, tuple[str, str]]:
    if not path.exists():
        return {}
    rows = pq.read_table(path).to_pylist()
    return {row["row"] - 1: (row["field"], row["reason"]) for row in rows if row["file"] == file}


def _read_answers(path: Path) -> list[Answer]:
    return list_answers(pq.read_table(path))


def list_answers(table: pa.Table) -> list[Answer]:
    """The answers in the columns of a table."""
    rows = table.to_pylist()
    return [(row.pop("prediction"), tuple(row.values())) for row in rows]


def expect_problem(verdicts: Iterable[Verdict]) -> tuple[int, list[dict[str, str]]]:
    """How many errors a batch of rows has, and those of them that an answer names."""
    named = [
        {"field": f"rows.{row}.{field}", "message": message}
        for row, verdict in enumerate(verdicts)
        for field, message in verdict.errors
    ]
    return len(named), named if len(named) <= MAX_ALL_NAMED else named[:FIRST_NAMED]


def as_bits(answer: Answer | None) -> Any:
    """An answer of which two are equal if their bits are."""
    if answer is None:
        return None
    value, probabilities = answer
    number = np.float64(value).tobytes() if isinstance(value, float) else value
    return number, np.array(probabilities, dtype=np.float64).tobytes()


def write_parquet(path: Path, table: pa.Table, rows_per_group: int = 16) -> Path:
    pq.write_table(table, path, row_group_size=rows_per_group)
    return path


def write_stream(table: pa.Table, rows_per_batch: int) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table.unify_dictionaries(), rows_per_batch)
    return sink.getvalue().to_pybytes()
