"""The example row: typical values, which predict and are nobody's row."""

import numpy as np
import pytest

from maas.model.row import row_type
from maas.training.data import Column
from maas.training.example import example_row
from maas.training.run import build_signature
from tests.training.fitted import config, fitted, table


def example(kind: str, values: list, schema: int = 2, train: list[int] | None = None) -> object:
    stored = np.array(values, dtype=object if kind == "category" else np.float64)
    column = Column(name="f", column="F", type=kind, nullable=True, values=stored)
    indices = np.array(range(len(values)) if train is None else train)
    return example_row([column], indices, schema)["f"]


NAN = float("nan")


@pytest.mark.parametrize(
    ("kind", "values", "typical"),
    [
        ("number", [3.0, 1.0, 2.0], 2.0),
        ("number", [4.3, 4.4], 4.35),
        ("number", [0.1, 0.2], 0.15),
        ("number", [NAN, 7.5, NAN], 7.5),
        ("number", [0.123456789] * 3, 0.123456789),
        ("number", [1e300, 1.5e300], 1.25e300),
        ("number", [-1.7e308, 1.7e308, 1.7e308, 1.7e308], 1.7e308),
        ("integer", [5, 1, 3], 3),
        ("integer", [1, 2], 1),
        ("integer", [1, 4], 2),
        ("integer", [-2, -1], -2),
        ("integer", [NAN, 9, NAN], 9),
        ("boolean", [1, 1, 0], True),
        ("boolean", [0, 1], False),
        ("boolean", [NAN, NAN, 1], True),
        ("category", ["b", "a", "b"], "b"),
        ("category", ["b", "a", "c"], "a"),
        ("category", [None, None, None, "é"], "é"),
    ],
)
def test_a_typical_value_is_a_median_or_the_most_frequent(kind: str, values: list, typical: object):
    found = example(kind, values)
    assert found == typical
    assert type(found) is type(typical)


def test_the_order_of_the_rows_changes_nothing():
    values = np.random.default_rng(1).normal(size=101)
    assert example("number", values.tolist()) == example("number", sorted(values, reverse=True))


def test_only_training_rows_count():
    assert example("integer", [1, 1, 1, 8, 8], train=[3, 4]) == 8


@pytest.mark.parametrize(
    ("kind", "values", "first"),
    [
        ("number", [1.5, 2.0], 1.5), ("integer", [3, 4], 3), ("boolean", [1, 0], True),
        ("category", ["x", "a"], "x"), ("category", [None, "a"], None), ("number", [NAN, 1], None),
    ],
)  # fmt: skip
def test_schema_1_goes_on_meaning_the_first_training_row(kind: str, values: list, first: object):
    found = example(kind, values, schema=1)
    assert found == first
    assert type(found) is type(first)


def test_the_example_of_a_signature_is_valid_and_no_row_of_the_data():
    columns = {
        "kind": ["x", "y", None] * 20, "whole": [*range(60)], "flag": [True, False, None] * 20,
    }  # fmt: skip
    setting = config()
    data, frame, done = fitted(setting, table(**columns))
    signature = build_signature(setting, data, done)
    row_type(signature).model_validate(signature.example)
    assert not (frame == list(signature.example.values())).all(axis=1).any()
    assert build_signature(setting, data, done, 1).example != signature.example
