"""What a refusal of a value says."""

import pytest
from pydantic import TypeAdapter, ValidationError

from maas.model.checks import field_type, rule_of
from maas.model.signature import Feature, Signature


def adapter(categories: tuple[str, ...], nullable: bool = False) -> TypeAdapter:
    feature = Feature(
        name="f", column="f", type="category", nullable=nullable, categories=categories
    )
    signature = Signature(features=(feature,), target="t", task="regression", example={})
    return TypeAdapter(field_type(rule_of(feature, signature)))


def refusal(categories: tuple[str, ...], value: object, nullable: bool = False) -> tuple[str, str]:
    with pytest.raises(ValidationError) as raised:
        adapter(categories, nullable).validate_python(value)
    (error,) = raised.value.errors()
    return error["type"], error["msg"]


@pytest.mark.parametrize("nullable", [False, True])
@pytest.mark.parametrize("value", ["x", 1, True, [], {}])
def test_a_refusal_names_all_of_a_few_categories(value: object, nullable: bool):
    message = "Input should be 'a', 'b' or 'c'"
    assert refusal(("a", "b", "c"), value, nullable) == ("literal_error", message)
    assert refusal(("a",), value, nullable) == ("literal_error", "Input should be 'a'")


@pytest.mark.parametrize(
    ("count", "end"),
    [
        (10, "'c8' or 'c9'"),
        (11, "'c8', 'c9' or one of 1 other"),
        (10_000, "'c8', 'c9' or one of 9990 others"),
    ],
)
def test_a_refusal_names_ten_of_many_categories_and_counts_the_others(count: int, end: str):
    kind, message = refusal(tuple(f"c{index}" for index in range(count)), "x")
    assert kind == "literal_error"
    assert message.endswith(end)
    assert message.count("'c") == 10


def test_long_categories_are_cut():
    _, message = refusal(("é" * 5000, "b"), "x")
    assert message == f"Input should be '{'é' * 40}…' or 'b'"


@pytest.mark.parametrize("nullable", [False, True])
def test_the_schema_still_lists_every_category(nullable: bool):
    names = tuple(f"c{index}" for index in range(50))
    schema = adapter(names, nullable).json_schema()
    listed = schema["anyOf"][0] if nullable else schema
    assert listed == {"enum": list(names), "type": "string"}
