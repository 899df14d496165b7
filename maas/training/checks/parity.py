"""Compares the predictor that serving uses with the pipeline that was fitted.

On the held-out rows, on rows at split thresholds, on rows with gaps and, where they are
ignored, with unseen categories, and on rows from anywhere in the training ranges. A
model whose export fails here is not published.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from pydantic import ValidationError
from sklearn.pipeline import Pipeline

from maas.errors import ParityError
from maas.model.predictor import Matrix, Predictor, Scorer, make_scorer
from maas.model.signature import Row, Runtime, Signature, row_type
from maas.training.checks.thresholds import Floats, find_thresholds, is_tie

TOLERANCE = 1e-5
"""Largest |difference| of a probability, or of a number per largest |training target|.

The model is served in float32 (eps 1.2e-7) and fitted in float64; a factor of 100 is
left for sums over features or trees.
"""

_MAX_ENCODED_ROWS = 1000
_MAX_PROBE_ROWS = 2000
_REMEDY = "set `runtime: sklearn`, or choose another estimator or other params"


@dataclass(frozen=True)
class Parity:
    """What was measured.

    Attributes:
        held_out: held-out rows compared.
        probes: made rows compared: thresholds, gaps, unseen categories.
        ties: rows within one float32 step of a threshold that came out otherwise.
        labels_differ: other rows whose label differs.
        max_difference: largest |difference| of a number on all rows that are no ties.
        tolerance: what max_difference may be.
    """

    held_out: int
    probes: int
    ties: int
    labels_differ: int
    max_difference: float
    tolerance: float

    @property
    def passed(self) -> bool:
        """Whether the predictor may stand in for the pipeline."""
        return self.labels_differ == 0 and self.max_difference <= self.tolerance

    def figures(self) -> dict[str, Any]:
        """The measured figures, for run.json."""
        return asdict(self)


def load_scorer(runtime: Runtime, model: bytes) -> Scorer:
    """Load the model as serving will.

    Raises:
        ParityError: it cannot be loaded.
    """
    try:
        return make_scorer(runtime, model)
    except Exception as error:  # onnxruntime has error types of its own
        first = str(error).strip().splitlines()[0]
        raise ParityError("model.onnx", f"cannot be loaded: {first}", _REMEDY) from None


def tolerance_for(signature: Signature, target: npt.NDArray[Any]) -> float:
    """The absolute tolerance of a model's numbers, given its training target."""
    if signature.task == "classification":
        return TOLERANCE
    return TOLERANCE * float(np.abs(target).max())


def measure_parity(
    pipeline: Pipeline, predictor: Predictor, held_out: pd.DataFrame, tolerance: float
) -> Parity:
    """Compare both on held-out rows (a frame of features) and on rows made from them."""
    encoder = pipeline["encode"]
    matrix = np.ascontiguousarray(encoder.transform(held_out), dtype=np.float32)
    _check_encoder(predictor, held_out, matrix)
    numbers = sum(f.type != "category" for f in predictor.signature.features)
    thresholds = find_thresholds(pipeline, numbers)
    probes = np.vstack(
        [
            _at_thresholds(matrix, thresholds),
            _with_gaps(matrix, predictor),
            _in_range(matrix, predictor.signature),
        ]
    )
    rows = np.vstack([matrix, probes])
    differs, difference = _compare(pipeline, predictor, rows)
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
    """Measure, and refuse a model that does not pass.

    Raises:
        ParityError: with the figures; the model must not be published.
    """
    parity = measure_parity(pipeline, predictor, held_out, tolerance)
    if not parity.passed:
        raise ParityError(
            "model.onnx",
            f"does not answer as the fitted pipeline: {parity.labels_differ} of "
            f"{parity.held_out + parity.probes} labels differ, numbers by up to "
            f"{parity.max_difference:.3g} (tolerance {tolerance:.3g}); nothing was published",
            _REMEDY,
        )
    return parity


def _check_encoder(predictor: Predictor, frame: pd.DataFrame, matrix: Matrix) -> None:
    """The service's road from JSON to the matrix must be the pipeline's, to the bit."""
    kind = row_type(predictor.signature)
    rows, kept = [], []
    for index, record in enumerate(frame.head(_MAX_ENCODED_ROWS).to_dict("records")):
        try:
            rows.append(_parse(kind, record))
        except ValidationError:  # a category that training did not see, which the API refuses
            continue
        kept.append(index)
    if rows and not np.array_equal(predictor.encode(rows), matrix[kept], equal_nan=True):
        remedy = "report it: the encoder of the service and of the pipeline must be equal"
        raise ParityError("encoder", "gives other values than the pipeline's", remedy)


def _parse(kind: type[Row], record: Mapping[Any, Any]) -> Row:
    fields = {f.alias: f for f in kind.model_fields.values()}
    values = {
        name: None if value is None or value != value else _plain(value, fields[name].annotation)
        for name, value in record.items()
    }
    return kind.model_validate(values)


def _plain(value: Any, annotation: Any) -> Any:
    """Frames hold booleans as 0.0 and 1.0."""
    return bool(value) if annotation in (bool, bool | None) else value


def _at_thresholds(matrix: Matrix, thresholds: dict[int, Floats]) -> Matrix:
    """Rows whose value is at, one and two float32 steps beside a threshold."""
    made = []
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
        made.append(rows)
    return np.vstack(made) if made else matrix[:0]


def _with_gaps(matrix: Matrix, predictor: Predictor) -> Matrix:
    """Rows with a gap in each feature that may have one, and in all of them."""
    signature = predictor.signature
    ordered = [signature.features[index] for index in signature.matrix_order]
    gaps = {
        column: -1.0 if feature.type == "category" else np.nan
        for column, feature in enumerate(ordered)
        if feature.nullable or (feature.type == "category" and signature.unknown == "ignore")
    }
    made = []
    for columns in [[column] for column in gaps] + ([list(gaps)] if gaps else []):
        rows = matrix[: max(1, min(len(matrix), _MAX_PROBE_ROWS // (len(gaps) + 1)))].copy()
        rows[:, columns] = [gaps[column] for column in columns]
        made.append(rows)
    return np.vstack(made) if made else matrix[:0]


def _in_range(matrix: Matrix, signature: Signature) -> Matrix:
    """Rows whose numbers lie anywhere in their training ranges, other than data do."""
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
    """Per row: whether the label differs, and the largest difference of a number."""
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
