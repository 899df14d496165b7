"""Calls the predictor without holding up the event loop."""

from collections.abc import Callable, Sequence
from typing import TypeVar

import anyio.to_thread

from maas.predictor import Matrix, Predictor
from maas.signature import Label, Row, Runtime

T = TypeVar("T")

QUICK_ROWS = 64
"""onnxruntime answers so many rows in less time than a thread takes to be woken twice."""


class AsyncPredictor:
    """The predictor as the service's methods await it.

    Few rows are scored at once: with onnxruntime that takes microseconds. More rows,
    and scikit-learn, which takes milliseconds for one, go to a thread.
    """

    def __init__(self, predictor: Predictor, runtime: Runtime) -> None:
        self._predictor = predictor
        self._quick_rows = QUICK_ROWS if runtime == "onnx" else 0

    async def predict(self, rows: Sequence[Row]) -> list[Label] | list[float]:
        """Predict one label or number per row."""
        return await self._score(self._predictor.predict, rows)

    async def predict_proba(
        self, rows: Sequence[Row]
    ) -> tuple[list[Label] | list[float], list[dict[str, float]]]:
        """Predict labels, and for each row the probability per class."""
        return await self._score(self._predictor.predict_proba, rows)

    async def _score(self, score: Callable[[Matrix], T], rows: Sequence[Row]) -> T:
        if len(rows) <= self._quick_rows:
            return score(self._predictor.encode(rows))
        return await anyio.to_thread.run_sync(lambda: score(self._predictor.encode(rows)))
