"""What predicts without looking at the features, and its metrics on the same held-out rows."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from sklearn.dummy import DummyClassifier, DummyRegressor

from maas.errors import DataError
from maas.model.signature import Label, label_text
from maas.report.parts import BaselineRecord
from maas.training.edges import round_number
from maas.training.fit.metrics import compute_metrics
from maas.training.report.confusion import Confusion, Floats, Places

# Of fewer held-out rows, the target of each would follow from the metrics of the mean.
_LEAST_ROWS = 10
# Of the mean.
_DIGITS = 3


@dataclass(frozen=True)
class Baseline:
    """The baseline and its metrics; without those that cannot be computed, or would tell rows."""

    record: BaselineRecord
    metrics: dict[str, float]


def of_classes(labels: Sequence[Label], trained: Places, confusion: Confusion) -> Baseline:
    """The most frequent class of the training rows.

    Args:
        labels: of the confusion.
        trained: training rows per label, shape (labels,).
        confusion: of the held-out rows.
    """
    # A row per class, weighted by its rows, is fitted as the rows are, and faster.
    there = np.flatnonzero(trained)
    dummy = DummyClassifier(strategy="prior")
    dummy.fit(np.zeros((len(there), 1)), there, sample_weight=trained[there])
    place = int(dummy.predict(np.zeros((1, 1)))[0])
    predicted = np.full(len(confusion.actual), place)
    always = Confusion(confusion.size, confusion.actual, predicted, confusion.counts)
    record = BaselineRecord(
        name="DummyClassifier", strategy="prior", answer=label_text(labels[place])
    )
    return Baseline(record, always.metrics())


def of_numbers(source: str, trained: Floats, truth: Floats) -> Baseline:
    """The mean of the training rows.

    Args:
        source: names the data in errors.
        trained: the target of the training rows.
        truth: the target of the held-out rows.
    """
    scale = 2.0 ** (math.frexp(float(np.abs(trained).max()))[1] - 1)  # sums of them may overflow
    dummy = DummyRegressor(strategy="mean").fit(np.zeros((len(trained), 1)), trained / scale)
    answers = dummy.predict(np.zeros((len(truth), 1))) * scale
    answer = round_number(float(answers[0]), _DIGITS)
    record = BaselineRecord(name="DummyRegressor", strategy="mean", answer=answer)
    if len(truth) < _LEAST_ROWS:
        return Baseline(record, {})
    try:
        metrics, _ = compute_metrics(source, "regression", truth, answers)
    except DataError:  # they are too large for float64
        metrics = {}
    return Baseline(record, metrics)
