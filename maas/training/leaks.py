"""Leaks: features that give the target away by themselves.

Only what holds in every row with a value counts, or a correlation that leaves room for rounding
alone. An id determines everything, so a value must have several rows before it says anything.
"""

from functools import cached_property
from typing import Protocol

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.stats import rankdata

from maas.model.scorers import Array
from maas.registry.run_warnings import Seen
from maas.tables.columns import Values

MIN_ROWS = 20
"""Fewer rows agree by chance."""

# A value or a class of fewer rows says nothing about what belongs to it.
_MIN_ROWS_PER_VALUE = 5

# What is not explained by such a correlation is 1.4 % of the target's spread: rounding, or a
# changing rate of exchange. A few outliers alone can give a Pearson correlation of 1, but not of
# ranks.
_MIN_CORRELATION = 0.9999
_MIN_RANK_CORRELATION = 0.99
_MIN_SAMPLED_CORRELATION = 0.98

Floats = npt.NDArray[np.float64]
Codes = npt.NDArray[np.intp]


class Leaks(Protocol):
    """What looks for a target in features of the same rows."""

    def is_possible(self, values: Values) -> bool:
        """Whether a feature may give the target away in more rows of which these are a sample."""

    def find(self, values: Values) -> Seen | None:
        """How a feature gives the target away; None: not by itself."""


def leaks_of(task: str, target: Array) -> Leaks:
    """What looks for a target of one task.

    Args:
        task: classification or regression.
        target: shape (rows,).
    """
    if task == "classification":
        return _ClassLeaks(target)
    return _NumberLeaks(target.astype(np.float64))


class _NumberLeaks:
    """Looks for a target of numbers."""

    def __init__(self, target: Floats) -> None:
        self._target = target

    @cached_property
    def _target_ranks(self) -> Floats:
        return _ranks(self._target)

    def is_possible(self, values: Values) -> bool:
        present = np.asarray(~pd.isna(values), dtype=bool)
        return (
            present.sum() < MIN_ROWS
            or self._rank_correlation(values, present) >= _MIN_SAMPLED_CORRELATION
            or _ValueMap(values[present], self._target[present]).is_possible
        )

    def find(self, values: Values) -> Seen | None:
        """A number that is the target or a function of it, or a value that determines it."""
        present = np.asarray(~pd.isna(values), dtype=bool)
        if present.sum() < MIN_ROWS:
            return None
        given, target = values[present], self._target[present]
        ranks = self._rank_correlation(values, present)
        if ranks >= _MIN_RANK_CORRELATION and _correlation(given, target) >= _MIN_CORRELATION:
            return "equal" if np.array_equal(given, target) else "linear"
        if ranks >= _MIN_CORRELATION:
            return "monotone"
        return "determines" if _ValueMap(given, target).is_certain else None

    def _rank_correlation(self, values: Values, present: npt.NDArray[np.bool_]) -> float:
        """The magnitude of Spearman's correlation; 0 of categories."""
        if values.dtype == object:
            return 0.0
        if present.all():
            return _correlation(_ranks(values), self._target_ranks)
        return _correlation(_ranks(values[present]), _ranks(self._target[present]))


class _ClassLeaks:
    """Looks for classes; a gap counts as a value, since a gap too can give a class away."""

    def __init__(self, target: Array) -> None:
        self._classes = _codes(target)
        # The rows ordered by class, and where each class begins.
        self._order = np.argsort(self._classes, kind="stable")
        self._starts = np.unique(self._classes[self._order], return_index=True)[1]

    def is_possible(self, values: Values) -> bool:
        return self._is_separated(values) or _ValueMap(values, self._classes).is_possible

    def find(self, values: Values) -> Seen | None:
        """A value for each class, numbers that separate them, or a value that determines one."""
        if len(values) < MIN_ROWS:
            return None
        values_of_classes = _ValueMap(values, self._classes)
        if values_of_classes.is_certain and values_of_classes.is_one_to_one:
            return "one_to_one"
        sizes = np.bincount(self._classes)
        if np.sum(sizes >= _MIN_ROWS_PER_VALUE) >= 2 and self._is_separated(values):
            return "separates"
        return "determines" if values_of_classes.is_certain else None

    def _is_separated(self, values: Values) -> bool:
        """Whether the numbers of each class lie apart from those of the other classes."""
        if values.dtype == object:
            return False
        grouped = np.where(np.isnan(values), np.inf, values)[self._order]
        lows = np.minimum.reduceat(grouped, self._starts)
        highs = np.maximum.reduceat(grouped, self._starts)
        places = np.argsort(lows)
        return bool((highs[places][:-1] < lows[places][1:]).all())


class _ValueMap:
    """What belongs to each value of a feature, where that is the same in all its rows.

    Args:
        values: of the feature, shape (rows,).
        target: numbers or codes of classes, shape (rows,).
    """

    def __init__(self, values: Values, target: Array) -> None:
        codes = _codes(values)
        self._counts = np.bincount(codes)
        self._targets = np.empty(len(self._counts), dtype=target.dtype)
        self._targets[codes] = target  # of several, the last
        self._is_map = bool((self._targets[codes] == target).all())

    @property
    def is_possible(self) -> bool:
        """Whether nothing speaks against it, and the values are not those of an id."""
        return self._is_map and bool((self._counts > 1).any())

    @property
    def is_certain(self) -> bool:
        """Whether values of several rows each speak for it, and for several targets."""
        frequent = self._counts >= _MIN_ROWS_PER_VALUE
        enough = self._counts.sum() >= _MIN_ROWS_PER_VALUE * len(self._counts)
        return self._is_map and bool(enough) and len(np.unique(self._targets[frequent])) > 1

    @property
    def is_one_to_one(self) -> bool:
        """Whether no two values have the same target."""
        return len(np.unique(self._targets)) == len(self._targets)


def _codes(values: Array) -> Codes:
    """A number per row, the same for equal values; a gap is a value of its own."""
    codes: Codes = pd.factorize(values, use_na_sentinel=False)[0]
    return codes


def _ranks(values: Values) -> Floats:
    """The place of each value in their order; of equal values, the mean of their places."""
    ranks: Floats = rankdata(values)
    return ranks


def _correlation(first: Floats, second: Floats) -> float:
    """The magnitude of Pearson's correlation; 0 of a constant."""
    with np.errstate(all="ignore"):
        a, b = (values / np.abs(values).max() for values in (first, second))
        a, b = a - a.mean(), b - b.mean()
        spread = float(np.sqrt((a @ a) * (b @ b)))
    return abs(float(a @ b)) / spread if spread > 0 else 0.0
