"""Permutation importance: what scikit-learn gives, within a budget."""

import numpy as np
import pyarrow as pa
import pytest
from sklearn.inspection import permutation_importance

from maas.report.parts import ImportanceRecord
from maas.training.report.cost import bound_rows, count_operations
from maas.training.report.importance import MAX_ROWS, measure_importance, plan
from maas.training.run import build_signature
from tests.training.fitted import config, fitted, table

RANDOM = np.random.default_rng(2)
MIXED = table(
    300,
    town=RANDOM.choice(["Ulm", "Kiel", "Bonn"], 300),
    flag=pa.array((RANDOM.random(300) < 0.5).tolist()),
)


def measure(estimator: str, repeats: int = 5, **changes) -> tuple[ImportanceRecord, np.ndarray]:
    """The importance of features by our code, and the means of scikit-learn's."""
    setting = config(estimator, **changes)
    data, frame, done = fitted(setting, MIXED)
    signature = build_signature(setting, data, done)
    matrix = done.pipeline["encode"].transform(frame)
    truth = np.asarray(data.target.tolist())
    found = measure_importance(
        done.pipeline,
        signature,
        matrix,
        lambda answers: (answers == truth).mean(axis=1),
        "accuracy",
        float((done.pipeline.predict(frame) == truth).mean()),
        repeats,
        np.random.Generator(np.random.PCG64(1)),
    )
    theirs = permutation_importance(
        done.pipeline[1:], matrix, truth, n_repeats=20, random_state=0
    ).importances_mean
    names = [signature.features[place].name for place in signature.matrix_order]
    return found, dict(zip(names, theirs, strict=True))


@pytest.mark.parametrize("encode", ["onehot", "ordinal"])
@pytest.mark.parametrize("estimator", ["LogisticRegression", "DecisionTreeClassifier"])
def test_features_are_shuffled_as_they_are_given(estimator: str, encode: str):
    found, expected = measure(estimator, 20, preprocessing={"encode": encode})
    assert found.features[0].feature == "a"
    for record in found.features:
        assert record.mean == pytest.approx(expected[record.feature], abs=0.02)
        assert 0 <= record.sd < 0.05


def test_equal_features_keep_the_order_of_the_signature():
    found, _ = measure("DecisionTreeClassifier")
    means = [record.mean for record in found.features]
    assert means == sorted(means, reverse=True)
    assert [r.feature for r in found.features if not r.mean] == ["b", "town", "flag"]


def operations(estimator: str, params=None, rows: int = 400) -> float:
    numbers = {"y": np.random.default_rng(1).normal(size=rows)}
    given = table(rows, **(numbers if estimator.endswith("Regressor") else {}))
    done = fitted(config(estimator, params), given)[2]
    return count_operations(done.pipeline)


@pytest.mark.parametrize(
    ("slower", "faster"),
    [
        (("KNeighborsClassifier", {}, 4000), ("KNeighborsClassifier", {}, 400)),
        (("SVC", {}, 4000), ("SVC", {}, 400)),
        (
            ("RandomForestClassifier", {"n_estimators": 50}, 400),
            ("RandomForestClassifier", {"n_estimators": 5}, 400),
        ),
        (
            ("HistGradientBoostingClassifier", {"max_iter": 50}, 400),
            ("HistGradientBoostingClassifier", {"max_iter": 5}, 400),
        ),
        (
            ("GradientBoostingRegressor", {"n_estimators": 50}, 400),
            ("GradientBoostingRegressor", {"n_estimators": 5}, 400),
        ),
        (
            ("BaggingClassifier", {"n_estimators": 50}, 400),
            ("BaggingClassifier", {"n_estimators": 5}, 400),
        ),
        (
            ("MLPClassifier", {"hidden_layer_sizes": [200, 50], "max_iter": 500}, 400),
            ("MLPClassifier", {"hidden_layer_sizes": [2], "max_iter": 5000}, 400),
        ),
    ],
)
def test_slow_estimators_predict_fewer_rows(slower, faster):
    assert operations(*slower) > 3 * operations(*faster) > 3 * operations("LogisticRegression")


def test_the_plan_keeps_the_budget(monkeypatch: pytest.MonkeyPatch):
    done = fitted(config(), table())[2]
    assert plan(done.pipeline, 30, 200_000) == (MAX_ROWS, 5)
    assert plan(done.pipeline, 2, 12) == (12, 5)
    for cost in np.geomspace(100, 1e10, 40):
        monkeypatch.setattr("maas.training.report.importance.count_operations", lambda _, c=cost: c)
        for features in (2, 30, 3000):
            for rows in (30, 2000, 200_000):
                found = plan(done.pipeline, features, rows)
                if found is not None:
                    assert found[0] * found[1] * features <= bound_rows(cost, rows)
                    assert found[0] >= min(50, rows)
