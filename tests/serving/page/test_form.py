"""The fields of the form, from signatures."""

import json

import pytest

from maas.model.signature import Feature, Signature, Value
from maas.serving.page.form import MAX_OPTIONS, Field, form_fields


def field_of(feature: Feature, example: Value = None) -> Field:
    return fields_of({feature: example})[0]


def fields_of(features: dict[Feature, Value]) -> list[Field]:
    signature = Signature(
        features=tuple(features),
        target="y",
        task="regression",
        example={feature.name: value for feature, value in features.items()},
    )
    return form_fields(signature)


def category(name: str, *values: str, nullable: bool = False) -> Feature:
    return Feature(name=name, column=name, type="category", nullable=nullable, categories=values)


def test_a_number_is_filled_in_with_the_example():
    field = field_of(Feature(name="x", column="x", type="number", minimum=-1.5, maximum=20), 2.5)
    assert (field.control, field.value, field.example) == ("number", "2.5", "2.5")
    assert field.hint == "in training −1.5 to 20"
    assert not field.is_null


def test_a_whole_number_says_so():
    feature = Feature(name="x", column="x", type="integer", minimum=0, maximum=12_000)
    assert field_of(feature, 3).hint == "in training 0 to 12,000, whole numbers"


def test_a_feature_without_a_range_has_no_hint():
    assert field_of(Feature(name="x", column="x", type="number", nullable=True)).hint == ""


def test_a_boolean_is_a_choice_of_two():
    field = field_of(Feature(name="x", column="x", type="boolean"), False)
    assert [(option.text, option.selected) for option in field.options] == [
        ("true", False),
        ("false", True),
    ]


def test_a_gap_in_the_example_is_checked():
    field = field_of(category("x", "a", nullable=True))
    assert (field.nullable, field.is_null, field.value, field.example) == (True, True, "", "null")


@pytest.mark.parametrize("value", ["", " a", "a  b", "a\nb", "a\rb", "\x00", "\udcff"])
def test_a_category_that_a_browser_would_alter_is_sent_as_json(value: str):
    field = field_of(category("x", value, "plain"), value)
    altered, plain = field.options
    assert json.loads(altered.json) == value
    assert altered.selected
    assert plain.json == ""
    assert "\x00" not in altered.text


def test_many_categories_are_fetched_when_they_are_needed():
    many = tuple(f"c{n}" for n in range(200))
    count = MAX_OPTIONS // 200 + 1
    fields = fields_of(
        {category(f"x{n}", *many): "c7" for n in range(count)} | {category("few", "a", "b"): "b"}
    )
    assert [field.control for field in fields] == ["text"] * count + ["select"]
    assert fields[0].value == "c7"
    assert fields[0].hint == "200 categories; type to search"
    assert not any(field.options for field in fields[:-1])


def test_names_are_kept_for_programs_and_cleaned_for_people():
    field = field_of(category("a\x00<b>", "v"), "v")
    assert json.loads(field.json_name) == "a\x00<b>"
    assert field.name == "a�<b>"
