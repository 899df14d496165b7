"""How many rows a report may predict, so that it never takes long beside the run.

It is counted in operations, not in seconds: a clock would make another report on another machine.
"""

import math
from typing import Any

from sklearn.pipeline import Pipeline

# What a report may compute, in multiplications: a second or less.
_BUDGET = 1e9

# Or this part of the held-out rows, if that is more.
_SHARE = 10

# As long as one step down a tree takes, so many numbers are multiplied; a tree takes as long as
# some steps more than it has levels.
_STEP = 15
_STEPS_PER_TREE = 8
_LEVELS = 7  # of a tree of histograms, whose leaves are bounded

# As long as the function of a kernel takes.
_KERNEL = 40

# What a row costs whatever the model is, and each of its numbers: it is copied, cast and scaled.
_ROW = 200
_NUMBER = 5

# Each number of a sparse row: its category is looked up, and rows are put together from columns.
_SPARSE_NUMBER = 100


def count_operations(pipeline: Pipeline) -> float:
    """About how many numbers are multiplied to predict a row."""
    width = float(count_numbers(pipeline))
    each = _SPARSE_NUMBER if _is_sparse(pipeline) else _NUMBER
    return _ROW + each * width + _operations(pipeline[-1], width)


def count_numbers(pipeline: Pipeline) -> int:
    """How many numbers a row has for the model: one per column, or in a sparse row per feature."""
    if _is_sparse(pipeline):
        return int(pipeline.named_steps["prepare"].n_features_in_)
    return int(getattr(pipeline[-1], "n_features_in_", 1))


def _is_sparse(pipeline: Pipeline) -> bool:
    prepare = pipeline.named_steps.get("prepare")
    return prepare is not None and bool(prepare.sparse_output_)


def bound_rows(operations: float, rows: int) -> int:
    """How many rows a report may predict.

    Args:
        operations: of a row.
        rows: held-out rows, all of which the run itself predicts more than once.
    """
    return max(int(_BUDGET / operations), rows // _SHARE)


def _operations(model: Any, width: float) -> float:
    if hasattr(model, "n_samples_fit_"):  # nearest neighbours
        return float(model.n_samples_fit_) * width
    if hasattr(model, "support_vectors_"):
        return float(model.support_vectors_.shape[0]) * (width + _KERNEL)
    if hasattr(model, "coefs_"):  # a neural network
        first, *others = model.coefs_
        return float(width * first.shape[1] + sum(layer.size for layer in others))
    ensemble = getattr(model, "estimators_", None)
    if ensemble is not None:
        members = list(getattr(ensemble, "flat", ensemble))
        return sum(_operations(member, width) for member in members) if members else width
    if hasattr(model, "n_iter_") and hasattr(model, "n_trees_per_iteration_"):
        trees = float(model.n_iter_ * model.n_trees_per_iteration_)
        return trees * (_STEPS_PER_TREE + _LEVELS) * _STEP
    if hasattr(model, "tree_"):
        return (_STEPS_PER_TREE + math.log2(model.tree_.node_count)) * _STEP
    classes = len(getattr(model, "classes_", ())) or 1
    power = 2 if hasattr(model, "rotations_") else 1  # quadratic discriminant analysis
    return width**power * classes
