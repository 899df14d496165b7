"""The verdict: what a model predicts, how well, and whether that is better than no model."""

import pytest

from maas.model.signature import Signature
from maas.report.parts import BaselineRecord, MetricRecord
from maas.report.record import ReportWarning
from maas.report.verdict import verdict
from tests.report.records import about, classification, feature, regression

CLASSES = ("setosa", "virginica")
FLOWERS = about(None, [feature("x", "number")], classes=CLASSES).signature
HOUSES = about(None, [feature("x", "number")], target="price").signature


def accuracy(value: float, low: float | None, high: float | None, baseline: float | None):
    metric = MetricRecord(value=value, low=low, high=high, baseline=baseline)
    return classification(CLASSES, metrics={"accuracy": metric})


@pytest.mark.parametrize(
    ("given", "standing"),
    [
        ((0.9, 0.8, 0.95, 0.5), "better"),
        ((0.9, 0.5, 0.95, 0.5), "not better"),
        ((0.4, 0.3, 0.5, 0.5), "not better"),
        ((0.9, None, None, 0.5), "unknown"),
        ((0.5, None, None, 0.5), "not better"),
        ((0.9, 0.8, 0.95, None), "unknown"),
    ],
)
def test_a_model_is_better_where_the_whole_interval_is(given: tuple, standing: str):
    assert verdict(FLOWERS, {}, accuracy(*given)).standing == standing


def test_without_an_interval_nothing_is_said_of_chance():
    found = verdict(FLOWERS, {}, accuracy(0.9, None, None, 0.5))
    assert found.sentences[-1] == "It cannot be said whether the model is better than a baseline."


def test_a_warning_settles_it():
    warned = ReportWarning(kind="not_better", count=3)
    report = accuracy(0.9, 0.8, 0.95, 0.5).model_copy(update={"warnings": (warned,)})
    found = verdict(FLOWERS, {}, report)
    assert found.standing == "not better"
    assert "do not show that the model is better" in str(found)


def test_shares_that_differ_are_written_differently():
    found = str(verdict(FLOWERS, {}, accuracy(0.973, 0.9731, 0.98, 0.967)))
    assert "right for 97.3\u00a0% of" in found
    assert "is right for 96.7\u00a0%" in found


def test_a_model_that_explains_nothing():
    report = regression(metrics={"r2": MetricRecord(value=-0.3, low=-1, high=0.1, baseline=0)})
    found = verdict(HOUSES, {}, report)
    assert "explains none of the differences between rows: R² −0.3" in str(found)
    assert found.standing == "not better"


def test_a_version_without_a_report():
    found = verdict(FLOWERS, {"accuracy": 0.5}, None)
    assert found.standing == "unknown"
    assert "right for 50\u00a0% of the held-out rows" in str(found)
    assert "off by 3 on average" in str(verdict(HOUSES, {"r2": 0.5, "mae": 3.0}, None))
    assert len(verdict(HOUSES, {"r2": 0.5}, None).sentences) == 1


def test_metrics_that_are_not_there_are_not_spoken_of():
    other = {"kappa": MetricRecord(value=0.5)}
    found = verdict(FLOWERS, {}, classification(CLASSES, metrics=other, headline="kappa"))
    assert (len(found.sentences), found.standing) == (2, "unknown")
    assert len(verdict(HOUSES, {}, regression(metrics=other, headline="kappa")).sentences) == 2


def test_a_name_that_runs_from_right_to_left_is_isolated():
    signature = Signature(features=(), target="מחיר", task="regression", example={})
    assert "“\u2068מחיר\u2069”" in str(verdict(signature, {}, None))
    answer = BaselineRecord(name="DummyClassifier", strategy="prior", answer="a\u202eb")
    report = accuracy(0.9, 0.8, 0.95, 0.5).model_copy(update={"baseline": answer})
    assert "“a\ufffdb”" in str(verdict(FLOWERS, {}, report))
