"""Counts of encoded rows and of answers in the bins of a version's reference.json.

All counts of a version stand in one array of int64, whose layout follows from its signature and
its reference: arrays of several parts, processes or hours are added up as they are.

Numbers are compared in float32, as the model gets them. A reference is counted so when a version is
trained, so the training rows have its counts. Those of versions before the manifest's schema 4 were
counted in float64: they differ where only float64 tells a value from an edge, see `bins`.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from maas.drift.bins import Bins, Counts, answer_bins, feature_bins, read_count
from maas.drift.levels import LevelCounter
from maas.model.scorers import Array, Matrix
from maas.model.signature import Signature


class BinCounts:
    """What counts rows and answers in the bins of one version.

    Args:
        signature: of the version.
        reference: the content of its reference.json.

    Attributes:
        size: length of an array of counts; the first of them is the number of rows.
        fields: the bins of each feature, in the order of the matrix, and at last of the answers,
            with their place in an array of counts.
        ambiguous: the places in the matrix of the features whose code -1 is null or an ignored
            category: for them, `count` must be given how many rows are null.

    Raises:
        ValueError: the reference is not one of this signature.
    """

    def __init__(self, signature: Signature, reference: Mapping[str, Any]) -> None:
        features = [signature.features[index] for index in signature.matrix_order]
        self._names = [feature.name for feature in signature.features]
        records, unknown = _entries(reference, self._names), signature.unknown
        fields = [feature_bins(f, records[f.name], unknown) for f in features]
        self.fields: list[tuple[Bins, slice]] = []
        self.size = 1
        for bins in (*fields, answer_bins(signature, _mapping(reference, "target"))):
            self.fields.append((bins, slice(self.size, self.size + bins.size)))
            self.size += bins.size
        leveled = [(place, bins.levels) for place, bins in enumerate(fields) if bins.levels]
        self._leveled = np.array([place for place, _ in leveled], dtype=np.intp)
        self._levels = LevelCounter([levels for _, levels in leveled])
        of_leveled = [np.arange(self.size)[self.fields[place][1]] for place, _ in leveled]
        self._of_leveled = np.concatenate([np.array([], dtype=np.intp), *of_leveled])
        self._looked_up = [place for place, bins in enumerate(fields) if not bins.levels]
        self.ambiguous = tuple(
            place
            for place, feature in enumerate(features)
            if feature.type == "category" and feature.nullable and unknown == "ignore"
        )

    def zeros(self) -> Counts:
        """The counts of no rows, shape (size,)."""
        return np.zeros(self.size, dtype=np.int64)

    def count(
        self, matrix: Matrix, answers: Array, nulls: Mapping[int, int] | None = None
    ) -> Counts:
        """Count valid rows and their answers.

        Args:
            matrix: shape (rows, features), as the encoder makes it.
            answers: shape (rows,), as the predictor gives them. In place of texts, integers may
                be given that are their places among the classes, which is faster.
            nulls: how many of the rows are null, by the feature's place in the matrix. Those of
                `ambiguous` are needed; others are not looked at.

        Returns:
            Shape (size,), to be added to others.

        Raises:
            ValueError: an answer is not one of the classes, or `nulls` leaves out an ambiguous
                feature or says more than there are codes of -1.
        """
        counts = self.zeros()
        counts[0] = len(matrix)
        leveled = matrix[:, self._leveled] if self._looked_up else matrix
        counts[self._of_leveled] = self._levels.count(leveled)
        for feature in self._looked_up:
            bins, place = self.fields[feature]
            counts[place] = bins.count(matrix[:, feature])
        target, place = self.fields[-1]
        counts[place] = target.count(answers)
        for feature in self.ambiguous:
            self._move_nulls(counts, feature, (nulls or {}).get(feature))
        return counts

    def to_json(self, counts: Counts) -> dict[str, Any]:
        """Counts by name.

        Returns:
            `rows`, `features` by name, and `prediction`. Numbers have `counts` per bin, `below`
            and `above`; categories, booleans and classes have `counts` per value. Features have
            `nulls` too, and categories and booleans `unseen`.
        """
        found = {bins.name: bins.to_json(counts[place]) for bins, place in self.fields[:-1]}
        target, place = self.fields[-1]
        return {
            "rows": int(counts[0]),
            "features": {name: found[name] for name in self._names},
            "prediction": target.to_json(counts[place]),
        }

    def from_json(self, document: Mapping[str, Any]) -> Counts:
        """The counts that `to_json` made a document of.

        Raises:
            ValueError: the document is not of these bins, or a field has not one value per row.
        """
        counts, rows = self.zeros(), read_count(document.get("rows"), "rows")
        counts[0], records = rows, _entries(document, self._names)
        answers = _mapping(document, "prediction")
        for bins, place in self.fields:
            is_target = place.stop == self.size
            found = bins.from_json(answers if is_target else records[bins.name])
            if sum(found) != rows:
                raise ValueError(f"{bins.name}: {sum(found)} values in {rows} rows")
            counts[place] = found
        return counts

    def _move_nulls(self, counts: Counts, feature: int, nulls: int | None) -> None:
        """Take the nulls out of the unseen categories, among which they were counted."""
        bins, place = self.fields[feature]
        field = counts[place]
        unseen, null = (bins.bins + bins.others.index(name) for name in ("unseen", "nulls"))
        if nulls is None or not 0 <= nulls <= field[unseen]:
            raise ValueError(f"{bins.name}: {nulls} nulls among {field[unseen]} codes of -1")
        field[unseen] -= nulls
        field[null] += nulls


def _mapping(document: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    found = document.get(key)
    if not isinstance(found, Mapping):
        raise ValueError(f"no {key}")
    return found


def _entries(document: Mapping[str, Any], names: list[str]) -> Mapping[str, Any]:
    """The records of all features, and of no other."""
    found = _mapping(document, "features")
    if found.keys() != set(names):
        raise ValueError("other features")
    return found
