"""The parity check: the predictor that serving uses must predict as the fitted pipeline does.

Both are compared on the held-out rows and on probes: rows at the thresholds of trees, rows with
missing values and (if they are ignored) unseen categories, and rows with numbers from anywhere in
the training ranges. A model that fails is not published.
"""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.pipeline import Pipeline

from maas.errors import OverflowingRowError, ParityError
from maas.model.input_bound import make_corners
from maas.model.predictor import Predictor
from maas.model.scorers import Matrix, Scorer, make_scorer
from maas.model.signature import Runtime, Signature
from maas.training.checks.encoder_check import check_encoders
from maas.training.checks.thresholds import Floats, find_thresholds, is_tie
from maas.training.failure import first_line

# Largest |difference| of a probability, or of a number divided by the largest |training target|.
# The model is served in float32 (eps 1.2e-7) and fitted in float64; a factor of 100 is left for
# sums over features or trees.
TOLERANCE = 1e-5

# How many probes of each kind are built.
_MAX_PROBE_ROWS = 2000

_REMEDY = "set `runtime: sklearn`, or choose another estimator or other params"


@dataclass(frozen=True)
class Parity:
    """The figures of one comparison.

    Attributes:
        held_out: number of held-out rows.
        probes: number of probes.
        ties: rows that differ, but are within one float32 step of a threshold.
        labels_differ: other rows with another label.
        max_difference: largest |difference| of a number, ties left out.
        tolerance: the largest allowed `max_difference`.
    """

    held_out: int
    probes: int
    ties: int
    labels_differ: int
    max_difference: float
    tolerance: float

    @property
    def passed(self) -> bool:
        """Whether the predictor may be published."""
        return self.labels_differ == 0 and self.max_difference <= self.tolerance

    def figures(self) -> dict[str, Any]:
        """List the figures, for run.json."""
        return asdict(self)


def load_scorer(runtime: Runtime, model: bytes) -> Scorer:
    """Load the model as serving does.

    Raises:
        ParityError: the model cannot be loaded.
    """
    try:
        return make_scorer(runtime, model)
    except MemoryError:
        raise
    except Exception as error:  # onnxruntime has its own error types
        what = f"cannot be loaded ({first_line(error)})"
        raise ParityError("model.onnx", what, _REMEDY) from None


def tolerance_for(signature: Signature, target: npt.NDArray[Any]) -> float:
    """Compute the absolute tolerance of the numbers of a model from its training target."""
    if signature.task == "classification":
        return TOLERANCE
    return TOLERANCE * float(np.abs(target).max())


def measure_parity(
    pipeline: Pipeline, predictor: Predictor, held_out: pd.DataFrame, tolerance: float
) -> Parity:
    """Compare both on the held-out rows (a frame of features) and on probes."""
    matrix = np.ascontiguousarray(pipeline["encode"].transform(held_out), dtype=np.float32)
    check_encoders(predictor.encoder, held_out, matrix)
    _check_bound(predictor)
    numbers = sum(f.type != "category" for f in predictor.signature.features)
    thresholds = find_thresholds(pipeline, numbers)
    probes = _make_probes(matrix, predictor.signature, thresholds)
    rows = np.vstack([matrix, probes])
    blocks = predictor.blocks.split(len(rows))
    compared = [_compare(pipeline, predictor, rows[block]) for block in blocks]
    differs, difference = (np.concatenate(parts) for parts in zip(*compared, strict=True))
    tie = is_tie(rows, pipeline, thresholds)
    differing = differs | (difference > tolerance)
    rest = difference[~(tie & differing)]
    return Parity(
        held_out=len(matrix),
        probes=len(probes),
        ties=int((tie & differing).sum()),
        labels_differ=int((differs & ~tie).sum()),
        max_difference=float(rest.max()) if len(rest) else 0.0,
        tolerance=tolerance,
    )


def check_parity(
    pipeline: Pipeline, predictor: Predictor, held_out: pd.DataFrame, tolerance: float
) -> Parity:
    """Compare both, and refuse a predictor that differs.

    Raises:
        ParityError: they differ; the model must not be published.
    """
    parity = measure_parity(pipeline, predictor, held_out, tolerance)
    if not parity.passed:
        raise ParityError(
            "model.onnx",
            f"does not predict as the fitted pipeline does ({parity.labels_differ} of "
            f"{parity.held_out + parity.probes} labels differ, numbers by up to "
            f"{parity.max_difference:.3g}, tolerance {tolerance:.3g})",
            f"nothing was published; {_REMEDY}",
        )
    return parity


