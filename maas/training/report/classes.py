"""What a report says about a classifier: its classes, its confusions, its probabilities."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from maas.model.signature import Label, label_text
from maas.report.parts import (
    MAX_CLASSES,
    MAX_CONFUSED,
    CalibrationBin,
    ClassRecord,
    ConfusionRecord,
)
from maas.training.edges import round_number
from maas.training.report.confusion import Confusion, Floats, Places

_PROBABILITY_EDGES = [place / 10 for place in range(11)]


def describe_classes(labels: Sequence[Label], confusion: Confusion) -> tuple[ClassRecord, ...]:
    """A record per class, of those with most held-out rows, in the order of the labels."""
    support, answers, right = confusion.support, confusion.answers, confusion.right
    return tuple(
        ClassRecord(
            label=label_text(labels[place]),
            support=int(support[place]),
            predicted=int(answers[place]),
            precision=_share(right[place], answers[place]),
            recall=_share(right[place], support[place]),
            f1=_share(2 * right[place], support[place] + answers[place]) or 0.0,
        )
        for place in _largest(support, MAX_CLASSES)
    )


def describe_confusion(labels: Sequence[Label], confusion: Confusion) -> ConfusionRecord:
    """The matrix of the classes with most held-out rows; the others are one line and column."""
    kept = _largest(confusion.support, MAX_CONFUSED)
    others = len(labels) - len(kept)
    lines = np.full(len(labels), len(kept))
    lines[kept] = np.arange(len(kept))
    size = len(kept) + bool(others)
    counts = np.zeros((size, size), dtype=np.int64)
    pairs = lines[confusion.actual], lines[confusion.predicted]
    np.add.at(counts, pairs, confusion.counts.astype(np.int64))
    return ConfusionRecord(
        labels=tuple(label_text(labels[place]) for place in kept),
        others=others,
        counts=tuple(map(tuple, counts.tolist())),
    )


def describe_calibration(
    probabilities: Floats, actual: Places, predicted: Places
) -> tuple[CalibrationBin, ...]:
    """Ten bins of the probability of the predicted class; none where one is not a number.

    Args:
        probabilities: shape (rows, classes), a column per class of the model.
        actual: the places of the actual classes.
        predicted: the places of the predicted classes, which the model has.
    """
    given = np.clip(probabilities[np.arange(len(predicted)), predicted], 0, 1)
    if not np.isfinite(given).all():
        return ()
    bins = np.searchsorted(_PROBABILITY_EDGES[1:-1], given, side="right")
    rows = np.bincount(bins, minlength=10)
    sums = np.bincount(bins, given, 10)
    right = np.bincount(bins, actual == predicted, 10)
    return tuple(
        CalibrationBin(
            low=low,
            high=high,
            rows=int(rows[place]),
            probability=_share(sums[place], rows[place], 3),
            correct=_share(right[place], rows[place]),
        )
        for place, (low, high) in enumerate(pairwise(_PROBABILITY_EDGES))
    )


def _largest(support: Floats, most: int) -> list[int]:
    """The places of the classes with most rows, ascending."""
    order: list[int] = np.argsort(-support, kind="stable")[:most].tolist()
    return sorted(order)


def _share(part: float, whole: float, digits: int = 6) -> float | None:
    return min(1.0, round_number(float(part / whole), digits)) if whole else None
