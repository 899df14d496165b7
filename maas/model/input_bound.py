"""The largest magnitude of a number with which every sum of a model stays finite in float32."""

from collections.abc import Callable

import numpy as np

from maas.model.scorers import Array, Matrix, Scorer
from maas.model.signature import FLOAT32_MAX, Signature

# No corner in between can overflow if these do not where values are so many times larger: a
# sum over all features is at most that many times its largest term.
_MIN_MARGIN = 10
_RANDOM_CORNERS = 64
_EXPONENTS = range(38, 3, -1)
_SMALLEST_BOUND = 1e3


def find_input_bound(scorer: Scorer, signature: Signature) -> float:
    """Find the bound by scoring corners of the input space, and rows of random signs.

    Args:
        scorer: the model; a number that is not finite, or a ValueError, means that it cannot
            compute a row.
        signature: what the model takes and gives.

    Returns:
        A power of ten, or `FLOAT32_MAX`: of trees, which add no inputs up, and where only
        labels are given.
    """
    if signature.task == "regression":
        score: Callable[[Matrix], Array] = scorer.predict
    elif signature.probabilities:
        score = lambda matrix: scorer.predict_proba(matrix)[1]  # noqa: E731
    else:
        return FLOAT32_MAX
    margin = max(_MIN_MARGIN, len(signature.features))
    for bound in (FLOAT32_MAX, *(10.0**exponent for exponent in _EXPONENTS)):
        if _is_finite(score, make_corners(signature, bound * margin)):
            return bound
    return _SMALLEST_BOUND


def make_corners(signature: Signature, magnitude: float) -> Matrix:
    """Rows whose numbers all have one magnitude, along each axis and with random signs.

    Returns:
        Float32, shape (rows, features); no value is beyond float32's range.
    """
    numeric = np.array(signature.numeric_columns, dtype=float)
    width = len(numeric)
    signs = np.random.default_rng(0).choice([-1.0, 1.0], (_RANDOM_CORNERS, width))
    axes = np.eye(width)
    corners = np.vstack([axes, -axes, np.ones((1, width)), signs, -signs])
    rows: Matrix = (corners * numeric * min(magnitude, FLOAT32_MAX)).astype(np.float32)
    return rows


def _is_finite(score: Callable[[Matrix], Array], rows: Matrix) -> bool:
    with np.errstate(all="ignore"):
        try:
            return bool(np.isfinite(score(rows)).all())
        except ValueError:  # scikit-learn refuses what is not finite in between
            return False
