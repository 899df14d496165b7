"""The answer to a version's own example row, on the path that a request takes."""

import json

import numpy as np

from maas.errors import ParityError
from maas.model.predictor import Predictor
from maas.model.row import row_type
from maas.model.signature import Label


def answer_example(predictor: Predictor) -> Label | float:
    """Let a model answer its example row: row type, encoder, predictor; and the batch's encoder.

    Raises:
        ParityError: the row is refused, or the two encoders differ.
        OverflowingRowError: the answer is not finite.
        ValueError: the row type refuses the row.
    """
    signature, encoder = predictor.signature, predictor.encoder
    row = row_type(signature).model_validate_json(json.dumps(signature.example))
    matrix = encoder.encode_rows([row])
    batch = encoder.encode_records([signature.example])
    # None: the encoder leaves the row to the row type, which took it.
    if batch is not None and not np.array_equal(matrix, batch, equal_nan=True):
        what = "is encoded differently as a row and in a batch"
        raise ParityError("the example row", what, "train the version again")
    if signature.probabilities:
        predictor.predict_proba(matrix)
    return predictor.predict(matrix)[0]
