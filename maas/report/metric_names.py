"""What metrics are called, and what they say, in words."""

NAMES = {
    "accuracy": "accuracy",
    "balanced_accuracy": "balanced accuracy",
    "f1_macro": "F1, mean of the classes",
    "r2": "R²",
    "mae": "mean absolute error",
    "rmse": "root mean squared error",
}

MEANINGS = {
    "accuracy": "the share of rows predicted correctly",
    "balanced_accuracy": "the mean of the classes' recalls: each class counts the same",
    "f1_macro": "precision and recall in one number, the mean of the classes",
    "r2": "1 is perfect; 0 is no better than always answering the mean",
    "mae": "how far off the predictions are, on average",
    "rmse": "the same, where large errors count more",
}

SHORT_NAMES = {"mae": "MAE", "rmse": "RMSE"}
"""Where there is no place for the name."""

IN_UNITS = ("mae", "rmse")
"""Those in the unit of the target; less is better."""


def metric_name(metric: str) -> str:
    """What a metric is called."""
    return NAMES.get(metric, metric)
