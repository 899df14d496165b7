"""Few rows are scored in the event loop, more in a thread; a batch is counted as one."""

import asyncio
import threading
from collections.abc import Sequence
from typing import Any

import pytest
from pydantic import TypeAdapter

from maas.model.encoding import Encoder
from maas.serving.async_predictor import AsyncPredictor
from maas.serving.loop_limit import LoopLimits
from tests.serving.api.methods import SIGNATURE, Row, Rows

BATCH = TypeAdapter(Rows)


class Model:
    """A predictor that keeps which thread asked it."""

    encoder = Encoder(SIGNATURE)

    def __init__(self) -> None:
        self.threads: list[int] = []

    def predict(self, matrix: Any) -> list[float]:
        self.threads.append(threading.get_ident())
        return [0.5] * len(matrix)

    def predict_proba(self, matrix: Any) -> tuple[list[float], list[dict[str, float]]]:
        return self.predict(matrix), [{}] * len(matrix)


class Metrics:
    """Keeps what is recorded."""

    def __init__(self) -> None:
        self.recorded: list[tuple[int, bool, bool]] = []

    def record(self, rows: Sequence[Any], *_: Any, is_batch: bool, in_loop: bool) -> None:
        self.recorded.append((len(rows), is_batch, in_loop))


@pytest.mark.parametrize("method", ["predict", "predict_proba"])
@pytest.mark.parametrize(
    ("limit", "count", "in_loop"), [(3, 3, True), (3, 4, False), (0, 1, False)]
)
def test_more_rows_than_the_limit_are_scored_in_a_thread(
    method: str, limit: int, count: int, in_loop: bool
):
    model, metrics = Model(), Metrics()
    rows = BATCH.validate_python([{"a": 1}] * count)
    asyncio.run(getattr(AsyncPredictor(model, LoopLimits(limit, limit), metrics), method)(rows))
    assert (model.threads == [threading.get_ident()]) is in_loop
    assert metrics.recorded == [(count, True, in_loop)]


def test_a_batch_of_one_is_a_batch_and_a_single_row_is_not():
    metrics = Metrics()
    predictor = AsyncPredictor(Model(), LoopLimits(64, 64), metrics)
    at_the_bound = [{"a": 3.4028234663852886e38}]  # which the row type checks, not the columns
    for rows in ([{"a": 1}], at_the_bound, []):
        asyncio.run(predictor.predict(BATCH.validate_python(rows)))
    asyncio.run(predictor.predict([Row(a=1)]))
    assert [is_batch for _, is_batch, _ in metrics.recorded] == [True, True, True, False]
