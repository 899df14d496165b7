"""What is read from files: nothing is coerced, and what was added later is not written."""

from typing import Annotated, Any

import pytest
from pydantic import Field, ValidationError

from maas.strict_model import StrictModel, added_later


class Inner(StrictModel):
    since: tuple[int, ...] = added_later((1,))


class Model(StrictModel):
    whole: int = 1
    number: float = 0.5
    text: str = ""
    inner: Inner = Inner()
    later: float | None = added_later(None)


@pytest.mark.parametrize(
    "content",
    [
        {"whole": 1.0},
        {"whole": "1"},
        {"whole": True},
        {"number": "0.5"},
        {"number": float("nan")},
        {"number": float("inf")},
        {"text": 5},
        {"text": b"x"},
        {"later": float("-inf")},
        {"more": 1},
        {"inner": {"more": 1}},
    ],
)
def test_a_value_of_another_type_and_an_unknown_key_are_refused(content: dict[str, Any]):
    with pytest.raises(ValidationError):
        Model.model_validate(content)


def test_a_default_must_be_valid_too():
    class Wrong(StrictModel):
        whole: Annotated[int, Field(ge=1)] = 0

    with pytest.raises(ValidationError, match="greater than or equal to 1"):
        Wrong()


@pytest.mark.parametrize(
    ("content", "written"),
    [
        ({}, {"inner": {}}),
        ({"later": None}, {"inner": {}}),
        ({"later": 0.0}, {"inner": {}, "later": 0.0}),
        ({"inner": Inner(since=(1,))}, {"inner": {}}),
        ({"inner": Inner(since=())}, {"inner": {"since": ()}}),
    ],
)
def test_a_field_that_was_added_later_is_written_only_if_it_differs(
    content: dict[str, Any], written: dict[str, Any]
):
    made = Model(**content)
    first = {"whole": 1, "number": 0.5, "text": ""}
    assert made.model_dump() == first | written
    assert Model.model_validate_json(made.model_dump_json()) == made
