"""The estimators that a config may name: no import paths, so a config can load no code."""

import inspect
from importlib import import_module
from typing import Any, Literal

from sklearn.base import BaseEstimator, is_classifier

from maas.config.train_config import EstimatorConfig
from maas.errors import ConfigError

_MODULES = {
    "discriminant_analysis": ("LinearDiscriminantAnalysis", "QuadraticDiscriminantAnalysis"),
    "ensemble": (
        "AdaBoostClassifier", "AdaBoostRegressor", "BaggingClassifier", "BaggingRegressor",
        "ExtraTreesClassifier", "ExtraTreesRegressor", "GradientBoostingClassifier",
        "GradientBoostingRegressor", "HistGradientBoostingClassifier",
        "HistGradientBoostingRegressor", "RandomForestClassifier", "RandomForestRegressor",
    ),
    "linear_model": (
        "BayesianRidge", "ElasticNet", "HuberRegressor", "Lasso", "LinearRegression",
        "LogisticRegression", "Ridge", "RidgeClassifier", "SGDClassifier", "SGDRegressor",
    ),
    "naive_bayes": ("BernoulliNB", "GaussianNB"),
    "neighbors": ("KNeighborsClassifier", "KNeighborsRegressor"),
    "neural_network": ("MLPClassifier", "MLPRegressor"),
    "svm": ("LinearSVC", "LinearSVR", "SVC", "SVR"),
    "tree": ("DecisionTreeClassifier", "DecisionTreeRegressor"),
}  # fmt: skip

ESTIMATORS = {name: module for module, names in _MODULES.items() for name in names}
"""Name -> module of scikit-learn, which is imported when it is asked for."""

_TREE_NAME_PARTS = ("Forest", "Trees", "Tree", "GradientBoosting", "AdaBoost", "Bagging")


def estimator_type(name: str) -> type[BaseEstimator]:
    """The class of one of `ESTIMATORS`."""
    kind: type[BaseEstimator] = getattr(import_module(f"sklearn.{ESTIMATORS[name]}"), name)
    return kind


def build_estimator(config: EstimatorConfig, seed: int) -> BaseEstimator:
    """Build the estimator, its parameters checked by its own rules.

    Raises:
        ConfigError: no such estimator, or a parameter or value that it does not take.
    """
    if config.name not in ESTIMATORS:
        known = ", ".join(sorted(ESTIMATORS))
        where = f"estimator.name = {config.name!r}"
        raise ConfigError(where, "no such estimator", f"name one of {known}")
    kind = estimator_type(config.name)
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
    return any(part in type(estimator).__name__ for part in _TREE_NAME_PARTS)


def takes_gaps(estimator: BaseEstimator) -> bool:
    """Whether the estimator handles NaN itself, in scikit-learn and in ONNX alike."""
    return type(estimator).__name__.startswith("HistGradientBoosting")
