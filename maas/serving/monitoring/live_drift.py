"""Counts the rows that the service answers, and compares them with the training rows.

Rows wait until some hundreds are there: counting one costs nearly as much as counting a hundred.
Nothing of a row is kept but the bins it is in.
"""

import logging
import os
import threading
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from operator import attrgetter, itemgetter
from pathlib import Path
from time import monotonic
from typing import Any

import numpy as np

from maas.drift.comparison import Comparison
from maas.drift.counts import BinCounts
from maas.drift.levels import Counts
from maas.drift.record import DriftReport
from maas.model.column_encoding import GAP
from maas.model.row import Row
from maas.model.scorers import Array, Matrix
from maas.model.signature import Signature
from maas.serving.monitoring.hourly_counts import HourlyCounts
from maas.serving.monitoring.metrics_folder import PROMETHEUS_DIR

log = logging.getLogger("bentoml.maas")

MAX_WAITING = 512
"""Rows that are counted together."""

MAX_OF_BATCH = 256
"""The most that are looked at of one batch, drawn at random: their order may have a pattern."""

# Seconds for which a report is given again while this worker counts nothing more.
_REUSED_S = 1.0


class LiveDrift:
    """How the rows that one version answers differ from its training rows.

    Args:
        number: of the version.
        digest: of the version.
        signature: of the version.
        reference: the content of its reference.json.
        on_rows: is given the single rows, encoded, when they are counted; in any thread.

    Raises:
        ValueError: the reference is not one of this signature.
    """

    def __init__(
        self,
        number: int,
        digest: str,
        signature: Signature,
        reference: dict[str, Any],
        on_rows: Callable[[Matrix], None] = lambda _: None,
    ) -> None:
        self._number, self._digest = number, digest
        self._bins = BinCounts(signature, reference)
        self._comparison = Comparison(self._bins, signature, reference)
        self._is_regression = signature.classes is None
        order = signature.matrix_order
        self._ambiguous = [
            (place, attrgetter(f"f{order[place]}")) for place in self._bins.ambiguous
        ]
        folder = os.environ.get(PROMETHEUS_DIR)
        self._counts = HourlyCounts(Path(folder) if folder else None, digest, self._bins.size)
        # As bytes: writing a row into an array costs more, and so does keeping the arrays.
        self._rows, self._row_answers = bytearray(), list[Any]()
        self._parts, self._part_answers = bytearray(), list[Any]()
        self._width, self._on_rows = len(order), on_rows
        self._nulls = dict.fromkeys(self._bins.ambiguous, 0)
        self._random = np.random.default_rng()  # seeded by the system
        self._lock, self._looking = threading.Lock(), threading.Lock()
        self._failed = False
        self._times = 0  # that rows were counted
        self._last: tuple[float, int, DriftReport, Counts] | None = None

    def add_row(self, row: Row, matrix: Matrix, answer: Any) -> None:
        """Take a single row, as `add` takes many."""
        with self._lock:
            self._rows += matrix.tobytes()
            self._row_answers.append(answer)
            if self._ambiguous:
                self._count_nulls((row,), matrix, (0,))
            if len(self._row_answers) == MAX_WAITING:
                self._count_waiting()

    def add(self, rows: Sequence[Row], matrix: Matrix, answers: Sequence[Any]) -> None:
        """Take rows that were answered, to be counted soon; in any thread.

        Args:
            rows: as the client sent them.
            matrix: the same rows, encoded.
            answers: a label or a number per row.
        """
        with self._lock:
            chosen: Sequence[int] = range(len(answers))
            if len(chosen) > MAX_OF_BATCH:
                places = self._random.choice(
                    len(chosen), MAX_OF_BATCH, replace=False, shuffle=False
                )
                matrix, chosen = matrix.take(places, axis=0), places.tolist()
                answers = itemgetter(*chosen)(answers)
            self._parts += matrix.tobytes()
            self._part_answers += answers
            if self._ambiguous:
                self._count_nulls(rows, matrix, chosen)
            if len(self._part_answers) >= MAX_WAITING:
                self._count_waiting()

    def count_waiting(self) -> None:
        """Count the rows that wait."""
        if self._row_answers or self._part_answers:
            with self._lock:
                self._count_waiting()

    def restore(self) -> None:
        """Write the file of the counts again if it was removed."""
        with self._lock:
            self._counts.restore()

    def report(self) -> DriftReport:
        """How the rows of the last hours differ, over all workers; call it in a thread."""
        return self._look()[0]

    def counts(self) -> dict[str, Any]:
        """The counts by name, as `BinCounts.to_json` has them; call it in a thread."""
        return self._bins.to_json(self._look()[1])

    def snapshot(self) -> tuple[DriftReport, dict[str, Any]]:
        """The report and the counts of the same moment; call it in a thread."""
        report, counts = self._look()
        return report, self._bins.to_json(counts)

    def _look(self) -> tuple[DriftReport, Counts]:
        self.count_waiting()
        with self._looking:  # counting does not wait for it
            times = self._times  # more may be counted meanwhile
            last = self._last
            if last is None or last[1] != times or monotonic() - last[0] > _REUSED_S:
                found = self._counts.sum()
                since = datetime.fromtimestamp(found.since, UTC).isoformat().replace("+00:00", "Z")
                compare, digest = self._comparison.compare, self._digest
                report = compare(found.counts, self._number, digest, since)
                self._last = last = monotonic(), times, report, found.counts
            return last[2:]

    def _count_waiting(self) -> None:
        rows, parts, nulls = self._rows, self._parts, self._nulls
        given = self._row_answers + self._part_answers
        self._rows, self._parts, self._nulls = bytearray(), bytearray(), dict.fromkeys(nulls, 0)
        self._row_answers, self._part_answers = [], []
        kind = np.float32 if self._is_regression else np.object_
        try:
            if rows:
                self._on_rows(self._read(rows))
            matrix = self._read(rows + parts)
            answers: Array = np.array(given, dtype=kind)
            self._counts.add(self._bins.count(matrix, answers, nulls))
        except Exception as error:  # whatever it is, requests go on
            if not self._failed:
                log.warning("rows are not counted for drift: %s", error)
            self._failed = True
        self._times += 1

    def _read(self, values: bytearray) -> Matrix:
        found: Matrix = np.frombuffer(values, dtype=np.float32).reshape(-1, self._width)
        return found

    def _count_nulls(self, rows: Sequence[Row], matrix: Matrix, chosen: Sequence[int]) -> None:
        """Count which codes of -1 are null, and not an unseen category."""
        for place, value in self._ambiguous:
            gaps = np.flatnonzero(matrix[:, place] == GAP).tolist()
            self._nulls[place] += sum(value(rows[chosen[gap]]) is None for gap in gaps)