def _check_bound(predictor: Predictor) -> None:
    """Check that the served model can compute rows at its bound, as the API promises."""
    bound = predictor.signature.input_bound
    if bound is None:
        return
    corners = make_corners(predictor.signature, bound)
    try:
        (predictor.score if predictor.signature.probabilities else predictor.predict)(corners)
    except OverflowingRowError:
        what = f"has no finite answer for numbers of {bound:g}, its input bound"
        raise ParityError("model.onnx", what, _REMEDY) from None


def _make_probes(matrix: Matrix, signature: Signature, thresholds: dict[int, Floats]) -> Matrix:
    at_thresholds = _at_thresholds(matrix, thresholds)
    return np.vstack(
        [at_thresholds, _with_missing(matrix, signature), _in_range(matrix, signature)]
    )


def _at_thresholds(matrix: Matrix, thresholds: dict[int, Floats]) -> Matrix:
    """Make rows with a value at a threshold, or one or two float32 steps beside it."""
    probes = []
    generator = np.random.default_rng(0)
    for column, values in thresholds.items():
        share = max(1, _MAX_PROBE_ROWS // (5 * len(thresholds)))
        chosen = values if len(values) <= share else generator.choice(values, share, replace=False)
        at = chosen.astype(np.float32)
        up, down = np.float32(np.inf), np.float32(-np.inf)
        one_up, one_down = np.nextafter(at, up), np.nextafter(at, down)
        points = [at, one_up, one_down, np.nextafter(one_up, up), np.nextafter(one_down, down)]
        wanted = np.concatenate(points)
        rows = matrix[generator.integers(len(matrix), size=len(wanted))].copy()
        rows[:, column] = wanted
        probes.append(rows)
    return np.vstack(probes) if probes else matrix[:0]


def _with_missing(matrix: Matrix, signature: Signature) -> Matrix:
    """Make rows with a missing value in each nullable feature, and in all of them."""
    ordered = [signature.features[index] for index in signature.matrix_order]
    missing = {
        column: -1.0 if feature.type == "category" else np.nan
        for column, feature in enumerate(ordered)
        if feature.nullable or (feature.type == "category" and signature.unknown == "ignore")
    }
    probes = []
    for columns in [[column] for column in missing] + ([list(missing)] if missing else []):
        rows = matrix[: max(1, min(len(matrix), _MAX_PROBE_ROWS // (len(missing) + 1)))].copy()
        rows[:, columns] = [missing[column] for column in columns]
        probes.append(rows)
    return np.vstack(probes) if probes else matrix[:0]


def _in_range(matrix: Matrix, signature: Signature) -> Matrix:
    """Make rows with numbers from anywhere in the training ranges, also where no data are."""
    generator = np.random.default_rng(1)
    rows = matrix[generator.integers(len(matrix), size=_MAX_PROBE_ROWS // 2)].copy()
    for column, index in enumerate(signature.matrix_order):
        feature = signature.features[index]
        if feature.minimum is not None and feature.maximum is not None:
            rows[:, column] = generator.uniform(feature.minimum, feature.maximum, len(rows))
            if feature.type == "integer":
                rows[:, column] = np.round(rows[:, column])
    return rows


def _compare(
    pipeline: Pipeline, predictor: Predictor, matrix: Matrix
) -> tuple[npt.NDArray[np.bool_], Floats]:
    """Tell per row whether the label differs, and the largest difference of a number."""
    fitted, signature = pipeline[1:], predictor.signature
    expected = fitted.predict(matrix)
    if signature.task == "regression":
        expected = expected.reshape(-1)
        given = np.array(predictor.predict(matrix), dtype=np.float64)
        return np.zeros(len(matrix), dtype=bool), np.abs(given - expected)
    if not signature.probabilities:
        labels = predictor.predict(matrix)
        return _differ(expected.tolist(), labels), np.zeros(len(matrix))
    labels, got = predictor.score(matrix)
    difference = np.abs(got - fitted.predict_proba(matrix)).max(axis=1)
    return _differ(expected.tolist(), labels), difference


def _differ(expected: list[Any], given: list[Any]) -> npt.NDArray[np.bool_]:
    return np.array([a != b for a, b in zip(expected, given, strict=True)], dtype=bool)
