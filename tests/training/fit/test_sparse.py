"""Many one-hot columns are a sparse matrix: for whom, from which width, and that exports pass."""

import io

import joblib
import numpy as np
import pytest
from scipy.sparse import issparse

from maas.config.train_config import EstimatorConfig, TrainConfig
from maas.model.signature import Feature
from maas.registry.version import PICKLE
from maas.training.data import make_dataset
from maas.training.fit.estimators import ESTIMATORS, build_estimator, takes_sparse, task_of
from maas.training.fit.pipeline import SPARSE_FROM, build_pipeline
from maas.training.run import build
from tests.model.graphs import feature
from tests.suite_size import choose
from tests.training.fitted import config, table

MODELS = {name: build_estimator(EstimatorConfig(name=name), 0) for name in sorted(ESTIMATORS)}
SPARSE = [name for name, model in MODELS.items() if takes_sparse(model)]
STEP = choose(5, 1, 1)
"""Every fifth estimator is fitted, or every one."""

FEW = {"n_estimators": 5, "max_iter": 50}
ROWS = 1600
FEATURES = {"k": {"column": "k", "type": "category"}, "a": "a", "b": "b"}


def texts(count: int) -> Feature:
    return feature("k", "category", categories=tuple(f"{index:05d}" for index in range(count)))


def is_sparse(estimator: str, features: tuple[Feature, ...], params=None, verified=None) -> bool:
    made = build_pipeline(config(estimator, params), features, verified)
    prepare = made.named_steps.get("prepare")
    return prepare is not None and prepare.sparse_threshold == 1


@pytest.mark.parametrize("name", SPARSE[::STEP])
def test_an_estimator_on_the_list_is_fitted_on_a_sparse_matrix_and_its_export_passes(name: str):
    generator = np.random.default_rng(0)
    codes = np.append(np.arange(1400), generator.integers(0, 1400, ROWS - 1400))
    columns = {"k": [f"v{code}" for code in codes], "a": generator.normal(size=ROWS)}
    columns["b"] = [None, *columns["a"][1:]]
    score = codes / 700 + columns["a"]
    classes = task_of(MODELS[name]) == "classification"
    columns["y"] = np.where(score > 1, "p", "q") if classes else score
    few = {key: value for key, value in FEW.items() if key in MODELS[name].get_params()}
    setting = TrainConfig(
        model_name="m",
        numerics="native",
        runtime="sklearn" if name == "LinearSVC" else "onnx",  # it has no ONNX form
        data={"source": "table", "target": "y", "features": FEATURES},
        estimator={"name": name, "params": few},
        preprocessing={"unknown": "ignore"},
    )
    data = make_dataset(setting, table(ROWS, **columns))
    built = build(setting, data)
    assert built.parity.passed
    pipeline = joblib.load(io.BytesIO(built.files[PICKLE]))
    prepared = pipeline[:-1].transform(data.frame().head(9))
    assert issparse(prepared)
    assert prepared.shape[1] > SPARSE_FROM


def test_the_width_decides():
    assert not is_sparse("LogisticRegression", (texts(SPARSE_FROM - 1), feature("n")))
    assert is_sparse("LogisticRegression", (texts(SPARSE_FROM), feature("n")))
    numbers = tuple(feature(f"n{index}") for index in range(SPARSE_FROM + 1))
    assert not is_sparse("LogisticRegression", numbers)


def test_an_older_version_stays_dense():
    wide = (texts(2 * SPARSE_FROM),)
    assert [is_sparse("Ridge", wide, verified=schema) for schema in (1, 2, 3)] == [0, 0, 1]


@pytest.mark.parametrize(
    ("name", "params"),
    [
        ("HistGradientBoostingClassifier", {}),
        ("KNeighborsClassifier", {}),
        ("Ridge", {"solver": "svd"}),
        ("LinearRegression", {"positive": True}),
    ],
)
def test_who_takes_no_sparse_matrix_gets_a_dense_one(name: str, params: dict[str, object]):
    assert not is_sparse(name, (texts(2 * SPARSE_FROM),), params)
