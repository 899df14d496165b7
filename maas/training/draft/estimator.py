"""Which estimator a draft names: one that learns something from most tables of its size."""

from typing import Any

from maas.tables.target_draft import TargetDraft, Task
from maas.tables.unknown.seen_column import number
from maas.training.draft.draft import EstimatorDraft

# Up to the first number of rows a linear model, up to the second a forest, above boosted trees.
# Measured over 95 of R's data sets with three splits each. Of classes, the balanced accuracy is
# above that of the most frequent one in 93 % of the files below 200 rows with both, and up to 1 000
# rows in 94 % with the forest, 89 with the linear model. Of numbers, the error is below that of
# their mean in 91 % with the forest (Ridge 88, below 50 rows 88 against 85; boosted trees 76). Few
# of the files were larger: there boosted trees are taken for their size and speed, since a forest
# of 100 000 rows took six minutes and 63 MB.
_BOUNDS: dict[Task, tuple[int, int]] = {"classification": (200, 2_000), "regression": (50, 10_000)}

# An odd number of trees: an even one can be tied at one half, where ONNX may decide otherwise.
_FOREST = {"n_estimators": 101, "min_samples_leaf": 5}

_LINEAR: dict[Task, tuple[str, dict[str, Any]]] = {
    "classification": ("LogisticRegression", {"max_iter": 1000}),
    "regression": ("Ridge", {}),
}
_FORESTS: dict[Task, tuple[str, dict[str, Any]]] = {
    "classification": ("RandomForestClassifier", _FOREST),
    "regression": ("RandomForestRegressor", {**_FOREST, "max_features": 0.5}),
}
_BOOSTED: dict[Task, str] = {
    "classification": "HistGradientBoostingClassifier",
    "regression": "HistGradientBoostingRegressor",
}

# Boosted trees make one tree per class in each round: 80 seconds for a million rows and 2 classes,
# with 100 rounds on a slow core. With more rows times classes than this, a linear model is trained:
# 30 000 rows of 200 classes took it 2 seconds, and boosted trees 12 for 30 rounds.
_MANY_TREES = 5_000_000


def choose_estimator(target: TargetDraft, rows: int, is_counted: bool = True) -> EstimatorDraft:
    """Choose by the number of rows.

    Args:
        target: what is predicted.
        rows: of the file.
        is_counted: whether they were counted; else they are estimated.
    """
    reason = f"suits {number(rows)} rows" if is_counted else f"suits about {_rounded(rows)} rows"
    return EstimatorDraft(*_choose(target, rows), reason)


def other_estimator(target: TargetDraft, first: EstimatorDraft) -> EstimatorDraft:
    """The estimator to take where the first one is refused."""
    linear, forest = _LINEAR[target.task], _FORESTS[target.task]
    reason = f"in place of {first.name}, which these rows do not suit"
    return EstimatorDraft(*(linear if first.name == forest[0] else forest), reason)


def _choose(target: TargetDraft, rows: int) -> tuple[str, dict[str, Any]]:
    few, many = _BOUNDS[target.task]
    if rows < few:
        return _LINEAR[target.task]
    if rows < many:
        return _FORESTS[target.task]
    if target.classes > 2 and rows * target.classes > _MANY_TREES:
        return _LINEAR[target.task]
    return _BOOSTED[target.task], {}


def _rounded(rows: int) -> str:
    """Write an estimate, with two digits that count."""
    step: int = 10 ** max(len(str(rows)) - 2, 0)
    return number(round(rows / step) * step)
