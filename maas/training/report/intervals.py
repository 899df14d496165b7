"""95 % intervals of metrics, of held-out rows that are independent of each other.

All are in closed form: they cost one pass over the rows, and draw nothing at random. Rows that
depend on each other, as those of one customer or of one day do, have wider ones.

Shares: Wilson's interval (1927; Brown, Cai and DasGupta 2001). The mean of the recalls and of the
F1 of the classes are no shares of rows: their variance is found by the delta method (Takahashi
and others 2022, "Confidence interval for micro-averaged F1 and macro-averaged F1 scores"), from
counts to which each class adds a row that is right and one that is wrong, as Agresti and Coull
(1998) do, so that a class of which two of two rows are right is not taken for perfect. Wilson's
interval then has the number of rows of which a share has this variance (Kott and Carr 1997).

Numbers: mean errors are skewed, so each end is the wider one of Student's t and of Hall's
correction of it (1992, "On the removal of skewness by transformation"). The degrees of freedom are
those of the variance that was found, 2 rows / (kurtosis - 1), and no more than rows - 1: a variance
that few rows make up is known as badly as that of few rows. That of r2 is the same on the logarithm
of the ratio of squares (the delta method), so that no end of it is above 1. Where two rows hold
more than half of what is summed, and their part of all rows, there is no interval: it cannot be
told what other rows like these would hold.
"""

import math
from dataclasses import dataclass

import numpy as np
from scipy import special

from maas.training.report.confusion import Confusion, Floats

LEVEL = 0.95

_TAIL = 0.5 + LEVEL / 2
_Z = float(special.ndtri(_TAIL))

# Two rows that hold more than this, and their part of all rows, leave too little to the others.
_MOST = 0.5

# Squares whose sum is smaller, or is not finite, are not known well enough for their ratio.
_SMALLEST = 1e-290

# A number that may be wrong by more than this factor is not known at all.
_MAX_FACTOR = 100.0


@dataclass(frozen=True)
class Interval:
    """The ends of an interval."""

    low: float
    high: float


Intervals = dict[str, Interval | None]
"""By metric; None: there is no interval, as too little is known."""


def of_classes(confusion: Confusion, metrics: dict[str, float]) -> Intervals:
    """The intervals of the metrics of a classifier."""
    rows, recalled = float(confusion.counts.sum()), _rows_of_recall(confusion)
    # Where few rows show the F1 of a class, fewer rows than the delta method says show the mean:
    # it is no better known than the mean recall, whose variance is that of shares.
    return {
        "accuracy": _wilson(metrics["accuracy"], rows),
        "balanced_accuracy": _wilson(metrics["balanced_accuracy"], recalled),
        "f1_macro": _wilson(metrics["f1_macro"], min(recalled, _rows_of_f1(confusion))),
    }


def of_numbers(truth: Floats, predictions: Floats, metrics: dict[str, float]) -> Intervals:
    """The intervals of the metrics of a regressor."""
    errors = np.abs(predictions - truth)
    scale = float(errors.max()) or 1.0  # squares of large numbers overflow
    mae, mse = _of_mean(errors / scale), _of_mean((errors / scale) ** 2)
    found = {
        "r2": _of_ratio(truth, errors, metrics["r2"]),
        "mae": mae and _around(metrics["mae"], mae.low * scale, mae.high * scale),
        "rmse": mse
        and _around(metrics["rmse"], math.sqrt(mse.low) * scale, math.sqrt(mse.high) * scale),
    }
    return {name: interval and _finite(interval) for name, interval in found.items()}


def count_outlying(truth: Floats, predictions: Floats) -> int:
    """How many rows, 1 or 2, hold most of the squares that r2 is computed of; 0: more do."""
    errors = np.abs(predictions - truth)
    squares = (errors / (float(errors.max()) or 1.0)) ** 2
    found = [_count_outlying(values) for values in (squares, find_deviations(truth)[0] ** 2)]
    return min(filter(None, found), default=0)


def find_deviations(truth: Floats) -> tuple[Floats, float]:
    """The deviations from the mean, divided by the largest one, and the largest one.

    They are 0 where the values do not vary.
    """
    size = float(np.abs(truth).max()) or 1.0
    deviations = truth / size - (truth / size).mean()
    largest = float(np.abs(deviations).max()) if truth.min() < truth.max() else 0.0
    if not largest:
        return np.zeros(len(truth)), 0.0
    return deviations / largest, largest * size


def _wilson(share: float, rows: float) -> Interval:
    """Wilson's interval of a share of so many rows, which need not be whole."""
    square = _Z**2 / rows
    middle = share + square / 2
    half = _Z * math.sqrt(share * (1 - share) / rows + square / rows / 4)
    low, high = (middle - half) / (1 + square), (middle + half) / (1 + square)
    return _around(share, max(low, 0.0), min(high, 1.0))


