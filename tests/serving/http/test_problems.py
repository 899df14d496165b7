"""Refusals as problem documents, and what they say of a body."""

import json
from typing import Annotated, Any, Literal

import pytest
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, create_model

from maas.serving.http.problems import Problem, problem_from_validation

SECRET = "s3cret"


class Item(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid")

    number: int
    name: str = ""


class Batch(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid")

    rows: Annotated[list[Item], Field(max_length=2)]


def refuse(body: bytes, type_: Any = Item) -> Problem:
    with pytest.raises(ValidationError) as raised:
        TypeAdapter(type_).validate_json(body)
    return problem_from_validation(raised.value)


def test_a_problem_is_a_document_with_its_request_s_id():
    response = Problem(405, "use POST here", headers=[(b"allow", b"POST")]).to_response("r1")
    assert (response.status, response.content_type) == (405, b"application/problem+json")
    assert response.headers == [(b"allow", b"POST")]
    assert json.loads(response.body) == {
        "type": "about:blank",
        "title": "Method Not Allowed",
        "status": 405,
        "detail": "use POST here",
        "request_id": "r1",
    }


def test_the_errors_of_a_problem_are_in_the_document():
    errors = [{"field": "größe", "message": "Field required"}]
    response = Problem(422, "the body has 1 invalid field", errors).to_response("r1")
    assert json.loads(response.body)["errors"] == errors
    assert "größe".encode() in response.body


@pytest.mark.parametrize(
    ("body", "where"),
    [
        (b"", "EOF while parsing a value at line 1, column 0"),
        (b"{", "EOF while parsing an object at line 1, column 1"),
        (b'{"number":\n  1,}', "trailing comma at line 2, column 5"),
        (b'{"name": "\xff"}', "invalid unicode code point at line 1, column 11"),
        (b'{"number" 1}', "expected `:` at line 1, column 11"),
        (b'{"number": 1}}', "trailing characters at line 1, column 14"),
    ],
)
def test_what_is_not_json_is_400_and_says_where_it_breaks(body: bytes, where: str):
    problem = refuse(body)
    what = f"the body is not valid JSON in UTF-8: {where} (in bytes)"
    assert (problem.status, problem.detail) == (400, what)
    assert (problem.errors, problem.reasons) == ([], ["json_invalid"])


def test_a_number_with_too_many_digits_is_422():
    problem = refuse(b'{"number": %b}' % (b"9" * 5000))
    assert (problem.status, problem.reasons) == (422, ["digits"])
    what = "a number has more digits than can be read"
    assert problem.errors == [{"field": "body", "message": what}]


def test_a_list_that_is_too_long_is_413():
    problem = refuse(b'{"rows": [{"number": 1}, {"number": 1}, {"number": 1}]}', Batch)
    assert (problem.status, problem.reasons) == (413, ["too_long"])
    assert problem.errors == []


def test_one_invalid_field_is_named():
    problem = refuse(b"{}")
    assert (problem.status, problem.detail) == (422, "the body has 1 invalid field")
    assert problem.errors == [{"field": "number", "message": "Field required"}]
    assert problem.reasons == ["missing"]


def test_every_invalid_field_is_named_by_its_place():
    problem = refuse(b'{"rows": [{"number": 1}, {"number": "1", "more": 2}]}', Batch)
    assert (problem.status, problem.detail) == (422, "the body has 2 invalid fields")
    assert [error["field"] for error in problem.errors] == ["rows.1.number", "rows.1.more"]
    assert problem.reasons == ["int_type", "extra_forbidden"]


def test_a_body_that_is_no_object_is_named_as_a_whole():
    problem = refuse(b"[]")
    assert problem.status == 422
    assert [error["field"] for error in problem.errors] == ["body"]


def many(count: int) -> Any:
    return create_model("Many", **{f"f{index}": (int, ...) for index in range(count)})


def test_up_to_a_hundred_fields_are_named():
    problem = refuse(b"{}", many(100))
    assert (problem.status, len(problem.errors), len(problem.reasons)) == (422, 100, 100)


@pytest.mark.parametrize("count", [101, 2000])
def test_of_more_than_a_hundred_fields_the_first_are_named_and_the_others_counted(count: int):
    problem = refuse(b"{}", many(count))
    what = f"the body has {count} invalid fields, of which the first 20 are named"
    assert (problem.status, problem.detail) == (422, what)
    assert [error["field"] for error in problem.errors] == [f"f{index}" for index in range(20)]
    assert problem.reasons == ["many"]


def test_of_thousands_of_fields_only_the_number_is_named():
    problem = refuse(b"{}", many(2001))
    what = "2001 fields are missing, unknown or invalid"
    assert (problem.status, problem.detail) == (422, what)
    assert problem.errors == [{"field": "body", "message": what}]
    assert problem.reasons == ["many"]


class Talkative(BaseModel):
    model_config = ConfigDict(extra="forbid")

    words: list[Literal[tuple(f"category {index}" for index in range(5000))]]


@pytest.mark.parametrize(
    ("body", "type_"),
    [
        (json.dumps({"words": ["x"] * 100}).encode(), Talkative),
        (json.dumps({"words": [], "k" * 1_000_000: 1}).encode(), Talkative),
        (json.dumps({f"{index}" + "\x01é😀" * 5000: 1 for index in range(99)}).encode(), Item),
        (b"{}", many(100)),
        (b"{}", create_model("Long", **{"f" * 10_000 + str(i): (int, ...) for i in range(99)})),
    ],
)
def test_an_answer_is_short_whatever_was_sent(body: bytes, type_: Any):
    problem = refuse(body, type_)
    assert problem.errors
    assert len(problem.to_response("r1").body) < 70_000


def test_fields_that_are_not_named_for_their_length_are_counted():
    problem = refuse(json.dumps({"words": ["x"] * 100, "é" * 5000: 1}).encode(), Talkative)
    named = len(problem.errors)
    assert named < 101
    assert f"101 invalid fields, of which the first {named} are named" in problem.detail


@pytest.mark.parametrize(
    ("body", "type_"),
    [
        (f'{{"number": "{SECRET}"}}', Item),
        (f'"{SECRET}"', Item),
        (f'{{"rows": ["{SECRET}"]}}', Batch),
        (f'{{"number": 1, "name": "{SECRET}', Item),
        (f'{{"number": {SECRET}}}', Item),
        (f'{{"number": 1}} {SECRET}', Item),
        (f'{{"number": 1, "name": "\\{SECRET}"}}', Item),
    ],
)
def test_no_value_of_a_body_is_repeated(body: str, type_: Any):
    assert SECRET.encode() not in refuse(body.encode(), type_).to_response("r1").body
