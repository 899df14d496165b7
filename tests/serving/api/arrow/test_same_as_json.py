"""A table as Arrow and its rows as JSON get the same answer: status, predictions, fields, words."""

import asyncio
import json
import random
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from maas.model.row import row_type
from maas.model.signature import FLOAT32_MAX, Signature
from maas.serving.api.batch_type import batch_type
from maas.serving.api.endpoint import Endpoint, Form
from maas.serving.api.responses import PredictBatchResponse
from maas.serving.http.problems import Problem
from maas.serving.http.response import Response
from tests.serving.api.arrow.streams import read, write
from tests.serving.api.rows import FEATURES
from tests.suite_size import choose

TABLES = choose(150, 400, 30_000)
MAX_ROWS = 500
OTHER = object()
"""In a column of a type that no feature takes."""

FLOATS = [0.0, -0.0, 1.5, -2.25, 1e30, 0.1, 3.0, 1e-45]
WRONG_FLOATS = [float("nan"), float("inf"), 1e39, FLOAT32_MAX, -FLOAT32_MAX, 1e300]
WHOLE = [0, 7, -4, 100]
LARGE = [2**53 + 1, 2**62, -(2**63)]
TEXTS = ["a", "b", "é", "x", "y"]
WRONG_TEXTS = ["", "new", "a" * 50, "A", "1"]


def make(unknown: str, bound: float | None) -> Endpoint:
    signature = Signature(
        features=FEATURES, unknown=unknown, target="t", task="regression", example={},
        input_bound=bound,
    )  # fmt: skip
    rows_type = batch_type(row_type(signature), signature, MAX_ROWS)

    class Service:
        async def batch(
            self, rows: rows_type, probabilities: bool = False
        ) -> PredictBatchResponse[float]:
            """Answer the encoding, and what each row says of itself."""
            numbers = np.nan_to_num(rows.matrix.astype(np.float64), nan=-7.0)
            said = [len(row.model_dump_json()) for row in rows]
            given = numbers @ np.arange(1.0, 1 + numbers.shape[1]) + said
            return PredictBatchResponse[float](
                predictions=given.tolist(),
                model_version=1,
                probabilities=[{"p": 0.1}] * len(rows) if probabilities else None,
            )

    return Endpoint(Service.batch, Service())


ENDPOINTS = [make(unknown, bound) for unknown in ("error", "ignore") for bound in (None, 1e6)]


def respond(endpoint: Endpoint, body: bytes, form: Form | None) -> Response | Problem:
    try:
        return asyncio.run(endpoint.respond(body, form))
    except Problem as problem:
        return problem


def column(rng: random.Random, kind: str, rows: int, errors: float) -> tuple[Any, list[Any]]:
    """A column as Arrow, and its values as JSON has them."""
    spoil, gaps = rng.random() < errors, rng.random() < errors or kind in ("gap", "rare")
    form = kind if rng.random() > errors / 2 else rng.choice(["number", "kind", "flag", "other"])
    match form:
        case "number" | "gap":
            values, types = FLOATS + WRONG_FLOATS * spoil, [pa.float64(), pa.float64()]
            if not spoil:
                types += [pa.float32()]
        case "whole":
            values, types = WHOLE + LARGE * spoil, [pa.int64()]
            if not spoil:
                types += [pa.int8(), pa.int16(), pa.int32(), pa.float64(), pa.float32()]
        case "flag":
            values, types = [True, False], [pa.bool_()]
        case "kind" | "rare":
            known = TEXTS[:3] if kind == "kind" else TEXTS[3:]
            values = known + (TEXTS + WRONG_TEXTS) * spoil
            types = [pa.string(), pa.large_string(), pa.string_view()]
        case _:
            return other_column(rng, rows)
    chosen: list[Any] = [rng.choice(values) for _ in range(rows)]
    if gaps:
        chosen = [None if rng.random() < 0.2 else value for value in chosen]
    array = pa.array(chosen, rng.choice(types))
    if rng.random() < 0.3 and form != "flag":
        array = array.dictionary_encode()
    return array, array.to_pylist()


