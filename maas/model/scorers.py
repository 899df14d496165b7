"""What computes answers from the matrix: onnxruntime, or the pickled pipeline."""

import io
import threading
from typing import TYPE_CHECKING, Any, Protocol, cast

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from maas.model.signature import Runtime

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
    """Scores with onnxruntime, which is imported here alone.

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
    """Scores with the pickled pipeline behind its encoder; this imports scikit-learn.

    Args:
        pickle: the bytes of saved_model.pkl, their hash already checked.
    """

    def __init__(self, pickle: bytes) -> None:
        import joblib

        self._model = joblib.load(io.BytesIO(pickle))[1:]
        self._limited = threading.local()

    def _limit(self) -> None:
        """Let the libraries, which the pickle has loaded, use one thread.

        Several share the rows of a product among them, and so change where each is rounded.
        OpenMP asks for this in each thread that calls it.
        """
        if not hasattr(self._limited, "once"):
            from threadpoolctl import threadpool_limits

            threadpool_limits(1)
            self._limited.once = True

    def predict(self, matrix: Matrix) -> Array:
        """Labels or numbers."""
        self._limit()
        return cast("Array", self._model.predict(matrix))

    def predict_proba(self, matrix: Matrix) -> tuple[Array, Array]:
        """Labels and probabilities."""
        self._limit()
        return self._model.predict(matrix), self._model.predict_proba(matrix)


def make_scorer(runtime: "Runtime", model: bytes, threads: int = 1) -> Scorer:
    """The scorer of a runtime, from the bytes of its file."""
    return OnnxScorer(model, threads) if runtime == "onnx" else SklearnScorer(model)
