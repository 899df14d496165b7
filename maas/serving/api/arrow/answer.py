"""What a method answers for a batch, as an Arrow stream: `prediction`, `probability_<class>`."""

import io
from collections.abc import Callable, Mapping, Sequence
from itertools import chain
from typing import Any, get_args, get_origin

import nanoarrow
import numpy as np
from nanoarrow.ipc import StreamWriter

from maas.model.signature import label_text
from maas.serving.api.responses import PredictBatchResponse

ArrowWriter = Callable[[PredictBatchResponse[Any]], bytes]

_TYPES: Mapping[type, Callable[[], Any]] = {
    bool: nanoarrow.bool_,
    int: nanoarrow.int64,
    str: nanoarrow.string,
    float: nanoarrow.float64,
}


def arrow_writer(response: type[PredictBatchResponse[Any]]) -> ArrowWriter:
    """What writes responses of a type; numbers and probabilities are float64, as in JSON.

    Args:
        response: `PredictBatchResponse` of the type of a label.
    """
    (label,) = get_args(response.model_fields["predictions"].annotation)
    classes = get_args(label) if get_origin(label) is not None else ()
    (plain,) = {type(value) for value in classes} or {label}
    kind = _TYPES[plain]()
    names = [label_text(value) for value in classes]

    def write(answer: PredictBatchResponse[Any]) -> bytes:
        columns = {"prediction": nanoarrow.c_array(answer.predictions, kind)}
        if answer.probabilities is not None:
            columns |= _write_probabilities(answer.probabilities, names)
        return _write_stream(columns, len(answer.predictions))

    return write


def _write_probabilities(
    probabilities: Sequence[Mapping[str, float]], names: Sequence[str]
) -> dict[str, Any]:
    if probabilities:
        names = list(probabilities[0])
    numbers = chain.from_iterable(row.values() for row in probabilities)
    values = np.fromiter(numbers, dtype=np.float64).reshape(len(probabilities), len(names)).T.copy()
    return {
        f"probability_{name}": nanoarrow.c_array_from_buffers(
            nanoarrow.float64(), len(column), [None, column]
        )
        for name, column in zip(names, values, strict=True)
    }


def _write_stream(columns: Mapping[str, Any], rows: int) -> bytes:
    schema = nanoarrow.struct({name: column.schema for name, column in columns.items()})
    batch = nanoarrow.c_array_from_buffers(schema, rows, [None], children=list(columns.values()))
    written = io.BytesIO()
    with StreamWriter.from_writable(written) as writer:
        writer.write_stream(batch)
    return written.getvalue()
