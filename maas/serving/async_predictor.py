"""Calls the predictor without holding up the event loop."""

from collections.abc import Sequence

import anyio.to_thread

from maas.model.predictor import Matrix, Predictor
from maas.model.signature import Label, Row
from maas.serving.api.row_batch import RowBatch
from maas.serving.monitoring.model_metrics import Observations
from maas.serving.process.deployment import Served

Labels = list[Label] | list[float]
Probabilities = list[dict[str, float]]

QUICK_ROWS = 64
"""onnxruntime answers so many rows in less time than a thread takes to be woken twice."""


class AsyncPredictor:
    """The predictor as the service's methods await it; counts what it answers.

    Few rows are scored at once: with onnxruntime that takes microseconds. More rows,
    and scikit-learn, which takes milliseconds for one, go to a thread.

    Args:
        served: the version that answers.
    """

    def __init__(self, served: Served) -> None:
        self._predictor: Predictor = served.predictor
        self._observations = Observations(served)
        self._quick_rows = QUICK_ROWS if served.version.manifest.runtime == "onnx" else 0

    async def predict(self, rows: Sequence[Row]) -> Labels:
        """Predict one label or number per row."""
        if len(rows) <= self._quick_rows:
            return self._predict(rows, in_loop=True)
        return await anyio.to_thread.run_sync(self._predict, rows)

    async def predict_proba(self, rows: Sequence[Row]) -> tuple[Labels, Probabilities]:
        """Predict labels, and for each row the probability per class."""
        if len(rows) <= self._quick_rows:
            return self._predict_proba(rows, in_loop=True)
        return await anyio.to_thread.run_sync(self._predict_proba, rows)

    def _predict(self, rows: Sequence[Row], in_loop: bool = False) -> Labels:
        matrix = self._encode(rows)
        answers = self._predictor.predict(matrix)
        self._observations.record(rows, matrix, answers, in_loop)
        return answers

    def _predict_proba(
        self, rows: Sequence[Row], in_loop: bool = False
    ) -> tuple[Labels, Probabilities]:
        matrix = self._encode(rows)
        answers, probabilities = self._predictor.predict_proba(matrix)
        self._observations.record(rows, matrix, answers, in_loop)
        return answers, probabilities

    def _encode(self, rows: Sequence[Row]) -> Matrix:
        return rows.matrix if isinstance(rows, RowBatch) else self._predictor.encode(rows)
