"""How many rows a model scores in the event loop follows from what scoring costs."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from maas.errors import OverflowingRowError
from maas.model.signature import Feature, Signature
from maas.serving.loop_limit import MAX_ROWS_IN_LOOP, find_loop_limits, make_sample
from tests.serving.tiny_service import VERSION

FEATURES = (
    Feature(name="kind", column="k", type="category", categories=("a", "b", "c")),
    Feature(name="number", column="n", type="number", minimum=-2.0, maximum=5.0),
    Feature(name="flag", column="f", type="boolean"),
    Feature(name="whole", column="w", type="integer", minimum=3.0, maximum=3.0),
)


def make_signature(probabilities: bool = False) -> Signature:
    return Signature(
        features=FEATURES, target="t", task="regression", example={}, probabilities=probabilities
    )


class Model:
    """A predictor whose calls take as long as a test says, by a clock of its own."""

    def __init__(self, seconds: Callable[[int], float], probabilities: bool = False) -> None:
        self.signature = make_signature(probabilities)
        self._seconds = seconds
        self.now, self.calls, self.seconds_more = 0.0, 0, 0.0

    def predict(self, matrix: Any) -> None:
        self.calls += 1
        self.now += self._seconds(len(matrix))

    def predict_proba(self, matrix: Any) -> None:
        self.predict(matrix)
        self.now += self.seconds_more * len(matrix)


def limit_of(model: Model) -> int:
    return find_loop_limits(model, lambda: model.now).predict


@pytest.mark.parametrize(
    ("per_call", "per_row", "limit"),
    [
        (10e-6, 0.1e-6, 1024),
        (10e-6, 15e-6, 64),
        (10e-6, 20e-6, 32),
        (50e-6, 300e-6, 2),
        (0, 0.9e-3, 1),
        (0, 1.1e-3, 0),
        (2e-3, 0, 0),
        (0.5, 0.01, 0),
    ],
)
def test_rows_are_scored_in_the_loop_up_to_a_millisecond(
    per_call: float, per_row: float, limit: int
):
    assert limit_of(Model(lambda rows: per_call + per_row * rows)) == limit


def test_a_slow_model_is_asked_only_once():
    model = Model(lambda _: 0.5)
    assert limit_of(model) == 0
    assert model.calls == 1


def test_one_slow_call_among_quick_ones_counts_for_nothing():
    model = Model(lambda _: 0.0)
    model._seconds = lambda _: 0.005 if model.calls % 5 == 2 else 0.0001
    assert limit_of(model) == MAX_ROWS_IN_LOOP


@pytest.mark.parametrize("probabilities", [False, True])
def test_each_call_has_a_limit_of_its_own(probabilities: bool):
    model = Model(lambda rows: 10e-6 * rows, probabilities)
    model.seconds_more = 20e-6
    limits = find_loop_limits(model, lambda: model.now)
    assert limits == ((64, 32) if probabilities else (64, 0))


def test_a_row_that_overflows_is_no_reason_not_to_start():
    model = Model(lambda _: 0.0001)

    def overflow(matrix: Any) -> None:
        model.now += 0.0001
        raise OverflowingRowError(len(matrix) - 1)

    model.predict = overflow
    assert limit_of(model) == MAX_ROWS_IN_LOOP


def test_the_sample_holds_rows_that_differ_within_what_training_saw():
    rows = make_sample(make_signature(), 64)
    assert (rows.shape, rows.dtype) == ((64, 4), np.float32)
    number, flag, whole, kind = rows.T  # categories come last
    assert -2 <= number.min() < number.max() <= 5
    assert len(set(number.tolist())) == 64
    assert set(flag.tolist()) == {0, 1}
    assert set(whole.tolist()) == {3}
    assert set(kind.tolist()) == {0, 1, 2}
    assert make_sample(make_signature(), 64).tobytes() == rows.tobytes()


def test_a_real_version_has_a_limit():
    from maas.serving.process.model_loading import load_predictor

    limits = find_loop_limits(load_predictor(VERSION, 1))
    assert 0 <= min(limits) <= max(limits) <= MAX_ROWS_IN_LOOP
