"""The split into training rows and held-out rows."""

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.model_selection import GroupShuffleSplit, train_test_split

from maas.config.train_config import ModelConfig
from maas.errors import ConfigError, DataError
from maas.training.data import Dataset

Indices = npt.NDArray[np.int64]

# How many classes an error names.
_MAX_NAMED = 10

# How many values of `min_class_rows` are tried for a remedy, and the class that it may name.
_MAX_TRIED = 10
_OTHER_CLASS = "other"

# The sizes of the held-out part that a remedy may name.
_OTHER_SIZES = (0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5)


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
        _check_class_sizes(config, data)
    try:
        train, held_out = _split(config, data, method)
    except ValueError as error:
        size = config.split.test_size
        what = f"cannot be split by {method} with test_size {size} ({error})"
        first = "add rows, or change split.test_size or split.method"
        remedy = _remedy(first, config, data, method, task)
        raise DataError(data.source, what, remedy) from None
    if task == "classification":
        _check_classes(config, data, method, train, held_out)
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


def _check_class_sizes(config: ModelConfig, data: Dataset) -> None:
    """Refuse what a stratified split cannot divide: single rows, or more classes than rows."""
    where, counts = f"{data.source}: target", Counter(data.target.tolist())
    single = {label: n for label, n in counts.items() if n < 2}
    if single:
        what = f"class {_shorten(next(iter(single)))!r} has only one row"
        if len(single) > 1:
            what = f"{len(single)} of {len(counts)} classes have only one row"
            what = f"{what} ({_name(single)})"
        first = _class_remedy(single, config, data, "stratified")
        if data.target.dtype.kind == "i" and len(single) > len(counts) / 2:
            first = f"name a regressor if these are numbers; or {first}"
        remedy = _remedy(first, config, data, "stratified")
        raise DataError(where, f"{what}, too few for a stratified split", remedy)
    held_out = math.ceil(data.rows * config.split.test_size)
    for side, rows in (("held-out", held_out), ("training", data.rows - held_out)):
        if rows < len(counts):
            what = f"{len(counts)} classes cannot be split into {rows} {side} rows"
            what = f"{what} (rows of the rarest: {_name(counts)})"
            first = _class_remedy(counts, config, data, "stratified")
            remedy = _remedy(first, config, data, "stratified")
            raise DataError(where, what, remedy)


def _check_classes(
    config: ModelConfig, data: Dataset, method: str, train: Indices, held_out: Indices
) -> None:
    """Refuse held-out classes that have no training row: they could never be predicted."""
    lost = _lost_classes(data, train, held_out)
    if not lost:
        return
    side = "on one side of the split only, among the held-out rows"
    what = f"class {_shorten(next(iter(lost)))!r} is {side}"
    if len(lost) > 1:
        what = f"{len(lost)} classes are {side} ({_name(lost)})"
    remedy = _remedy(_class_remedy(lost, config, data, method), config, data, method)
    raise DataError(f"{data.source}: target", what, remedy)


def _lost_classes(data: Dataset, train: Indices, held_out: Indices) -> dict[Any, int]:
    """The classes of which all rows are held out, with their numbers of rows."""
    seen, counts = set(data.target[train].tolist()), Counter(data.target[held_out].tolist())
    return {label: n for label, n in counts.items() if label not in seen}


def _class_remedy(
    classes: Mapping[Any, int], config: ModelConfig, data: Dataset, method: str
) -> str:
    """How to do without classes of few rows; keys are named only if they help."""
    one, merged = len(classes) == 1, config.data.rare_class
    fewest = _find_fewest(config, data, method, merged)
    if fewest is not None and merged is not None:
        return f"merge more rows with data.min_class_rows: {fewest}, or add rows"
    other = None
    if data.target.dtype == object and merged is None:
        other = _find_fewest(config, data, method, _OTHER_CLASS)
    if fewest is None and other is None:
        what = "its rows, merge it into another class" if one else "their rows, merge these classes"
        return f"remove {what}, or add rows"
    ways = []
    if fewest is not None:
        ways.append(f"leave rare classes out with data.min_class_rows: {fewest}")
    if other is not None:
        keys = f"data.min_class_rows: {other} and data.rare_class: {_OTHER_CLASS}"
        ways.append(f"merge them with {keys}")
    return f"{', or '.join(ways)}, or add rows"


def _find_fewest(config: ModelConfig, data: Dataset, method: str, merged: str | None) -> int | None:
    """The smallest `min_class_rows` with which the split is possible; None if none was found.

    Rare rows get the class `merged`; where it is None, they are left out.
    """
    counts = Counter(data.target.tolist())
    for most in sorted(set(counts.values()))[:_MAX_TRIED]:
        if sum(n > most for n in counts.values()) + (merged is not None) < 2:
            return None
        rare = np.array([counts[label] <= most for label in data.target.tolist()])
        target, keys = data.target[~rare], data.keys
        if merged is not None:
            target = np.where(rare, merged, data.target)
        elif keys is not None:
            keys = keys[~rare]
        left = replace(data, target=target, keys=keys)
        if _divides(config, left, method, config.split.test_size, classes=True):
            return most + 1
    return None


def _remedy(
    first: str, config: ModelConfig, data: Dataset, method: str, task: str = "classification"
) -> str:
    """Add to a remedy another size and another method, if they would divide these rows."""
    own, classes = config.split.test_size, task == "classification"
    sizes = sorted(_OTHER_SIZES, key=lambda size: abs(size - own))
    size = next((size for size in sizes if _divides(config, data, method, size, classes)), None)
    remedy = first if size is None else f"{first}, or set split.test_size to {size}"
    other = {"stratified": "random", "random": "stratified"}.get(method)
    if other and classes and _divides(config, data, other, own, classes):
        remedy = f"{remedy}, or write `split: {{method: {other}}}`"
    return remedy


def _divides(config: ModelConfig, data: Dataset, method: str, size: float, classes: bool) -> bool:
    """Whether a split is possible, and leaves training rows of every class if there are any."""
    split = config.split.model_copy(update={"test_size": size})
    try:
        train, held_out = _split(config.model_copy(update={"split": split}), data, method)
    except ValueError:
        return False
    return not classes or not _lost_classes(data, train, held_out)


def _name(counts: Mapping[Any, int]) -> str:
    """Name classes with their numbers of rows, the rarest first."""
    ordered = sorted(counts.items(), key=lambda item: (item[1], str(item[0])))
    named = [f"{_shorten(label)!r}: {n}" for label, n in ordered[:_MAX_NAMED]]
    more = len(ordered) - _MAX_NAMED
    return ", ".join(named) + (f" and {more} more" if more > 0 else "")


def _shorten(label: Any) -> Any:
    return label[:40] if isinstance(label, str) else label
