"""The signature: the order of the model's input, and how it is written."""

import pytest

from maas.model.signature import FeatureType, Label, Signature, label_text
from tests.model.graphs import feature, numbers, signature


@pytest.mark.parametrize(
    ("kinds", "order", "numeric"),
    [
        (["number", "integer"], (0, 1), (True, True)),
        (["category", "number"], (1, 0), (True, False)),
        (
            ["category", "boolean", "category", "integer", "number"],
            (1, 3, 4, 0, 2),
            (False, True, True, False, False),
        ),
    ],
)
def test_categories_come_last_and_all_else_keeps_its_order(
    kinds: list[FeatureType], order: tuple[int, ...], numeric: tuple[bool, ...]
):
    made = signature(*[feature(f"x{index}", kind) for index, kind in enumerate(kinds)])
    assert made.matrix_order == order
    assert made.numeric_columns == numeric


@pytest.mark.parametrize(
    ("label", "text"), [(True, "true"), (False, "false"), (1, "1"), (0, "0"), ("True", "True")]
)
def test_a_class_is_named_as_json_writes_it(label: Label, text: str):
    assert label_text(label) == text


def test_a_bound_that_was_not_recorded_is_not_written():
    assert "input_bound" not in numbers(1).model_dump()
    recorded = numbers(1, input_bound=1e30)
    assert recorded.model_dump()["input_bound"] == 1e30
    assert Signature.model_validate_json(recorded.model_dump_json()) == recorded


def test_classes_keep_their_types_when_they_are_read_again():
    for classes in ((False, True), (0, 1), ("0", "1")):
        made = numbers(1, task="classification", classes=classes)
        read = Signature.model_validate_json(made.model_dump_json()).classes
        assert read is not None
        assert [(type(label), label) for label in read] == [(type(c), c) for c in classes]
