"""The pipeline that the types ask for, and what is refused before it is fitted."""

import numpy as np
import pytest
from sklearn.ensemble import BaggingClassifier
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer

from maas.errors import ConfigError, DataError
from maas.training.fit.fit import FitResult, _set_one_thread
from tests.training.fitted import config, fitted, table


@pytest.mark.parametrize(
    ("estimator", "y", "said"),
    [
        ("Ridge", ["p", "q"] * 30, "is not a number"),
        ("Ridge", [True, False] * 30, "is not a number"),
        ("SVC", [0.5, 1.5] * 30, "predicts classes"),
    ],
)
def test_a_target_must_suit_the_estimator(estimator, y, said):
    with pytest.raises(DataError, match=said):
        fitted(config(estimator), table(y=y))


def test_the_pipeline_is_what_the_types_ask_for():
    given = table(
        a=[None, *range(59)], c=["x", "y", None] * 20, d=[True, False] * 30, y=["p", "q"] * 30
    )
    _, _, linear = fitted(config(), given)
    prepare = linear.pipeline["prepare"]
    numbers = prepare.named_transformers_["numbers"]
    assert list(numbers.named_steps) == ["impute", "scale"]
    assert type(prepare.named_transformers_["categories"]).__name__ == "OneHotEncoder"
    _, _, forest = fitted(config("RandomForestClassifier"), given)
    assert list(forest.pipeline["prepare"].named_transformers_["numbers"].named_steps) == ["impute"]
    _, _, boosted = fitted(config("HistGradientBoostingClassifier"), given)
    assert passes_through(boosted, "numbers")
    as_codes = {"encode": "ordinal", "impute": "mean"}
    _, _, plain = fitted(config("RandomForestClassifier", preprocessing=as_codes), given)
    assert passes_through(plain, "categories")


def passes_through(done: FitResult, name: str) -> bool:
    step = done.pipeline["prepare"].named_transformers_[name]
    return isinstance(step, FunctionTransformer)


def test_a_column_of_gaps_among_the_training_rows_is_refused():
    setting = config(split={"method": "time", "column": "t", "test_size": 0.5})
    with pytest.raises(DataError, match="column 'g': has no value in the training rows"):
        fitted(setting, table(t=list(range(60)), g=[None] * 30 + list(range(30))))


def test_a_seed_of_none_is_refused():
    with pytest.raises(ConfigError, match="another model each time"):
        fitted(config("RandomForestClassifier", {"random_state": None}), table())


def test_n_jobs_does_not_change_what_is_saved():
    for jobs in (1, 2, -1):
        params = {"n_jobs": jobs, "n_estimators": 10}
        _, _, done = fitted(config("RandomForestClassifier", params), table())
        assert done.pipeline[-1].n_jobs == 1


def test_estimators_within_estimators_have_one_thread():
    inner = BaggingClassifier(KNeighborsClassifier(n_jobs=2), n_estimators=2, n_jobs=2)
    model = BaggingClassifier(inner, n_estimators=2)
    model.fit(np.arange(20.0).reshape(10, 2), [0, 1] * 5)
    _set_one_thread(Pipeline([("model", model)]))
    bags = [model, model.estimator, model.estimator_, *model.estimators_]
    deepest = [bag.estimator for bag in bags[1:]]
    deepest += [part for bag in model.estimators_ for part in bag.estimators_]
    assert {part.n_jobs for part in (*bags, *deepest)} == {1}


@pytest.mark.parametrize(
    ("labels", "keys"),
    [(("p", "q"), ("p", "q")), ((0, 7), ("0", "7")), ((False, True), ("false", "True"))],
)
def test_class_weights_name_the_classes_as_texts(labels, keys):
    params = {"class_weight": dict(zip(keys, (1.0, 5.0), strict=True))}
    _, _, done = fitted(config("LogisticRegression", params), table(y=list(labels) * 30))
    assert done.pipeline[-1].class_weight == dict(zip(labels, (1.0, 5.0), strict=True))


def test_params_are_checked_before_anything_is_read():
    for params, said in (
        ({"C": "much"}, "must be a float"),
        ({"D": 1}, "is not a parameter of SVC"),
    ):
        with pytest.raises(ConfigError, match=said):
            fitted(config("SVC", params), table())
