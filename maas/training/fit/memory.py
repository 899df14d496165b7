"""The memory that a fit needs: estimated, and compared with what there is, before the fit."""

from collections.abc import Sequence

from maas.config.train_config import ModelConfig
from maas.errors import TooLargeError
from maas.model.signature import Feature
from maas.registry.manifest import SchemaVersion
from maas.training.fit.pipeline import build_pipeline

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
_SQUARES = {
    "LinearDiscriminantAnalysis": 2.5,
    "QuadraticDiscriminantAnalysis": 1.7,
    "Ridge": 1.2,
    "RidgeClassifier": 1.2,
}

# A number of a sparse matrix with its column, in numbers of 8 bytes: both are stored, and once more
# with its row while matrices are put side by side.
_SPARSE = 3

# How many of the columns with the most categories an error names.
_NAMED = 3


def check_memory(
    config: ModelConfig,
    features: Sequence[Feature],
    rows: int,
    there: int,
    verified: SchemaVersion | None = None,
) -> None:
    """Refuse a fit that needs more memory than there is.

    Args:
        config: the run.
        features: described from the training rows.
        rows: the training rows, or the held-out rows if they are more.
        there: the bytes that the process can still get.
        verified: the schema of the published version that is verified; None for a new run.

    Raises:
        TooLargeError: the estimate is above `there`.
    """
    needed = estimate_memory(config, features, rows, verified)
    if needed <= there:
        return
    spread = config.preprocessing.encode == "onehot"
    wide = _widest(features) if spread else []
    what = (
        f"needs about {needed / 1e9:.1f} GB of memory, and {there / 1e9:.1f} GB are available: "
        f"{config.estimator.name} gets {rows} rows x {_width(features, spread)} columns"
    )
    if wide:
        counts = ", ".join(f"{len(f.categories or ())} of {f.column!r}" for f in wide)
        what += f", among them one per value: {counts}"
    remedies = []
    if wide and estimate_memory(_as_ordinal(config), features, rows, verified) <= there:
        remedies.append("set `preprocessing.encode: ordinal`")
    others = [feature for feature in features if feature not in wide[:1]]
    if wide and others and estimate_memory(config, others, rows, verified) <= there:
        key = "data.features" if config.data.features else "the features (`data.exclude`)"
        remedies.append(f"leave {wide[0].column!r} out of {key}")
    remedy = ", or ".join([*remedies, "train on fewer rows or columns"])
    raise TooLargeError(f"{config.data.source}: the fit", what, remedy)


def _as_ordinal(config: ModelConfig) -> ModelConfig:
    changed = config.preprocessing.model_copy(update={"encode": "ordinal"})
    return config.model_copy(update={"preprocessing": changed})


def estimate_memory(
    config: ModelConfig, features: Sequence[Feature], rows: int, verified: SchemaVersion | None
) -> int:
    """Estimate the bytes that a fit and its predictions need, beside the data set itself.

    Args:
        config: the run.
        features: described from the training rows.
        rows: of the larger part of the split.
        verified: the schema of the published version that is verified; None for a new run.
    """
    name, count = config.estimator.name, len(features)
    prepare = build_pipeline(config, features, verified).named_steps.get("prepare")
    sparse = prepare is not None and prepare.sparse_threshold > 0
    width = _width(features, config.preprocessing.encode == "onehot")
    stored = _SPARSE * count if sparse else width  # per row, in numbers of 8 bytes
    # The frame of these rows is held throughout, in float64.
    encoding = 1.5 * count  # in float32, and then in float64
    preparing = 0 if prepare is None else count + 2 * stored
    fitting = (1 + _MORE_COPIES.get(name, _COPIES)) * stored
    squares = 0 if sparse else _SQUARES.get(name, 0) * width**2
    return int(_FLOAT64 * (rows * (count + max(encoding, preparing, fitting)) + squares))


def _width(features: Sequence[Feature], spread: bool) -> int:
    """How many columns the estimator gets."""
    return sum(len(f.categories or ()) if spread and f.categories else 1 for f in features)


def _widest(features: Sequence[Feature]) -> list[Feature]:
    """The columns with the most categories, those first."""
    texts = [feature for feature in features if feature.categories]
    return sorted(texts, key=lambda feature: -len(feature.categories or ()))[:_NAMED]
