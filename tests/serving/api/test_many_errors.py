"""Of many errors of a body, the first are named and the others counted."""

import json
from typing import Any

import pytest

from maas.serving.http.problems import Problem
from tests.serving.api.methods import Service, fields, refuse


def refuse_rows(rows: list[Any]) -> Problem:
    problem = refuse(Service.batch, json.dumps({"rows": rows}))
    assert problem.status == 422
    return problem


def test_a_hundred_errors_are_all_named():
    problem = refuse_rows([{"a": "x"}] * 100)
    assert fields(problem) == [f"rows.{index}.a" for index in range(100)]
    assert problem.detail == "the body has 100 invalid fields"


@pytest.mark.parametrize("good", [0, 7, 2000])
@pytest.mark.parametrize("bad", [101, 900])
def test_the_first_of_many_errors_are_named_by_their_places(good: int, bad: int):
    problem = refuse_rows([{"a": 1}] * good + [{"a": "x"}] * bad)
    assert fields(problem) == [f"rows.{good + index}.a" for index in range(20)]
    assert problem.errors[0]["message"] == "Input should be a valid number"
    what = f"the body has {bad} invalid fields, of which the first 20 are named"
    assert (problem.detail, problem.reasons) == (what, ["many"])


def test_every_kind_of_error_is_named_as_in_a_small_batch():
    few = [{"a": "x"}, {}, 7, {"a": 1, "b{count}": 2}, {"a": 1e300}, None]
    problem = refuse_rows(few + [{}] * 200)
    assert problem.errors[: len(few)] == refuse_rows(few).errors
    assert "206 invalid fields" in problem.detail


def test_errors_beside_the_rows_are_named_too():
    problem = refuse(Service.batch, json.dumps({"rows": [{}] * 200, "negative": 1, "more": 2}))
    assert "the body has 202 invalid fields" in problem.detail
    assert len(problem.errors) == 20


def unknown(count: int) -> dict[str, int]:
    return {f"k{index}": 0 for index in range(count)}


@pytest.mark.parametrize("count", [101, 2000, 2001, 50_000])
def test_of_many_unknown_keys_the_first_are_named(count: int):
    problem = refuse(Service.whole, json.dumps({**unknown(count), "number": 1}))
    assert fields(problem) == [f"k{index}" for index in range(20)]
    assert f"the body has {count} invalid fields, of which the first 20" in problem.detail


def test_a_key_that_comes_after_very_many_is_not_missing():
    problem = refuse(Service.whole, json.dumps({**unknown(3000), "note": 1, "number": 1}))
    assert "number" not in fields(problem)
    assert "the body has 3001 invalid fields" in problem.detail
    missing = refuse(Service.whole, json.dumps(unknown(3000)))
    assert fields(missing)[0] == "number"


def test_a_row_with_very_many_errors_does_not_hide_them():
    problem = refuse_rows([{"a": 1}, {**unknown(5000), "a": 1}, {}])
    assert fields(problem) == [f"rows.1.k{index}" for index in range(20)]
    assert "the body has 5001 invalid fields" in problem.detail


def test_a_batch_that_is_too_long_is_still_413():
    assert refuse(Service.batch, json.dumps({"rows": [{}] * 3001})).status == 413
