"""Which bodies an endpoint takes as Arrow, what the query says, and what it answers."""

import asyncio
import json
import threading
from typing import Any, Literal

import pyarrow as pa
import pytest

from maas.model.row import row_type
from maas.model.signature import Feature, Signature
from maas.serving.api.batch_type import batch_type
from maas.serving.api.endpoint import Endpoint, Form
from maas.serving.api.responses import PredictBatchResponse
from maas.serving.http.problems import Problem
from maas.serving.http.response import Response
from tests.serving.api.arrow.streams import read, write
from tests.serving.api.methods import Service as Methods

SIGNATURE = Signature(
    features=(Feature(name="a", column="A", type="number"),),
    target="t",
    task="regression",
    example={"a": 0.5},
)
Row = row_type(SIGNATURE)
Rows = batch_type(Row, SIGNATURE, 100_000)
Labels = {
    "text": (Literal["x", "é"], ["é", "x", "x"], pa.string()),
    "whole": (Literal[3, 7], [7, 3, 3], pa.int64()),
    "flag": (Literal[False, True], [True, False, False], pa.bool_()),
    "number": (float, [0.1, -2.5, 1e300], pa.float64()),
}


def endpoint(name: str = "text") -> Endpoint:
    label, answers, _ = Labels[name]
    names = [str(each).lower() for each in getattr(label, "__args__", ("p",))]
    kind = PredictBatchResponse[label]

    class Service:
        async def batch(self, items: Rows, probabilities: bool = False, limit: float = 1) -> kind:
            self.thread = threading.get_ident()
            count = len(items)
            given = [dict.fromkeys(names, 0.1 * limit)] * count if probabilities else None
            predictions = [answers[i % 3] for i in range(count)]
            return kind(predictions=predictions, model_version=1, probabilities=given)

    return Endpoint(Service.batch, Service())


def ask(function: Endpoint, table: Any, query: bytes = b"", arrow: bool = True) -> Response:
    return asyncio.run(function.respond(write(table), Form(True, arrow, query)))


def refuse(function: Endpoint, query: bytes) -> dict[str, str]:
    with pytest.raises(Problem) as raised:
        ask(function, TABLE, query)
    assert raised.value.status == 422
    (error,) = raised.value.errors
    return error


TABLE = pa.table({"a": [1.5, 2.5, 3.5]})


@pytest.mark.parametrize("name", Labels)
def test_an_answer_as_arrow_has_the_types_of_the_classes(name: str):
    _, answers, kind = Labels[name]
    table = read(ask(endpoint(name), TABLE).body)
    assert table.schema == pa.schema([pa.field("prediction", kind)])
    assert table["prediction"].to_pylist() == answers


@pytest.mark.parametrize("rows", [0, 1, 3, 5000])
@pytest.mark.parametrize("name", Labels)
def test_probabilities_are_columns_and_equal_the_figures_in_json(name: str, rows: int):
    table = pa.table({"a": pa.array([1.5] * rows, pa.float64())})
    given = read(ask(endpoint(name), table, b"probabilities=true").body)
    answer = json.loads(ask(endpoint(name), table, b"probabilities=true", arrow=False).body)
    assert given["prediction"].to_pylist() == answer["predictions"]
    assert given.num_rows == rows
    if rows:
        names = list(answer["probabilities"][0])
        assert given.column_names == ["prediction", *(f"probability_{n}" for n in names)]
    for class_ in given.column_names[1:]:
        key = class_.removeprefix("probability_")
        assert given[class_].type == pa.float64()
        assert given[class_].to_pylist() == [row[key] for row in answer["probabilities"]]


def test_json_may_ask_for_an_answer_as_arrow():
    body = json.dumps({"items": [{"a": 1}] * 3, "probabilities": True}).encode()
    response = asyncio.run(endpoint().respond(body, Form(False, True, b"")))
    assert response.content_type == b"application/vnd.apache.arrow.stream"
    assert read(response.body).column_names == ["prediction", "probability_x", "probability_é"]


@pytest.mark.parametrize(
    ("keys", "query", "given"),
    [
        ({}, b"probabilities=true", True),
        ({"probabilities": False}, b"probabilities=true", False),
        ({"probabilities": True}, b"probabilities=false", True),
        ({}, b"probabilities=true&unknown=1&unknown=2&items=3", True),
        ({}, b"unknown=1", False),
    ],
)
@pytest.mark.parametrize("rows", [3, 5000])
def test_json_may_have_in_the_query_what_its_body_leaves_out(
    keys: dict[str, bool], query: bytes, given: bool, rows: int
):
    body = json.dumps({"items": [{"a": 1}] * rows, **keys}).encode()
    answer = json.loads(asyncio.run(endpoint().respond(body, Form(False, False, query))).body)
    assert ("probabilities" in answer) is given


