"""Splits, pipelines and the parity check, on small data."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from sklearn.preprocessing import FunctionTransformer

from maas.config.train_config import ModelConfig
from maas.errors import ConfigError, DataError, ParityError
from maas.model.predictor import Predictor
from maas.model.scorers import OnnxScorer
from maas.tables.reading import read_table
from maas.training.checks.parity import check_parity, measure_parity
from maas.training.checks.thresholds import find_thresholds, is_tie
from maas.training.data import Dataset, make_dataset
from maas.training.export import export_onnx
from maas.training.fit.fit import FitResult, fit
from maas.training.reference import describe_reference
from maas.training.run import build_signature
from maas.training.split import split_rows
from tests.workspace import PROJECT, Workspace

EXAMPLES = PROJECT / "configs/examples"


def config(estimator: str = "LogisticRegression", params=None, **changes) -> ModelConfig:
    content = {
        "data": {"source": "table", "target": "y"},
        "estimator": {"name": estimator, "params": params or {}},
        **changes,
    }
    return ModelConfig.model_validate(content)


def table(rows: int = 60, **columns) -> pa.Table:
    generator = np.random.default_rng(0)
    made = {"a": generator.normal(size=rows), "b": generator.normal(size=rows)}
    made["y"] = np.where(made["a"] > 0, "p", "q")
    return pa.table({**made, **columns})


def fitted(setting: ModelConfig, given: pa.Table) -> tuple[Dataset, pd.DataFrame, FitResult]:
    data = make_dataset(setting, given)
    frame = data.frame()
    return data, frame, fit(setting, data, frame)


def test_a_stratified_split_keeps_the_shares_and_a_seed_repeats_it():
    setting = config(split={"test_size": 0.25})
    data = make_dataset(setting, table(y=["p"] * 40 + ["q"] * 20))
    train, held_out = split_rows(setting, data, "classification")
    assert sorted([*train, *held_out]) == list(range(60))
    assert (data.target[held_out] == "q").sum() == 5
    again = split_rows(setting, data, "classification")
    assert (again[1] == held_out).all()
    other = split_rows(setting.model_copy(update={"seed": 1}), data, "classification")
    assert (other[1] != held_out).any()


def test_a_group_never_stands_on_both_sides():
    setting = config(split={"method": "group", "column": "who"})
    data = make_dataset(setting, table(who=[i // 4 for i in range(60)]))
    train, held_out = split_rows(setting, data, "classification")
    assert data.keys is not None
    assert not set(data.keys[train]) & set(data.keys[held_out])
    assert len(train) + len(held_out) == 60


@pytest.mark.parametrize(
    "when",
    [
        pa.array(np.datetime64("2024-01-01") + np.arange(60)[::-1]),
        pa.array(list(range(60, 0, -1))),
        pa.array([str(np.datetime64("2024-01-01") - i) for i in range(60)]),
    ],
    ids=["date", "integer", "text"],
)
def test_a_split_by_time_holds_out_the_newest(when):
    setting = config(split={"method": "time", "column": "when", "test_size": 0.1})
    data = make_dataset(setting, table(when=when))
    train, held_out = split_rows(setting, data, "classification")
    assert held_out.tolist() == [0, 1, 2, 3, 4, 5]
    assert len(train) == 54


@pytest.mark.parametrize(
    ("changes", "columns", "said"),
    [
        ({}, {"y": ["p"] * 59 + ["q"]}, "class 'q' has only one row"),
        ({"split": {"test_size": 0.01}}, {}, "cannot be split"),
        (
            {"split": {"method": "time", "column": "t"}},
            {"y": ["p"] * 50 + ["q"] * 10, "t": range(60)},
            "one side of the split only",
        ),
        ({"split": {"method": "time", "column": "t", "test_size": 0.999}}, {"t": range(60)}, "row"),
    ],
)
def test_what_cannot_be_split_is_refused(changes, columns, said):
    setting = config(**changes)
    data = make_dataset(setting, table(**{k: list(v) for k, v in columns.items()}))
    with pytest.raises(DataError, match=said):
        split_rows(setting, data, "classification")


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


def test_a_split_by_time_never_cuts_through_one_time():
    setting = config(split={"method": "time", "column": "day"})
    data = make_dataset(setting, table(day=[i // 25 for i in range(60)]))
    train, held_out = split_rows(setting, data, "classification")
    assert (train.max(), held_out.min()) == (24, 25)


def test_values_a_float_step_apart_have_a_distribution():
    given = table(a=[0.3, 0.1 + 0.2] * 30, y=[1.0, 2.0] * 30)
    with pytest.raises(DataError, match="float32 can tell only 1 apart"):
        fitted(config("Ridge"), given)
    setting = config("Ridge")
    data, _, done = fitted(setting, table(y=[1.0, 1.0 + 2e-16 * 2] * 30))
    reference = describe_reference(build_signature(setting, data, done), data, done.train)
    assert sum(reference["target"]["counts"]) == 48


def test_classes_that_an_export_would_cut_are_refused():
    setting = config("GaussianNB")
    data, frame, done = fitted(setting, table(y=[10_000_000_001, 2] * 30))
    signature = build_signature(setting, data, done)
    predictor = Predictor(OnnxScorer(export_onnx(done.pipeline, 2)), signature)
    with pytest.raises(ParityError, match="not one of its classes"):
        check_parity(done.pipeline, predictor, frame.iloc[done.held_out], 1e-5)


def test_a_seed_of_none_is_refused():
    with pytest.raises(ConfigError, match="another model each time"):
        fitted(config("RandomForestClassifier", {"random_state": None}), table())


def test_n_jobs_does_not_change_what_is_saved():
    for jobs in (1, 2, -1):
        params = {"n_jobs": jobs, "n_estimators": 10}
        _, _, done = fitted(config("RandomForestClassifier", params), table())
        assert done.pipeline[-1].n_jobs == 1


@pytest.mark.parametrize(
    ("labels", "keys"),
    [(("p", "q"), ("p", "q")), ((0, 7), ("0", "7")), ((False, True), ("false", "True"))],
)
def test_class_weights_name_the_classes_as_texts(labels, keys):
    params = {"class_weight": dict(zip(keys, (1.0, 5.0), strict=True))}
    _, _, done = fitted(config("LogisticRegression", params), table(y=list(labels) * 30))
    assert done.pipeline[-1].class_weight == dict(zip(labels, (1.0, 5.0), strict=True))


def test_another_model_than_the_fitted_one_fails_the_gate():
    setting = config("RandomForestClassifier")
    data, frame, done = fitted(setting, table())
    _, _, other = fitted(setting, table(y=["p", "q"] * 30))
    signature = build_signature(setting, data, done)
    held_out = frame.iloc[done.held_out]
    right = Predictor(OnnxScorer(export_onnx(done.pipeline, 2)), signature)
    parity = check_parity(done.pipeline, right, held_out, 1e-5)
    assert parity.held_out == 12
    assert parity.probes > 1000
    wrong = Predictor(OnnxScorer(export_onnx(other.pipeline, 2)), signature)
    assert measure_parity(done.pipeline, wrong, held_out, 1e-5).labels_differ > 0
    with pytest.raises(ParityError, match="set `runtime: sklearn`"):
        check_parity(done.pipeline, wrong, held_out, 1e-5)


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


def test_a_failing_export_is_refused_with_the_figures_and_served_by_sklearn(workspace: Workspace):
    args = ["--config", str(EXAMPLES / "wine.yaml"), "--set", "estimator.params={}"]
    args += ["--set", "estimator.name=QuadraticDiscriminantAnalysis"]
    done = workspace.train(*args)
    assert done.returncode == 2
    assert "numbers by up to" in done.stderr
    assert "set `runtime: sklearn`" in done.stderr
    assert list(workspace.models.iterdir()) == []
    done = workspace.train(*args, "--set", "runtime=sklearn", "--json")
    assert done.returncode == 0, done.stderr
    folder = workspace.models / f"v{json.loads(done.stdout)['version']}"
    assert not (folder / "model.onnx").exists()
    assert json.loads((folder / "run.json").read_bytes())["parity"]["labels_differ"] == 0


def test_an_estimator_without_an_onnx_form_is_refused(workspace: Workspace):
    done = workspace.train("--set", "estimator={name: LinearSVC}")
    assert done.returncode == 2
    assert "LinearSVC cannot be exported to ONNX" in done.stderr


def test_params_are_checked_before_anything_is_read():
    for params, said in (
        ({"C": "much"}, "must be a float"),
        ({"D": 1}, "is not a parameter of SVC"),
    ):
        with pytest.raises(ConfigError, match=said):
            fitted(config("SVC", params), table())


def test_the_page_of_estimators_is_what_the_survey_finds(workspace: Workspace):
    code = "from benchmarks import estimators; print(estimators.measure_estimators(), end='')"
    done = workspace.run("-W", "ignore", "-c", code, timeout=300)
    assert done.returncode == 0, done.stderr
    page = Path(PROJECT / "docs/estimators.md").read_text(encoding="utf-8")
    assert page.endswith(done.stdout)


def test_the_bundled_sets_are_tables():
    for name in ("iris", "wine", "breast_cancer", "diabetes", "digits"):
        assert "target" in read_table(name, PROJECT).column_names