def other_column(rng: random.Random, rows: int) -> tuple[Any, list[Any]]:
    array = rng.choice(
        [
            pa.array([1] * rows, pa.timestamp("us")),
            pa.array([[1]] * rows, pa.list_(pa.int8())),
            pa.array([{"a": 1}] * rows, pa.struct([("a", pa.int8())])),
            pa.array([b"a"] * rows, pa.binary()),
            pa.nulls(rows),
        ]
    )
    return array, [None if pa.types.is_null(array.type) else []] * rows


def make_table(rng: random.Random) -> tuple[Any, list[dict[str, Any]]]:
    """A table, and its rows as JSON has them."""
    rows = rng.choice([0, 1, 1, 2, 3, 10, 50, 50, 50, rng.randrange(300), 300, MAX_ROWS + 1])
    errors = rng.choice([0.0, 0.0, 0.1, 0.5])
    columns = {f.name: column(rng, f.name, rows, errors) for f in FEATURES}
    if rng.random() < 0.3:
        del columns["gap"]
    if rng.random() < errors / 3:
        del columns[rng.choice(["number", "flag"])]
    if rng.random() < errors / 3:
        columns["more"] = pa.nulls(rows), [None] * rows
    names = rng.sample(sorted(columns), len(columns))
    records = [{name: columns[name][1][row] for name in names} for row in range(rows)]
    return pa.table({name: columns[name][0] for name in names}), records


def judge(endpoint: Endpoint, table: Any, records: list[dict[str, Any]], batch: int) -> str:
    """Compare the answers to a table; say what they were."""
    in_json = respond(endpoint, json.dumps({"rows": records}).encode(), None)
    stream = write(table, batch)
    in_arrow = respond(endpoint, stream, Form(True, False, b""))
    assert in_arrow.status == in_json.status
    if isinstance(in_json, Problem):
        assert isinstance(in_arrow, Problem)
        assert in_arrow.errors == in_json.errors
        assert in_arrow.detail == in_json.detail
        assert in_arrow.reasons == in_json.reasons
        return str(in_json.status)
    assert in_arrow == in_json
    given = respond(endpoint, stream, Form(True, True, b""))
    assert isinstance(given, Response)
    assert given.content_type == b"application/vnd.apache.arrow.stream"
    predictions = read(given.body)["prediction"].to_pylist()
    assert predictions == json.loads(in_json.body)["predictions"]
    return "200" if len(records) else "none"


def test_a_table_gets_what_its_rows_get():
    said: dict[str, int] = {}
    for number in range(TABLES):
        rng = random.Random(number)
        table, records = make_table(rng)
        batch = rng.choice([1000, 1000, 7, 1 if len(records) < 60 else 100])
        kind = judge(rng.choice(ENDPOINTS), table, records, batch)
        said[kind] = said.get(kind, 0) + 1
    assert said["200"] > TABLES / 10
    assert said["422"] > TABLES / 10
    assert said["413"] > TABLES / 50
    assert said["none"] > TABLES / 50


BOUNDED = make("error", 1e6)
GOOD = {"number": 1.5, "kind": "a", "whole": 1, "flag": True, "gap": 0.5, "rare": None}


@pytest.mark.parametrize("rows", [1, 99, 101, 400])
@pytest.mark.parametrize("change", ["number", "more", "all"])
def test_errors_in_many_rows_are_named_and_counted_as_in_json(rows: int, change: str):
    records = [dict(GOOD) for _ in range(rows)]
    for record in records:
        if change != "more":
            record["number"] = 1e7
        if change != "number":
            record["more"] = None
            del record["flag"]
    table = pa.Table.from_pylist(records)
    assert judge(BOUNDED, table, records, 50) == "422"


def test_a_bound_that_a_value_is_at_is_judged_by_the_row_type():
    records = [{**GOOD, "number": 1e6, "whole": -(10**6)}, GOOD]
    assert judge(BOUNDED, pa.Table.from_pylist(records), records, 10) == "200"
