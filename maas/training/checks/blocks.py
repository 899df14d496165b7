"""Rows in blocks: a model may make a wide matrix of the rows that it is asked for at once."""

from collections.abc import Iterator

from maas.model.scorers import Matrix
from maas.model.signature import Signature

# Values of a block in a model: 64 MB as float64.
_MAX_VALUES = 8_000_000


def split_blocks(matrix: Matrix, signature: Signature, per_row: int = 1) -> Iterator[Matrix]:
    """Split the rows of an encoded matrix; there is always a first block.

    Args:
        matrix: shape (rows, features).
        signature: of the model, which may make a column of each category.
        per_row: the values that the model computes per row, if they are more than the columns:
            nearest neighbours compute the distance to each training row.
    """
    columns = sum(len(feature.categories or ()) or 1 for feature in signature.features)
    rows = max(1, _MAX_VALUES // max(columns, per_row))
    for start in range(0, max(1, len(matrix)), rows):
        yield matrix[start : start + rows]
