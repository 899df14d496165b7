"""What a report says about a regressor: its residuals, and predicted against actual numbers.

Few digits and round edges, so that no row's number can be read from it.
"""

import numpy as np

from maas.report.parts import AgreementRecord, QuantileRecord, ResidualsRecord
from maas.training.edges import round_edges, round_number
from maas.training.report.confusion import Floats, Places

BINS = 20
LEVELS = (0.05, 0.25, 0.5, 0.75, 0.95)

_DIGITS = 3

# What is beyond is in the outer bins, so that a few outliers do not hide all others.
_RESIDUAL_RANGE = (0.01, 0.99)
_ACTUAL_RANGE = (0.005, 0.995)


def describe_residuals(truth: Floats, predictions: Floats) -> ResidualsRecord:
    """Quantiles and a histogram of predicted less actual."""
    residuals = predictions - truth
    edges = _edges(residuals, _RESIDUAL_RANGE)
    values = _quantiles(residuals, LEVELS)
    quantiles = zip(LEVELS, values, strict=True)
    return ResidualsRecord(
        quantiles=tuple(
            QuantileRecord(level=level, value=round_number(value, _DIGITS))
            for level, value in quantiles
        ),
        edges=tuple(edges),
        counts=tuple(np.bincount(_bins(residuals, edges), minlength=len(edges) - 1).tolist()),
    )


def describe_agreement(truth: Floats, predictions: Floats) -> AgreementRecord | None:
    """Counts of pairs of actual and predicted; None where all actual numbers are equal."""
    if truth.min() == truth.max():
        return None
    edges = _edges(truth, _ACTUAL_RANGE)
    size = len(edges) - 1
    pairs = _bins(truth, edges) * size + _bins(predictions, edges)
    counts = np.bincount(pairs, minlength=size * size).reshape(size, size)
    return AgreementRecord(edges=tuple(edges), counts=tuple(map(tuple, counts.tolist())))


def _edges(values: Floats, levels: tuple[float, float]) -> list[float]:
    low, high = _quantiles(values, levels)
    return round_edges(low, high, BINS)


def _quantiles(values: Floats, levels: tuple[float, ...]) -> list[float]:
    """Quantiles, ascending; the difference of two large values is not finite, that of a part is."""
    found: list[float] = (np.quantile(values / 4, levels) * 4).tolist()
    return found


def _bins(values: Floats, edges: list[float]) -> Places:
    return np.searchsorted(edges[1:-1], values, side="right").astype(np.int64)
