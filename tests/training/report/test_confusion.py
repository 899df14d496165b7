"""Counts of pairs of classes, and the metrics of such counts."""

import numpy as np
import pytest

from maas.training.fit.metrics import compute_metrics
from maas.training.report.confusion import count_pairs, find_places


@pytest.mark.parametrize("size", [2, 5, 40])
@pytest.mark.filterwarnings("ignore:y_pred contains classes")
def test_the_metrics_of_counts_are_those_of_scikit_learn(size: int):
    random = np.random.default_rng(size)
    labels = [f"c{place:02}" for place in range(size + 3)]  # three never occur
    truth = np.array(random.choice(labels[: size - 1], 200), dtype=object)
    answers = np.where(random.random(200) < 0.5, truth, random.choice(labels[:size], 200))
    found = count_pairs(len(labels), find_places(labels, truth), find_places(labels, answers))
    expected, _ = compute_metrics("s", "classification", truth, answers)
    assert found.metrics() == pytest.approx(expected)


@pytest.mark.parametrize(
    ("labels", "values"),
    [(["a", "b"], np.array(["b", "a", "b"], dtype=object)), ([3, 8], np.array([8, 3, 8]))],
)
def test_places_among_the_labels(labels, values):
    assert find_places(labels, values).tolist() == [1, 0, 1]
    assert find_places([False, True], np.array([True, False])).tolist() == [1, 0]
