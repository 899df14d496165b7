"""The metrics of a fitted pipeline: what it predicted, compared with the truth."""

import math
import warnings
from collections.abc import Iterable

import numpy as np
from sklearn import metrics
from sklearn.exceptions import ConvergenceWarning

from maas.errors import DataError
from maas.model.scorers import Array


def compute_metrics(
    source: str, task: str, truth: Array, predictions: Array
) -> tuple[dict[str, float], tuple[str, ...]]:
    """Compute the metrics of predictions for held-out rows.

    Args:
        source: names the data in errors.
        task: classification or regression.
        truth: the target, shape (rows,).
        predictions: of the same rows and shape.

    Returns:
        Metric -> value, and the warnings of scikit-learn.

    Raises:
        DataError: a metric is not a finite number, because there are too few rows.
    """
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        measured = (_of_numbers if task == "regression" else _of_classes)(truth, predictions)
    if not all(math.isfinite(value) for value in measured.values()):
        what = f"give metrics that are not finite ({measured})"
        remedy = "raise split.test_size"
        raise DataError(f"{source}: {len(truth)} held-out rows", what, remedy)
    return measured, warning_messages(caught)


def _of_numbers(truth: Array, predictions: Array) -> dict[str, float]:
    truth = truth.astype(np.float64)
    return {
        "r2": float(metrics.r2_score(truth, predictions)),
        "mae": float(metrics.mean_absolute_error(truth, predictions)),
        "rmse": float(metrics.root_mean_squared_error(truth, predictions)),
    }


def _of_classes(truth: Array, predictions: Array) -> dict[str, float]:
    given, predicted = np.asarray(truth.tolist()), np.asarray(predictions.tolist())
    return {
        "accuracy": float(metrics.accuracy_score(given, predicted)),
        "balanced_accuracy": float(metrics.balanced_accuracy_score(given, predicted)),
        "f1_macro": float(metrics.f1_score(given, predicted, average="macro")),
    }


def warning_messages(caught: Iterable[warnings.WarningMessage]) -> tuple[str, ...]:
    """List the first line of each warning that says something about the fit."""
    return tuple(
        str(warning.message).strip().splitlines()[0]
        for warning in caught
        if issubclass(warning.category, (ConvergenceWarning, UserWarning))
    )
