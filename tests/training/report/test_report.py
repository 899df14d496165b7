"""The report of a run: its figures are those of the rows that the service answers."""

from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.metrics import accuracy_score, f1_score, r2_score

from maas.config.train_config import TrainConfig
from maas.report.record import Report
from maas.report.verdict import verdict
from maas.training.data import Dataset, make_dataset
from maas.training.report import baseline, intervals
from maas.training.report.classes import describe_calibration
from maas.training.report.numbers import describe_agreement, describe_residuals
from maas.training.run import BuildResult, build
from maas.training.split import split_rows

ROWS = 600


def run(columns: dict[str, Any], estimator: str, **changes) -> tuple[Dataset, BuildResult, Report]:
    content = {
        "model_name": "m",
        "numerics": "native",
        "data": {"source": "t", "target": "y"},
        "estimator": {"name": estimator},
        "preprocessing": {"encode": "ordinal"},
        **changes,
    }
    config = TrainConfig.model_validate(content)
    data = make_dataset(config, pa.table(columns))
    built = build(config, data)
    assert built.figures is not None
    report = Report.model_validate_json(built.files["report.json"])
    assert report == built.figures
    return data, built, report


def columns(**changes) -> dict[str, Any]:
    random = np.random.default_rng(5)
    made = {
        "size": random.uniform(20, 120, ROWS).round(1),
        "noise": random.normal(size=ROWS),
        "town": random.choice(["Kiel", "Ulm", "Bonn"], ROWS),
        "garden": random.random(ROWS) < 0.4,
    }
    worth = made["size"] / 40 + (made["town"] == "Bonn") * 2 + random.normal(0, 0.4, ROWS)
    made["y"] = np.select([worth > 3, worth > 2], ["dear", "fair"], "cheap")
    return made | changes


def test_the_report_of_a_classifier_counts_the_held_out_rows():
    data, built, report = run(columns(), "RandomForestClassifier")
    assert (report.train_rows, report.held_out_rows, report.headline) == (480, 120, "accuracy")
    assert {n: m.value for n, m in report.metrics.items()} == built.manifest.metrics
    assert sum(record.support for record in report.classes) == 120
    assert sum(record.predicted for record in report.classes) == 120
    assert [record.label for record in report.classes] == ["cheap", "dear", "fair"]
    assert report.confusion is not None
    assert np.sum(report.confusion.counts) == 120
    right = np.trace(np.array(report.confusion.counts))
    assert right / 120 == pytest.approx(built.manifest.metrics["accuracy"])
    assert sum(calibrated.rows for calibrated in report.calibration) == 120
    found = sum((c.correct or 0) * c.rows for c in report.calibration)
    assert found == pytest.approx(right, abs=0.01)
    assert report.importance is not None
    assert {r.feature for r in report.importance.features[:2]} == {"size", "town"}
    assert {record.feature for record in report.importance.features} == {
        f.name for f in data.columns
    }
    assert report.warnings == ()


def test_the_baseline_is_that_of_scikit_learn():
    data, _, report = run(columns(), "DecisionTreeClassifier")
    config = TrainConfig.model_validate(
        {
            "model_name": "m",
            "data": {"source": "t", "target": "y"},
            "estimator": {"name": "DecisionTreeClassifier"},
        }
    )
    train, held_out = split_rows(config, data, "classification")
    dummy = DummyClassifier(strategy="prior").fit(np.zeros((len(train), 1)), data.target[train])
    answers, truth = dummy.predict(np.zeros((len(held_out), 1))), data.target[held_out]
    assert report.baseline.answer == answers[0]
    metrics = {name: metric.baseline for name, metric in report.metrics.items()}
    assert metrics["accuracy"] == pytest.approx(accuracy_score(truth, answers), rel=1e-5)
    expected = f1_score(truth, answers, average="macro")
    assert metrics["f1_macro"] == pytest.approx(expected, rel=1e-5)


