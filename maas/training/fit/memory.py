"""The memory that a fit needs: estimated, and compared with what there is, before the fit."""

from collections.abc import Sequence

from sklearn.pipeline import Pipeline

from maas.config.train_config import ModelConfig
from maas.errors import TooLargeError
from maas.model.signature import Feature

_FLOAT64 = 8  # bytes

# How many matrices of float64 an estimator needs beside the one that it is given. Measured with
# scikit-learn 1.8 as the peak of the resident memory of `fit` and `predict`, one thread, on
# 20 000 x 500 values: 0.0 (LogisticRegression, SGD) to 1.3 (HistGradientBoosting, BernoulliNB).
_COPIES = 1.3
_MORE_COPIES = {
    "AdaBoostRegressor": 1.6,
    "BaggingClassifier": 1.6,
    "BaggingRegressor": 1.6,
    "BayesianRidge": 2.2,
    "GaussianNB": 2.0,
    "LinearDiscriminantAnalysis": 3.7,
    "LinearRegression": 2.0,
    "QuadraticDiscriminantAnalysis": 2.7,
    "RidgeClassifier": 2.1,
    "SVC": 1.5,
    "SVR": 1.5,
}

# Square matrices of (columns x columns) beside these; likewise, on 3 000 x 2 000 values.
_SQUARES = {"Ridge": 1.2, "RidgeClassifier": 1.2}

# How many of the columns with the most categories an error names.
_NAMED = 3


def check_memory(
    config: ModelConfig, features: Sequence[Feature], pipeline: Pipeline, rows: int, there: int
) -> None:
    """Refuse a fit that needs more memory than there is.

    Args:
        config: the run.
        features: described from the training rows.
        pipeline: not fitted.
        rows: the training rows, or the held-out rows if they are more.
        there: the bytes that the process can still get.

    Raises:
        TooLargeError: the estimate is above `there`.
    """
    spread = config.preprocessing.encode == "onehot"
    needed = estimate_memory(features, pipeline, rows, spread)
    if needed <= there:
        return
    wide = _widest(features) if spread else []
    what = (
        f"needs about {needed / 1e9:.1f} GB of memory, and {there / 1e9:.1f} GB are available: "
        f"{config.estimator.name} gets {rows} rows x {_width(features, spread)} columns"
    )
    if wide:
        counts = ", ".join(f"{len(f.categories or ())} of {f.column!r}" for f in wide)
        what += f", among them one per value: {counts}"
    remedies = []
    if wide and estimate_memory(features, pipeline, rows, False) <= there:
        remedies.append("set `preprocessing.encode: ordinal`")
    others = [feature for feature in features if feature not in wide[:1]]
    if wide and others and estimate_memory(others, pipeline, rows, spread) <= there:
        key = "data.features" if config.data.features else "the features (`data.exclude`)"
        remedies.append(f"leave {wide[0].column!r} out of {key}")
    remedy = ", or ".join([*remedies, "train on fewer rows or columns"])
    raise TooLargeError(f"{config.data.source}: the fit", what, remedy)


def estimate_memory(
    features: Sequence[Feature], pipeline: Pipeline, rows: int, spread: bool
) -> int:
    """Estimate the bytes that a fit and its predictions need, beside the data set itself.

    Args:
        features: described from the training rows.
        pipeline: not fitted.
        rows: of the larger part of the split.
        spread: whether each category becomes a column.
    """
    name = type(pipeline[-1]).__name__
    count, width = len(features), _width(features, spread)
    # The frame of these rows is held throughout, in float64.
    encoding = 1.5 * count  # in float32, and then in float64
    preparing = count + 2 * width if "prepare" in pipeline.named_steps else 0
    fitting = (1 + _MORE_COPIES.get(name, _COPIES)) * width
    values = rows * (count + max(encoding, preparing, fitting)) + _SQUARES.get(name, 0) * width**2
    return int(_FLOAT64 * values)


def _width(features: Sequence[Feature], spread: bool) -> int:
    """How many columns the estimator gets."""
    return sum(len(f.categories or ()) if spread and f.categories else 1 for f in features)


def _widest(features: Sequence[Feature]) -> list[Feature]:
    """The columns with the most categories, those first."""
    texts = [feature for feature in features if feature.categories]
    return sorted(texts, key=lambda feature: -len(feature.categories or ()))[:_NAMED]


def _gigabytes(count: float) -> str:
    return f"{count / 1e9:.1f} GB"
