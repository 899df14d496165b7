"""reference.json: the distribution of the training rows, to compare later requests with.

The rows are counted by the code that counts requests, so that equal values are in equal bins.
"""

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from maas.drift.bins import Bins, Counts, answer_bins, feature_bins
from maas.model.scorers import Array
from maas.model.signature import FLOAT32_MAX, Feature, Signature, label_text
from maas.registry.manifest import SCHEMA_VERSION, SchemaVersion
from maas.tables.columns import Values
from maas.training.data import Dataset
from maas.training.split import Indices
from maas.training.tails import find_edges

# Bins between the smallest and the largest training value; those of a feature are in the signature
# exactly, those of the target nowhere.
BINS = 20

# The first schema whose rows are counted by the code that counts requests.
FIRST_COUNTED_AS_SERVED = 4

# Rows that are counted at a time, so that their flags, one per edge, stay in the cache.
_ROWS = 4096


def describe_reference(
    signature: Signature, data: Dataset, train: Indices, schema: SchemaVersion = SCHEMA_VERSION
) -> dict[str, Any]:
    """Count the values of the training rows, per feature and of the target.

    Numbers are counted in `BINS` bins; categories, booleans and classes per value. Missing
    values are counted separately, as `nulls`.

    Args:
        signature: of the run.
        data: what it was given.
        train: indices of the training rows.
        schema: of the version.
    """
    as_served = schema >= FIRST_COUNTED_AS_SERVED
    by_name = {column.name: column.values[train] for column in data.columns}
    features = {}
    for feature in signature.features:
        values = by_name[feature.name]
        present = values[~pd.isna(values)]
        if feature.type == "category":
            counts = _count(present, list(feature.categories or ()))
        elif feature.type == "boolean":
            counts = _count(present.astype(bool), [False, True])
        else:
            counts = _bin_feature(present, feature, signature) if as_served else _bin(present)
        features[feature.name] = counts | {"nulls": int(len(values) - len(present))}
    target = data.target[train]
    if signature.classes is not None:
        of_target = _count(target, list(signature.classes))
    else:
        of_target = _bin_target(target, signature) if as_served else _bin(target.astype(float))
    return {"rows": len(train), "features": features, "target": of_target}


def describe_answers(
    signature: Signature, reference: dict[str, Any], answers: npt.NDArray[Any]
) -> dict[str, Any]:
    """Count the answers for held-out rows, in the bins of the target.

    A model answers other numbers than it was trained on: fewer large ones, or more often the most
    frequent class. So the answers of requests are compared with these.

    Args:
        signature: of the run.
        reference: with the target.
        answers: of the fitted pipeline, shape (rows,).
    """
    bins = answer_bins(signature, reference["target"])
    given = answers if signature.classes is not None else _as_served(answers.reshape(-1))
    return {"rows": len(answers), **bins.to_json(_count_all(bins, given))}


def _count(values: Values, known: list[Any]) -> dict[str, Any]:
    counts = pd.Series(values, dtype=values.dtype).value_counts().to_dict()
    return {"counts": {label_text(value): int(counts.get(value, 0)) for value in known}}


def _bin_feature(values: Values, feature: Feature, signature: Signature) -> dict[str, Any]:
    edges = find_edges(values.astype(np.float64), BINS, feature.type == "integer")
    empty = {"edges": edges, "counts": [0] * max(0, len(edges) - 1)}
    bins = feature_bins(feature, empty, signature.unknown)
    return empty | {"counts": _count_in(bins, values)}


def _bin_target(values: Values, signature: Signature) -> dict[str, Any]:
    are_whole = values.dtype.kind == "i"
    edges = find_edges(values.astype(np.float64), BINS, are_whole, hide_ends=True)
    empty = {"edges": edges, "counts": [0] * (len(edges) - 1)}
    return empty | {"counts": _count_in(answer_bins(signature, empty), values)}


def _count_in(bins: Bins, values: Values) -> list[int]:
    """Count numbers in bins that hold all of them."""
    inside: list[int] = _count_all(bins, _as_served(values))[: bins.bins].tolist()
    return inside


def _count_all(bins: Bins, values: npt.NDArray[Any]) -> Counts:
    parts = [bins.count(values[start : start + _ROWS]) for start in range(0, len(values), _ROWS)]
    return np.asarray(np.sum(parts, axis=0), dtype=np.int64)


def _as_served(values: npt.NDArray[Any]) -> Array:
    """Numbers in float32; a target may be beyond it, though no answer is."""
    return np.asarray(np.clip(values, -FLOAT32_MAX, FLOAT32_MAX), dtype=np.float32)


def _bin(values: Values) -> dict[str, Any]:
    """Count values as numpy does; until schema 3."""
    if not len(values):
        return {"edges": [], "counts": []}
    try:
        counts, edges = np.histogram(values, bins=BINS)
    except ValueError:  # the values are too close together for so many bins
        return {"edges": [float(values.min()), float(values.max())], "counts": [len(values)]}
    return {"edges": edges.tolist(), "counts": counts.tolist()}
