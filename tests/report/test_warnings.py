"""The metrics and the warnings of a report, in words."""

import pytest

from maas.report.parts import BaselineRecord, CalibrationBin, MetricRecord
from maas.report.record import ReportWarning
from maas.report.warnings import metric_lines, warning_lines
from tests.samples import REPORT_RECORD

ACCURACY = MetricRecord(value=0.973, low=0.964, high=0.981, baseline=0.967)


def lines(*warnings: ReportWarning, accuracy: MetricRecord = ACCURACY) -> tuple[str, ...]:
    changes = {
        "warnings": warnings,
        "headline": "accuracy",
        "metrics": {"accuracy": accuracy},
        "baseline": BaselineRecord(name="DummyClassifier", strategy="prior", answer="no"),
    }
    return warning_lines(REPORT_RECORD.model_copy(update=changes))


def test_a_model_that_is_not_better_is_told_beside_its_baseline():
    warning = ReportWarning(kind="not_better", count=500)
    assert lines(warning) == (
        "accuracy 0.973 (95 % interval 0.964 to 0.981) is not clearly above 0.967, which always "
        "predicting 'no' gives",
    )
    worse = MetricRecord(value=0.9, baseline=0.967)
    (line,) = lines(warning, accuracy=worse)
    assert line == "accuracy 0.900 is not above 0.967, which always predicting 'no' gives"


@pytest.mark.parametrize(
    ("warning", "said"),
    [
        (ReportWarning(kind="few_rows", count=1), "only 1 held-out row: "),
        (ReportWarning(kind="few_rows", count=30), "only 30 held-out rows: "),
        (ReportWarning(kind="outlying_rows", count=1), "one held-out row holds most of the"),
        (ReportWarning(kind="outlying_rows", count=2), "two held-out rows hold most of the"),
        (ReportWarning(kind="constant_target", count=30), "have the same target"),
        (
            ReportWarning(kind="never_predicted", classes=("a", "b"), count=2),
            "never predicted for a held-out row: 'a', 'b'",
        ),
        (
            ReportWarning(kind="few_of_class", classes=tuple("abcdefgh"), count=40),
            "few held-out rows of 'a', 'b', 'c', 'd', 'e' and 35 more: ",
        ),
    ],
)
def test_each_warning_is_a_line(warning: ReportWarning, said: str):
    (line,) = lines(warning)
    assert said in line
    assert "\n" not in line


def test_long_names_of_classes_are_cut_and_control_characters_are_shown():
    named = ("x" * 200, "a\nb")
    (line,) = lines(ReportWarning(kind="never_predicted", classes=named, count=2))
    assert len(line) < 120
    assert "\n" not in line


def test_a_metric_is_a_line_with_what_is_known_of_it():
    assert metric_lines(REPORT_RECORD) == (
        "r2=0.5000  95 % interval 0.2000 to 0.7000  baseline 0.0000",
    )
    alone = REPORT_RECORD.model_copy(update={"metrics": {"r2": MetricRecord(value=0.5)}})
    assert metric_lines(alone) == ("r2=0.5000",)


@pytest.mark.parametrize(
    ("rows", "probability", "correct", "said"),
    [
        (100, 0.77, 0.5, ("the probabilities are too high: ", "77 % on average, and 50 % are")),
        (100, 0.5, 0.77, ("the probabilities are too low: ", "50 % on average, and 77 % are")),
        (100, 0.77, 0.7, ()),
        (99, 0.77, 0.5, ()),
    ],
)
def test_probabilities_that_are_wrong_on_average_are_said_to_be(
    rows: int, probability: float, correct: float, said: tuple[str, ...]
):
    bins = (
        CalibrationBin(low=0.5, high=0.6, rows=0, probability=None, correct=None),
        CalibrationBin(low=0.4, high=0.8, rows=rows, probability=probability, correct=correct),
    )
    lines = warning_lines(REPORT_RECORD.model_copy(update={"calibration": bins}))
    assert len(lines) == bool(said)
    assert all(part in lines[0] for part in said)
