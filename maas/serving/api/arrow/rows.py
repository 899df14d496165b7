"""The columns of an Arrow stream, checked as the rows of a batch in JSON are."""

from collections.abc import Sequence

import numpy as np
from pydantic import ValidationError
from pydantic_core import InitErrorDetails

from maas.model.columns import null_column
from maas.model.doubtful_rows import record_at
from maas.model.encoding import EncodedColumns, Encoder
from maas.model.row import Row
from maas.model.scorers import Matrix
from maas.serving.api.arrow.stream import ArrowTable
from maas.serving.api.many_errors import BatchErrors

# Columns that are wrong in every row are written out for so many fields; others are only counted.
_MAX_WRITTEN = 100_000


def check_table(table: ArrowTable, encoder: Encoder, kind: type[Row]) -> Matrix:
    """Check and encode the rows of a table.

    The row type judges those that are not plainly valid, as JSON would have them: so the fields
    and the words are those of JSON.

    Args:
        table: of the features' columns.
        encoder: of the model.
        kind: the type of a row.

    Returns:
        The matrix, shape (rows, features).

    Raises:
        ValidationError: a row is invalid, or a column is missing, unknown or there twice.
    """
    if not table.rows:
        return encoder.encode_rows([])
    if table.repeated:
        raise _refuse_repeated(table, kind)
    features = encoder.signature.features
    encoded = encoder.encode_columns(
        [table.columns.get(feature.name) or null_column(table.rows) for feature in features]
    )
    wrong = [f.name for f in features if f.name not in table.columns and not f.nullable]
    if wrong or table.others:
        _judge(table, range(table.rows), encoded, encoder, kind, len(wrong) + len(table.others))
    elif encoded.doubtful is not None:
        _judge(table, np.flatnonzero(encoded.doubtful).tolist(), encoded, encoder, kind, 0)
    return encoded.matrix


def _judge(
    table: ArrowTable,
    rows: Sequence[int],
    encoded: EncodedColumns,
    encoder: Encoder,
    kind: type[Row],
    wrong: int,
) -> None:
    """Judge rows one by one; those that are valid are written into the matrix.

    `wrong` columns are wrong in every row.
    """
    others = dict.fromkeys(table.others)
    names, columns = list(table.columns), list(table.columns.values())
    errors = BatchErrors()
    written = max(1, _MAX_WRITTEN // wrong) if wrong else len(rows)
    for row in rows[:written]:
        record = record_at(columns, names, row) | others
        try:
            encoded.matrix[row] = encoder.encode_rows([kind.model_validate(record)])[0]
        except ValidationError as error:
            errors.add(row, error, record, kind.model_validate)
    errors.add_others(wrong * (len(rows) - written if written < len(rows) else 0))
    errors.raise_any()


def _refuse_repeated(table: ArrowTable, kind: type[Row]) -> ValidationError:
    details = [
        InitErrorDetails(type="extra_forbidden", loc=(0, name), input=None)
        for name in dict.fromkeys(table.repeated)
    ]
    title = kind.__name__
    return ValidationError.from_exception_data(title, details, input_type="json", hide_input=True)
