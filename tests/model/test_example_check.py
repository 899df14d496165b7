"""A model answers its own example row, or is refused."""

import numpy as np
import pytest
from pydantic import ValidationError

from maas.errors import OverflowingRowError
from maas.model.example_check import answer_example
from maas.model.predictor import Predictor
from maas.model.signature import Feature, Signature


class Twice:
    """A scorer that doubles the first column."""

    def predict(self, matrix):
        with np.errstate(over="ignore"):
            return matrix[:, 0] * np.float32(2)

    def predict_proba(self, _: object):
        raise AssertionError("it is a regression")


def predictor(value: object, **changes) -> Predictor:
    features = (
        Feature(name="no identifier", column="A", type="number"),
        Feature(name="b", column="B", type="category", categories=("p",), nullable=True),
    )
    content = {"features": features, "target": "t", "task": "regression"}
    example = {"no identifier": value, "b": None}
    return Predictor(Twice(), Signature(**content, example=example, **changes))


def test_the_example_is_answered_on_the_path_of_a_request():
    assert answer_example(predictor(1.5)) == 3.0


def test_an_example_that_a_request_could_not_be_is_refused():
    for broken in (predictor("p"), predictor(11.0, input_bound=10.0), predictor(None)):
        with pytest.raises(ValidationError):
            answer_example(broken)


def test_an_answer_that_is_not_finite_is_refused():
    with pytest.raises(OverflowingRowError):
        answer_example(predictor(3e38))