def _rows_of_recall(confusion: Confusion) -> float:
    """Of how many rows a share has the variance of the mean recall."""
    there = confusion.support > 0
    support, right = confusion.support[there], confusion.right[there]
    recalls = (right + 1) / (support + 2)
    variance = float(np.sum(recalls * (1 - recalls) / support)) / len(support) ** 2
    return _effective(float(recalls.mean()), variance)


def _rows_of_f1(confusion: Confusion) -> float:
    """Of how many rows a share has the variance of the mean F1."""
    known = confusion.support + confusion.answers > 0
    classes = int(known.sum())
    if classes == 1:
        return float(confusion.counts.sum())
    # Each class adds a right row and a wrong one, whose predicted class is each of the others.
    total = confusion.support + confusion.answers + 4 * known
    total[~known] = 1
    f1 = np.where(known, 2 * (confusion.right + 1) / total, 0)
    slope = f1 / total
    wrong = confusion.actual != confusion.predicted
    slopes = slope[confusion.actual[wrong]] + slope[confusion.predicted[wrong]]
    variance = float(np.sum((confusion.right + known) * ((2 - 2 * f1) / total) ** 2))
    variance += float(np.sum(confusion.counts[wrong] * slopes**2))
    one, square = float(slope.sum()), float(np.sum(slope**2))
    variance += 2 * square + 2 * (one**2 - square) / (classes - 1)
    return _effective(float(f1.sum()) / classes, variance / classes**2)


def _effective(share: float, variance: float) -> float:
    return share * (1 - share) / variance


def _of_mean(values: Floats) -> Interval | None:
    """The interval of the mean of values from 0 to 1."""
    mean = float(values.mean())
    if len(values) < 2 or mean <= 0 or _count_outlying(values):
        return None
    below, above = _find_errors(values - mean)
    low, high = max(mean - below, 0.0), mean + above
    return Interval(low, high) if high <= _MAX_FACTOR * mean else None


def _of_ratio(truth: Floats, errors: Floats, value: float) -> Interval | None:
    """The interval of r2: 1 less the ratio of two sums, which is known from the metrics."""
    squares = (errors / (float(errors.max()) or 1.0)) ** 2
    deviations, size = find_deviations(truth)
    spread = deviations**2
    if len(truth) < 2 or not squares.any() or not spread.any():
        return None
    if not _SMALLEST < float(spread.sum()) * size * size < math.inf:
        return None
    if _count_outlying(squares) or _count_outlying(spread):
        return None
    influence = squares / squares.mean() - spread / spread.mean()
    below, above = _find_errors(influence)
    if above > math.log(_MAX_FACTOR):
        return None
    ratio = 1 - value
    return _around(value, 1 - ratio * math.exp(above), 1 - ratio * math.exp(-below))


def _count_outlying(values: Floats) -> int:
    """How many values, 1 or 2, hold most of the sum; 0: more do."""
    rows, whole = len(values), float(values.sum())
    if rows < 3 or not whole > 0:
        return 0
    largest = np.sort(values)[-2:]
    if float(largest.sum()) <= (_MOST + 2 / rows) * whole:
        return 0
    return 1 if float(largest[-1]) > (_MOST + 1 / rows) * whole else 2


def _find_errors(deviations: Floats) -> tuple[float, float]:
    """How far a mean may be below and above what was found, from deviations whose mean is 0."""
    rows, variance = len(deviations), float(np.mean(deviations**2))
    if not variance:
        return 0.0, 0.0
    kurtosis = float(np.mean(deviations**4)) / variance**2
    freedom = min(rows - 1.0, 2 * rows / max(kurtosis - 1, 2 / rows))
    skewness = float(np.mean(deviations**3)) / variance**1.5 / math.sqrt(rows)
    error = math.sqrt(variance / (rows - 1))
    quantile = float(special.stdtrit(freedom, _TAIL))
    below, above = _skew(quantile, skewness), -_skew(-quantile, skewness)
    return error * max(quantile, below), error * max(quantile, above)


def _skew(quantile: float, skewness: float) -> float:
    """Hall's transformation of a quantile for a mean of this skewness."""
    if abs(skewness) < 1e-6:
        return quantile
    return 3 / skewness * (math.cbrt(1 + skewness * (quantile - skewness / 6)) - 1)


def _finite(interval: Interval) -> Interval | None:
    return interval if math.isfinite(interval.low) and math.isfinite(interval.high) else None


def _around(value: float, low: float, high: float) -> Interval:
    """An interval in which the value is, whatever was rounded."""
    return Interval(min(low, value), max(high, value))
