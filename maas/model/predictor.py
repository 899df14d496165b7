"""Rows -> arrays -> answers: the one encoder and scorer.

Serving, the batch path and the parity check all answer through these classes, so what
was checked at training is what is served.
"""

import contextlib
import io
from collections.abc import Callable, Iterable, Sequence
from math import isfinite
from operator import attrgetter
from typing import Any, Protocol, cast

import numpy as np
import numpy.typing as npt

from maas.errors import OverflowingRowError, ParityError
from maas.model.signature import FLOAT32_MAX, Feature, Label, Row, Runtime, Signature

INPUT = "features"
"""Name of the graph's one input: float32, shape (rows, features)."""

Matrix = npt.NDArray[np.float32]
Array = npt.NDArray[Any]


class Scorer(Protocol):
    """What computes answers from the matrix."""

    def predict(self, matrix: Matrix) -> Array:
        """Labels or numbers, shape (rows,) or (rows, 1)."""

    def predict_proba(self, matrix: Matrix) -> tuple[Array, Array]:
        """Labels, and probabilities of shape (rows, classes)."""


class OnnxScorer:
    """Scores with onnxruntime, which only who scores imports.

    Args:
        model: the bytes of model.onnx.
        threads: onnxruntime's threads within one call.
    """

    def __init__(self, model: bytes, threads: int = 1) -> None:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        # The arena would keep the memory of the largest batch for good; it saves no time.
        options.enable_cpu_mem_arena = options.enable_mem_pattern = False
        self._session = onnxruntime.InferenceSession(
            model, options, providers=["CPUExecutionProvider"]
        )
        self._outputs = [output.name for output in self._session.get_outputs()]

    def predict(self, matrix: Matrix) -> Array:
        """Labels or numbers."""
        return cast("Array", self._session.run(self._outputs[:1], {INPUT: matrix})[0])

    def predict_proba(self, matrix: Matrix) -> tuple[Array, Array]:
        """Labels and probabilities."""
        answers, probabilities = self._session.run(self._outputs[:2], {INPUT: matrix})
        return answers, probabilities


class SklearnScorer:
    """Scores with the pickled pipeline, from behind its encoder; imports scikit-learn.

    Args:
        pickle: the bytes of saved_model.pkl, their hash already checked.
    """

    def __init__(self, pickle: bytes) -> None:
        import joblib

        self._model = joblib.load(io.BytesIO(pickle))[1:]

    def predict(self, matrix: Matrix) -> Array:
        """Labels or numbers."""
        return cast("Array", self._model.predict(matrix))

    def predict_proba(self, matrix: Matrix) -> tuple[Array, Array]:
        """Labels and probabilities."""
        return self._model.predict(matrix), self._model.predict_proba(matrix)


def make_scorer(runtime: Runtime, model: bytes, threads: int = 1) -> Scorer:
    """The scorer of a runtime, from the bytes of its file."""
    return OnnxScorer(model, threads) if runtime == "onnx" else SklearnScorer(model)


class Predictor:
    """Answers rows of a signature with a scorer."""

    def __init__(self, scorer: Scorer, signature: Signature) -> None:
        self.signature = signature
        self._scorer = scorer
        self._values = _values_getter(signature)
        self._classes = {label: label for label in signature.classes or ()}
        self._names = [label_text(label) for label in signature.classes or ()]

    def encode(self, rows: Iterable[Row]) -> Matrix:
        """Turn rows into the model's input, float32, shape (rows, features).

        Numbers come first, null as NaN; then a code per category, its place among the
        categories, or -1 for null and for a category that training did not see.
        """
        values = [self._values(row) for row in rows]
        return np.array(values, dtype=np.float32).reshape(-1, len(self.signature.features))

    def warm(self) -> None:
        """Answer once: the first call of a session takes longer than the later ones."""
        self.predict(np.zeros((1, len(self.signature.features)), dtype=np.float32))

    def find_limit(self) -> float:
        """The largest magnitude of a number with which every sum of the model stays finite.

        A power of ten, or float32's own limit (trees add nothing up). Found by asking for
        answers at the corners of the input space, and for rows of random signs.
        """
        features = self.signature.features
        kinds = [features[index].type for index in self.signature.matrix_order]
        numeric = np.array([kind in ("number", "integer") for kind in kinds], dtype=float)
        width = len(kinds)
        signs = np.random.default_rng(0).choice([-1.0, 1.0], (64, width))
        corners = np.vstack([np.eye(width), -np.eye(width), np.ones((1, width)), signs, -signs])
        for limit in (FLOAT32_MAX, *(10.0**power for power in range(38, 3, -1))):
            # So much farther, where float32 reaches, that no corner in between can overflow:
            # a sum over all features is at most that many times its largest term.
            rows = corners * numeric * min(limit * max(10, width), FLOAT32_MAX)
            with contextlib.suppress(OverflowingRowError, ValueError), np.errstate(all="ignore"):
                (self.score if self.signature.probabilities else self.predict)(
                    rows.astype(np.float32)
                )
                return limit
        return 1e3

    def predict(self, matrix: Matrix) -> list[Label] | list[float]:
        """Predict one label or number per row of the matrix; values within `find_limit`.

        Raises:
            OverflowingRowError: a number of the answer is not finite.
        """
        return self._plain(self._scorer.predict(matrix)) if len(matrix) else []

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
        return self._plain(answers), probabilities

    def _plain(self, answers: Array) -> list[Label] | list[float]:
        if self.signature.task == "regression":
            _check_finite(answers.reshape(-1, 1))
            return cast("list[float]", answers.reshape(-1).tolist())
        # An ONNX graph has no boolean labels: 0 and 1 find False and True, their equals.
        try:
            return [self._classes[answer] for answer in answers.reshape(-1).tolist()]
        except KeyError as error:
            what = f"answers {error}, which is none of its classes"
            raise ParityError("model.onnx", what, "set `runtime: sklearn`") from None


def _check_finite(numbers: Array) -> None:
    """Refuse a row whose values are so large that float32 overflows on the way.

    The sum of few numbers is asked first, which is faster; a sum that is finite has no
    term that is not.
    """
    if numbers.size <= _FEW and isfinite(sum(numbers.ravel().tolist())):
        return
    if not np.isfinite(numbers).all():
        row = int(np.argmin(np.isfinite(numbers).all(axis=1)))
        raise OverflowingRowError(row)


_FEW = 64


def label_text(label: Label) -> str:
    """A class as a JSON key: true and false as JSON writes them."""
    return str(label).lower() if isinstance(label, bool) else str(label)


def _values_getter(signature: Signature) -> Callable[[Row], Sequence[Any]]:
    names = [f"f{index}" for index in signature.matrix_order]
    features = [signature.features[index] for index in signature.matrix_order]
    plain = [name for name, f in zip(names, features, strict=True) if f.type != "category"]
    coded = [
        (attrgetter(name), category_codes(feature))
        for name, feature in zip(names, features, strict=True)
        if feature.type == "category"
    ]
    getters = [attrgetter(name) for name in plain]
    if not coded and len(plain) > 1:
        return attrgetter(*plain)
    return lambda row: (
        *(get(row) for get in getters),
        *(codes.get(get(row), -1) for get, codes in coded),
    )


def category_codes(feature: Feature) -> dict[str | None, int]:
    """A category's code is its place among the categories."""
    return {category: code for code, category in enumerate(feature.categories or ())}
