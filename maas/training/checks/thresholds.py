"""The thresholds of a model of trees: rows at these values are the hardest test of an export.

scikit-learn compares a float32 value with a float64 threshold; an ONNX graph compares it with the
threshold rounded to float32. So a value within one float32 step of a threshold may fall on either
side: a tie. Every other value must fall on the same side.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.pipeline import Pipeline

from maas.model.signature import FLOAT32_MAX

Floats = npt.NDArray[np.float64]


def find_thresholds(pipeline: Pipeline, numbers: int) -> dict[int, Floats]:
    """Find the thresholds of the trees, per number column of the encoded matrix, ascending.

    Args:
        pipeline: fitted.
        numbers: how many columns of the matrix are numbers (they come first).
    """
    found: dict[int, list[float]] = {}
    for column, threshold in _splits(pipeline[-1]):
        if column < numbers:
            found.setdefault(column, []).append(threshold)
    shift, scale = _scaling(pipeline, numbers)
    columns = {
        column: np.unique(np.array(values) * scale[column] + shift[column])
        for column, values in sorted(found.items())
    }
    # A split that only separates missing values has the threshold infinity.
    return {column: v[np.abs(v) < FLOAT32_MAX] for column, v in columns.items()}


def is_tie(
    matrix: npt.NDArray[np.float32], pipeline: Pipeline, thresholds: dict[int, Floats]
) -> npt.NDArray[np.bool_]:
    """Find the rows with a value within one float32 step of a threshold, shape (rows,)."""
    matrix = _filled(matrix, pipeline)
    tie = np.zeros(len(matrix), dtype=bool)
    for column, values in thresholds.items():
        x = matrix[:, column]
        low = np.nextafter(x, np.float32(-np.inf)).astype(np.float64)
        high = np.nextafter(x, np.float32(np.inf)).astype(np.float64)
        nearest = np.append(values, np.inf)[np.searchsorted(values, low)]
        tie |= nearest <= high
    return tie


def _splits(model: object) -> Iterator[tuple[int, float]]:
    """Yield (column, threshold) of each split in an estimator and the estimators inside it."""
    tree = getattr(model, "tree_", None)
    if tree is not None:
        inner = tree.children_left >= 0
        yield from zip(tree.feature[inner].tolist(), tree.threshold[inner].tolist(), strict=True)
    for stage in getattr(model, "_predictors", ()):  # HistGradientBoosting
        for predictor in stage:
            nodes = predictor.nodes[predictor.nodes["is_leaf"] == 0]
            yield from zip(
                nodes["feature_idx"].tolist(), nodes["num_threshold"].tolist(), strict=True
            )
    for part in np.ravel(np.array(getattr(model, "estimators_", ()), dtype=object)):
        yield from _splits(part)


def _of_numbers(pipeline: Pipeline, step: str) -> Any:
    """Find the imputer or the scaler of the number columns; None if there is none."""
    prepare = pipeline.named_steps.get("prepare")
    numbers = prepare.named_transformers_.get("numbers") if prepare is not None else None
    return getattr(numbers, "named_steps", {}).get(step)


def _filled(matrix: npt.NDArray[np.float32], pipeline: Pipeline) -> npt.NDArray[np.float32]:
    """Impute the missing values: an imputed value may be at a threshold too."""
    imputer = _of_numbers(pipeline, "impute")
    if imputer is None:
        return matrix
    filled = matrix.copy()
    part = filled[:, : len(imputer.statistics_)]
    np.copyto(part, imputer.statistics_.astype(np.float32), where=np.isnan(part))
    return filled


def _scaling(pipeline: Pipeline, numbers: int) -> tuple[Floats, Floats]:
    """Compute shift and scale from the values that the model sees back to the encoded matrix."""
    scaler = _of_numbers(pipeline, "scale")
    if scaler is None:
        return np.zeros(numbers), np.ones(numbers)
    return scaler.mean_, scaler.scale_
