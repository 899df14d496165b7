"""Signatures and references of made-up training rows, and what judges rows beside them."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from maas.drift.comparison import Comparison
from maas.drift.counts import BinCounts
from maas.drift.levels import Counts
from maas.drift.record import DriftReport
from maas.model.signature import Feature, Signature

DIGEST = f"sha256:{'0' * 64}"
CLASSES = ("a", "b", "c")


def number(name: str, **changes: Any) -> Feature:
    return Feature(name=name, column=name, type="number", **changes)


def category(name: str, known: Sequence[str], **changes: Any) -> Feature:
    return Feature(name=name, column=name, type="category", categories=tuple(known), **changes)


def make_signature(*features: Feature, **changes: Any) -> Signature:
    content: dict[str, Any] = {
        "features": features, "target": "t", "task": "classification", "classes": CLASSES,
        "probabilities": True, "example": {},
    }  # fmt: skip
    return Signature(**content | changes)


def histogram(values: Any) -> dict[str, Any]:
    """The record of numbers, as training writes it."""
    counts, edges = np.histogram(np.asarray(values, dtype=np.float64), bins=20)
    return {"counts": counts.tolist(), "edges": edges.tolist()}


def tally(counts: Mapping[str, int], nulls: int = 0) -> dict[str, Any]:
    return {"counts": dict(counts), "nulls": nulls}


class Judge:
    """A version's counts and their comparison.

    Args:
        signature: of the version.
        features: the records of reference.json.
        more: keys of reference.json beside them.
    """

    def __init__(self, signature: Signature, features: Mapping[str, Any], **more: Any) -> None:
        of_target = {"target": {"counts": dict.fromkeys(signature.classes or (), 40)}}
        reference = {"rows": 120, "features": dict(features)} | of_target | more
        self.bins = BinCounts(signature, reference)
        self.comparison = Comparison(self.bins, signature, reference)

    def judge(self, counts: Counts) -> DriftReport:
        return self.comparison.compare(counts, 1, DIGEST, None)

    def look(self, matrix: Any, answers: Any = None) -> DriftReport:
        """Judge rows; by default their answers are as frequent as in training."""
        matrix = np.asarray(matrix, dtype=np.float32)
        if answers is None:
            answers = np.arange(len(matrix)) % 3
        return self.judge(self.bins.count(matrix, answers))


def judge_of(training: Any, **more: Any) -> Judge:
    """Of numbers, shape (rows, features); as many answers of each class are predicted."""
    names = [f"f{place}" for place in range(training.shape[1])]
    records = {
        name: histogram(training[:, place]) | {"nulls": 0} for place, name in enumerate(names)
    }
    held_out = {"prediction": {"counts": dict.fromkeys(CLASSES, len(training) // 3)}}
    return Judge(make_signature(*map(number, names)), records, **held_out | more)
