"""Compares the predictor that serving uses with the pipeline that was fitted."""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.pipeline import Pipeline

from maas.errors import ParityError
from maas.predictor import Predictor, label_text

TOLERANCE = 1e-5
"""Largest |difference| of a probability, or of a number relative to max(1, |number|).

The model is served in float32 (eps 1.2e-7) and fitted in float64; a factor of 100 is
left for sums over features or trees.
"""


@dataclass(frozen=True)
class Parity:
    """What was measured: rows compared, labels that differ, largest difference."""

    rows: int
    labels_differ: int
    max_difference: float

    @property
    def passed(self) -> bool:
        """Whether the predictor may stand in for the pipeline."""
        return self.labels_differ == 0 and self.max_difference <= TOLERANCE

    def figures(self) -> dict[str, Any]:
        """The measured figures, for run.json."""
        return asdict(self)


def check_parity(pipeline: Pipeline, predictor: Predictor, matrix: npt.NDArray[Any]) -> Parity:
    """Compare both on the rows of a matrix, shape (rows, features).

    Raises:
        ParityError: they do not agree; the model must not be published.
    """
    encoded = matrix.astype(np.float32)
    parity = (
        _compare_numbers(pipeline, predictor, matrix, encoded)
        if predictor.signature.task == "regression"
        else _compare_classes(pipeline, predictor, matrix, encoded)
    )
    if not parity.passed:
        raise ParityError(
            "model.onnx",
            f"differs from the fitted pipeline on the held-out rows: {parity.labels_differ} of "
            f"{parity.rows} labels, numbers by up to {parity.max_difference:.3g} "
            f"(tolerance {TOLERANCE:g})",
            "choose another estimator or other params",
        )
    return parity


def _compare_numbers(
    pipeline: Pipeline, predictor: Predictor, matrix: npt.NDArray[Any], encoded: npt.NDArray[Any]
) -> Parity:
    expected = pipeline.predict(matrix)
    given = np.asarray(predictor.predict(encoded))
    difference = np.abs(given - expected) / np.maximum(1.0, np.abs(expected))
    return Parity(len(matrix), 0, float(difference.max()))


def _compare_classes(
    pipeline: Pipeline, predictor: Predictor, matrix: npt.NDArray[Any], encoded: npt.NDArray[Any]
) -> Parity:
    expected = pipeline.predict(matrix).tolist()
    if not predictor.signature.probabilities:
        given = predictor.predict(encoded)
        return Parity(len(matrix), _differ(expected, given), 0.0)
    given, rows = predictor.predict_proba(encoded)
    names = [label_text(label) for label in predictor.signature.classes or ()]
    got = np.array([[row[name] for name in names] for row in rows])
    difference = np.abs(got - pipeline.predict_proba(matrix)).max()
    return Parity(len(matrix), _differ(expected, given), float(difference))


def _differ(expected: list[Any], given: list[Any]) -> int:
    return sum(a != b for a, b in zip(expected, given, strict=True))
