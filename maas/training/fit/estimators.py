"""The estimators that a config may name. It cannot name import paths, so it cannot load code."""

import inspect
from collections.abc import Collection
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

# Name -> module of scikit-learn, which is imported when an estimator of it is used.
ESTIMATORS = {name: module for module, names in _MODULES.items() for name in names}

# Parts of the names of estimators that are made of trees.
_TREE_NAME_PARTS = ("Forest", "Trees", "Tree", "GradientBoosting", "AdaBoost", "Bagging")

# Estimators that take a sparse matrix and whose export passes the parity check with it.
_TAKE_SPARSE = frozenset({
    "AdaBoostClassifier", "AdaBoostRegressor", "BaggingClassifier", "BaggingRegressor",
    "BernoulliNB", "DecisionTreeClassifier", "DecisionTreeRegressor", "ElasticNet",
    "ExtraTreesClassifier", "ExtraTreesRegressor", "GradientBoostingClassifier",
    "GradientBoostingRegressor", "HuberRegressor", "Lasso", "LinearRegression", "LinearSVC",
    "LinearSVR", "LogisticRegression", "MLPClassifier", "MLPRegressor", "RandomForestClassifier",
    "RandomForestRegressor", "Ridge", "RidgeClassifier", "SGDClassifier", "SGDRegressor", "SVC",
    "SVR",
})  # fmt: skip


def estimator_type(name: str) -> type[BaseEstimator]:
    """Import the class of one of `ESTIMATORS`."""
    kind: type[BaseEstimator] = getattr(import_module(f"sklearn.{ESTIMATORS[name]}"), name)
    return kind


def build_estimator(config: EstimatorConfig, seed: int) -> BaseEstimator:
    """Build the estimator; scikit-learn checks the values of its parameters.

    Raises:
        ConfigError: the estimator is unknown, or does not accept a parameter or its value.
    """
    if config.name not in ESTIMATORS:
        known = ", ".join(sorted(ESTIMATORS))
        where = f"estimator.name = {config.name!r}"
        raise ConfigError(where, "is not a known estimator", f"choose one of {known}")
    kind = estimator_type(config.name)
    parameters = inspect.signature(kind).parameters
    _check_params(config, parameters)
    seeded: dict[str, Any] = {"random_state": seed} if "random_state" in parameters else {}
    estimator = kind(**(seeded | config.params))
    try:
        estimator._validate_params()
    except ValueError as error:  # sklearn.utils._param_validation.InvalidParameterError
        raise ConfigError("estimator.params", str(error), "correct the value") from None
    return estimator


def _check_params(config: EstimatorConfig, parameters: Collection[str]) -> None:
    for name in config.params:
        if name not in parameters:
            what, remedy = f"is not a parameter of {config.name}", f"use {', '.join(parameters)}"
            raise ConfigError(f"estimator.params.{name}", what, remedy)
    if config.params.get("random_state", 0) is None:
        what = "would give another model each time"
        remedy = "leave it out: `seed` is used"
        raise ConfigError("estimator.params.random_state = null", what, remedy)


def task_of(estimator: BaseEstimator) -> Literal["classification", "regression"]:
    """The task of an estimator."""
    return "classification" if is_classifier(estimator) else "regression"


def splits_by_value(estimator: BaseEstimator) -> bool:
    """Whether an estimator is made of trees, which do not depend on the scale of numbers."""
    return any(part in type(estimator).__name__ for part in _TREE_NAME_PARTS)


def takes_gaps(estimator: BaseEstimator) -> bool:
    """Whether an estimator accepts NaN itself, both in scikit-learn and in ONNX."""
    return type(estimator).__name__.startswith("HistGradientBoosting")


def takes_sparse(estimator: BaseEstimator) -> bool:
    """Whether an estimator accepts a sparse matrix with the parameters that it has."""
    name = type(estimator).__name__
    if name not in _TAKE_SPARSE or getattr(estimator, "positive", False):
        return False
    return not name.startswith("Ridge") or estimator.solver in ("auto", "sparse_cg", "sag")
