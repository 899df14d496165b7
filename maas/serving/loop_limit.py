"""The numbers of rows that a model scores in the event loop, from what scoring them costs here.

A thread costs a request two changes of thread, and the loop costs all other requests the time
that scoring takes. Which is less depends on the model: logistic regression scores hundreds of
rows in the time in which a thousand trees score one.
"""

from collections.abc import Callable
from contextlib import suppress
from statistics import median
from time import thread_time
from typing import NamedTuple

import numpy as np

from maas.errors import OverflowingRowError
from maas.model.predictor import Predictor
from maas.model.scorers import Matrix
from maas.model.signature import Feature, Signature

MAX_ROWS_IN_LOOP = 1024
"""More rows are scored in a thread, however fast the model is."""

MAX_SECONDS_IN_LOOP = 0.001
"""No scoring may hold up the event loop longer, as measured."""

_CALLS = 5


class LoopLimits(NamedTuple):
    """How many rows are scored in the event loop, at most."""

    predict: int
    predict_proba: int


def find_loop_limits(predictor: Predictor, clock: Callable[[], float] = thread_time) -> LoopLimits:
    """Find the largest numbers of rows that are scored in time: 1024, 512, … 1, or 0 for none.

    Args:
        predictor: the loaded model, which has answered before.
        clock: seconds; by default those of the CPU in this thread, because a version may be
            loaded beside the requests that another one answers.
    """
    rows = make_sample(predictor.signature, MAX_ROWS_IN_LOOP)
    limit = _find_limit(predictor.predict, rows, clock)
    if not predictor.signature.probabilities or not limit:
        return LoopLimits(limit, 0)
    return LoopLimits(limit, _find_limit(predictor.predict_proba, rows, clock))


def _find_limit(score: Callable[[Matrix], object], rows: Matrix, clock: Callable[[], float]) -> int:
    limit, count = 0, 1
    while count <= len(rows) and _is_quick(score, rows[:count], clock):
        limit, count = count, count * 2
    return limit


def make_sample(signature: Signature, count: int) -> Matrix:
    """Rows unlike each other, within what training saw: equal ones would be scored faster."""
    rng = np.random.default_rng(0)
    features = [signature.features[index] for index in signature.matrix_order]
    columns = [rng.uniform(*_range_of(feature), count) for feature in features]
    coded = [feature.type in ("category", "boolean") for feature in features]
    rows = np.stack(columns, axis=1)
    return np.where(coded, np.floor(rows), rows).astype(np.float32)


def _range_of(feature: Feature) -> tuple[float, float]:
    match feature.type:
        case "category":
            return 0.0, float(len(feature.categories or ()))
        case "boolean":
            return 0.0, 2.0
        case _:
            return feature.minimum or 0.0, feature.maximum or 0.0


def _is_quick(score: Callable[[Matrix], object], rows: Matrix, clock: Callable[[], float]) -> bool:
    """Whether the median call is short enough; the first call decides where it is far too long."""
    seconds: list[float] = []
    for _ in range(_CALLS):
        began = clock()
        with suppress(OverflowingRowError):  # it was scored, for all that
            score(rows)
        seconds.append(clock() - began)
        if seconds[0] > 10 * MAX_SECONDS_IN_LOOP:
            break
    return median(seconds) <= MAX_SECONDS_IN_LOOP
