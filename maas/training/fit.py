"""Splits, fits and measures."""

import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn import metrics
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import train_test_split
from sklearn.pipeline import Pipeline

from maas.config import ModelConfig
from maas.errors import ConfigError, DataError
from maas.training.data import Dataset
from maas.training.pipeline import build_pipeline, task_of


@dataclass(frozen=True)
class Fitted:
    """A fitted pipeline and what it was measured on.

    Attributes:
        pipeline: fitted; every thread count in it is 1.
        train: indices of the training rows.
        held_out: indices of the held-out rows.
        metrics: name -> value on the held-out rows.
        warnings: what scikit-learn had to say.
    """

    pipeline: Pipeline
    train: npt.NDArray[np.int64]
    held_out: npt.NDArray[np.int64]
    metrics: dict[str, float]
    warnings: tuple[str, ...]


def fit(config: ModelConfig, data: Dataset) -> Fitted:
    """Fit the configured pipeline on the training rows and measure it on the others.

    Raises:
        ConfigError: the estimator or a parameter is wrong.
        DataError: the target does not suit the estimator, or cannot be split so.
    """
    pipeline = build_pipeline(config)
    task = task_of(pipeline[-1])
    _check_target(data, task, config.estimator.name)
    train, held_out = _split(config, data, task)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            pipeline.fit(data.matrix[train], data.target[train])
        except ValueError as error:
            raise ConfigError("estimator", f"cannot be fitted: {error}", "change it") from None
    # Threads are exact in fit; in predict_proba of a forest they change the order of a sum.
    if "n_jobs" in pipeline[-1].get_params():
        pipeline[-1].set_params(n_jobs=1)
    measured = _measure(pipeline, data.matrix[held_out], data.target[held_out], task)
    return Fitted(pipeline, train, held_out, measured, _said(caught))


def _check_target(data: Dataset, task: str, estimator: str) -> None:
    where = f"{data.source}: target"
    if len(np.unique(data.target)) < 2:
        raise DataError(where, "is constant", "choose a target with at least two values")
    if task == "regression" and data.target.dtype == object:
        raise DataError(where, f"is text, {estimator} predicts numbers", "name a classifier")
    if task == "classification" and data.target.dtype.kind == "f":
        whole = np.all(data.target == np.floor(data.target))
        if not whole or len(np.unique(data.target)) > len(data.target) // 2:
            raise DataError(where, f"is numbers, {estimator} predicts classes", "name a regressor")


def _split(
    config: ModelConfig, data: Dataset, task: str
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    method = config.split.method or ("stratified" if task == "classification" else "random")
    if method == "stratified" and task == "regression":
        raise ConfigError("split.method", "stratified needs classes", "write `method: random`")
    try:
        train, held_out = train_test_split(
            np.arange(data.rows),
            test_size=config.split.test_size,
            random_state=config.seed,
            stratify=data.target if method == "stratified" else None,
        )
    except ValueError as error:
        raise DataError(
            f"{data.source} split by {method}, test_size {config.split.test_size}",
            str(error),
            "change split.test_size or split.method",
        ) from None
    return np.sort(train), np.sort(held_out)


def _measure(
    pipeline: Pipeline, matrix: npt.NDArray[Any], truth: npt.NDArray[Any], task: str
) -> dict[str, float]:
    answers = pipeline.predict(matrix)
    if task == "regression":
        return {
            "r2": float(metrics.r2_score(truth, answers)),
            "mae": float(metrics.mean_absolute_error(truth, answers)),
            "rmse": float(metrics.root_mean_squared_error(truth, answers)),
        }
    truth, answers = np.asarray(truth.tolist()), np.asarray(answers.tolist())
    return {
        "accuracy": float(metrics.accuracy_score(truth, answers)),
        "balanced_accuracy": float(metrics.balanced_accuracy_score(truth, answers)),
        "f1_macro": float(metrics.f1_score(truth, answers, average="macro")),
    }


def _said(caught: list[warnings.WarningMessage]) -> tuple[str, ...]:
    """The first line of each warning; a fit that did not converge is worth a log line."""
    return tuple(
        str(warning.message).strip().splitlines()[0]
        for warning in caught
        if issubclass(warning.category, (ConvergenceWarning, UserWarning))
    )
