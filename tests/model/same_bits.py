"""Fitted predictors, and the batches in which each row must have the same bits."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from maas.config.train_config import ModelConfig
from maas.errors import ConfigError, ParityError
from maas.model.blocks import Blocks, blocks_of
from maas.model.predictor import Predictor
from maas.model.scorers import Array, Matrix, make_scorer
from maas.model.signature import Runtime, Signature
from maas.training.checks.parity import measure_parity, tolerance_for
from maas.training.export import export_onnx, export_pickle
from maas.training.fit.estimators import estimator_type, task_of
from maas.training.run import build_signature
from tests.training.fitted import fitted

SIZES = (
    1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 33, 100, 127, 1000, 2047, 2048, 2049, 4095, 4096, 4097,
    8200, 10_000,
)  # fmt: skip

_ROWS = 240


@dataclass(frozen=True)
class Case:
    """What is fitted.

    Attributes:
        name: of the estimator.
        params: of the estimator.
        numbers: how many features are numbers.
        categories: how many categories each of two more features has; 0: there are none of them,
            and no number has gaps.
        classes: of a classifier.
        preprocessing: of the config.
    """

    name: str
    params: dict[str, Any] = field(default_factory=dict)
    numbers: int = 7
    categories: int = 0
    classes: int = 3
    preprocessing: dict[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        given = [f"{key}={value}" for key, value in (self.params | self.preprocessing).items()]
        shape = f"{self.numbers}+{self.categories}"
        return " ".join([self.name, *given, shape, f"{self.classes} classes"])

    def table(self) -> pa.Table:
        """Rows with a target that depends on the numbers, and on chance."""
        generator = np.random.default_rng(1)
        values = generator.normal(size=(_ROWS, self.numbers))
        values *= generator.choice([1, 30], size=self.numbers)
        score = values[:, : 1 + self.numbers // 2].sum(axis=1) + generator.normal(size=_ROWS)
        columns: dict[str, Any] = {f"n{place}": column for place, column in enumerate(values.T)}
        if self.categories:
            columns["n0"] = pa.array(values[:, 0], mask=generator.random(_ROWS) < 0.1)
            for name in ("k", "m"):
                places = generator.permutation(np.resize(np.arange(self.categories), _ROWS))
                gaps = generator.random(_ROWS) < 0.05
                columns[name] = pa.array([f"c{place}" for place in places], mask=gaps)
        if task_of(estimator_type(self.name)()) == "regression":
            columns["y"] = score
        else:
            cuts = np.quantile(score, np.arange(1, self.classes) / self.classes)
            columns["y"] = np.array([f"class {place}" for place in np.digitize(score, cuts)])
        return pa.table(columns)


class Fit:
    """A case, fitted as a run does, and loaded in each runtime as serving does."""

    def __init__(self, case: Case) -> None:
        content: dict[str, Any] = {
            "data": {"source": "table", "target": "y"},
            "estimator": {"name": case.name, "params": case.params},
            "preprocessing": {"unknown": "ignore"} | case.preprocessing,
        }
        self._config = ModelConfig.model_validate(content)
        self._data, self._frame, self._fitted = fitted(self._config, case.table())

    @cached_property
    def signature(self) -> Signature:
        return build_signature(self._config, self._data, self._fitted)

    @cached_property
    def matrix(self) -> Matrix:
        """Rows to ask for, shape (rows, features)."""
        encoded = self._fitted.pipeline["encode"].transform(self._frame)
        return np.ascontiguousarray(encoded, dtype=np.float32)

    def model(self, runtime: Runtime) -> bytes:
        """The bytes of the model file."""
        pipeline = self._fitted.pipeline
        if runtime == "sklearn":
            return export_pickle(pipeline)
        return export_onnx(pipeline, len(self.signature.features))

    def blocks(self, runtime: Runtime) -> Blocks:
        return blocks_of(self.signature, runtime, self._config.estimator.name, self._data.rows)

    def predictor(self, runtime: Runtime) -> Predictor | None:
        """The predictor; None where the export fails or loads no model: it is not published."""
        try:
            scorer = make_scorer(runtime, self.model(runtime))
        except ConfigError:
            return None
        return Predictor(scorer, self.signature, self.blocks(runtime))

    def passes(self, predictor: Predictor) -> bool:
        """Whether it passes the parity check; what does not is not published."""
        held_out: pd.DataFrame = self._frame.iloc[self._fitted.held_out]
        tolerance = tolerance_for(self.signature, self._data.target[self._fitted.train])
        try:
            return measure_parity(self._fitted.pipeline, predictor, held_out, tolerance).passed
        except (ParityError, ValueError):  # answers of another shape
            return False


def ask(predictor: Predictor, matrix: Matrix) -> Array:
    """The bits of each row's answers, from all that is asked of a predictor; (rows, bytes)."""
    given: list[Array] = [predictor.answers(matrix)]
    if predictor.signature.probabilities:
        given += predictor.answers_with_probabilities(matrix)
    return np.hstack([_bits(answers) for answers in given])


def _bits(answers: Array) -> Array:
    if answers.dtype.kind in "OU":
        answers = answers.astype("S16")
    return np.ascontiguousarray(answers.reshape(len(answers), -1)).view(np.uint8)


def find_differences(
    predictor: Predictor,
    matrix: Matrix,
    sizes: Sequence[int] = SIZES,
    rows: int = 40,
    turns: int = 1,
) -> dict[int, float]:
    """The sizes of batches in which a row has other bits than alone, with the share of such rows.

    Args:
        predictor: is asked.
        matrix: rows to choose from.
        sizes: of batches, which are filled at random, so that a row has random neighbours.
        rows: how many rows are chosen.
        turns: how many batches of a size are asked for; of up to 100 rows, three times as many.
    """
    generator = np.random.default_rng(2)
    chosen = matrix[generator.permutation(len(matrix))[:rows]]
    alone = np.vstack([ask(predictor, row.reshape(1, -1)) for row in chosen])
    found: dict[int, float] = {}
    for size in sizes:
        for _ in range(turns if size > 100 else 3 * turns):
            places = generator.integers(len(chosen), size=size)
            differs = (ask(predictor, chosen[places]) != alone[places]).any(axis=1)
            if differs.any():
                found[size] = max(found.get(size, 0.0), float(differs.mean()))
    return found


def in_one_block(fit: Fit, runtime: Runtime) -> Predictor:
    """A predictor that is asked for all rows at once, as they are."""
    scorer = make_scorer(runtime, fit.model(runtime))
    return Predictor(scorer, fit.signature, Blocks(rows=10**9, fewest=1))
