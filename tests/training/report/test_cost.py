"""What a row costs: of a sparse matrix what is in it, not all its columns."""

import numpy as np
import pytest

from maas.training.fit.pipeline import SPARSE_FROM
from maas.training.measurement import measure
from maas.training.report.cost import count_numbers, count_operations
from maas.training.report.importance import plan
from maas.training.report.report import make_report
from maas.training.run import build_signature
from tests.training.fitted import config, fitted, table

ROWS = 3000
FEATURES = 12
IGNORE = {"preprocessing": {"unknown": "ignore"}}


def wide(values: int, rows: int = ROWS):
    """A table of so many categories per feature."""
    draws = np.random.default_rng(0)
    names = np.array([f"value {n}" for n in range(values)])
    columns = {f"c{n}": names[draws.integers(0, values, rows)] for n in range(FEATURES)}
    return table(rows, **columns)


@pytest.mark.parametrize(
    ("estimator", "params"),
    [
        ("LogisticRegression", {"max_iter": 500}),
        ("MLPClassifier", {"hidden_layer_sizes": [3], "max_iter": 3}),
        ("SVC", {"max_iter": 20}),
        ("DecisionTreeClassifier", {"max_depth": 3}),
    ],
)
@pytest.mark.filterwarnings("ignore")
def test_a_sparse_row_costs_about_its_features(estimator: str, params):
    few, many = (
        fitted(config(estimator, params, **IGNORE), wide(n))[2].pipeline for n in (90, 900)
    )
    assert few[-1].n_features_in_ > SPARSE_FROM
    assert many[-1].n_features_in_ > 5 * SPARSE_FROM
    assert count_numbers(few) == count_numbers(many) == FEATURES + 2
    assert count_operations(many) < 2 * count_operations(few)
    assert plan(many, FEATURES + 2, 600) is not None


@pytest.mark.filterwarnings("ignore")
def test_a_dense_row_costs_all_its_columns():
    done = fitted(config(**IGNORE), wide(20))[2]
    assert count_numbers(done.pipeline) == done.pipeline[-1].n_features_in_ == 20 * FEATURES + 2


@pytest.mark.filterwarnings("ignore")
def test_a_wide_one_hot_model_has_importances():
    setting = config("LogisticRegression", {"max_iter": 500}, **IGNORE)
    data, frame, done = fitted(setting, wide(900))
    signature = build_signature(setting, data, done)
    held_out = frame.iloc[done.held_out]
    measured = measure(data, done, signature, held_out, None)
    report = make_report(data, done, signature, measured, held_out, 1)
    assert report.importance is not None
    assert report.importance.features[0].feature == "a"
