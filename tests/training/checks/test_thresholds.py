"""The thresholds of trees, and the rows that stand on one."""

import numpy as np
import pytest

from maas.training.checks.thresholds import find_thresholds, is_tie
from tests.training.fitted import config, fitted, table


@pytest.mark.parametrize(
    "estimator",
    ["DecisionTreeClassifier", "ExtraTreesClassifier", "GradientBoostingClassifier",
     "HistGradientBoostingClassifier", "BaggingClassifier"],
)  # fmt: skip
def test_thresholds_are_found_and_their_neighbours_are_ties(estimator: str):
    _, _, done = fitted(config(estimator), table())
    thresholds = find_thresholds(done.pipeline, 2)
    assert 0 in thresholds
    at = np.float32(thresholds[0][0])
    beside = np.nextafter(at, np.float32(np.inf if at < thresholds[0][0] else -np.inf))
    rows = np.full((3, 2), 77, dtype=np.float32)
    rows[:, 0] = [at, beside, at + np.float32(0.01)]
    tie = is_tie(rows, done.pipeline, {0: thresholds[0][:1]})
    assert tie.tolist() == [True, True, False]
