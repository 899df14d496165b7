"""A version that is scored on what the live one answered, beside it, and answers nobody.

Rows wait in a queue that is bounded; a thread scores what has come together. Nothing that goes
wrong here reaches a request.
"""

import asyncio
import logging
import threading
from collections.abc import Sequence
from operator import eq
from time import perf_counter
from typing import Any

import numpy as np

from maas.model.predictor import Predictor
from maas.model.scorers import Matrix
from maas.serving.monitoring.release_metrics import ShadowMetrics

log = logging.getLogger("bentoml.maas")

MAX_WAITING_BYTES = 8 * 1024 * 1024
"""What waiting rows and answers may take; more rows are dropped."""

SAME_WITHIN = 0.01
"""Two numbers agree within this part of the range of the live version's training target."""

_ANSWER_BYTES = 40

# Seconds in which rows come together: one call of a model costs as much as tens of rows.
_GATHER_S = 0.05

# Rows that are scored in one call.
_BLOCK_ROWS = 4096


class Shadow:
    """Scores what another version answered, and counts how often the answers agree.

    Args:
        predictor: of the shadow; it takes the encoding of what is live.
        tolerance: how far two numbers that agree may be apart; 0 for labels.
        metrics: where it is counted.
    """

    def __init__(self, predictor: Predictor, tolerance: float, metrics: ShadowMetrics) -> None:
        self._predictor, self._tolerance, self._metrics = predictor, tolerance, metrics
        self._waiting: list[tuple[Matrix, Sequence[Any]]] = []
        self._bytes = 0
        self._lock = threading.Lock()
        self._failed = False

    def offer(self, matrix: Matrix, answers: Sequence[Any]) -> None:
        """Take rows and what was answered, or drop them; in any thread.

        Args:
            matrix: the encoded rows, float32, shape (rows, features).
            answers: a label or a number per row.
        """
        size = matrix.nbytes + _ANSWER_BYTES * len(answers)
        with self._lock:
            if self._bytes + size <= MAX_WAITING_BYTES:
                self._bytes += size
                self._waiting.append((matrix, answers))
                return
        self._metrics.drop(len(answers))

    async def run(self) -> None:
        """Score what has come together, again and again."""
        while True:
            await asyncio.sleep(_GATHER_S)
            if self._waiting:
                await asyncio.to_thread(self.score_waiting)

    def score_waiting(self) -> None:
        """Score the rows that wait, in this thread."""
        with self._lock:
            items, self._waiting, self._bytes = self._waiting, [], 0
        matrix = np.concatenate([rows for rows, _ in items])
        answers = [answer for _, given in items for answer in given]
        for start in range(0, len(matrix), _BLOCK_ROWS):
            end = start + _BLOCK_ROWS
            self._score(matrix[start:end], answers[start:end])

    def _score(self, matrix: Matrix, answers: Sequence[Any]) -> None:
        began = perf_counter()
        try:
            own = self._predictor.predict(matrix)
        except Exception as error:  # it may fail in any way, and touches nobody
            self._metrics.drop(len(answers))
            if not self._failed:
                log.warning("the shadow failed to score rows, which are dropped: %s", error)
            self._failed = True
            return
        self._metrics.count(self._count_agreeing(answers, own), len(own), perf_counter() - began)

    def _count_agreeing(self, answers: Sequence[Any], own: Sequence[Any]) -> int:
        if self._predictor.signature.task == "classification":
            return sum(map(eq, answers, own))
        return int((np.abs(np.subtract(answers, own)) <= self._tolerance).sum())
