"""The bound of numbers: the largest power of ten with which a graph's sums stay finite."""

import numpy as np
import pytest

from maas.model.input_bound import find_input_bound, make_corners
from maas.model.scorers import OnnxScorer, SklearnScorer
from maas.model.signature import FLOAT32_MAX, Signature
from maas.training.export import export_pickle
from tests.model.graphs import classifier_graph, feature, linear_graph, numbers, signature
from tests.training.fitted import config, fitted, table


@pytest.mark.parametrize(
    ("weights", "bound"),
    [
        ([1], FLOAT32_MAX),
        ([-1], FLOAT32_MAX),
        ([0] * 5, FLOAT32_MAX),
        ([1, 1], 1e37),  # ten times that is added up
        ([1, -1], 1e37),
        ([0.001, 1000], 1e34),
        ([1] * 20, 1e35),  # twenty times that, as there are twenty
        ([1e30, 1], 1e7),
        ([1e38, 1e38], 1e3),  # never less
    ],
)
def test_the_bound_is_a_power_of_ten_with_room_above_it(weights: list[float], bound: float):
    scorer = OnnxScorer(linear_graph(weights))
    assert find_input_bound(scorer, numbers(len(weights))) == bound


def test_a_classifier_s_bound_is_that_of_its_probabilities():
    scorer = OnnxScorer(classifier_graph([10.0, 10.0], (0, 1)))
    classes = {"task": "classification", "classes": (0, 1)}
    assert find_input_bound(scorer, numbers(2, **classes, probabilities=True)) == 1e36
    assert find_input_bound(scorer, numbers(2, **classes)) == FLOAT32_MAX


def test_a_refusal_of_scikit_learn_counts_as_an_overflow():
    small = np.random.default_rng(0).normal(size=60) * 1e-5
    scaled = config(
        "RandomForestRegressor", {"n_estimators": 2}, preprocessing={"scale": "standard"}
    )
    _, _, done = fitted(scaled, table(a=small, y=np.arange(60.0)))
    scorer = SklearnScorer(export_pickle(done.pipeline))
    bound = find_input_bound(scorer, numbers(2))
    assert 1e30 < bound < 1e33
    scorer.predict(np.full((1, 2), bound * 10, dtype=np.float32))
    with np.errstate(over="ignore"), pytest.raises(ValueError, match="value too large"):
        scorer.predict(np.full((1, 2), bound * 1000, dtype=np.float32))


MIXED = signature(
    feature("k", "category"), feature("n"), feature("b", "boolean"), feature("i", "integer")
)


def test_only_numbers_without_a_bound_of_their_own_are_large():
    corners = make_corners(MIXED, 1e6)
    assert corners.dtype == np.float32
    n, boolean, integer, category = corners.T
    assert not boolean.any()
    assert not category.any()
    for column in (n, integer):
        assert set(column.tolist()) == {0, 1e6, -1e6}


@pytest.mark.parametrize("made", [MIXED, numbers(1), numbers(12)])
def test_corners_lie_along_each_axis_and_beside_their_opposites(made: Signature):
    corners = [tuple(row) for row in make_corners(made, 1e6).tolist()]
    for place, numeric in enumerate(made.numeric_columns):
        axis = [0.0] * len(made.features)
        axis[place] = 1e6 * numeric
        assert tuple(axis) in corners
    assert tuple(1e6 * numeric for numeric in made.numeric_columns) in corners
    one_sided = [row for row in corners if tuple(-value for value in row) not in corners]
    assert set(one_sided) <= {tuple(1e6 * numeric for numeric in made.numeric_columns)}


def test_no_corner_is_beyond_float32():
    assert np.abs(make_corners(numbers(3), 1e300)).max() == np.float32(FLOAT32_MAX)


def test_the_corners_are_the_same_each_time():
    assert make_corners(numbers(8), 1.0).tobytes() == make_corners(numbers(8), 1.0).tobytes()
