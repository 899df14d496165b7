"""Which estimator a draft names."""

import pytest

from maas.tables.target_draft import TargetDraft, Task
from maas.training.draft.estimator import choose_estimator


def target(task: Task, classes: int = 0) -> TargetDraft:
    return TargetDraft("y", task, "seen", classes=classes)


@pytest.mark.parametrize(
    ("task", "rows", "name"),
    [
        ("classification", 199, "LogisticRegression"),
        ("classification", 200, "RandomForestClassifier"),
        ("classification", 1_999, "RandomForestClassifier"),
        ("classification", 2_000, "HistGradientBoostingClassifier"),
        ("regression", 49, "Ridge"),
        ("regression", 50, "RandomForestRegressor"),
        ("regression", 9_999, "RandomForestRegressor"),
        ("regression", 10_000, "HistGradientBoostingRegressor"),
    ],
)
def test_the_number_of_rows_decides(task: Task, rows: int, name: str):
    assert choose_estimator(target(task, 2), rows).name == name


@pytest.mark.parametrize(("classes", "rows", "name"), [
    (2, 10_000_000, "HistGradientBoostingClassifier"),
    (10, 400_000, "HistGradientBoostingClassifier"),
    (10, 600_000, "LogisticRegression"),
])  # fmt: skip
def test_many_classes_of_many_rows_get_a_linear_model(classes: int, rows: int, name: str):
    assert choose_estimator(target("classification", classes), rows).name == name


def test_the_reason_says_whether_rows_were_counted():
    assert choose_estimator(target("regression"), 12_345).reason == "suits 12 345 rows"
    estimated = choose_estimator(target("regression"), 12_345_678, is_counted=False)
    assert estimated.reason == "suits about 12 000 000 rows"
    assert choose_estimator(target("regression"), 7, is_counted=False).reason.endswith("7 rows")