def test_the_report_of_a_regressor_has_residuals_and_agreement():
    made = columns()
    worth = made["size"] * 9 + np.random.default_rng(1).normal(0, 40, ROWS)
    data, built, report = run(columns(y=worth), "RandomForestRegressor")
    assert {n: m.value for n, m in report.metrics.items()} == built.manifest.metrics
    assert report.residuals is not None
    assert report.agreement is not None
    assert sum(report.residuals.counts) == np.sum(report.agreement.counts) == 120
    values = [quantile.value for quantile in report.residuals.quantiles]
    assert values == sorted(values)
    assert all(len(str(value).strip("-0").replace(".", "").strip("0")) <= 3 for value in values)
    config = TrainConfig.model_validate(
        {
            "model_name": "m",
            "data": {"source": "t", "target": "y"},
            "estimator": {"name": "Ridge"},
        }
    )
    train, held_out = split_rows(config, data, "regression")
    dummy = DummyRegressor().fit(np.zeros((len(train), 1)), data.target[train])
    answers = dummy.predict(np.zeros((len(held_out), 1)))
    expected = r2_score(data.target[held_out], answers)
    assert report.metrics["r2"].baseline == pytest.approx(expected, rel=1e-4)
    assert (report.classes, report.confusion, report.calibration) == ((), None, ())


def test_no_number_of_a_row_is_in_a_report():
    """Of the smallest held-out part there is, no residual and no target can be read."""
    random = np.random.default_rng(0)
    made = {"a": random.normal(size=20), "y": random.normal(size=20) * np.pi}
    data, built, report = run(made, "Ridge", split={"test_size": 0.1})
    text = built.files["report.json"].decode()
    assert report.held_out_rows == 2
    for value in (*data.target, *data.columns[0].values):
        assert f"{value:.5f}" not in text


def test_a_model_that_learned_nothing_is_not_better():
    made = columns(y=np.where(np.arange(ROWS) % 30, "no", "yes"))
    _, _, report = run(made, "LogisticRegression")
    assert [warning.kind for warning in report.warnings] == [
        "not_better", "never_predicted", "few_of_class",
    ]  # fmt: skip
    assert report.warnings[1].classes == ("yes",)


def test_few_rows_and_few_rows_of_a_class_are_told():
    made = columns(day=np.arange(ROWS))
    made["y"] = np.where(np.arange(ROWS) % 100 == 99, "rare", made["y"])
    split = {"method": "time", "column": "day", "test_size": 0.16}
    _, _, report = run(made, "DecisionTreeClassifier", split=split)
    kinds = {warning.kind: warning for warning in report.warnings}
    assert kinds["few_of_class"].classes == ("rare",)
    assert kinds["few_rows"].count == report.held_out_rows == 96


@pytest.mark.parametrize("estimator", ["Ridge", "DecisionTreeClassifier"])
def test_held_out_rows_of_one_value_make_a_report(estimator: str):
    made = columns(day=np.arange(ROWS))
    numbers = np.where(np.arange(ROWS) >= 480, 7, np.arange(ROWS) % 9)
    made["y"] = numbers if estimator == "Ridge" else numbers.astype(str)
    split = {"method": "time", "column": "day"}
    _, _, report = run(made, estimator, split=split)
    assert "constant_target" in {warning.kind for warning in report.warnings}
    assert report.agreement is None
    assert report.metrics[report.headline].value <= 1


def test_the_seed_alone_chooses_what_is_shuffled():
    first = run(columns(), "DecisionTreeClassifier")[2]
    assert run(columns(), "DecisionTreeClassifier")[2] == first
    other = run(columns(), "DecisionTreeClassifier", seed=1)[2]
    assert other.importance != first.importance


def test_many_classes_are_cut_to_those_with_most_rows():
    names = np.array([f"class {place:02}" for place in range(30)], dtype=object)
    made = columns(y=np.resize(np.concatenate([names, names[5:25]]), ROWS))
    _, _, report = run(made, "DecisionTreeClassifier")
    assert report.confusion is not None
    assert report.confusion.labels == tuple(names[5:25])
    assert report.confusion.others == 10
    assert np.sum(report.confusion.counts) == report.held_out_rows
    assert len(report.classes) == 30


def test_an_estimator_without_probabilities_has_no_calibration():
    _, _, report = run(columns(), "RidgeClassifier")
    assert report.calibration == ()
    assert report.importance is not None