@pytest.mark.parametrize("value", [b"null", b"1", b"true&probabilities=true"])
def test_a_wrong_value_in_the_query_of_a_body_as_json_is_named(value: bytes):
    with pytest.raises(Problem) as raised:
        asyncio.run(
            endpoint().respond(b'{"items": []}', Form(False, False, b"probabilities=" + value))
        )
    assert (raised.value.status, raised.value.errors[0]["field"]) == (422, "probabilities")


@pytest.mark.parametrize("query", [b"", b"probabilities=false", b"probabilities=false&limit=2"])
def test_probabilities_are_not_given_where_they_are_not_asked_for(query: bytes):
    assert read(ask(endpoint(), TABLE, query).body).column_names == ["prediction"]


def test_a_number_in_the_query_is_one():
    table = read(ask(endpoint(), TABLE, b"probabilities=true&limit=2.5").body)
    assert table["probability_x"].to_pylist() == [0.25] * 3


@pytest.mark.parametrize(
    "value", [b"", b"1", b"True", b"yes", b"null", b"%22true%22", b"%ff", b"["]
)
def test_a_flag_is_true_or_false(value: bytes):
    error = refuse(endpoint(), b"probabilities=" + value)
    assert error == {"field": "probabilities", "message": "Input should be a valid boolean"}


@pytest.mark.parametrize(
    ("query", "field"),
    [
        (b"more=1", "more"),
        (b"items=1", "items"),
        (b"probabilities=true&probabilities=true", "probabilities"),
        (b"&".join(b"k%d=1" % index for index in range(200)), "query"),
    ],
)
def test_what_no_method_takes_from_a_query_is_named(query: bytes, field: str):
    assert refuse(endpoint(), query)["field"] == field


def test_a_second_column_of_a_name_is_refused_as_an_unknown_field_is():
    with pytest.raises(Problem) as raised:
        ask(endpoint(), pa.table([[1.0], [2.0]], names=["a", "a"]))
    assert raised.value.errors == [
        {"field": "items.0.a", "message": "Extra inputs are not permitted"}
    ]


def test_very_many_unknown_columns_are_counted_and_not_written_out():
    table = pa.table({"a": [1.0] * 9000, **{f"more{i}": pa.nulls(9000) for i in range(3000)}})
    with pytest.raises(Problem) as raised:
        ask(endpoint(), table)
    assert (raised.value.status, len(raised.value.errors)) == (422, 20)
    assert str(9000 * 3000) in raised.value.detail


@pytest.mark.parametrize(
    ("rows", "in_loop"), [(100, True), (1024, True), (1025, False), (50_000, False)]
)
def test_many_rows_are_read_in_a_thread_however_few_bytes_they_are(
    rows: int, in_loop: bool, monkeypatch: pytest.MonkeyPatch
):
    from maas.serving.api.arrow import stream

    threads = []
    read_all = stream._read_columns

    def keep(*args: Any) -> Any:
        threads.append(threading.get_ident())
        return read_all(*args)

    monkeypatch.setattr(stream, "_read_columns", keep)
    with pytest.raises(Problem, match="invalid field"):
        ask(endpoint(), pa.table({"a": pa.nulls(rows)}))
    assert (threads == [threading.get_ident()]) is in_loop


def test_a_method_takes_arrow_where_it_takes_a_batch():
    takes = {name: Endpoint(getattr(Methods, name), Methods()).takes_arrow for name in NAMES}
    assert [name for name in NAMES if takes[name]] == ["batch", "overflow_elsewhere"]


NAMES = [name for name in vars(Methods) if not name.startswith("_") and name != "offset"]


def test_a_method_whose_answer_is_no_batch_s_answers_in_json():
    function = Endpoint(Methods.batch, Methods())
    response = ask(function, pa.table({"a": [1.5, 2.5]}), b"negative=true")
    assert (response.content_type, json.loads(response.body)) == (b"application/json", [-1.5, -2.5])


def test_a_row_without_a_finite_answer_is_named():
    with pytest.raises(Problem) as raised:
        ask(Endpoint(Methods.overflow_elsewhere, Methods()), TABLE, b"flag=true")
    assert raised.value.errors[0]["field"] == "items.2"
