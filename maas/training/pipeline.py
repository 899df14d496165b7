"""Builds the scikit-learn pipeline that a config asks for."""

import inspect
import typing
from typing import Any

import numpy as np
from sklearn import ensemble, linear_model, neighbors, neural_network, svm, tree
from sklearn.base import BaseEstimator, is_classifier
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from maas.config import EstimatorConfig, ModelConfig
from maas.errors import ConfigError

ESTIMATORS: dict[str, type[BaseEstimator]] = {
    kind.__name__: kind
    for kind in (
        ensemble.ExtraTreesClassifier,
        ensemble.ExtraTreesRegressor,
        ensemble.GradientBoostingClassifier,
        ensemble.GradientBoostingRegressor,
        ensemble.HistGradientBoostingClassifier,
        ensemble.HistGradientBoostingRegressor,
        ensemble.RandomForestClassifier,
        ensemble.RandomForestRegressor,
        linear_model.ElasticNet,
        linear_model.Lasso,
        linear_model.LinearRegression,
        linear_model.LogisticRegression,
        linear_model.Ridge,
        neighbors.KNeighborsClassifier,
        neighbors.KNeighborsRegressor,
        neural_network.MLPClassifier,
        neural_network.MLPRegressor,
        svm.SVC,
        svm.SVR,
        tree.DecisionTreeClassifier,
        tree.DecisionTreeRegressor,
    )
}
"""The estimators a config may name: no import paths, so a config can load no code."""

_TREES = ("Forest", "Trees", "Tree", "GradientBoosting")


def build_pipeline(config: ModelConfig) -> Pipeline:
    """Build the unfitted pipeline: `encode`, `scale` (where asked for), `model`.

    `encode` rounds the features to float32, as serving does, then computes in float64.
    It takes lists, arrays and data frames; the other steps are what is exported.

    Raises:
        ConfigError: no such estimator, or a parameter it does not take.
    """
    model = _build_estimator(config.estimator, config.seed)
    steps: list[tuple[str, Any]] = [("encode", _encoder())]
    if _wants_scale(config):
        steps.append(("scale", StandardScaler()))
    return Pipeline([*steps, ("model", model)])


def _encoder() -> Pipeline:
    def cast(dtype: type[np.floating[Any]]) -> FunctionTransformer:
        return FunctionTransformer(
            np.asarray, kw_args={"dtype": dtype}, feature_names_out="one-to-one"
        )

    return Pipeline([("float32", cast(np.float32)), ("float64", cast(np.float64))])


def _wants_scale(config: ModelConfig) -> bool:
    scale = config.preprocessing.scale
    if scale == "auto":
        return not any(part in config.estimator.name for part in _TREES)
    return scale == "standard"


def _build_estimator(config: EstimatorConfig, seed: int) -> BaseEstimator:
    kind = ESTIMATORS.get(config.name)
    if kind is None:
        raise ConfigError(
            f"estimator.name = {config.name!r}",
            "no such estimator",
            f"name one of {', '.join(sorted(ESTIMATORS))}",
        )
    known = inspect.signature(kind).parameters
    for name in config.params:
        if name not in known:
            raise ConfigError(
                f"estimator.params.{name}",
                f"{config.name} takes no such parameter",
                f"use some of {', '.join(known)}",
            )
    params = {"random_state": seed} if "random_state" in known else {}
    estimator = kind(**(params | config.params))
    _check_params(estimator)
    return estimator


def _check_params(estimator: BaseEstimator) -> None:
    try:
        estimator._validate_params()
    except ValueError as error:  # sklearn.utils._param_validation.InvalidParameterError
        raise ConfigError("estimator.params", str(error), "correct the value") from None


def task_of(estimator: BaseEstimator) -> typing.Literal["classification", "regression"]:
    """What the estimator does."""
    return "classification" if is_classifier(estimator) else "regression"
