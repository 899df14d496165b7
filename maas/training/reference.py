"""reference.json: the distribution of the training rows, to compare later requests with."""

from typing import Any

import numpy as np
import pandas as pd

from maas.model.signature import Signature, label_text
from maas.training.data import Dataset
from maas.training.split import Indices

# Bins of equal width between the smallest and the largest training value.
BINS = 20


def describe_reference(signature: Signature, data: Dataset, train: Indices) -> dict[str, Any]:
    """Count the values of the training rows, per feature and of the target.

    Numbers are counted in `BINS` bins; categories, booleans and classes per value. Missing
    values are counted separately, as `nulls`.
    """
    by_name = {column.name: column.values[train] for column in data.columns}
    features = {}
    for feature in signature.features:
        values = by_name[feature.name]
        present = values[~pd.isna(values)]
        if feature.type == "category":
            counts = _count(present.tolist(), list(feature.categories or ()))
        elif feature.type == "boolean":
            counts = _count([bool(v) for v in present], [False, True])
        else:
            counts = _bin(present)
        features[feature.name] = counts | {"nulls": int(len(values) - len(present))}
    target = data.target[train]
    if signature.classes is not None:
        of_target = _count(target.tolist(), list(signature.classes))
    else:
        of_target = _bin(target.astype(np.float64))
    return {"rows": len(train), "features": features, "target": of_target}


def _count(values: list[Any], known: list[Any]) -> dict[str, Any]:
    counts = dict.fromkeys(known, 0)
    for value in values:
        counts[value] += 1
    return {"counts": {label_text(value): count for value, count in counts.items()}}


def _bin(values: Any) -> dict[str, Any]:
    if not len(values):
        return {"edges": [], "counts": []}
    try:
        counts, edges = np.histogram(values, bins=BINS)
    except ValueError:  # the values are too close together for so many bins
        return {"edges": [float(values.min()), float(values.max())], "counts": [len(values)]}
    return {"edges": edges.tolist(), "counts": counts.tolist()}
