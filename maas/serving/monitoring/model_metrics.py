"""Counts what the model answers, and rows unlike those it was trained on."""

import json
from collections import Counter as Tally
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from operator import attrgetter, le
from typing import Any

import numpy as np
from prometheus_client import Counter, Histogram

from maas.model.column_encoding import GAP
from maas.model.row import Row
from maas.model.scorers import Matrix
from maas.model.signature import Label, Signature, label_text
from maas.serving.monitoring.bulk_histogram import observe_all
from maas.serving.monitoring.deferred_counter import DeferredCounter
from maas.serving.monitoring.predicted_numbers import predicted_numbers

_BATCH_ROWS = (1, 10, 100, 1000, 10_000, 100_000)


class _Families:
    """The metrics that every version has, once per process."""

    def __init__(self) -> None:
        self.batches = Histogram("maas_batch_rows", "Rows of a batch", buckets=_BATCH_ROWS)
        outside = "Values outside the training range"
        self.outside = Counter("maas_feature_out_of_range", outside, ["feature"])
        unseen = "Categories that training did not see"
        self.unseen = Counter("maas_feature_unseen", unseen, ["feature"])


@cache
def _families() -> _Families:
    return _Families()


@cache
def _predictions_by_class() -> Counter:
    return Counter("maas_predictions", "Predictions by class", ["label"])


_counts: ContextVar[bool] = ContextVar("counts", default=True)

is_counted = _counts.get
"""Whether what is answered in this context is counted."""


@contextmanager
def uncounted() -> Iterator[None]:
    """Count nothing that is answered in this context: a version is tried before it is served."""
    token = _counts.set(False)
    try:
        yield
    finally:
        _counts.reset(token)


def read_target_edges(reference: bytes) -> list[float]:
    """The edges of the training target's bins, from reference.json; none for classes."""
    edges: list[float] = json.loads(reference)["target"].get("edges", [])
    return edges


class ModelMetrics:
    """The metrics of one version's answers; nothing is refused here.

    Args:
        signature: what the model takes and gives.
        target_edges: for a regression, the edges of the training target's bins, ascending.
        number: of the version.

    Attributes:
        ranges_later: whether single rows are given to `count_outside` later, many at once: to look
            at one is a tenth of its request.
    """

    def __init__(self, signature: Signature, target_edges: Sequence[float], number: int) -> None:
        self.ranges_later = False
        self._deferred = DeferredCounter()
        self._batches = _families().batches
        self._classes: dict[Label, Any] | None = None
        if signature.classes is not None:
            counter = _predictions_by_class()
            self._classes = {
                label: counter.labels(label_text(label)) for label in signature.classes
            }
        else:
            edges = tuple(sorted(set(target_edges))) or (0.0,)
            self._values = predicted_numbers().of_version(number, edges)
        self._watch_features(signature)

    def _watch_features(self, signature: Signature) -> None:
        """Make the counters of values outside the training range, and of unseen categories."""
        features = [signature.features[index] for index in signature.matrix_order]
        self._ranged = {
            column: _families().outside.labels(f.name)
            for column, f in enumerate(features)
            if f.type in ("number", "integer") and f.minimum is not None
        }
        self._unseen = {
            column: (
                _families().unseen.labels(f.name),
                attrgetter(f"f{signature.matrix_order[column]}"),
            )
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
        self,
        rows: Sequence[Row],
        matrix: Matrix,
        answers: Sequence[Any],
        *,
        is_batch: bool,
        in_loop: bool,
    ) -> None:
        """Count one call of the model.

        Args:
            rows: as the client sent them.
            matrix: the same rows, encoded.
            answers: a label or a number per row.
            is_batch: whether they came as a batch, which may have one row.
            in_loop: whether this is the event loop's thread.
        """
        if not is_counted():
            return
        if is_batch:
            self._batches.observe(len(rows))
        if in_loop and len(rows) == 1:
            self._record_answer(answers[0])
            if not self.ranges_later:
                self._check_ranges(matrix[0].tolist())
        else:
            self._count_answers(answers)
            self.count_outside(matrix)
        for column, (counter, value) in self._unseen.items():
            codes = np.flatnonzero(matrix[:, column] == GAP).tolist()
            counter.inc(sum(value(rows[index]) is not None for index in codes))

    def _record_answer(self, answer: Any) -> None:
        """Count a single answer; written with others of this turn of the event loop."""
        if self._classes is None:
            self._values.observe(answer)
        else:
            self._deferred.add(self._classes[answer])

    def _check_ranges(self, values: list[float]) -> None:
        """Count the values of a single row that are outside the training range."""
        low, high = self._bounds
        # In C for most rows; the loop is for a row that needs it, or has a gap (NaN).
        if all(map(le, low, values)) and all(map(le, values, high)):
            return
        for column, counter in self._ranged.items():
            if values[column] < low[column] or values[column] > high[column]:
                self._deferred.add(counter)

    def _count_answers(self, answers: Sequence[Any]) -> None:
        if self._classes is None:
            observe_all(self._values, answers)
        else:
            for label, count in Tally(answers).items():
                self._classes[label].inc(count)

    def count_outside(self, matrix: Matrix) -> None:
        """Count the values of many rows that are outside the training range."""
        counts = ((matrix < self._low) | (matrix > self._high)).sum(axis=0).tolist()
        for column, counter in self._ranged.items():
            if counts[column]:
                counter.inc(counts[column])
