"""Reads a data set: named columns, a target, and the hash of exactly that."""

import hashlib
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn import datasets

from maas.config import DataConfig
from maas.errors import DataError

BUNDLED = ("breast_cancer", "diabetes", "digits", "iris", "wine")
"""Data sets that scikit-learn ships; their target column is called `target`."""


@dataclass(frozen=True)
class Dataset:
    """What was read.

    Attributes:
        source: the source as the config writes it.
        columns: API name -> column name in the source, in the model's order.
        matrix: the features, shape (rows, features), float64.
        target: the target, shape (rows,): str objects, int64 or float64.
        sha256: hash of names, dtypes and values of the columns above.
    """

    source: str
    columns: dict[str, str]
    matrix: npt.NDArray[np.float64]
    target: npt.NDArray[Any]
    sha256: str

    @property
    def rows(self) -> int:
        """Number of rows."""
        return len(self.target)


def read_dataset(config: DataConfig) -> Dataset:
    """Read the data set that a config names.

    Raises:
        DataError: no such data set or column.
    """
    if config.source not in BUNDLED:
        raise DataError(
            f"data.source = {config.source!r}",
            "no such data set",
            f"name one of {', '.join(BUNDLED)}",
        )
    table = _read_bundled(config.source)
    target = _pick(table, config.target, "data.target")
    columns = config.features or {name: name for name in table if name != config.target}
    picked = [_pick(table, column, f"data.features.{name}") for name, column in columns.items()]
    if config.target in columns.values():
        raise DataError(
            f"data.features = {columns}", "the target is among the features", "take it out"
        )
    for name, values in zip(columns, picked, strict=True):
        if values.dtype != np.float64:
            raise DataError(f"data.features.{name}", "is no column of numbers", "leave it out")
    named = list(zip(columns.values(), picked, strict=True))
    return Dataset(
        source=config.source,
        columns=dict(columns),
        matrix=np.column_stack(picked),
        target=target,
        sha256=_hash([*named, (config.target, target)]),
    )


def _read_bundled(name: str) -> dict[str, npt.NDArray[Any]]:
    # diabetes comes standardised unless asked not to; raw units make a usable API.
    raw = {"scaled": False} if name == "diabetes" else {}
    bunch = getattr(datasets, f"load_{name}")(**raw)
    table = dict(zip(map(str, bunch.feature_names), bunch.data.T.astype(np.float64), strict=True))
    target = bunch.target
    if "target_names" in bunch:
        target = bunch.target_names[target]
    table["target"] = target.astype(object) if target.dtype.kind == "U" else target
    return table


def _pick(table: dict[str, npt.NDArray[Any]], column: str, key: str) -> npt.NDArray[Any]:
    if column not in table:
        raise DataError(
            f"{key} = {column!r}", "no such column", f"name one of {', '.join(sorted(table))}"
        )
    return table[column]


def _hash(columns: list[tuple[str, npt.NDArray[Any]]]) -> str:
    """Hash values, not memory: little-endian numbers, texts with their lengths."""
    digest = hashlib.sha256()
    for name, values in columns:
        if values.dtype == object:
            texts = [str(value).encode() for value in values]
            data = b"".join(len(text).to_bytes(8, "little") + text for text in texts)
        else:
            data = values.astype(values.dtype.newbyteorder("<")).tobytes()
        header = f"{name}\0{values.dtype.kind}\0{len(values)}\0{len(data)}\0"
        digest.update(header.encode() + data)
    return digest.hexdigest()
