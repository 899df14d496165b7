"""Rows to answers: the predictor that is checked at training and that serves."""

from math import isfinite
from typing import cast

import numpy as np

from maas.errors import OverflowingRowError, ParityError
from maas.model.encoding import Encoder
from maas.model.scorers import Array, Matrix, Scorer
from maas.model.signature import Label, Signature, label_text

# Up to this many numbers are added up in Python, which is faster than calling numpy.
_MAX_SUMMED_IN_PYTHON = 64


class Predictor:
    """Answers rows of a signature with a scorer.

    Attributes:
        signature: what the model takes and gives.
        encoder: makes the matrix of rows.
    """

    def __init__(self, scorer: Scorer, signature: Signature) -> None:
        self.signature = signature
        self.encoder = Encoder(signature)
        self._scorer = scorer
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
        return self._to_python(self._scorer.predict(matrix)) if len(matrix) else []

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
        answers, probabilities = self._scorer.predict_proba(matrix)
        _check_finite(probabilities)
        return self._to_python(answers), probabilities

    def _to_python(self, answers: Array) -> list[Label] | list[float]:
        if self.signature.task == "regression":
            _check_finite(answers.reshape(-1, 1))
            return cast("list[float]", answers.reshape(-1).tolist())
        # An ONNX graph has no boolean labels: 0 and 1 find False and True, their equals.
        try:
            return [self._classes[answer] for answer in answers.reshape(-1).tolist()]
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
        row = int(np.argmin(np.isfinite(numbers).all(axis=1)))
        raise OverflowingRowError(row)
