"""Counts what the model answers, and rows unlike those it was trained on."""

import json
from collections import Counter as Tally
from collections.abc import Sequence
from operator import attrgetter, le
from typing import Any

import numpy as np
from prometheus_client import Counter, Histogram

from maas.model.predictor import Matrix, label_text
from maas.model.signature import Label, Row
from maas.registry.version import REFERENCE
from maas.serving.monitoring.request_metrics import Pending
from maas.serving.process.deployment import Served

_BATCHES = (1, 10, 100, 1000, 10_000, 100_000)


class Observations:
    """The model's own metrics; nothing is refused here.

    Args:
        served: the version that answers.
    """

    def __init__(self, served: Served) -> None:
        signature = served.signature
        self._pending = Pending()
        self._batches = Histogram("maas_batch_rows", "Rows of a batch", buckets=_BATCHES)
        self._classes: dict[Label, Any] | None = None
        if signature.classes is not None:
            predictions = Counter("maas_predictions", "Predictions by class", ["label"])
            self._classes = {
                label: predictions.labels(label_text(label)) for label in signature.classes
            }
        else:
            edges = json.loads(served.version.read(REFERENCE))["target"]["edges"]
            self._values = Histogram(
                "maas_prediction_value",
                "Predicted numbers; the buckets part the training target's range",
                buckets=sorted(set(edges)) or (0.0,),
            )
        outside = Counter(
            "maas_feature_out_of_range", "Values outside the training range", ["feature"]
        )
        unseen = Counter("maas_feature_unseen", "Categories that training did not see", ["feature"])
        features = [signature.features[index] for index in signature.matrix_order]
        self._ranged = {
            column: outside.labels(f.name)
            for column, f in enumerate(features)
            if f.type in ("number", "integer") and f.minimum is not None
        }
        self._unseen = {
            column: (unseen.labels(f.name), attrgetter(f"f{signature.matrix_order[column]}"))
            for column, f in enumerate(features)
            if f.type == "category" and signature.unknown == "ignore"
        }
        self._low = np.full(len(features), -np.inf, dtype=np.float32)
        self._high = -self._low
        for column in self._ranged:
            self._low[column] = features[column].minimum
            self._high[column] = features[column].maximum
        self._bounds = self._low.tolist(), self._high.tolist()

    def record(
        self, rows: Sequence[Row], matrix: Matrix, answers: Sequence[Any], in_loop: bool
    ) -> None:
        """Count one call of the model.

        Args:
            rows: as they were asked.
            matrix: the same rows, encoded.
            answers: a label or a number per row.
            in_loop: whether this is the event loop's thread.
        """
        single = len(rows) == 1
        if not single:
            self._batches.observe(len(rows))
        if self._classes is None:
            for answer in answers:
                self._values.observe(answer)
        elif single and in_loop:
            self._pending.add(self._classes[answers[0]])
        else:
            for label, count in Tally(answers).items():
                self._classes[label].inc(count)
        if single and in_loop:
            self._count_row_outside(matrix)
        else:
            self._count_outside(matrix)
        for column, (counter, value) in self._unseen.items():
            codes = np.flatnonzero(matrix[:, column] == -1).tolist()
            counter.inc(sum(value(rows[index]) is not None for index in codes))

    def _count_row_outside(self, matrix: Matrix) -> None:
        values = matrix[0].tolist()
        low, high = self._bounds
        # In C for most rows; the loop is for a row that needs it, or has a gap (NaN).
        if all(map(le, low, values)) and all(map(le, values, high)):
            return
        for column, counter in self._ranged.items():
            if values[column] < low[column] or values[column] > high[column]:
                self._pending.add(counter)

    def _count_outside(self, matrix: Matrix) -> None:
        counts = ((matrix < self._low) | (matrix > self._high)).sum(axis=0).tolist()
        for column, counter in self._ranged.items():
            if counts[column]:
                counter.inc(counts[column])
