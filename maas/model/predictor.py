"""Rows to answers: the predictor that is checked at training and that serves."""

from math import isfinite
from typing import cast

import numpy as np

from maas.errors import OverflowingRowError, ParityError
from maas.model.blocks import Blocks, blocks_of
from maas.model.encoding import Encoder
from maas.model.scorers import Array, Matrix, Scorer
from maas.model.signature import Label, Signature, label_text

# Up to this many numbers are added up in Python, which is faster than calling numpy.
_MAX_SUMMED_IN_PYTHON = 64


class Predictor:
    """Answers rows of a signature with a scorer, in blocks.

    Args:
        scorer: the model.
        signature: what it takes and gives.
        blocks: in which it is asked; None: those of a model in onnxruntime.

    Attributes:
        signature: what the model takes and gives.
        encoder: makes the matrix of rows.
        blocks: in which the scorer is asked.
    """

    def __init__(self, scorer: Scorer, signature: Signature, blocks: Blocks | None = None) -> None:
        self.signature = signature
        self.encoder = Encoder(signature)
        self._scorer = scorer
        self._is_regression = signature.task == "regression"
        self.blocks = blocks or blocks_of(signature)
        self._classes = {label: label for label in signature.classes or ()}
        self._names = [label_text(label) for label in signature.classes or ()]

    def warm(self) -> None:
        """Answer once: the first call of a session takes longer than the later ones."""
        self.predict(np.zeros((1, len(self.signature.features)), dtype=np.float32))

    def predict(self, matrix: Matrix) -> list[Label] | list[float]:
        """Predict one label or number per row of the matrix.

        Raises:
            OverflowingRowError: a number of the answer is not finite.
        """
        return self._to_python(self.answers(matrix)) if len(matrix) else []

    def predict_proba(
        self, matrix: Matrix
    ) -> tuple[list[Label] | list[float], list[dict[str, float]]]:
        """Predict labels, and for each row the probability per class (as text)."""
        if not len(matrix):
            return [], []
        answers, probabilities = self.score(matrix)
        return answers, [dict(zip(self._names, row, strict=True)) for row in probabilities.tolist()]

    def score(self, matrix: Matrix) -> tuple[list[Label] | list[float], Array]:
        """Predict labels and probabilities, shape (rows, classes), in the order of the classes.

        Raises:
            OverflowingRowError: a number of the answer is not finite.
        """
        answers, probabilities = self.answers_with_probabilities(matrix)
        return self._to_python(answers), probabilities

    def answers(self, matrix: Matrix) -> Array:
        """The model's own answers, as it gives them: False and True may be 0 and 1.

        Args:
            matrix: shape (rows, features), with at least one row.

        Returns:
            Shape (rows,): texts as objects, int64, or a float.

        Raises:
            OverflowingRowError: a number of the answer is not finite.
        """
        blocks = self.blocks
        if len(matrix) <= blocks.rows:
            answers = self._answer(matrix)
        else:
            parts = blocks.split(len(matrix))
            answers = np.concatenate([self._answer(matrix[part]) for part in parts])
        if self._is_regression:
            _check_finite(answers)
        return answers

    def answers_with_probabilities(self, matrix: Matrix) -> tuple[Array, Array]:
        """As `answers`, and the probability of each class, shape (rows, classes).

        Raises:
            OverflowingRowError: a number of the answer is not finite.
        """
        blocks = self.blocks
        if len(matrix) <= blocks.rows:
            answers, probabilities = self._answer_with_probabilities(matrix)
        else:
            asked = [
                self._answer_with_probabilities(matrix[part]) for part in blocks.split(len(matrix))
            ]
            answers, probabilities = map(np.concatenate, zip(*asked, strict=True))
        _check_finite(probabilities)
        return answers, probabilities

    def _answer(self, block: Matrix) -> Array:
        answers = self._scorer.predict(self.blocks.fill(block))
        # Flat first: shape (rows,), (rows, 1) or, of quadratic discriminants in ONNX, (1, rows).
        return self.blocks.pick(answers.reshape(-1), len(block))

    def _answer_with_probabilities(self, block: Matrix) -> tuple[Array, Array]:
        blocks, count = self.blocks, len(block)
        answers, probabilities = self._scorer.predict_proba(blocks.fill(block))
        return blocks.pick(answers.reshape(-1), count), blocks.pick(probabilities, count)

    def _to_python(self, answers: Array) -> list[Label] | list[float]:
        if self._is_regression:
            return cast("list[float]", answers.tolist())
        # An ONNX graph has no boolean labels: 0 and 1 find False and True, their equals.
        try:
            return [self._classes[answer] for answer in answers.tolist()]
        except KeyError as error:
            what = f"answers {error}, which is not one of its classes"
            raise ParityError("model.onnx", what, "set `runtime: sklearn`") from None


def _check_finite(numbers: Array) -> None:
    """Refuse a row whose values are so large that float32 overflows on the way.

    The sum of few numbers is looked at first, which is faster: a sum that is finite has no
    term that is not.
    """
    if numbers.size <= _MAX_SUMMED_IN_PYTHON and isfinite(sum(numbers.ravel().tolist())):
        return
    if not np.isfinite(numbers).all():
        row = int(np.argmin(np.isfinite(numbers).reshape(len(numbers), -1).all(axis=1)))
        raise OverflowingRowError(row)
