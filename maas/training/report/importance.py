"""How much worse the model is when the values of one feature are shuffled.

Permutation importance (Breiman 2001), on the columns of the matrix that a request becomes: one
per feature, before categories are spread over columns.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.pipeline import Pipeline

from maas.model.scorers import Matrix
from maas.model.signature import Signature
from maas.report.parts import (
    MAX_FEATURES,
    MAX_IMPORTANCE,
    FeatureImportance,
    ImportanceRecord,
)
from maas.training.edges import round_number
from maas.training.report.cost import bound_rows, count_numbers, count_operations

MAX_ROWS = 2000
_REPEATS = 5
_LEAST_ROWS = 50

# Rows that are predicted together: a call costs much, whatever it predicts.
_BLOCK_ROWS = 20_000
_BLOCK_CELLS = 10**7

Score = Callable[[npt.NDArray[Any]], npt.NDArray[np.float64]]
"""Takes answers of shape (times, rows), and gives the metric of each time."""


def plan(pipeline: Pipeline, features: int, rows: int) -> tuple[int, int] | None:
    """How many rows are shuffled how often, within what a report may cost.

    Returns:
        Rows and repeats; None where even a few rows would cost too much.
    """
    per_feature = bound_rows(count_operations(pipeline), rows) // features
    for repeats in range(_REPEATS, 0, -1):
        if per_feature // repeats >= min(_LEAST_ROWS * repeats, rows):
            return min(MAX_ROWS, rows, per_feature // repeats), repeats
    return None


def measure_importance(
    pipeline: Pipeline,
    signature: Signature,
    matrix: Matrix,
    score: Score,
    metric: str,
    base: float,
    repeats: int,
    generator: np.random.Generator,
) -> ImportanceRecord | None:
    """Shuffle each feature in turn.

    Args:
        pipeline: fitted.
        signature: with the features of the matrix.
        matrix: held-out rows, encoded; shape (rows, features).
        score: the metric of answers for these rows.
        metric: its name.
        base: the metric of the rows as they are.
        repeats: how often each feature is shuffled.
        generator: what draws the orders.

    Returns:
        None where a metric is not a number, or is too large for one.
    """
    rows, width = matrix.shape
    model = pipeline[1:]
    spread = max(width, count_numbers(pipeline))
    together = max(1, min(_BLOCK_ROWS // rows, _BLOCK_CELLS // (rows * spread)))
    times = [place for place in range(width) for _ in range(repeats)]
    losses: list[float] = []
    for start in range(0, len(times), together):
        chosen = times[start : start + together]
        block = np.tile(matrix, (len(chosen), 1)).reshape(len(chosen), rows, width)
        for shuffled, place in zip(block, chosen, strict=True):
            shuffled[:, place] = matrix[generator.permutation(rows), place]
        answers = np.asarray(model.predict(block.reshape(-1, width)))
        losses += (base - score(answers.reshape(len(chosen), rows))).tolist()
    found = np.array(losses).reshape(width, repeats)
    if not (np.abs(found) < MAX_IMPORTANCE / 2).all():
        return None
    records = [
        FeatureImportance(
            feature=signature.features[index].name,
            mean=round_number(float(of_feature.mean())),
            sd=round_number(float(of_feature.std())),
        )
        for index, of_feature in zip(signature.matrix_order, found, strict=True)
    ]
    places = {feature.name: place for place, feature in enumerate(signature.features)}
    records.sort(key=lambda record: (-record.mean, places[record.feature]))
    return ImportanceRecord(
        metric=metric,
        rows=rows,
        repeats=repeats,
        features=tuple(records[:MAX_FEATURES]),
        others=max(0, len(records) - MAX_FEATURES),
    )
