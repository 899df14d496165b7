"""The columns that a stream declares: their names, types and buffers."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import count
from typing import Literal

from maas.serving.api.arrow.flat_table import FlatTable, FlatTableError, root_table
from maas.serving.api.arrow.messages import I16, I32, I64, U8, Messages, refuse

Form = Literal["number", "boolean", "text", "view", "null", "other"]

# Types by their number in Schema.fbs: Null, Int, FloatingPoint, Utf8, Bool, LargeUtf8, Utf8View.
_NULL, _INT, _FLOAT, _TEXT, _BOOL, _LARGE_TEXT, _TEXT_VIEW = 1, 2, 3, 5, 6, 20, 24
_UNION, _BINARY_VIEW, _LAST_TYPE = 14, 23, 26

_FORMS: dict[int, Form] = {
    _NULL: "null", _INT: "number", _FLOAT: "number", _BOOL: "boolean", _TEXT: "text",
    _LARGE_TEXT: "text", _TEXT_VIEW: "view",
}  # fmt: skip

# How many buffers other types have: Null, Struct, FixedSizeList and RunEndEncoded have none or
# one; Binary, Utf8, ListView and their large kinds three; the others two.
_BUFFERS = {1: 0, 4: 3, 5: 3, 13: 1, 16: 1, 19: 3, 20: 3, 22: 0, 25: 3, 26: 3}

# Types whose first buffer does not say which values are missing.
_WITHOUT_GAPS = frozenset({_NULL, _UNION, 22})

_FLOAT_TYPES = ("<f2", "<f4", "<f8")
_INT_BITS = (8, 16, 32, 64)

# A table of the metadata may be named in many places: what they come to is bounded.
_MAX_FIELDS = 20_000
_MAX_DEPTH = 32

# Bytes of a schema whose columns are remembered.
_MAX_KEPT_BYTES = 65_536


@dataclass(frozen=True, slots=True)
class Field:
    """A column, or the values of a dictionary.

    Attributes:
        name: of the column.
        form: how its values are written.
        dtype: numpy's, of numbers, of the offsets of texts, or of the places in a dictionary.
        has_gaps: whether the first buffer says which values are missing.
        node: the number of its node among those of a batch.
        buffer: the number of its first buffer.
        buffers: how many it has itself.
        view: how many views come before it: a view has further buffers, which a batch counts.
        dictionary: the id of its dictionary; None: it has none.
        values: of the dictionary.
    """

    name: str
    form: Form
    dtype: str
    has_gaps: bool
    node: int
    buffer: int
    buffers: int
    view: int
    dictionary: int | None = None
    values: "Field | None" = None


@dataclass(frozen=True)
class Layout:
    """The columns of a stream.

    Attributes:
        fields: in their order.
        views: how many of them are views, at any depth.
    """

    fields: Sequence[Field]
    views: int


class _Names:
    """Reads the names of columns, which are together not longer than the metadata."""

    def __init__(self, size: int) -> None:
        self._left = size

    def read(self, table: FlatTable) -> str:
        name = table.text(0)
        self._left -= len(name)
        if self._left < 0:
            raise FlatTableError
        return name.decode()


class _Reader:
    """Numbers the nodes and buffers of fields, which follow each other in depth-first order."""

    def __init__(self, version_4: bool, fields: Iterator[int], names: "_Names") -> None:
        self._version_4, self._fields, self._names = version_4, fields, names
        self.nodes, self.buffers, self.views = 0, 0, 0

    def read(self, table: FlatTable) -> Field:
        encoding = table.table(4)
        if encoding is None:
            return self._add(table, *_read_type(table), depth=0)
        index = encoding.table(1)
        dtype = "<i4" if index is None else _int_type(index)
        alone = _Reader(self._version_4, self._fields, self._names)
        values = alone._add(table, *_read_type(table), depth=0)
        node, buffer = self._count(2)
        identity = encoding.number(0, I64)
        return Field(
            values.name, values.form, dtype, True, node, buffer, 2, self.views, identity, values
        )

    def _add(self, table: FlatTable, kind: int, form: Form, dtype: str, depth: int) -> Field:
        if depth > _MAX_DEPTH:
            refuse(f"its types are nested more than {_MAX_DEPTH} deep")
        buffers = self._buffers_of(kind, table)
        view = self.views
        node, buffer = self._count(buffers)
        self.views += kind in (_BINARY_VIEW, _TEXT_VIEW)
        for child in table.tables(5):
            if child.table(4) is None:
                self._add(child, *_read_type(child), depth=depth + 1)
            else:
                self._count(2)
        has_gaps = kind not in _WITHOUT_GAPS
        name = self._names.read(table) if depth == 0 else ""
        return Field(name, form, dtype, has_gaps, node, buffer, buffers, view)

    def _count(self, buffers: int) -> tuple[int, int]:
        if next(self._fields) > _MAX_FIELDS:
            refuse(f"it has more than {_MAX_FIELDS} columns")
        place = self.nodes, self.buffers
        self.nodes += 1
        self.buffers += buffers
        return place

    def _buffers_of(self, kind: int, table: FlatTable) -> int:
        if kind != _UNION:
            return _BUFFERS.get(kind, 2)
        union = table.table(3)
        dense = union is not None and union.number(0, I16)
        return 1 + bool(dense) + self._version_4


def _read_type(table: FlatTable) -> tuple[int, Form, str]:
    kind, inner = table.number(2, U8), table.table(3)
    if not 1 <= kind <= _LAST_TYPE or inner is None:
        raise FlatTableError
    match kind:
        case 2:
            return kind, "number", _int_type(inner)
        case 3:
            precision = inner.number(0, I16)
            if not 0 <= precision < len(_FLOAT_TYPES):
                raise FlatTableError
            return kind, "number", _FLOAT_TYPES[precision]
        case _:
            return kind, _FORMS.get(kind, "other"), "<i8" if kind == _LARGE_TEXT else "<i4"


def _int_type(table: FlatTable) -> str:
    bits = table.number(0, I32)
    if bits not in _INT_BITS:
        raise FlatTableError
    return f"<{'i' if table.number(1, U8) else 'u'}{bits // 8}"


def read_layout(messages: Messages) -> Layout:
    """The columns of a stream.

    Raises:
        Problem: 400, the schema is broken.
    """
    data = messages.schema.data
    if len(data) > _MAX_KEPT_BYTES:
        return _read_schema(messages.schema, messages.version_4)
    return _read_kept(data, messages.version_4)


@lru_cache(maxsize=16)
def _read_kept(data: bytes, version_4: bool) -> Layout:
    """The columns of a schema's message; clients send the same one again and again."""
    schema = root_table(data).table(2)
    if schema is None:
        raise FlatTableError
    return _read_schema(schema, version_4)


def _read_schema(schema: FlatTable, version_4: bool) -> Layout:
    reader = _Reader(version_4, count(1), _Names(len(schema.data)))
    try:
        fields = [reader.read(table) for table in schema.tables(1)]
    except FlatTableError:
        refuse("its schema is broken")
    except UnicodeDecodeError:
        refuse("the name of a column is not valid UTF-8")
    return Layout(fields, reader.views)
