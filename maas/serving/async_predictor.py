"""Calls the predictor without holding up the event loop, and counts what it answers."""

from collections.abc import Sequence

import anyio.to_thread

from maas.model.predictor import Predictor
from maas.model.row import Row
from maas.model.scorers import Matrix
from maas.model.signature import Label
from maas.serving.api.row_batch import RowBatch
from maas.serving.loop_limit import LoopLimits
from maas.serving.monitoring.live_drift import LiveDrift
from maas.serving.monitoring.model_metrics import ModelMetrics, is_counted
from maas.serving.shadow import Shadow

Labels = list[Label] | list[float]
Probabilities = list[dict[str, float]]


class AsyncPredictor:
    """The predictor as the service's methods await it.

    Few rows are scored at once; more in a thread.

    Args:
        predictor: the loaded model.
        limits: how many rows are few, of this model.
        metrics: where answers are counted.
        drift: what compares the rows with the training rows; None: nothing does.

    Attributes:
        drift: as given.
        shadow: who else is given what was answered; None: nobody.
    """

    def __init__(
        self,
        predictor: Predictor,
        limits: LoopLimits,
        metrics: ModelMetrics,
        drift: LiveDrift | None = None,
    ) -> None:
        self._predictor = predictor
        self._metrics = metrics
        self._limits = limits
        self.drift = drift
        self.shadow: Shadow | None = None

    def drop(self) -> None:
        """Let go of the model. What else refers to it is freed later, if ever."""
        del self._predictor
        self.drift = self.shadow = None

    async def predict(self, rows: Sequence[Row]) -> Labels:
        """Predict one label or number per row."""
        if len(rows) <= self._limits.predict:
            return self._predict(rows, in_loop=True)
        return await anyio.to_thread.run_sync(self._predict, rows)

    async def predict_proba(self, rows: Sequence[Row]) -> tuple[Labels, Probabilities]:
        """Predict labels, and for each row the probability per class."""
        if len(rows) <= self._limits.predict_proba:
            return self._predict_proba(rows, in_loop=True)
        return await anyio.to_thread.run_sync(self._predict_proba, rows)

    def _predict(self, rows: Sequence[Row], in_loop: bool = False) -> Labels:
        matrix = self._encode(rows)
        answers = self._predictor.predict(matrix)
        self._record(rows, matrix, answers, in_loop)
        return answers

    def _predict_proba(
        self, rows: Sequence[Row], in_loop: bool = False
    ) -> tuple[Labels, Probabilities]:
        matrix = self._encode(rows)
        answers, probabilities = self._predictor.predict_proba(matrix)
        self._record(rows, matrix, answers, in_loop)
        return answers, probabilities

    def _record(self, rows: Sequence[Row], matrix: Matrix, answers: Labels, in_loop: bool) -> None:
        is_batch = isinstance(rows, RowBatch) or len(rows) != 1
        self._metrics.record(rows, matrix, answers, is_batch=is_batch, in_loop=in_loop)
        if self.drift is not None and is_counted():
            if in_loop and len(rows) == 1:
                self.drift.add_row(rows[0], matrix, answers[0])
            else:
                self.drift.add(rows, matrix, answers)
        if self.shadow is not None:
            self.shadow.offer(matrix, answers)

    def _encode(self, rows: Sequence[Row]) -> Matrix:
        return (
            rows.matrix if isinstance(rows, RowBatch) else self._predictor.encoder.encode_rows(rows)
        )
