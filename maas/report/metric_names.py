"""What metrics are called."""

NAMES = {
    "accuracy": "accuracy",
    "balanced_accuracy": "balanced accuracy",
    "f1_macro": "F1, mean of the classes",
    "r2": "R²",
    "mae": "mean absolute error",
    "rmse": "root mean squared error",
}

SHORT_NAMES = {"mae": "MAE", "rmse": "RMSE"}
"""Where there is no place for the name."""

IN_UNITS = ("mae", "rmse")
"""Those in the unit of the target; less is better."""


def metric_name(metric: str) -> str:
    """What a metric is called."""
    return NAMES.get(metric, metric)