def test_integer_and_boolean_classes_are_labels_of_json():
    _, _, report = run(columns(y=np.arange(ROWS) % 2 == 0), "DecisionTreeClassifier")
    assert [record.label for record in report.classes] == ["false", "true"]
    assert report.baseline.answer in ("false", "true")
    _, _, report = run(columns(y=np.arange(ROWS) % 3), "DecisionTreeClassifier")
    assert [record.label for record in report.classes] == ["0", "1", "2"]


SETS_ASIDE = {"method": "random", "test_size": 0.2}


def test_an_event_that_no_shuffled_row_has_leaves_a_report():
    random, rows, seed = np.random.default_rng(0), 20_000, 3
    shuffled = np.random.Generator(np.random.PCG64(seed)).choice(4000, 2000, replace=False)
    missed = np.setdiff1d(np.arange(4000), shuffled)[:2]
    made = {"f": random.normal(size=rows), "day": np.arange(rows), "y": np.zeros(rows)}
    made["y"][[5, 50, *(16_000 + missed)]] = 5.0
    split = {"method": "time", "column": "day"}
    _, _, report = run(made, "LinearRegression", split=split, seed=seed)
    assert report.importance is not None
    assert report.importance.rows == 2000


@pytest.mark.parametrize("estimator", ["LinearRegression", "KNeighborsRegressor"])
@pytest.mark.parametrize("scale", [5e-324, 1e-300, 1e-160, 1e-30, 1e30])
def test_a_target_of_any_size_has_a_report(scale: float, estimator: str):
    made = {name: columns()[name] for name in ("size", "noise")}
    for worth in (made["size"].round(), np.arange(ROWS) % 90 == 7):
        _, built, report = run(made | {"y": worth * scale}, estimator, runtime="sklearn")
        assert {n: m.value for n, m in report.metrics.items()} == built.manifest.metrics


def test_numbers_beyond_all_squares_have_a_report():
    """A model that is right is measured, though the mean is off by what is not finite."""
    truth = np.resize([-1e308, 1e308, 1.7e308, 3.0], 40)
    mean = baseline.of_numbers("t", truth, truth)
    assert mean.metrics == {}
    assert mean.record.answer == 4.25e307
    residuals = describe_residuals(truth, np.zeros(40))
    assert sum(residuals.counts) == 40
    assert describe_agreement(truth, np.zeros(40)) is not None
    with np.errstate(all="ignore"):
        found = intervals.of_numbers(truth, truth / 2, {"mae": 1e307, "rmse": 1e307, "r2": 0.5})
    assert found["r2"] is None


def test_without_an_interval_a_model_is_not_called_better():
    random = np.random.default_rng(0)
    x = random.normal(size=400)
    made = {"x": x, "y": x + random.normal(size=400)}
    made["day"] = np.arange(400)
    split = {"method": "time", "column": "day"}
    for outlier, standing in ((0.0, "better"), (3000.0, "unknown")):
        made["y"][390] += outlier
        made["x"][390] += outlier / 2
        _, built, report = run(made, "LinearRegression", split=split, runtime="sklearn")
        kinds = {warning.kind: warning.count for warning in report.warnings}
        said = verdict(built.manifest.signature, built.manifest.metrics, report)
        assert said.standing == standing
        assert (report.metrics["r2"].low is None) == bool(outlier)
        assert kinds.get("outlying_rows", 0) == bool(outlier)
        assert ("chance" in str(said)) == (not outlier)


@pytest.mark.parametrize(("rows", "told"), [(45, False), (50, True)])
def test_the_mean_tells_no_row(rows: int, told: bool):
    """The targets of two rows follow from two of its metrics and six digits of it."""
    random = np.random.default_rng(0)
    made = {"a": random.normal(size=rows), "y": random.lognormal(10, 1, rows)}
    _, _, report = run(made, "Ridge", split=SETS_ASIDE)
    assert report.held_out_rows == rows // 5
    assert {metric.baseline is not None for metric in report.metrics.values()} == {told}
    assert len(f"{report.baseline.answer:.12g}".strip("0.").replace(".", "")) <= 3


def test_a_probability_that_is_no_number_leaves_no_calibration():
    places = np.array([0, 1])
    assert describe_calibration(np.array([[np.nan, 0.5], [0.5, 0.5]]), places, places) == ()
