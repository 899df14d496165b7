"""How often each class was predicted for each, sparse: most pairs of many classes never occur."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from maas.model.signature import Label
from maas.tables.columns import Values

Places = npt.NDArray[np.int64]
"""Shape (rows,): the place of each row's class among the labels."""
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Confusion:
    """Counts of pairs of an actual and a predicted class.

    Attributes:
        size: number of labels.
        actual: shape (pairs,), the places of the actual classes.
        predicted: shape (pairs,), the places of the predicted classes.
        counts: shape (pairs,), how many rows are such a pair; none is 0.
    """

    size: int
    actual: Places
    predicted: Places
    counts: Floats

    @property
    def support(self) -> Floats:
        """Rows per actual class, shape (size,)."""
        return self._sum(self.actual, self.counts)

    @property
    def answers(self) -> Floats:
        """Rows per predicted class, shape (size,)."""
        return self._sum(self.predicted, self.counts)

    @property
    def right(self) -> Floats:
        """Rows per class that are predicted correctly, shape (size,)."""
        same = self.actual == self.predicted
        return self._sum(self.actual[same], self.counts[same])

    def metrics(self) -> dict[str, float]:
        """The metrics of these counts, as `fit.metrics` defines them."""
        support, answers, right = self.support, self.answers, self.right
        there, known = support > 0, support + answers > 0
        return {
            "accuracy": float(right.sum() / support.sum()),
            "balanced_accuracy": float(np.mean(right[there] / support[there])),
            "f1_macro": float(np.mean(2 * right[known] / (support + answers)[known])),
        }

    def _sum(self, places: Places, counts: Floats) -> Floats:
        return np.bincount(places, counts, self.size).astype(np.float64)


def find_places(labels: Sequence[Label], values: Values) -> Places:
    """The place of each value among the labels, all of which are there."""
    places = {label: place for place, label in enumerate(labels)}
    found = map(places.__getitem__, values.tolist())
    return np.fromiter(found, dtype=np.int64, count=len(values))


def count_pairs(size: int, actual: Places, predicted: Places) -> Confusion:
    """Count pairs of places, of shape (rows,) each."""
    pairs, counts = np.unique(actual * size + predicted, return_counts=True)
    return Confusion(size, pairs // size, pairs % size, counts.astype(np.float64))
