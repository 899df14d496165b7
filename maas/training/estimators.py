"""The estimators that a config may name: no import paths, so a config can load no code."""

import inspect
from typing import Any, Literal

from sklearn import (
    discriminant_analysis,
    ensemble,
    linear_model,
    naive_bayes,
    neighbors,
    neural_network,
    svm,
    tree,
)
from sklearn.base import BaseEstimator, is_classifier

from maas.config import EstimatorConfig
from maas.errors import ConfigError

ESTIMATORS: dict[str, type[BaseEstimator]] = {
    kind.__name__: kind
    for kind in (
        discriminant_analysis.LinearDiscriminantAnalysis,
        discriminant_analysis.QuadraticDiscriminantAnalysis,
        ensemble.AdaBoostClassifier,
        ensemble.AdaBoostRegressor,
        ensemble.BaggingClassifier,
        ensemble.BaggingRegressor,
        ensemble.ExtraTreesClassifier,
        ensemble.ExtraTreesRegressor,
        ensemble.GradientBoostingClassifier,
        ensemble.GradientBoostingRegressor,
        ensemble.HistGradientBoostingClassifier,
        ensemble.HistGradientBoostingRegressor,
        ensemble.RandomForestClassifier,
        ensemble.RandomForestRegressor,
        linear_model.BayesianRidge,
        linear_model.ElasticNet,
        linear_model.HuberRegressor,
        linear_model.Lasso,
        linear_model.LinearRegression,
        linear_model.LogisticRegression,
        linear_model.Ridge,
        linear_model.RidgeClassifier,
        linear_model.SGDClassifier,
        linear_model.SGDRegressor,
        naive_bayes.BernoulliNB,
        naive_bayes.GaussianNB,
        neighbors.KNeighborsClassifier,
        neighbors.KNeighborsRegressor,
        neural_network.MLPClassifier,
        neural_network.MLPRegressor,
        svm.LinearSVC,
        svm.LinearSVR,
        svm.SVC,
        svm.SVR,
        tree.DecisionTreeClassifier,
        tree.DecisionTreeRegressor,
    )
}

_TREES = ("Forest", "Trees", "Tree", "GradientBoosting", "AdaBoost", "Bagging")


def build_estimator(config: EstimatorConfig, seed: int) -> BaseEstimator:
    """Build the estimator, its parameters checked by its own rules.

    Raises:
        ConfigError: no such estimator, or a parameter or value that it does not take.
    """
    kind = ESTIMATORS.get(config.name)
    if kind is None:
        known = ", ".join(sorted(ESTIMATORS))
        where = f"estimator.name = {config.name!r}"
        raise ConfigError(where, "no such estimator", f"name one of {known}")
    parameters = inspect.signature(kind).parameters
    for name in config.params:
        if name not in parameters:
            remedy = f"use some of {', '.join(parameters)}"
            where = f"estimator.params.{name}"
            raise ConfigError(where, f"{config.name} takes no such parameter", remedy)
    if config.params.get("random_state", seed) is None:
        where = "estimator.params.random_state = None"
        raise ConfigError(where, "would give another model each time", "leave it out: seed is used")
    seeded: dict[str, Any] = {"random_state": seed} if "random_state" in parameters else {}
    estimator = kind(**(seeded | config.params))
    try:
        estimator._validate_params()
    except ValueError as error:  # sklearn.utils._param_validation.InvalidParameterError
        raise ConfigError("estimator.params", str(error), "correct the value") from None
    return estimator


def task_of(estimator: BaseEstimator) -> Literal["classification", "regression"]:
    """What the estimator does."""
    return "classification" if is_classifier(estimator) else "regression"


def splits_by_value(estimator: BaseEstimator) -> bool:
    """Whether the estimator is made of trees, which do not care for scale."""
    return any(part in type(estimator).__name__ for part in _TREES)


def takes_gaps(estimator: BaseEstimator) -> bool:
    """Whether the estimator handles NaN itself, in scikit-learn and in ONNX alike."""
    return isinstance(
        estimator,
        ensemble.HistGradientBoostingClassifier | ensemble.HistGradientBoostingRegressor,
    )
