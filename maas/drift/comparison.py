"""Compares counts of later rows with the training rows of a version.

A field drifts if its PSI, less its bias, is above what chance alone exceeds once in
`FALSE_ALARMS` looks, and above `MIN_PSI`. The probability is divided by the number of fields
(Bonferroni), so it holds for the verdict over all of them.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from maas.drift.bins import Counts
from maas.drift.cells import feature_cells, prediction_cells
from maas.drift.counts import BinCounts
from maas.drift.distances import (
    Floats,
    chance,
    jensen_shannon,
    population_stability,
    used_cells,
)
from maas.drift.record import MIN_ROWS, DriftReport, FeatureDrift, PredictionDrift, Verdict
from maas.model.signature import Signature

FALSE_ALARMS = 0.002
"""The probability that equal distributions are called a drift in one look, in any of the fields."""

MIN_PSI = 0.05
"""Less is never called a drift, however many rows there are.

Customarily, a PSI below 0.1 means no significant change (Lewis 1994, "An Introduction to Credit
Scoring"; Siddiqi 2006, "Credit Risk Scorecards"). That is of bins with a tenth of the rows each.
Those of a reference are mostly of equal width: where few hold most rows, a shift shows less.
"""

# Of the new values that are estimated, in ascending order.
_PARTS = np.linspace(0, 1, 11)

# Of what is written.
_DIGITS = 6


class Comparison:
    """What judges counts of the rows of one version.

    Args:
        bins: what counts them.
        signature: of the version.
        reference: the content of its reference.json. Under `prediction` stand the predictions of
            held-out rows; older versions have none.

    Raises:
        ValueError: the reference is not one of this signature.
    """

    def __init__(self, bins: BinCounts, signature: Signature, reference: Mapping[str, Any]) -> None:
        features = [signature.features[index] for index in signature.matrix_order]
        self._names = [feature.name for feature in signature.features]
        self._places = {feature.name: place for place, feature in enumerate(features)}
        held_out = reference.get("prediction")
        self._cells = [
            feature_cells(field, feature, reference["features"][feature.name], signature.unknown)
            for (field, _), feature in zip(bins.fields, features, strict=False)
        ]
        target = reference["target"] if held_out is None else held_out
        self._cells.append(prediction_cells(bins.fields[-1][0], target))
        self._judged = held_out is not None and sum(self._cells[-1].expected) > 0
        self._lay_out(bins)

    def _lay_out(self, bins: BinCounts) -> None:
        """Number the cells of all fields one after the other."""
        sizes = [len(cells.expected) for cells in self._cells]
        self._starts = np.concatenate(([0], np.cumsum(sizes)[:-1])).astype(np.intp)
        self._sizes = np.array(sizes, dtype=np.intp)
        self._expected = np.concatenate([cells.expected for cells in self._cells])
        self._new = np.concatenate([cells.new for cells in self._cells])
        self._cell_of = np.concatenate(
            [
                start + np.array(c.cell_of)
                for start, c in zip(self._starts, self._cells, strict=True)
            ]
        )
        self._fields = [place for _, place in bins.fields]
        noise = np.array([cells.noise for cells in self._cells])
        self._training_rows = np.maximum(np.add.reduceat(self._expected, self._starts), 1) / noise

    def compare(self, counts: Counts, version: int, digest: str, since: str | None) -> DriftReport:
        """Judge counts of later rows.

        Args:
            counts: of the version's `BinCounts`.
            version: its number.
            digest: of the version.
            since: when counting began.
        """
        rows = int(counts[0])
        found = np.bincount(self._cell_of, counts[1:], len(self._expected)).astype(np.float64)
        expected = self._expect(found)
        psi, limits = self._distances(expected, found)
        js = jensen_shannon(expected, found, self._starts)
        if not rows:
            psi, js = np.zeros_like(psi), np.zeros_like(js)
        verdicts = [_verdict(rows, *pair) for pair in zip(psi, limits, strict=True)]
        fields = list(zip(_round(psi), _round(js), _round(limits), verdicts, strict=True))
        features = {name: self._feature(counts, name, fields) for name in self._names}
        prediction = self._prediction(*fields[-1])
        drifts = "drift" in [prediction.verdict, *(each.verdict for each in features.values())]
        return DriftReport(
            version=version,
            digest=digest,
            since=since,
            rows=rows,
            features=features,
            prediction=prediction,
            verdict="drift" if drifts else "ok" if rows >= MIN_ROWS else "too few rows",
        )

    def _expect(self, found: Floats) -> Floats:
        """Reference rows per cell, with that part of new values which suits the later rows best.

        Training rows that come again have none, fresh rows as many as are estimated. Both are no
        drift, and neither is anything between them; more are.
        """
        parts = [self._expected + part * self._new for part in _PARTS]
        psi = [population_stability(part, found, self._starts) for part in parts]
        best = np.repeat(np.argmin(psi, axis=0), self._sizes)
        chosen: Floats = np.choose(best, parts)
        return chosen

    def _distances(self, expected: Floats, found: Floats) -> tuple[Floats, Floats]:
        """The PSI of each field less its bias, and its limit."""
        later_rows = np.maximum(np.add.reduceat(found, self._starts), 1)
        cells = used_cells(expected, found, self._starts)
        degrees = (cells - 1).astype(np.float64)
        psi = population_stability(expected, found, self._starts)
        psi -= degrees * (1 / self._training_rows + 1 / later_rows)
        spread = 1 / self._training_rows + 1 / np.maximum(later_rows, MIN_ROWS)
        exceeded = chance(degrees, FALSE_ALARMS / len(self._starts)) - degrees
        return np.maximum(psi, 0), np.maximum(exceeded * spread, MIN_PSI)

    def _feature(
        self, counts: Counts, name: str, fields: list[tuple[float, float, float, Verdict]]
    ) -> FeatureDrift:
        place = self._places[name]
        cells, own = self._cells[place], counts[self._fields[place]]
        psi, js, limit, verdict = fields[place]
        rows = max(1.0, float(own.sum(dtype=np.float64)))
        nulls = 0 if cells.missing is None else int(own[cells.missing])
        unseen = sum(int(own[each]) for each in cells.unseen)
        return FeatureDrift(
            psi=psi,
            js=js,
            limit=limit,
            null_rate=round(nulls / rows, _DIGITS),
            unseen_rate=round(unseen / rows, _DIGITS),
            verdict=verdict,
        )

    def _prediction(self, psi: float, js: float, limit: float, verdict: Verdict) -> PredictionDrift:
        if self._judged:
            return PredictionDrift(psi=psi, js=js, limit=limit, verdict=verdict)
        unjudged: Verdict = "ok" if verdict == "drift" else verdict
        return PredictionDrift(psi=psi, js=js, limit=None, verdict=unjudged)


def _verdict(rows: int, psi: float, limit: float) -> Verdict:
    if rows < MIN_ROWS:
        return "too few rows"
    return "drift" if psi > limit else "ok"


def _round(numbers: Floats) -> list[float]:
    return [round(number, _DIGITS) for number in numbers.tolist()]
