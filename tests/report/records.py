"""Reports and signatures made by hand: of any size, with names as hostile as they come."""

from collections.abc import Sequence
from typing import Any

from maas.model.signature import Feature, Signature, label_text
from maas.report.about import About
from maas.report.parts import (
    AgreementRecord,
    BaselineRecord,
    CalibrationBin,
    ClassRecord,
    ConfusionRecord,
    FeatureImportance,
    ImportanceRecord,
    MetricRecord,
    QuantileRecord,
    ResidualsRecord,
)
from maas.report.record import Report
from maas.report.warnings import warning_lines

HOSTILE = (
    "<script>alert('x')</script>",
    "\"'`&amp;</title></svg></style>]]>-->",
    "W" * 200,
    "\"&<'" * 50,
    "😀" * 200,
    "עברית שלום \u202e abc \u2066 def",
    "bell \x07 null \x00 tab \t line\nend \x85 \ud800 \uffff",
    "{{ 7 * 7 }} {% raw %}",
    "",
    " ",
    "a" + "\u0301" * 150,
)


def classification(labels: Sequence[str], **changes: Any) -> Report:
    """The report of a classifier with these classes, ten held-out rows each."""
    shown, others = labels[:20], max(0, len(labels) - 20)
    size = len(shown) + (others > 0)
    counts = tuple(tuple(9 if i == j else j % 3 for j in range(size)) for i in range(size))
    content = {
        "task": "classification",
        "train_rows": 40 * len(labels),
        "held_out_rows": 10 * len(labels),
        "headline": "accuracy",
        "metrics": {
            "accuracy": MetricRecord(value=0.9, low=0.85, high=0.94, baseline=0.5),
            "f1_macro": MetricRecord(value=0.88),
        },
        "baseline": BaselineRecord(name="DummyClassifier", strategy="prior", answer=labels[0]),
        "classes": tuple(
            ClassRecord(label=label, support=10, predicted=9, precision=None, recall=0.9, f1=0)
            for label in labels
        ),
        "confusion": ConfusionRecord(labels=tuple(shown), others=others, counts=counts),
        "calibration": calibration(),
    }
    return Report(**content | changes)


def calibration() -> tuple[CalibrationBin, ...]:
    empty = [
        CalibrationBin(low=n / 10, high=(n + 1) / 10, rows=0, probability=None, correct=None)
        for n in range(9)
    ]
    last = CalibrationBin(low=0.9, high=1.0, rows=12, probability=0.97, correct=0.5)
    return (*empty, last)


def regression(**changes: Any) -> Report:
    """The report of a regressor."""
    edges = (0.0, 10.0, 20.0, 30.0)
    content = {
        "task": "regression",
        "train_rows": 80,
        "held_out_rows": 20,
        "headline": "r2",
        "metrics": {
            "r2": MetricRecord(value=0.8, low=0.7, high=0.9, baseline=-0.01),
            "mae": MetricRecord(value=12345.678, low=11000, high=13000, baseline=40000),
        },
        "baseline": BaselineRecord(name="DummyRegressor", strategy="mean", answer=153.737),
        "residuals": ResidualsRecord(
            quantiles=(
                QuantileRecord(level=0.05, value=-3),
                QuantileRecord(level=0.5, value=0),
                QuantileRecord(level=0.95, value=4),
            ),
            edges=(-5.0, 0.0, 5.0),
            counts=(12, 8),
        ),
        "agreement": AgreementRecord(edges=edges, counts=((4, 1, 0), (2, 6, 1), (0, 1, 5))),
    }
    return Report(**content | changes)


def importance(names: Sequence[str], others: int = 0) -> ImportanceRecord:
    features = tuple(
        FeatureImportance(feature=name, mean=0.1 - 0.01 * n, sd=0.02)
        for n, name in enumerate(names)
    )
    return ImportanceRecord(
        metric="accuracy", rows=200, repeats=5, features=features, others=others
    )


def feature(name: str, kind: str, categories: Sequence[str] = ()) -> tuple[Feature, dict[str, Any]]:
    """A feature and its entry in reference.json, with 100 rows or more."""
    if kind == "category":
        known = tuple(dict.fromkeys(categories))
        record = {"counts": {label: 5 + n for n, label in enumerate(known)}, "nulls": 3}
        found = Feature(name=name, column=name, type="category", categories=known, nullable=True)
        return found, record
    if kind == "boolean":
        return Feature(name=name, column=name, type="boolean"), {
            "counts": {"false": 60, "true": 40}, "nulls": 0,
        }  # fmt: skip
    edges = [round(0.1 + 0.25 * n, 6) for n in range(21)]
    counts = [(7 * n) % 13 for n in range(20)]
    numbers = Feature(name=name, column=name, type="number", minimum=0.1, maximum=5.1)
    return numbers, {"edges": edges, "counts": counts, "nulls": 2}


def about(
    report: Report | None,
    features: Sequence[tuple[Feature, dict[str, Any]]],
    target: str = "species",
    classes: tuple[Any, ...] | None = None,
) -> About:
    """A version with these features."""
    of_target: dict[str, Any] = {"edges": [0.0, 1.0, 2.0], "counts": [4, 6]}
    if classes is not None:
        of_target = {"counts": {label_text(label): 5 for label in classes}}
    signature = Signature(
        features=tuple(feature for feature, _ in features),
        target=target,
        task="regression" if classes is None else "classification",
        classes=classes,
        example={},
    )
    return About(
        name="model_service",
        label="v3",
        digest="sha256:" + 64 * "a",
        created_at="2026-11-26T00:12:06Z",
        source=target,
        data_sha256=64 * "b",
        rows=150,
        left_out="",
        estimator="LogisticRegression",
        parameters={"C": 1.0},
        signature=signature,
        metrics={"accuracy": 0.9} if classes else {"r2": 0.8, "mae": 3.0},
        warnings=warning_lines(report) if report else (),
        report=report,
        reference={
            "rows": 120,
            "features": {feature.name: record for feature, record in features},
            "target": of_target,
        },
    )
