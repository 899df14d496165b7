"""The encoder check: the service must make of a row exactly the matrix that the pipeline makes.

It has three encoders: for single rows, for batches of records, and for columns of arrays. All are
compared.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from pydantic import ValidationError

from maas.errors import ParityError
from maas.model.columns import Column
from maas.model.encoding import Encoder, Record
from maas.model.row import Row, row_type
from maas.model.scorers import Matrix
from maas.model.signature import FeatureType

_MAX_ENCODED_ROWS = 1000
_REPORT = "report this bug: what the service takes and makes must be the pipeline's"


def check_encoders(encoder: Encoder, frame: pd.DataFrame, matrix: Matrix) -> None:
    """Compare the encodings of a frame's first rows with the pipeline's.

    Args:
        encoder: of the service.
        frame: the held-out rows, a column per feature.
        matrix: what the pipeline makes of them, float32, shape (rows, features).

    Raises:
        ParityError: one of the encodings differs in a bit, or the service refuses a value that
            its types should take.
    """
    kind = row_type(encoder.signature)
    types = {feature.name: feature.type for feature in encoder.signature.features}
    rows: list[Row] = []
    records: list[Record] = []
    kept: list[int] = []
    for index, values in enumerate(frame.head(_MAX_ENCODED_ROWS).to_dict("records")):
        record = _to_json(kind, values)
        try:
            rows.append(kind.model_validate(record))
        except ValidationError as error:
            _check_refusal(error, record, types)
            continue
        records.append(record)
        kept.append(index)
    if rows:
        _compare("single rows", encoder.encode_rows(rows), matrix[kept])
        _compare("batches", encoder.encode_records(records), matrix[kept])
        columns = [_to_column(records, name, kind) for name, kind in types.items()]
        encoded = encoder.encode_columns(columns)
        doubts = encoded.doubtful is not None and bool(encoded.doubtful.any())
        _compare("columns", None if doubts else encoded.matrix, matrix[kept])


def _check_refusal(error: ValidationError, record: Record, types: Mapping[str, str]) -> None:
    """Let an unseen category, an unseen gap and a number out of bounds be refused; nothing else."""
    for problem in error.errors(include_url=False):
        name = str(problem["loc"][0])
        unseen = record[name] is None or types[name] == "category"
        if not unseen and problem["type"] not in ("less_than_equal", "greater_than_equal"):
            what = f"the service refuses a value of feature {name!r}: {problem['msg']}"
            raise ParityError("encoder", what, _REPORT)


def _to_json(kind: type[Row], values: Mapping[Any, Any]) -> Record:
    """A row of a frame as JSON has it; frames hold booleans as 0.0 and 1.0, gaps as NaN."""
    types = {field.alias: field.annotation for field in kind.model_fields.values()}

    def convert(name: str, value: Any) -> Any:
        if value is None or value != value:
            return None
        return bool(value) if types[name] in (bool, bool | None) else value

    return {name: convert(name, value) for name, value in values.items()}


def _to_column(records: Sequence[Record], name: str, kind: FeatureType) -> Column:
    """The values of a feature as files have them."""
    values = [record[name] for record in records]
    gaps = np.array([value is None for value in values])
    if kind == "category":
        texts = sorted({value for value in values if value is not None})
        places = {text: place for place, text in enumerate(texts)}
        return Column("text", np.array([places.get(value, 0) for value in values]), gaps, texts)
    if kind == "boolean":
        return Column("boolean", np.array(values, dtype=bool), gaps)
    return Column("number", np.array(values, dtype=np.float64), gaps)


def _compare(form: str, encoded: Matrix | None, expected: Matrix) -> None:
    if encoded is None or not np.array_equal(encoded, expected, equal_nan=True):
        what = f"the service encodes {form} otherwise than the pipeline does"
        raise ParityError("encoder", what, _REPORT)
