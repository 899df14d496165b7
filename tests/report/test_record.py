"""The rules of report.json, which may be forged: what draws it relies on them."""

import json
import sys
from typing import Any

import pytest
from pydantic import ValidationError

from maas.report.document import MAX_BYTES, render_document
from maas.report.parts import (
    MAX_CLASSES,
    MAX_IMPORTANCE,
    AgreementRecord,
    ConfusionRecord,
    FeatureImportance,
    ImportanceRecord,
    MetricRecord,
    QuantileRecord,
    ResidualsRecord,
)
from maas.report.record import Report, ReportWarning
from tests.report.records import about, classification, feature, importance, regression
from tests.samples import REPORT_RECORD

CONFUSION = {"labels": ("a", "b"), "others": 1, "counts": ((1, 0, 0), (0, 1, 0), (0, 0, 1))}
RESIDUALS = {"quantiles": (), "edges": (0.0, 1.0, 2.0), "counts": (1, 1)}
AGREEMENT = {"edges": (0.0, 1.0, 2.0), "counts": ((1, 1), (1, 1))}


def test_a_report_is_read_as_it_is_written():
    assert Report.model_validate_json(REPORT_RECORD.model_dump_json()) == REPORT_RECORD
    for kind, content in (
        (ConfusionRecord, CONFUSION),
        (ResidualsRecord, RESIDUALS),
        (AgreementRecord, AGREEMENT),
    ):
        assert kind.model_validate(content).model_dump() == content


@pytest.mark.parametrize(
    ("kind", "content"),
    [
        (Report, dict(REPORT_RECORD) | {"headline": "accuracy"}),
        (ConfusionRecord, CONFUSION | {"others": 0}),
        (ConfusionRecord, CONFUSION | {"counts": ((1, 0), (0, 1))}),
        (ConfusionRecord, CONFUSION | {"counts": ((1, 0, 0), (0, 1), (0, 0, 1))}),
        (ResidualsRecord, RESIDUALS | {"counts": (1,)}),
        (ResidualsRecord, RESIDUALS | {"edges": (0.0, 0.0, 1.0)}),
        (ResidualsRecord, {"quantiles": (), "edges": (), "counts": ()}),
        (AgreementRecord, AGREEMENT | {"counts": ((1, 1),)}),
        (AgreementRecord, AGREEMENT | {"edges": (2.0, 1.0, 0.0)}),
    ],
)
def test_what_does_not_fit_together_is_refused(kind: Any, content: dict[str, Any]):
    with pytest.raises(ValidationError):
        kind.model_validate(content)


def squares(size: int) -> dict[str, Any]:
    return {"edges": [float(n) for n in range(size + 1)], "counts": [[0] * size] * size}


NUMBERS = regression(importance=importance(["a"])).model_dump(mode="json")
CLASSES = classification(["no", "yes"]).model_dump(mode="json")
WARNING = {"kind": "never_predicted", "classes": ["no"], "count": 1}


