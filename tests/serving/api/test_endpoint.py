"""A method as an endpoint: its parameters are the body, its return type the answer."""

import json
import threading
from typing import Any

import pytest

from tests.serving.api.methods import Item, Service, ask, endpoint, fields, refuse


def test_a_positional_parameter_is_the_whole_body():
    assert ask(Service.whole, '{"number": 7}') == 107


def test_named_parameters_are_the_keys_of_the_body():
    assert ask(Service.keys, '{"second": 1, "first": 7}') == [7, 1]


def test_a_parameter_with_a_default_may_be_left_out():
    assert ask(Service.keys, '{"first": 7}') == [7, 2]


def test_a_method_without_parameters_takes_an_empty_object():
    assert ask(Service.nothing, "{}") == "called"
    assert refuse(Service.nothing, '{"a": 1}').status == 422


def test_an_async_method_runs_in_the_event_loop():
    assert ask(Service.in_loop, '{"number": 7}') == [7, threading.get_ident()]


@pytest.mark.parametrize(
    ("function", "body", "answer"),
    [(Service.blocking, {"number": 7}, [7]), (Service.blocking_keys, {"first": 7}, [7, 2])],
)
def test_a_method_that_is_not_async_runs_in_a_thread(function: Any, body: dict, answer: list):
    *values, thread = ask(function, json.dumps(body))
    assert values == answer
    assert thread != threading.get_ident()


@pytest.mark.parametrize("body", [b"", b"{", b'{"number": 7}}', b"\xff", b'{"note": "\xff"}'])
def test_a_body_that_is_not_json_is_400(body: bytes):
    problem = refuse(Service.whole, body)
    assert (problem.status, problem.reasons) == (400, ["json_invalid"])


@pytest.mark.parametrize(
    ("function", "body", "named"),
    [
        (Service.whole, "{}", ["number"]),
        (Service.whole, "7", ["body"]),
        (Service.whole, '{"number": "7"}', ["number"]),
        (Service.whole, '{"number": 7, "more": 1}', ["more"]),
        (Service.keys, "{}", ["first"]),
        (Service.keys, "[7]", ["body"]),
        (Service.keys, '{"first": "7"}', ["first"]),
        (Service.keys, '{"first": 7, "second": 10}', ["second"]),
        (Service.keys, '{"first": 7, "second": null}', ["second"]),
        (Service.keys, '{"first": true, "third": 1}', ["first", "third"]),
        (Service.overflow_in_batch, '{"rows": [{"number": 1}, {}]}', ["rows.1.number"]),
    ],
)
def test_a_body_that_does_not_fit_is_422_and_names_its_fields(
    function: Any, body: str, named: list[str]
):
    problem = refuse(function, body)
    assert problem.status == 422
    assert fields(problem) == named


def test_a_row_that_overflows_is_422():
    problem = refuse(Service.overflow, '{"number": 7}')
    assert (problem.status, problem.detail) == (422, "the model has no finite answer")
    assert problem.reasons == ["overflow"]
    message = "The row is too large for the model to compute"
    assert problem.errors == [{"field": "body", "message": message}]


def test_a_row_of_a_batch_that_overflows_is_named():
    problem = refuse(Service.overflow_in_batch, '{"rows": [{"number": 1}, {"number": 2}]}')
    assert (problem.status, fields(problem)) == (422, ["rows.1"])


def test_a_row_that_overflows_is_named_by_the_method_s_own_parameter():
    problem = refuse(Service.overflow_elsewhere, '{"flag": true, "items": [{"a": 1}, {"a": 2}]}')
    assert fields(problem) == ["items.1"]
    assert fields(refuse(Service.overflow_without_rows, '{"number": 1}')) == ["body"]


def test_the_summary_is_the_first_line_of_the_docstring():
    assert endpoint(Service.whole).summary == "Add to a number."
    assert endpoint(Service.keys).summary == ""
    assert endpoint(Service.whole).description == "Add to a number.\n\nAnd more lines."


def test_the_types_say_what_a_body_and_an_answer_are():
    keys = endpoint(Service.keys)
    schema = keys.body.json_schema()
    assert schema["required"] == ["first"]
    assert schema["properties"]["second"]["maximum"] == 9
    assert schema["additionalProperties"] is False
    assert keys.response_type.json_schema() == {"type": "array", "items": {"type": "integer"}}
    assert endpoint(Service.whole).body.json_schema() == Item.model_json_schema()
