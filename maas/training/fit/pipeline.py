"""The scikit-learn pipeline that a config asks for.

Its steps:

- `encode` turns rows (a data frame, or an array with the same columns) into the float32 matrix
  that serving makes of a request: numbers first, then a code per category, -1 for a missing
  value or a category that training did not see.
- `widen` casts the matrix to float64, in which scikit-learn computes.
- `prepare`, if there is anything to prepare, imputes and scales numbers and encodes categories;
  what it gives is sparse where categories make many columns.
- `model` predicts.

The steps after `widen` are exported.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import (
    FunctionTransformer,
    OneHotEncoder,
    OrdinalEncoder,
    StandardScaler,
)

from maas.config.train_config import ModelConfig, PreprocessingConfig
from maas.model.signature import Feature
from maas.registry.manifest import SchemaVersion
from maas.training.fit.estimators import (
    build_estimator,
    splits_by_value,
    takes_gaps,
    takes_sparse,
)

# With more columns than this, the matrix of the estimator is sparse, if one-hot columns are among
# them and the estimator takes it: below, a dense one is small, and often faster.
SPARSE_FROM = 1000

# The steps after `encode` and `widen`.
EXPORTED = slice(2, None)


def build_pipeline(
    config: ModelConfig, features: Sequence[Feature], verified: SchemaVersion | None = None
) -> Pipeline:
    """Build the unfitted pipeline for these features.

    Args:
        config: the run.
        features: described from the training rows.
        verified: the schema of the published version that is verified; None for a new run.

    Raises:
        ConfigError: the estimator is unknown, or does not accept a parameter or its value.
    """
    model = build_estimator(config.estimator, config.seed)
    prepare = _preparation(config.preprocessing, features, model, verified)
    return Pipeline(
        [
            ("encode", _encoder(features)),
            ("widen", _cast(np.float64)),
            *([("prepare", prepare)] if prepare else []),
            ("model", model),
        ]
    )


def _encoder(features: Sequence[Feature]) -> ColumnTransformer:
    numbers = [i for i, feature in enumerate(features) if feature.type != "category"]
    texts = [i for i, feature in enumerate(features) if feature.type == "category"]
    codes = OrdinalEncoder(
        categories=[np.array(features[i].categories, dtype=object) for i in texts],
        handle_unknown="use_encoded_value",
        unknown_value=-1,
        dtype=np.float32,
    )
    steps: list[tuple[str, Any, list[int]]] = []
    if numbers:
        steps.append(("numbers", _cast(np.float32), numbers))
    if texts:
        steps.append(("categories", codes, texts))
    return ColumnTransformer(steps, sparse_threshold=0, verbose_feature_names_out=False)


def _cast(dtype: type[np.floating[Any]]) -> FunctionTransformer:
    return FunctionTransformer(np.asarray, kw_args={"dtype": dtype}, feature_names_out="one-to-one")


def _preparation(
    config: PreprocessingConfig,
    features: Sequence[Feature],
    model: BaseEstimator,
    verified: SchemaVersion | None,
) -> ColumnTransformer | None:
    numbers = [feature for feature in features if feature.type != "category"]
    texts = [feature for feature in features if feature.type == "category"]
    of_numbers = _number_steps(config, numbers, model)
    spread = bool(texts) and config.encode == "onehot"
    columns = len(numbers) + sum(len(feature.categories or ()) for feature in texts)
    # Not by the memory of the machine: a sparse fit may give other bits than a dense one.
    sparse = spread and columns > SPARSE_FROM and takes_sparse(model)
    sparse = sparse and (verified is None or verified >= 3)
    if not of_numbers and not spread:
        return None
    steps: list[tuple[str, Any, slice]] = []
    if numbers:
        steps.append(("numbers", of_numbers or "passthrough", slice(0, len(numbers))))
    if texts:
        onehot = OneHotEncoder(
            categories=[np.arange(len(f.categories or ()), dtype=np.float64) for f in texts],
            handle_unknown="ignore",
            sparse_output=sparse,
        )
        rest = slice(len(numbers), len(features))
        steps.append(("categories", onehot if spread else "passthrough", rest))
    return ColumnTransformer(steps, sparse_threshold=1 if sparse else 0)


def _number_steps(
    config: PreprocessingConfig, numbers: Sequence[Feature], model: BaseEstimator
) -> Pipeline | None:
    steps: list[tuple[str, Any]] = []
    impute = config.impute
    if impute == "auto":
        gaps = any(feature.nullable for feature in numbers) and not takes_gaps(model)
        impute = "median" if gaps else "none"
    if numbers and impute != "none":
        steps.append(("impute", SimpleImputer(strategy=impute)))
    scale = config.scale
    if scale == "auto":
        scale = "none" if splits_by_value(model) else "standard"
    if numbers and scale == "standard":
        steps.append(("scale", StandardScaler()))
    return Pipeline(steps) if steps else None
