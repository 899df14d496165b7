"""Blocks of rows: how many rows a model is asked for at once, so that places change no bit.

Matrix products and sums are rounded in an order that depends on how many rows there are, on
where a row stands among them, and on where it stands in memory. In the blocks described here a
row has the same answer to the bit wherever it stands and whatever stands beside it.
tests/model/test_same_bits.py holds every estimator to that, in both runtimes.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from maas.model.scorers import Array, Matrix
from maas.model.signature import Runtime, Signature

MAX_ROWS = 2048
"""Rows of a block, at most."""

# onnxruntime's linear classifier rounds otherwise from 16 384 scores on, which are 4096 rows of
# four classes and 5462 of three; measured, and a half of it is left.
_MAX_SCORES = 8192

# Values of a block inside a model, which may make a wide matrix of it: 64 MB as float64.
_MAX_VALUES = 8_000_000

# onnxruntime multiplies a matrix of one row in another way than one of two.
_FEWEST_ONNX = 2

# They multiply no matrix in onnxruntime: a single row is asked for once, which is faster.
_TREES = (
    "AdaBoost", "Bagging", "DecisionTree", "ExtraTrees", "GradientBoosting",
    "HistGradientBoosting", "RandomForest",
)  # fmt: skip

# OpenBLAS multiplies rows in fours, and what is left over in another way.
_FOUR = 4

# Their products also round differently for rows that are far down in a block.
_IN_FOURS_SKLEARN = ("MLPClassifier", "MLPRegressor", "QuadraticDiscriminantAnalysis")

# They add up along a row, in an order that depends on where 16 bytes begin in memory: every fourth
# row has the same. Rows of four or fewer numbers are added up in one way.
_EVERY_FOURTH_ONNX = ("GaussianNB", "KNeighborsRegressor", "QuadraticDiscriminantAnalysis")

# They add up the probabilities of a row's classes in that order.
_SUMMING_CLASSES_ONNX = ("AdaBoostClassifier", "SGDClassifier")

# They compare each row with the training rows.
_COMPARING = ("KNeighborsClassifier", "KNeighborsRegressor", "SVC", "SVR")


@dataclass(frozen=True)
class Blocks:
    """The blocks of a model.

    Attributes:
        rows: of a block, at most, copies not counted.
        fewest: rows that the model is given, at least.
        multiple: of which the number of rows is that the model is given.
        copies: how often each row is given, one after the other.
    """

    rows: int = MAX_ROWS
    fewest: int = _FEWEST_ONNX
    multiple: int = 1
    copies: int = 1

    def split(self, count: int) -> Iterator[slice]:
        """Split a number of rows into blocks, in their order; the last one may be shorter."""
        for start in range(0, count, self.rows):
            yield slice(start, min(start + self.rows, count))

    def fill(self, block: Matrix) -> Matrix:
        """What the model is given for a block: its rows, some of them more than once.

        Args:
            block: shape (rows, features), with at least one row.
        """
        count = len(block)
        if count == 1:  # of most requests
            return block if len(self._first) == 1 else block.take(self._first, axis=0)
        if self.copies > 1:
            return block.repeat(self.copies, axis=0)
        missing = max(self.fewest - count, -count % self.multiple)
        return np.concatenate((block, block[-1:].repeat(missing, axis=0))) if missing else block

    def pick(self, answers: Array, count: int) -> Array:
        """The answers for the `count` rows of a block, from those for what `fill` made of it."""
        return answers if len(answers) == count else answers[:: self.copies][:count]

    @cached_property
    def _first(self) -> npt.NDArray[np.intp]:
        """The place of a single row, as often as the model is given it."""
        return np.zeros(max(self.fewest, self.multiple, self.copies), dtype=np.intp)


def blocks_of(
    signature: Signature, runtime: Runtime = "onnx", estimator: str = "", training_rows: int = 1
) -> Blocks:
    """The blocks of a model.

    Args:
        signature: what it takes; it may make a column of each category.
        runtime: what computes its answers.
        estimator: the name of its class in scikit-learn.
        training_rows: how many rows it was trained on; more do no harm.
    """
    columns = sum(len(feature.categories or ()) or 1 for feature in signature.features)
    per_row = max(columns, training_rows if estimator in _COMPARING else 1)
    rows = min(MAX_ROWS, max(1, _MAX_VALUES // per_row))
    if runtime == "sklearn":
        rows = _FOUR if estimator in _IN_FOURS_SKLEARN else max(_FOUR, rows // _FOUR * _FOUR)
        return Blocks(rows, _FOUR, _FOUR)
    rows = max(_FEWEST_ONNX, min(rows, _MAX_SCORES // max(1, len(signature.classes or ()))))
    if estimator in _EVERY_FOURTH_ONNX or (
        estimator in _SUMMING_CLASSES_ONNX and len(signature.classes or ()) > _FOUR
    ):
        return Blocks(max(1, rows // _FOUR), copies=_FOUR)
    return Blocks(rows, 1 if estimator.startswith(_TREES) else _FEWEST_ONNX)
