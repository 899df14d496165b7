"""The distribution of the training rows."""

import numpy as np
import pytest

from maas.drift.counts import BinCounts
from maas.errors import DataError
from maas.training.reference import describe_answers, describe_reference
from maas.training.run import build_signature
from tests.training.fitted import config, fitted, table

SEVENTEEN_DIGITS = np.random.default_rng(2).normal(size=(500, 2)) * np.pi


@pytest.mark.parametrize("estimator", ["Ridge", "DecisionTreeRegressor"])
def test_training_rows_are_counted_as_requests_are(estimator: str):
    """Also values of 17 digits, which float32 does not tell from an edge."""
    edge = np.linspace(SEVENTEEN_DIGITS[:, 0].min(), SEVENTEEN_DIGITS[:, 0].max(), 21)
    a = np.concatenate(
        [SEVENTEEN_DIGITS[:, 0], np.nextafter(edge, -9), edge, np.nextafter(edge, 9)]
    )
    rows = len(a)
    given = table(rows, a=a, b=np.arange(rows) % 7, y=np.resize(SEVENTEEN_DIGITS[:, 1], rows))
    setting = config(estimator)
    data, frame, done = fitted(setting, given)
    signature = build_signature(setting, data, done)
    reference = describe_reference(signature, data, done.train)
    counter = BinCounts(signature, reference)
    matrix = done.pipeline["encode"].transform(frame.iloc[done.train])
    found = counter.to_json(counter.count(matrix, data.target[done.train]))
    for name, record in reference["features"].items():
        assert found["features"][name]["counts"] == record["counts"]
        assert sum(record["counts"]) == len(done.train)
    assert found["prediction"]["counts"] == reference["target"]["counts"]
    assert reference["features"]["b"]["edges"] == [place - 0.5 for place in range(8)]


def test_answers_are_counted_in_the_bins_of_the_target():
    given = table(y=np.random.default_rng(0).normal(size=60))
    setting = config("Ridge")
    data, _, done = fitted(setting, given)
    signature = build_signature(setting, data, done)
    reference = describe_reference(signature, data, done.train)
    answers = describe_answers(signature, reference, np.array([0.0, 0.0, 1e9, -1e300, 1e300]))
    assert (answers["rows"], answers["below"], answers["above"]) == (5, 1, 2)
    assert sum(answers["counts"]) == 2
    # Whatever counts requests takes a reference with and without them.
    both = reference | {"prediction": answers}
    assert BinCounts(signature, both).size == BinCounts(signature, reference).size


def test_answers_are_counted_per_class():
    setting = config()
    data, _, done = fitted(setting, table())
    signature = build_signature(setting, data, done)
    reference = describe_reference(signature, data, done.train)
    found = describe_answers(signature, reference, done.predictions)
    assert found["rows"] == sum(found["counts"].values()) == len(done.held_out)
    assert found["counts"].keys() == reference["target"]["counts"].keys()


def test_values_a_float_step_apart_have_a_distribution():
    given = table(a=[0.3, 0.1 + 0.2] * 30, y=[1.0, 2.0] * 30)
    with pytest.raises(DataError, match="float32 can tell only 1 apart"):
        fitted(config("Ridge"), given)
    setting = config("Ridge")
    data, _, done = fitted(setting, table(y=[1.0, 1.0 + 2e-16 * 2] * 30))
    for schema in (3, 4):
        reference = describe_reference(
            build_signature(setting, data, done), data, done.train, schema
        )
        assert sum(reference["target"]["counts"]) == 48


def test_a_feature_with_one_value_has_one_bin_without_width():
    setting = config("Ridge")
    data, _, done = fitted(setting, table(b=[2.5] * 60, y=np.arange(60) / 7))
    reference = describe_reference(build_signature(setting, data, done), data, done.train)
    assert reference["features"]["b"] == {"edges": [2.5, 2.5], "counts": [48], "nulls": 0}


def test_the_rule_of_schema_3_is_that_of_numpy():
    setting = config("Ridge")
    data, _, done = fitted(setting, table(y=np.arange(60) / 7))
    signature = build_signature(setting, data, done)
    reference = describe_reference(signature, data, done.train, 3)
    values = data.columns[0].values[done.train]
    counts, edges = np.histogram(values, 20)
    assert reference["features"]["a"]["counts"] == counts.tolist()
    assert reference["features"]["a"]["edges"] == edges.tolist()


@pytest.mark.parametrize("whole", [False, True])
@pytest.mark.parametrize("estimator", ["Ridge", "DecisionTreeRegressor"])
def test_rows_of_a_target_are_counted_as_answers_are_between_round_edges(
    estimator: str, whole: bool
):
    y = np.random.default_rng(4).lognormal(10, 0.3, 500).round(2)
    y = y.astype(int) if whole else y
    setting = config(estimator)
    data, frame, done = fitted(setting, table(500, y=y))
    signature = build_signature(setting, data, done)
    reference = describe_reference(signature, data, done.train)
    counter = BinCounts(signature, reference)
    matrix = done.pipeline["encode"].transform(frame.iloc[done.train])
    found = counter.to_json(counter.count(matrix, data.target[done.train]))
    assert found["prediction"]["counts"] == reference["target"]["counts"]
    trained = data.target[done.train]
    edges = np.array(reference["target"]["edges"])
    assert edges[0] < trained.min() - 1
    assert trained.max() + 1 < edges[-1]
    assert set((edges + 0.5 * whole) % 500) == {0}
