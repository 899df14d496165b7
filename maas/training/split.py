"""The split into training rows and held-out rows."""

import math

import numpy as np
import numpy.typing as npt
from sklearn.model_selection import GroupShuffleSplit, train_test_split

from maas.config.train_config import ModelConfig
from maas.errors import ConfigError, DataError
from maas.training.data import Dataset

Indices = npt.NDArray[np.int64]


def split_rows(config: ModelConfig, data: Dataset, task: str) -> tuple[Indices, Indices]:
    """Split the rows into training rows and held-out rows; indices ascend.

    Raises:
        ConfigError: the method does not suit the task.
        DataError: the data cannot be split by that method.
    """
    method = config.split.method or ("stratified" if task == "classification" else "random")
    if method == "stratified" and task == "regression":
        what = "stratified needs classes, but the target is a number"
        raise ConfigError("split.method", what, "write `method: random`")
    if method == "stratified":
        _check_class_sizes(data)
    try:
        train, held_out = _split(config, data, method)
    except ValueError as error:
        what = f"cannot be split by {method} with test_size {config.split.test_size} ({error})"
        raise DataError(data.source, what, "change split.test_size or split.method") from None
    if task == "classification":
        _check_classes(data, train, held_out)
    return np.sort(train), np.sort(held_out)


def _split(config: ModelConfig, data: Dataset, method: str) -> tuple[Indices, Indices]:
    rows, size = np.arange(data.rows), config.split.test_size
    if method == "time":
        keys = np.asarray(data.keys)
        order = np.argsort(keys, kind="stable")
        cut = data.rows - math.ceil(data.rows * size)
        # Rows of one time stay together: all rows of the oldest held-out time are held out.
        while 0 < cut < data.rows and keys[order[cut - 1]] == keys[order[cut]]:
            cut -= 1
        if cut < 1:
            raise ValueError("no training row would be left")
        return order[:cut], order[cut:]
    if method == "group":
        splitter = GroupShuffleSplit(n_splits=1, test_size=size, random_state=config.seed)
        train, held_out = next(splitter.split(rows, groups=data.keys))
        return train, held_out
    stratify = data.target if method == "stratified" else None
    train, held_out = train_test_split(
        rows, test_size=size, random_state=config.seed, stratify=stratify
    )
    return train, held_out


def _check_class_sizes(data: Dataset) -> None:
    labels, counts = np.unique(data.target, return_counts=True)
    if counts.min() < 2:
        label = labels.tolist()[counts.argmin()]
        raise DataError(
            f"{data.source}: target",
            f"class {label!r} has only one row, too few for a stratified split",
            "add rows of it, merge it into another class, or write `method: random`",
        )


def _check_classes(data: Dataset, train: Indices, held_out: Indices) -> None:
    """Refuse held-out classes that have no training row: they could never be predicted."""
    seen, asked = set(data.target[train].tolist()), set(data.target[held_out].tolist())
    if len(seen) < 2 or asked - seen:
        lost = sorted(asked - seen, key=str) or sorted(seen, key=str)
        what = f"class {lost[0]!r} is on one side of the split only"
        remedy = "add rows of it, or change split.test_size or split.method"
        raise DataError(f"{data.source}: target", what, remedy)
