"""The type of a row: names of every kind, gaps, and what the API says about each field."""

import pytest
from pydantic import ValidationError

from maas.model.row import row_type
from maas.model.signature import FLOAT32_MAX
from tests.model.graphs import feature, signature

# No identifiers, names of Python and of pydantic, and the names that fields have in Python.
AWKWARD = ("f1", "f0", "class", "model_config", "model_fields", "json", "_x", "a b", "ä.ö", "", "1")


def test_every_name_is_possible_and_stays_with_its_value():
    row = row_type(signature(*[feature(name, "integer") for name in AWKWARD]))
    given = {name: index for index, name in enumerate(AWKWARD)}
    parsed = row.model_validate(given)
    assert parsed.model_dump() == given
    assert [getattr(parsed, f"f{index}") for index in range(len(AWKWARD))] == list(given.values())


def problems(row: type, given: dict) -> list[tuple]:
    with pytest.raises(ValidationError) as caught:
        row.model_validate(given)
    return [(error["loc"], error["type"]) for error in caught.value.errors()]


def test_a_problem_names_the_feature_and_hides_its_value():
    row = row_type(signature(feature("age", "integer"), feature("place", "category")))
    assert problems(row, {"age": "secret", "place": "a"}) == [(("age",), "int_type")]
    assert problems(row, {"place": "x", "f0": 1}) == [
        (("age",), "missing"),
        (("place",), "literal_error"),
        (("f0",), "extra_forbidden"),
    ]
    with pytest.raises(ValidationError) as caught:
        row.model_validate({"age": "secret", "place": "a"})
    assert "secret" not in str(caught.value)


def test_a_nullable_feature_may_be_left_out_and_is_null_then():
    row = row_type(signature(feature("a", nullable=True), feature("b", "category", nullable=True)))
    assert row.model_validate({}).model_dump() == {"a": None, "b": None}
    assert "required" not in row.model_json_schema()


def test_a_row_cannot_be_changed():
    row = row_type(signature(feature("a"))).model_validate({"a": 1})
    with pytest.raises(ValidationError, match="frozen"):
        row.f0 = 2


@pytest.mark.parametrize(
    ("changes", "unknown", "said"),
    [
        ({}, "error", "Column 'x'."),
        ({"minimum": -1.0, "maximum": 2.5}, "error", "Column 'x'. Training range -1 to 2.5."),
        ({"minimum": 0.0, "maximum": 1e20}, "error", "Column 'x'. Training range 0 to 1e+20."),
        ({"kind": "category"}, "error", "Column 'x'."),
        (
            {"kind": "category"},
            "ignore",
            "Column 'x'. Known: a, b, é; all else counts as a gap.",
        ),
    ],
)
def test_a_field_is_described_by_its_data(changes: dict, unknown: str, said: str):
    row = row_type(signature(feature("x", **changes), unknown=unknown))
    assert row.model_json_schema()["properties"]["x"]["description"] == said


def test_the_schema_of_a_field_says_what_is_valid():
    features = [feature("n"), feature("i", "integer"), feature("b", "boolean"),
                feature("c", "category")]  # fmt: skip
    made = signature(*features, example={"n": 0.5, "i": 1, "b": True, "c": "a"})
    schema = row_type(made).model_json_schema()
    assert schema["required"] == ["n", "i", "b", "c"]
    assert schema["example"] == made.example
    assert schema["additionalProperties"] is False
    fields = schema["properties"]
    assert (fields["n"]["type"], fields["n"]["maximum"]) == ("number", FLOAT32_MAX)
    assert (fields["i"]["type"], fields["i"]["minimum"]) == ("integer", -FLOAT32_MAX)
    assert fields["b"]["type"] == "boolean"
    assert fields["c"]["enum"] == ["a", "b", "é"]


def test_the_schema_has_the_bound_of_the_model():
    made = signature(feature("n"), feature("i", "integer"), input_bound=1e20)
    for field in row_type(made).model_json_schema()["properties"].values():
        assert (field["minimum"], field["maximum"]) == (-1e20, 1e20)
