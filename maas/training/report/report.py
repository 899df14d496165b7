"""Puts the parts of a report together: every figure of the held-out rows that the service answers.

All is computed by scikit-learn and numpy under the pins, never by onnxruntime, so equal runs give
equal bytes. The answers of the held-out rows are given; only importance and calibration predict
more rows, and of these only so many (`cost`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from maas.model.signature import Label, Signature
from maas.registry.manifest_rules import HEADLINES
from maas.report.parts import CalibrationBin, ImportanceRecord, MetricRecord
from maas.report.record import Report
from maas.tables.columns import Values
from maas.training.data import Dataset
from maas.training.edges import round_number
from maas.training.fit.fit import FitResult
from maas.training.measurement import Measurement
from maas.training.report import baseline, classes, intervals, numbers
from maas.training.report.confusion import count_pairs, find_places
from maas.training.report.cost import bound_rows, count_operations
from maas.training.report.importance import Score, measure_importance, plan
from maas.training.report.remarks import find_remarks

# Calibration is of so many rows at most: a bin of a tenth of them is known to about 0.01.
_MAX_CALIBRATED = 10_000


@dataclass(frozen=True)
class HeldOut:
    """What a report is made of.

    Attributes:
        data: what the run was given.
        fitted: on its training rows.
        signature: of the run.
        measured: the metrics.
        frame: the held-out rows that the service answers, a column per feature.
        truth: their target, shape (rows,).
        predictions: of the same rows and shape.
        seed: of the run.
    """

    data: Dataset
    fitted: FitResult
    signature: Signature
    measured: Measurement
    frame: pd.DataFrame
    truth: Values
    predictions: npt.NDArray[Any]
    seed: int


def make_report(
    data: Dataset,
    fitted: FitResult,
    signature: Signature,
    measured: Measurement,
    held_out: pd.DataFrame,
    seed: int,
) -> Report:
    """Make the report of a fitted pipeline.

    Args:
        data: what the run was given.
        fitted: on its training rows.
        signature: of the run.
        measured: the metrics of the held-out rows.
        held_out: the held-out rows, a column per feature.
        seed: of the run; it chooses rows and shuffles features.
    """
    answered = measured.answered
    given = HeldOut(
        data,
        fitted,
        signature,
        measured,
        frame=held_out[answered],
        truth=data.target[fitted.held_out][answered],
        predictions=fitted.predictions[answered],
        seed=seed,
    )
    with np.errstate(all="ignore"):  # what is not finite is left out of the report
        return _of_numbers(given) if signature.task == "regression" else _of_classes(given)


def _of_classes(given: HeldOut) -> Report:
    labels = given.signature.classes or ()
    actual = find_places(labels, given.truth)
    predicted = find_places(labels, given.predictions)
    confusion = count_pairs(len(labels), actual, predicted)
    base = baseline.of_classes(labels, _count_trained(given, labels), confusion)
    found = intervals.of_classes(confusion, given.measured.metrics)
    metrics = _describe_metrics(given, found, base)
    records = classes.describe_classes(labels, confusion)
    calibration: tuple[CalibrationBin, ...] = ()
    if given.signature.probabilities:
        most = bound_rows(count_operations(given.fitted.pipeline), len(given.truth))
        chosen = _choose(given, min(_MAX_CALIBRATED, most))
        probabilities = given.fitted.pipeline.predict_proba(given.frame.iloc[chosen])
        calibration = classes.describe_calibration(
            np.asarray(probabilities), actual[chosen], predicted[chosen]
        )
    one_value = np.count_nonzero(confusion.support) == 1
    return Report(
        **_common(given, metrics, base),
        classes=records,
        confusion=classes.describe_confusion(labels, confusion),
        calibration=calibration,
        importance=_measure_importance(given),
        warnings=find_remarks(len(given.truth), metrics["accuracy"], records, one_value),
    )


def _of_numbers(given: HeldOut) -> Report:
    truth = given.truth.astype(np.float64)
    predictions = given.predictions.astype(np.float64).reshape(-1)
    trained = given.data.target[given.fitted.train].astype(np.float64)
    base = baseline.of_numbers(given.data.source, trained, truth)
    found = intervals.of_numbers(truth, predictions, given.measured.metrics)
    metrics = _describe_metrics(given, found, base)
    one_value = bool(truth.min() == truth.max())
    return Report(
        **_common(given, metrics, base),
        residuals=numbers.describe_residuals(truth, predictions),
        agreement=numbers.describe_agreement(truth, predictions),
        importance=None if one_value else _measure_importance(given),
        warnings=find_remarks(
            len(truth), metrics["r2"], (), one_value, intervals.count_outlying(truth, predictions)
        ),
    )


def _count_trained(given: HeldOut, labels: Sequence[Label]) -> npt.NDArray[np.int64]:
    """Training rows per class, shape (labels,)."""
    target = given.data.target[given.fitted.train]
    counts = pd.Series(target, dtype=target.dtype).value_counts().to_dict()
    return np.array([counts.get(label, 0) for label in labels])


def _common(
    given: HeldOut, metrics: dict[str, MetricRecord], base: baseline.Baseline
) -> dict[str, Any]:
    return {
        "task": given.signature.task,
        "train_rows": len(given.fitted.train),
        "held_out_rows": len(given.truth),
        "level": intervals.LEVEL,
        "headline": HEADLINES[given.signature.task],
        "metrics": metrics,
        "baseline": base.record,
    }


def _describe_metrics(
    given: HeldOut, found: intervals.Intervals, base: baseline.Baseline
) -> dict[str, MetricRecord]:
    return {
        name: _describe_metric(value, found[name], base.metrics.get(name))
        for name, value in given.measured.metrics.items()
    }


def _describe_metric(
    value: float, interval: intervals.Interval | None, base: float | None
) -> MetricRecord:
    record = MetricRecord(value=value, baseline=None if base is None else round_number(base))
    if interval is None:
        return record
    low, high = round_number(interval.low), round_number(interval.high)
    return record.model_copy(update={"low": min(low, value), "high": max(high, value)})


def _measure_importance(given: HeldOut) -> ImportanceRecord | None:
    planned = plan(given.fitted.pipeline, len(given.signature.features), len(given.truth))
    if planned is None:
        return None
    rows, repeats = planned
    chosen = _choose(given, rows)
    if given.signature.task == "regression":
        chosen = _vary(chosen, given.truth)
    truth, name = given.truth[chosen], HEADLINES[given.signature.task]
    score = _score_numbers(truth) if given.signature.task == "regression" else _score_classes(truth)
    return measure_importance(
        given.fitted.pipeline,
        given.signature,
        given.fitted.pipeline["encode"].transform(given.frame.iloc[chosen]),
        score,
        name,
        float(score(given.predictions[chosen].reshape(1, -1))[0]),
        repeats,
        np.random.Generator(np.random.PCG64(given.seed)),
    )


def _choose(given: HeldOut, most: int) -> npt.NDArray[np.int64]:
    """Held-out rows, chosen by the seed of the run; shape (rows,)."""
    rows = len(given.truth)
    generator = np.random.Generator(np.random.PCG64(given.seed))
    return np.sort(generator.choice(rows, min(rows, most), replace=False))


def _vary(chosen: npt.NDArray[np.int64], truth: Values) -> npt.NDArray[np.int64]:
    """The chosen rows; where all of these have one value, two of them make room for others."""
    if truth[chosen].min() < truth[chosen].max() or len(chosen) < 2:
        return chosen
    ends = [int(truth.argmin()), int(truth.argmax())]
    others = [place for place in chosen.tolist() if place not in ends]
    return np.sort(np.array([*others[: len(chosen) - 2], *ends]))


def _score_classes(truth: Values) -> Score:
    expected = np.asarray(truth.tolist())
    return lambda answers: np.asarray(answers == expected, dtype=bool).mean(axis=1)


def _score_numbers(truth: Values) -> Score:
    """R²; not a number where the truth does not vary."""
    expected = truth.astype(np.float64)
    deviations, scale = intervals.find_deviations(expected)
    spread = np.sum(deviations**2)
    return lambda answers: 1 - np.sum(((answers - expected) / scale) ** 2, axis=1) / spread