@pytest.mark.parametrize(
    ("forged", "change"),
    [
        (NUMBERS, {"held_out_rows": 10**400}),
        (NUMBERS, {"train_rows": 2**63}),
        (NUMBERS, {"agreement": squares(1000)}),
        (NUMBERS, {"residuals": {"quantiles": [], **squares(1000), "counts": [0] * 1000}}),
        (NUMBERS, {"residuals": RESIDUALS | {"quantiles": [{"level": 0.5, "value": 0}] * 1000}}),
        (NUMBERS, {"residuals": RESIDUALS | {"counts": [21, 0]}}),
        (NUMBERS, {"residuals": None}),
        (NUMBERS, {"agreement": squares(2) | {"counts": [[0, 21], [0, 0]]}}),
        (NUMBERS, {"metrics": {"r2": {"value": 0.5}} | {f"m{n}": {"value": 0} for n in range(50)}}),
        (NUMBERS, {"metrics": {"r2": {"value": 0.5}, "x" * 1000: {"value": 0}}}),
        (NUMBERS, {"metrics": {"r2": {"value": 0.5, "low": 0.9, "high": 0.1}}}),
        (NUMBERS, {"metrics": {"r2": {"value": 0.5, "low": 0.9}}}),
        (NUMBERS, {"baseline": NUMBERS["baseline"] | {"answer": "<script>"}}),
        (NUMBERS, {"baseline": NUMBERS["baseline"] | {"answer": 10**400}}),
        (NUMBERS, {"baseline": NUMBERS["baseline"] | {"strategy": "x" * 1000}}),
        (NUMBERS, {"classes": CLASSES["classes"]}),
        (NUMBERS, {"calibration": CLASSES["calibration"]}),
        (NUMBERS, {"confusion": CLASSES["confusion"]}),
        (NUMBERS, {"task": "classification"}),
        (NUMBERS, {"warnings": [WARNING] * 3000}),
        (NUMBERS, {"importance": NUMBERS["importance"] | {"repeats": 10**400}}),
        (CLASSES, {"task": "regression"}),
        (CLASSES, {"confusion": None}),
        (CLASSES, {"classes": []}),
        (CLASSES, {"residuals": NUMBERS["residuals"]}),
        (CLASSES, {"agreement": NUMBERS["agreement"]}),
        (CLASSES, {"baseline": CLASSES["baseline"] | {"answer": 1.0}}),
        (CLASSES, {"confusion": CLASSES["confusion"] | {"counts": [[21, 0], [0, 0]]}}),
        (CLASSES, {"classes": [CLASSES["classes"][0] | {"support": 21}]}),
        (CLASSES, {"calibration": [CLASSES["calibration"][0] | {"rows": 21}]}),
    ],
)
def test_a_forged_report_is_not_valid(forged: dict[str, Any], change: dict[str, Any]):
    assert Report.model_validate_json(json.dumps(forged))
    with pytest.raises(ValidationError):
        Report.model_validate_json(json.dumps(forged | change))


@pytest.mark.parametrize("forged", [{"mean": 1e308}, {"mean": -1e308}, {"sd": 1e308}])
def test_no_importance_is_too_large_to_be_drawn(forged: dict[str, float]):
    with pytest.raises(ValidationError):
        FeatureImportance.model_validate({"feature": "a", "mean": 0.0, "sd": 0.0} | forged)


def test_the_largest_numbers_of_a_valid_report_are_drawn():
    largest = sys.float_info.max
    ends = [
        FeatureImportance(feature=f"f{sign}", mean=sign * MAX_IMPORTANCE, sd=MAX_IMPORTANCE)
        for sign in (1.0, -1.0)
    ]
    metric = MetricRecord(value=largest, low=-largest, high=largest, baseline=-largest)
    rows = 2**63 - 1
    warned = ReportWarning(kind="never_predicted", classes=("<i>" * 100,) * 20, count=rows)
    report = regression(
        held_out_rows=rows,
        train_rows=rows,
        metrics=dict.fromkeys(("r2", "mae", "rmse"), metric),
        importance=ImportanceRecord(
            metric="r2", rows=rows, repeats=1000, features=tuple(ends), others=rows
        ),
        residuals=ResidualsRecord(
            quantiles=(
                QuantileRecord(level=0.05, value=-largest),
                QuantileRecord(level=0.95, value=largest),
            ),
            edges=(-largest, 0.0, largest),
            counts=(rows, rows),
        ),
        agreement=AgreementRecord.model_validate(
            {"edges": tuple(1e300 * n for n in range(51)), "counts": ((rows,) * 50,) * 50}
        ),
        warnings=(warned,) * 20,
    )
    drawn = render_document(about(report, [feature("x", "number")]))
    assert len(drawn.encode()) < MAX_BYTES


def test_what_training_makes_at_most_is_valid():
    names = [f"class {n}" for n in range(MAX_CLASSES)]
    report = classification(names, importance=importance([f"f{n}" for n in range(300)]))
    assert Report.model_validate_json(report.model_dump_json()) == report
