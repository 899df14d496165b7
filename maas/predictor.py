"""Rows -> arrays -> answers: the one encoder and scorer.

Serving, the batch path and the parity check all answer through this class, so what
was checked at training is what is served.
"""

from collections.abc import Iterable, Sequence
from operator import attrgetter
from typing import Any, cast

import numpy as np
import numpy.typing as npt
import onnxruntime

from maas.signature import Label, Row, Signature

INPUT = "features"
"""Name of the graph's one input: float32, shape (rows, features)."""

Matrix = npt.NDArray[np.float32]


class Predictor:
    """Scores rows with the ONNX model of one version.

    Args:
        model: the bytes of model.onnx.
        signature: what the model takes and gives.
        threads: onnxruntime's threads within one call.
    """

    def __init__(self, model: bytes, signature: Signature, threads: int = 1) -> None:
        self.signature = signature
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        self._session = onnxruntime.InferenceSession(
            model, options, providers=["CPUExecutionProvider"]
        )
        outputs = [output.name for output in self._session.get_outputs()]
        self._answers, self._probabilities = outputs[:1], outputs[1:2]
        self._values = _values_getter(len(signature.features))
        self._classes = {label: label for label in signature.classes or ()}

    def encode(self, rows: Iterable[Row]) -> Matrix:
        """Turn rows into the model's input, float32, shape (rows, features); null is NaN."""
        values = [self._values(row) for row in rows]
        return np.array(values, dtype=np.float32).reshape(-1, len(self.signature.features))

    def predict(self, matrix: Matrix) -> list[Label] | list[float]:
        """Predict one label or number per row of the matrix."""
        (answers,) = self._session.run(self._answers, {INPUT: matrix})
        return self._plain(answers)

    def predict_proba(
        self, matrix: Matrix
    ) -> tuple[list[Label] | list[float], list[dict[str, float]]]:
        """Predict labels, and for each row the probability per class (as text)."""
        answers, probabilities = self._session.run(
            self._answers + self._probabilities, {INPUT: matrix}
        )
        names = [label_text(label) for label in self.signature.classes or ()]
        return self._plain(answers), [
            dict(zip(names, row, strict=True)) for row in probabilities.tolist()
        ]

    def _plain(self, answers: npt.NDArray[Any]) -> list[Label] | list[float]:
        if self.signature.task == "regression":
            return cast("list[float]", answers.reshape(-1).tolist())
        # An ONNX graph has no boolean labels: 0 and 1 find False and True, their equals.
        return [self._classes[answer] for answer in answers.tolist()]


def label_text(label: Label) -> str:
    """A class as a JSON key: true and false as JSON writes them."""
    return str(label).lower() if isinstance(label, bool) else str(label)


def _values_getter(features: int) -> Any:
    names: Sequence[str] = [f"f{index}" for index in range(features)]
    if len(names) == 1:
        return lambda row: (getattr(row, names[0]),)
    return attrgetter(*names)
