"""Large bodies are parsed in a thread and in parts, and are answered as small ones are."""

import json
import threading
from typing import Annotated, Any

import pytest
from pydantic import AfterValidator

from tests.serving.api.methods import Service, ask, fields, refuse

LARGE = 32_768
"""Bytes of a body up to which it is parsed in the event loop."""


def rows(count: int) -> list[dict[str, float]]:
    return [{"a": index + 0.5} for index in range(count)]


def large(content: Any) -> str:
    body = json.dumps(content)
    assert len(body) > LARGE
    return body


@pytest.mark.parametrize("count", [0, 1, 100, 3000])
@pytest.mark.parametrize("form", ["{{{rows}}}", '{{{rows}, "negative": false}}'])
def test_a_batch_of_any_size_is_answered_in_its_order(count: int, form: str):
    body = form.format(rows=f'"rows": {json.dumps(rows(count))}')
    assert ask(Service.batch, body) == [index + 0.5 for index in range(count)]


def test_the_other_keys_of_a_large_body_count():
    answer = ask(Service.batch, large({"negative": True, "rows": rows(2500)}))
    assert answer == [-index - 0.5 for index in range(2500)]


@pytest.mark.parametrize(("size", "in_loop"), [(100, True), (LARGE, False)])
def test_a_large_body_is_parsed_in_a_thread(size: int, in_loop: bool):
    threads: list[int] = []

    def keep_thread(value: str) -> str:
        threads.append(threading.get_ident())
        return value

    async def method(_: Service, text: Annotated[str, AfterValidator(keep_thread)], /) -> int:
        return len(text)

    assert ask(method, json.dumps("x" * size)) == size
    assert (threads == [threading.get_ident()]) is in_loop


def test_a_large_body_of_one_value_is_answered():
    assert ask(Service.whole, large({"number": 7, "note": "x" * LARGE})) == 107


def test_a_method_that_takes_any_list_gets_a_real_one_from_a_large_body():
    assert ask(Service.anything, large({"rows": rows(2500)})) == 2500


@pytest.mark.parametrize(
    ("place", "row", "named"),
    [
        (2499, {"a": "1"}, ["rows.2499.a"]),
        (0, {"b": 1}, ["rows.0.a", "rows.0.b"]),
        (1200, 7, ["rows.1200"]),
    ],
)
def test_a_field_of_a_large_body_is_named_as_in_a_small_one(place: int, row: Any, named: list[str]):
    spoiled = rows(2500)
    spoiled[place] = row
    problem = refuse(Service.batch, large({"rows": spoiled}))
    assert (problem.status, fields(problem)) == (422, named)


def test_an_unknown_key_of_a_large_body_is_named():
    problem = refuse(Service.batch, large({"rows": rows(2500), "more": 1}))
    assert (problem.status, fields(problem)) == (422, ["more"])


@pytest.mark.parametrize("count", [3001, 30_000])
def test_a_batch_with_too_many_rows_is_413(count: int):
    problem = refuse(Service.batch, large({"rows": rows(count)}))
    assert (problem.status, problem.reasons) == (413, ["too_long"])


@pytest.mark.parametrize("cut", [1, 2, 3, 1000])
def test_a_large_body_that_is_not_json_is_400(cut: int):
    assert refuse(Service.batch, large({"rows": rows(2500)})[:-cut]).status == 400


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999"])
@pytest.mark.parametrize("count", [0, 2500])
def test_a_number_that_is_not_finite_is_422(number: str, count: int):
    before = json.dumps([*rows(count), {"a": 0}])
    problem = refuse(Service.batch, f'{{"rows": {before[:-3]}{number}}}]}}')
    assert (problem.status, fields(problem)) == (422, [f"rows.{count}.a"])
