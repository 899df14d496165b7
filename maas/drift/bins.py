"""The bins of one feature or of the answers, from their record in reference.json."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt

from maas.drift.levels import ALL, FIRST, NONE, LevelCounter, Levels
from maas.model.scorers import Array
from maas.model.signature import Feature, Label, Signature, label_text

Counts = npt.NDArray[np.int64]
"""Shape (bins + others,): a count per bin, then those of the other values."""

OF_NUMBERS = ("below", "above", "nulls")
OF_VALUES = ("unseen", "nulls")
"""The other values: outside of the training range, not seen in training, missing."""

_MAX_COUNT = 2**63 - 1

# With more categories, looking each code up is faster than comparing it with all.
_MAX_LEVELS = 64


@dataclass(frozen=True)
class Bins:
    """The bins of one feature or of the answers.

    Attributes:
        name: of the feature, or what else is counted.
        labels: the value of each bin; None: the bins are intervals of numbers.
        bins: how many there are.
        others: the names of the counts that follow those of the bins.
        count: counts values of shape (rows,).
        levels: how they are counted beside other columns; None: `count` is faster, or needed.
    """

    name: str
    labels: tuple[str, ...] | None
    bins: int
    others: tuple[str, ...]
    count: Callable[[Array], Counts]
    levels: Levels | None = None

    @property
    def size(self) -> int:
        """Length of an array of counts."""
        return self.bins + len(self.others)

    def to_json(self, counts: Counts) -> dict[str, Any]:
        """Counts by name."""
        numbers: list[int] = counts.tolist()
        inside, others = numbers[: self.bins], numbers[self.bins :]
        written = inside if self.labels is None else dict(zip(self.labels, inside, strict=True))
        return {"counts": written, **dict(zip(self.others, others, strict=True))}

    def from_json(self, document: Mapping[str, Any]) -> list[int]:
        """The counts that `to_json` made a document of.

        Raises:
            ValueError: the document is not of these bins.
        """
        inside = values_of(self.name, document, self.labels)
        if len(inside) != self.bins or document.keys() != {"counts", *self.others}:
            raise ValueError(f"{self.name}: counts of other bins")
        return [read_count(n, self.name) for n in (*inside, *map(document.get, self.others))]


def feature_bins(feature: Feature, record: Mapping[str, Any], unknown: str) -> Bins:
    """The bins of a feature, whose values come as in the matrix.

    The code -1 of a category is counted as `nulls` where no category is ignored, and as
    `unseen` where some are.

    Args:
        feature: of the signature.
        record: its entry in reference.json.
        unknown: what the signature does with a category that training did not see.

    Raises:
        ValueError: the record is not one of this feature.
    """
    name = feature.name
    if feature.type == "boolean":
        return _bins_of_levels(name, (False, True), record, OF_VALUES, _boolean_levels())
    if feature.type == "category":
        known = feature.categories or ()
        gap = OF_VALUES[0 if unknown == "ignore" else 1]
        if 0 < len(known) <= _MAX_LEVELS:
            return _bins_of_levels(name, known, record, OF_VALUES, _code_levels(len(known), gap))
        count = partial(_count_codes, len(known), gap)
        return _bins_ofvalues_of(name, known, record, OF_VALUES, count)
    return _bins_of_numbers(name, record, OF_NUMBERS)


def answer_bins(signature: Signature, record: Mapping[str, Any]) -> Bins:
    """The bins of the answers.

    Raises:
        ValueError: the record is not one of this target.
    """
    if signature.classes is None:
        return _bins_of_numbers("prediction", record, OF_NUMBERS[:2])
    count = partial(_count_classes, signature.classes)
    return _bins_ofvalues_of("prediction", signature.classes, record, (), count)


def read_count(value: Any, name: str) -> int:
    """A count as JSON has it.

    Raises:
        ValueError: it is not a whole number, or is out of range.
    """
    if type(value) is not int or not 0 <= value <= _MAX_COUNT:
        raise ValueError(f"{name}: {value!r} is not a count")
    return value


def values_of(name: str, record: Any, labels: Sequence[str] | None) -> list[Any]:
    """The `counts` of a record, in the order of the labels.

    Raises:
        ValueError: it has none of these bins.
    """
    counts = record.get("counts") if isinstance(record, Mapping) else None
    if labels is None and isinstance(counts, list):
        return counts
    if labels is not None and isinstance(counts, Mapping) and counts.keys() == set(labels):
        return [counts[label] for label in labels]
    raise ValueError(f"{name}: no counts of its bins")


def _bins_ofvalues_of(
    name: str,
    known: Sequence[Label],
    record: Mapping[str, Any],
    others: tuple[str, ...],
    count: Callable[[Array], Counts],
) -> Bins:
    labels = tuple(map(label_text, known))
    values_of(name, record, labels)
    return Bins(name, labels, len(labels), others, count)


def _bins_of_levels(
    name: str,
    known: Sequence[Label],
    record: Mapping[str, Any],
    others: tuple[str, ...],
    levels: Levels,
) -> Bins:
    bins = _bins_ofvalues_of(name, known, record, others, _count_by(levels))
    return replace(bins, levels=levels)


def _bins_of_numbers(name: str, record: Mapping[str, Any], others: tuple[str, ...]) -> Bins:
    counts, given = values_of(name, record, None), record.get("edges")
    try:
        edges = np.array(given, dtype=np.float64)
    except (TypeError, OverflowError, ValueError):
        raise ValueError(f"{name}: edges that are not numbers") from None
    if edges.ndim != 1 or len(counts) != max(0, len(edges) - 1):
        raise ValueError(f"{name}: not one count between two edges")
    if not np.isfinite(edges).all() or (np.diff(edges) < 0).any():
        raise ValueError(f"{name}: edges that do not ascend")
    levels = _number_levels(_thresholds(edges), len(others))
    return Bins(name, None, len(counts), others, _count_by(levels), levels)


def _thresholds(edges: npt.NDArray[np.float64]) -> Array:
    """The least float32 to the right of each edge, shape (edges,).

    A value on an edge is to its right, but on the last edge. Many values lie on an edge, or so
    little beside it that float32 does not tell: 3.8 beside 3.8000000000000003. A float32 is
    taken for the shortest decimal that is rounded to it, as most data come from decimals.
    """
    with np.errstate(over="ignore"):  # a target beyond float32, which no answer reaches
        rounded = edges.astype(np.float32)
    left = rounded.astype(str).astype(np.float64) < edges
    left[:1], left[-1:] = False, True  # training has values on both ends, and none outside
    return np.nextafter(rounded, np.float32(np.inf), where=left, out=rounded)


def _number_levels(thresholds: Array, others: int) -> Levels:
    """Numbers between thresholds, below, above, and gaps, which do not reach minus infinity.

    Where training had no value there is no edge: all numbers are above.
    """
    least = np.array([-np.inf], dtype=np.float32)
    last = FIRST + len(thresholds)
    inside = [(place, place + 1) for place in range(FIRST + 1, last)]
    below = (FIRST, FIRST + 1) if len(thresholds) else (NONE, NONE)
    outside = (below, (last, NONE), (ALL, FIRST))
    return Levels(np.concatenate((least, thresholds)), (*inside, *outside[:others]))


def _boolean_levels() -> Levels:
    counted = ((FIRST, FIRST + 1), (FIRST + 1, NONE), (NONE, NONE), (ALL, FIRST))
    return Levels(np.array([0, 1], dtype=np.float32), counted)


def _code_levels(known: int, gap: str) -> Levels:
    """Places among the categories, and -1 as one of the other values."""
    last = FIRST + known - 1
    inside = [(place, place + 1) for place in range(FIRST, last)]
    others = [(ALL, FIRST) if name == gap else (NONE, NONE) for name in OF_VALUES]
    return Levels(np.arange(known, dtype=np.float32), (*inside, (last, NONE), *others))


def _count_by(levels: Levels) -> Callable[[Array], Counts]:
    return partial(_count_column, LevelCounter([levels]))


def _count_column(counter: LevelCounter, values: Array) -> Counts:
    return counter.count(values.astype(np.float32, copy=False).reshape(-1, 1))


def _count_codes(known: int, gap: str, values: Array) -> Counts:
    """Count places among the categories, and -1 as one of the other values."""
    found = np.bincount(values.astype(np.intp) + 1, minlength=known + 1)
    others = [int(found[0]) if name == gap else 0 for name in OF_VALUES]
    return np.concatenate((found[1:], others))


def _count_classes(classes: Sequence[Label], answers: Array) -> Counts:
    """Count labels, or places of texts among the classes."""
    if isinstance(classes[0], str) and answers.dtype.kind in "iu":
        found = np.bincount(answers, minlength=len(classes))
        if len(found) > len(classes):
            raise ValueError("prediction: a place beyond the classes")
        return found
    if answers.dtype.kind in "iub":
        labels, numbers = np.unique(answers, return_counts=True)
        tally = Counter(dict(zip(labels.tolist(), numbers.tolist(), strict=True)))
    else:
        tally = Counter(answers.tolist())
    counts = np.array([tally[label] for label in classes])
    if counts.sum() != len(answers):
        raise ValueError("prediction: an answer is not one of the classes")
    return counts
