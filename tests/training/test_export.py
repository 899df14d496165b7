"""Exports: the bytes depend on what was fitted, and on nothing else."""

import io
import pickle

import joblib
import numpy as np
import onnx
import pytest
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.pipeline import Pipeline

from maas.errors import ConfigError
from maas.model.scorers import INPUT, OnnxScorer
from maas.training.export import OPSET, export_onnx, export_pickle
from tests.training.fitted import config, fitted, table

ROWS = np.random.default_rng(2).normal(size=(20, 2)).astype(np.float32)


def fit(estimator: str = "LogisticRegression", params=None, **columns) -> Pipeline:
    _, _, done = fitted(config(estimator, params), table(**columns))
    return done.pipeline


@pytest.mark.parametrize(
    ("estimator", "params"),
    [("LogisticRegression", {}), ("RandomForestClassifier", {"n_estimators": 5})],
)
def test_equal_fits_give_equal_bytes(estimator: str, params: dict):
    first, second = fit(estimator, params), fit(estimator, params)
    assert export_onnx(first, 2) == export_onnx(first, 2) == export_onnx(second, 2)
    other = fit(estimator, params, y=["p", "q"] * 30)
    assert export_onnx(other, 2) != export_onnx(first, 2)


def test_a_graph_says_nothing_of_who_made_it_and_has_one_input():
    model = onnx.load_model_from_string(export_onnx(fit(), 2))
    assert (model.producer_name, model.producer_version, model.doc_string) == ("", "", "")
    assert not model.metadata_props
    opsets = [(entry.domain, entry.version) for entry in model.opset_import]
    assert opsets == sorted(opsets)
    assert all(version <= OPSET[domain] for domain, version in opsets)
    (given,) = model.graph.input
    assert given.name == INPUT
    rows, width = given.type.tensor_type.shape.dim
    assert (rows.WhichOneof("value"), width.dim_value) == (None, 2)
    assert given.type.tensor_type.elem_type == onnx.TensorProto.FLOAT


@pytest.mark.parametrize(
    ("estimator", "params"),
    [
        ("LogisticRegression", {}),
        ("RandomForestClassifier", {"n_estimators": 5}),
        ("BaggingClassifier", {"n_estimators": 3}),
        ("AdaBoostClassifier", {"n_estimators": 3}),
        ("KNeighborsClassifier", {}),
    ],
)
def test_boolean_classes_are_zero_and_one_in_the_graph_alone(estimator: str, params: dict):
    pipeline = fit(estimator, params, y=[True, False, True] * 20)
    labels = OnnxScorer(export_onnx(pipeline, 2)).predict(ROWS)
    answers = pipeline[1:].predict(ROWS)
    assert labels.dtype == np.int64
    assert answers.dtype == bool
    assert labels.tolist() == answers.tolist()
    assert pipeline[-1].classes_.tolist() == [False, True]


def test_a_pickle_is_the_whole_pipeline(tmp_path):
    pipeline = fit()
    (tmp_path / "model.pkl").write_bytes(export_pickle(pipeline))
    loaded = joblib.load(tmp_path / "model.pkl")
    assert list(loaded.named_steps) == list(pipeline.named_steps)
    rows = table().to_pandas()[["a", "b"]]
    assert loaded.predict(rows).tolist() == pipeline.predict(rows).tolist()
    assert export_pickle(pipeline) == export_pickle(fit())


@pytest.mark.parametrize(
    ("estimator", "params"),
    [
        ("BaggingClassifier", {"n_estimators": 3}),
        ("RandomForestClassifier", {"n_estimators": 3}),
        ("HistGradientBoostingClassifier", {"max_iter": 3}),
        ("GradientBoostingClassifier", {"n_estimators": 3}),
        ("KNeighborsClassifier", {}),
    ],
)
def test_a_pickle_does_not_depend_on_which_equal_values_are_one_object(
    estimator: str, params: dict
):
    pipeline = fit(estimator, params)
    expected, as_it_was = export_pickle(pipeline), export_pickle(pipeline, 2)
    # What another process fits comes back as a copy, with strings and dtypes of its own.
    for name in ("estimators_", "_predictors", "_tree", "classes_"):
        if isinstance(parts := getattr(pipeline[-1], name, None), list):
            setattr(pipeline[-1], name, [pickle.loads(pickle.dumps(part)) for part in parts])
        elif parts is not None:
            setattr(pipeline[-1], name, pickle.loads(pickle.dumps(parts)))
    assert export_pickle(pipeline) == expected
    assert export_pickle(pipeline, 2) != as_it_was
    assert len(expected) <= len(as_it_was)


def test_equal_values_of_two_types_stay_what_they_are():
    pipeline = fit()
    values = [
        (1, 2),
        (1.0, 2.0),
        (True, 2),
        "1",
        b"1",
        np.float64(0.0),
        np.float64(-0.0),
        (),
        ("1",),
    ]
    pipeline[-1].note_ = [*values, *values, np.zeros(2), np.zeros(2, dtype="U3")]
    loaded = joblib.load(io.BytesIO(export_pickle(pipeline)))
    assert [repr(value) for value in loaded[-1].note_] == [repr(v) for v in pipeline[-1].note_]


def test_an_older_schema_has_the_bytes_of_joblib():
    pipeline, buffer = fit("BaggingClassifier", {"n_estimators": 2}), io.BytesIO()
    joblib.dump(pipeline, buffer)
    assert export_pickle(pipeline, 1) == export_pickle(pipeline, 2) == buffer.getvalue()


@pytest.mark.parametrize("params", [{}, {"p": 1}, {"p": 3}, {"weights": "distance"}])
def test_names_in_a_graph_do_not_count_what_was_exported_before(params: dict):
    pipeline = fit("KNeighborsClassifier", params)
    exported = export_onnx(pipeline, 2)
    assert export_onnx(pipeline, 2) == exported
    older = [export_onnx(pipeline, 2, 2) for _ in range(2)]
    assert older[0] != older[1]
    (labels, numbers), found = (OnnxScorer(m).predict_proba(ROWS) for m in (older[0], exported))
    assert np.array_equal(found[0], labels)
    assert np.array_equal(found[1], numbers)
    named = onnx.load_model_from_string(exported).graph
    assert [value.name for value in named.output] == ["label", "probabilities"]


class Constant(RegressorMixin, BaseEstimator):
    """An estimator that no converter knows."""

    def fit(self, x, y):  # noqa: ARG002
        self.fitted_ = True
        return self

    def predict(self, x):
        return np.zeros(len(x))


def test_what_cannot_be_exported_can_be_served_by_scikit_learn():
    pipeline = fit("Ridge", y=np.arange(60.0))
    pipeline.steps[-1] = ("model", Constant().fit(None, None))
    with pytest.raises(ConfigError, match="Constant cannot be exported") as caught:
        export_onnx(pipeline, 2)
    assert caught.value.remedy == "set `runtime: sklearn`"
    assert "\n" not in str(caught.value)
