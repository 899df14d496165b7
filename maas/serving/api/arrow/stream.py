"""An Arrow stream to columns of arrays, which are views of the body's own bytes where they can be.

It is read here and not by nanoarrow, which trusts a stream: of streams with one wrong byte, some
make it write where it must not. Here each place and length is compared with what there is before
anything is read or allocated.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from pydantic_core import PydanticKnownError

from maas.model.columns import Column
from maas.serving.api.arrow.batch import ArrowBatch
from maas.serving.api.arrow.columns import join_columns
from maas.serving.api.arrow.fields import Field, Layout, read_layout
from maas.serving.api.arrow.flat_table import FlatTableError
from maas.serving.api.arrow.messages import Messages, refuse, split_messages


@dataclass(frozen=True)
class ArrowTable:
    """What a stream holds.

    Attributes:
        rows: of all batches.
        columns: by name, of those that were asked for.
        others: the names of all other columns.
        repeated: names of which there is more than one column; the first one counts.
    """

    rows: int
    columns: dict[str, Column]
    others: Sequence[str]
    repeated: Sequence[str]


def read_table(body: bytes, names: Collection[str], max_rows: int) -> ArrowTable:
    """Read the columns of some names.

    Raises:
        Problem: 400, the body is not an Arrow stream, or is written in a way that is not read.
        PydanticKnownError: it has more rows than it may.
    """
    messages = split_messages(body)
    if messages.rows > max_rows:
        counts = {"field_type": "List", "max_length": max_rows, "actual_length": messages.rows}
        raise PydanticKnownError("too_long", counts)
    layout = read_layout(messages)
    wanted: dict[str, Field] = {}
    others, repeated = [], []
    for field in layout.fields:
        if field.name not in names:
            others.append(field.name)
        elif field.name in wanted:
            repeated.append(field.name)
        else:
            wanted[field.name] = field
    columns = _read_columns(body, messages, layout, list(wanted.values()))
    return ArrowTable(messages.rows, dict(zip(wanted, columns, strict=True)), others, repeated)


def _read_columns(
    body: bytes, messages: Messages, layout: Layout, fields: Sequence[Field]
) -> list[Column]:
    parts: list[list[Column]] = [[] for _ in fields]
    dictionaries: dict[int, Column] = {}
    values = {field.dictionary: field.values for field in fields if field.values is not None}
    try:
        for identity, part in messages.parts:
            if identity is None and part.rows:
                batch = ArrowBatch(body, part, layout.views)
                for columns, field in zip(parts, fields, strict=True):
                    columns.append(batch.read(field, dictionaries))
            elif identity is not None and (inner := values.get(identity)) is not None:
                if part.rows > len(body):  # of batches, the rows are counted already
                    refuse("a dictionary has more values than the body has bytes")
                alone = ArrowBatch(body, part, int(inner.form == "view"))
                dictionaries[identity] = alone.read(inner, {})
    except FlatTableError:
        refuse("the metadata of a batch is broken")
    except UnicodeDecodeError:
        refuse("a text is not valid UTF-8")
    return [join_columns(columns) for columns in parts]
