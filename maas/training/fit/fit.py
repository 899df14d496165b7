"""The fit: the pipeline on the training rows, and what it predicts for the held-out rows."""

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.base import BaseEstimator
from sklearn.pipeline import Pipeline

from maas.config.train_config import ModelConfig
from maas.errors import DataError
from maas.model.signature import Feature, label_text
from maas.registry.manifest import SchemaVersion
from maas.tables.available_memory import available_memory
from maas.training.data import Column, Dataset
from maas.training.failure import explain_fit
from maas.training.fit.estimators import task_of
from maas.training.fit.memory import check_memory
from maas.training.fit.metrics import warning_messages
from maas.training.fit.pipeline import build_pipeline
from maas.training.split import Indices, split_rows


@dataclass(frozen=True)
class FitResult:
    """A fitted pipeline and what it is measured on.

    Attributes:
        pipeline: fitted; every thread count in it is 1.
        features: described from the training rows.
        train: indices of the training rows.
        held_out: indices of the held-out rows.
        predictions: labels or numbers for the held-out rows, shape (held-out rows,).
        warnings: the warnings of scikit-learn.
    """

    pipeline: Pipeline
    features: tuple[Feature, ...]
    train: Indices
    held_out: Indices
    predictions: npt.NDArray[Any]
    warnings: tuple[str, ...]


def fit(
    config: ModelConfig,
    data: Dataset,
    frame: pd.DataFrame,
    report: Callable[[str], None] = lambda _: None,
    verified: SchemaVersion | None = None,
) -> FitResult:
    """Fit the configured pipeline on the training rows, and predict the held-out rows.

    Args:
        config: the run.
        data: what its config names.
        frame: a column per feature.
        report: called with a line for people before the fit.
        verified: the schema of the published version that is verified; None for a new run.

    Raises:
        ConfigError: the estimator or a parameter is not valid.
        TooLargeError: the fit needs more memory than there is.
        FitError: the fit fails.
        DataError: the target does not suit the estimator, or the rows cannot be split.
    """
    task = task_of(build_pipeline(config, ())[-1])
    target = _check_target(data, task, config.estimator.name)
    train, held_out = split_rows(config, data, task)
    report(f"fitting {config.estimator.name} on {len(train)} of {data.rows} rows")
    features = tuple(_describe(column, train) for column in data.columns)
    most = max(len(train), len(held_out))
    check_memory(config, features, most, available_memory(), verified)
    pipeline = build_pipeline(config, features, verified)
    _name_weights(pipeline, target)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        with explain_fit(config.estimator.name):
            pipeline.fit(frame.iloc[train], target[train])
            _set_one_thread(pipeline)
            predictions = np.asarray(pipeline.predict(frame.iloc[held_out]))
    return FitResult(pipeline, features, train, held_out, predictions, warning_messages(caught))


def _check_target(data: Dataset, task: str, estimator: str) -> npt.NDArray[Any]:
    where = f"{data.source}: target"
    kind = data.target.dtype.kind
    if task == "regression":
        if kind not in "if":
            what = f"is not a number, but {estimator} predicts numbers"
            raise DataError(where, what, "name a classifier as estimator.name")
        return data.target.astype(np.float64)
    if kind == "f":
        what = f"is a float, but {estimator} predicts classes"
        remedy = "name a regressor, or store the classes as integers or text"
        raise DataError(where, what, remedy)
    return data.target


def _describe(column: Column, train: Indices) -> Feature:
    """Describe a feature from the training rows."""
    values = column.values[train]
    present = values[~pd.isna(values)]
    common: dict[str, Any] = {
        "name": column.name,
        "column": column.column,
        "type": column.type,
        "nullable": column.nullable,
    }
    if not len(present):
        where = f"column {column.column!r}"
        remedy = "leave it out of data.features, or change the split"
        raise DataError(where, "has no value in the training rows", remedy)
    if column.type == "category":
        return Feature(**common, categories=tuple(sorted(set(present.tolist()))))
    if column.type == "boolean":
        return Feature(**common)
    return Feature(**common, minimum=float(present.min()), maximum=float(present.max()))


def _name_weights(pipeline: Pipeline, target: npt.NDArray[Any]) -> None:
    """Replace the keys of class weights, which are strings in a config, by the classes."""
    weights = pipeline[-1].get_params().get("class_weight")
    if isinstance(weights, dict):
        labels = {label_text(label): label for label in set(target.tolist())}
        named = {labels.get(key.lower(), labels.get(key, key)): w for key, w in weights.items()}
        pipeline[-1].set_params(class_weight=named)


def _set_one_thread(pipeline: Pipeline) -> None:
    """Set 1 thread: in predict_proba of a forest, more would change the order of a sum."""
    parts: list[BaseEstimator] = [pipeline[-1]]
    while parts:
        part = parts.pop()
        if "n_jobs" in part.get_params(deep=False):
            part.set_params(n_jobs=1)
        for value in vars(part).values():
            parts += [held for held in _members(value) if isinstance(held, BaseEstimator)]


def _members(value: Any) -> list[Any]:
    """The objects in a list or an array of objects; else the value alone."""
    if isinstance(value, np.ndarray) and value.dtype == object:
        return list(value.flat)
    return list(value) if isinstance(value, list | tuple) else [value]
