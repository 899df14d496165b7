"""A body that is an Arrow stream, cut into its messages; nothing of their data is read yet.

The format is the "IPC Streaming Format" of https://arrow.apache.org/docs/format/Columnar.html, and
the numbers are those of its Message.fbs and Schema.fbs.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, NoReturn

from maas.serving.api.arrow.flat_table import FlatTable, FlatTableError, root_table
from maas.serving.http.problems import Problem

I16, I64, U8 = struct.Struct("<h"), struct.Struct("<q"), struct.Struct("<B")
I32 = struct.Struct("<i")

# What stands before each message: a mark, and the number of its bytes without its data.
_HEAD = struct.Struct("<Ii")
_MARK = 0xFFFFFFFF
_FILE_MARK = b"ARROW1"

# The versions 4 and 5 of the format's metadata differ in unions alone, which no feature takes.
_VERSIONS = (3, 4)

Kind = Literal["schema", "dictionary", "batch"]
_KINDS: dict[int, Kind] = {1: "schema", 2: "dictionary", 3: "batch"}


def refuse(what: str) -> NoReturn:
    """Refuse a body that is not an Arrow stream, or one that is not read."""
    raise Problem(400, f"the body is not a valid Arrow stream: {what}", reasons=["arrow_invalid"])


@dataclass(frozen=True, slots=True)
class Part:
    """The data of a batch or of a dictionary.

    Attributes:
        table: the RecordBatch of the message.
        rows: how many rows it declares.
        start: where its data begins in the body.
        size: of its data in bytes; it is within the body.
    """

    table: FlatTable
    rows: int
    start: int
    size: int


@dataclass(frozen=True)
class Messages:
    """The messages of a stream.

    Attributes:
        schema: the Schema, which comes first.
        version_4: whether the messages are of version 4 of the format.
        parts: batches, each with None, and dictionaries, each with its id, in their order.
        rows: the sum of what the batches declare.
    """

    schema: FlatTable
    version_4: bool
    parts: list[tuple[int | None, Part]]
    rows: int


def split_messages(body: bytes) -> Messages:
    """Find the messages of a stream.

    Raises:
        Problem: 400, it is none, or is written in a way that is not read; says what to do.
    """
    if body.startswith(_FILE_MARK):
        refuse("it is of Arrow's file format; write it in the streaming format")
    try:
        return _split(body)
    except FlatTableError:
        refuse("the metadata of a message is broken")


def _split(body: bytes) -> Messages:
    schema, version = None, 0
    parts: list[tuple[int | None, Part]] = []
    for message, start, size in _walk(body):
        version = message.number(0, I16)
        kind, header = _KINDS.get(message.number(1, U8)), message.table(2)
        if version not in _VERSIONS or kind is None or header is None:
            refuse("a message is of a kind or of a version that is not known")
        if (schema is None) is not (kind == "schema"):
            refuse("it must begin with its one schema")
        match kind:
            case "schema":
                schema = _check_schema(header)
            case "dictionary":
                parts.append(_read_dictionary(header, start, size))
            case "batch":
                parts.append((None, _read_part(header, start, size)))
    if schema is None:
        refuse("it has no schema")
    rows = sum(part.rows for identity, part in parts if identity is None)
    return Messages(schema, version == _VERSIONS[0], parts, rows)


def _walk(body: bytes) -> Iterator[tuple[FlatTable, int, int]]:
    """Each message, where its data begins, and how many bytes that are."""
    place = 0
    while place + _HEAD.size <= len(body):
        mark, size = _HEAD.unpack_from(body, place)
        if mark != _MARK or size < 0:
            refuse("what should be a message is none")
        place += _HEAD.size
        if size == 0:
            if place != len(body):
                refuse("bytes follow its end")
            return
        message = root_table(body[place : place + size])
        place += size
        data = message.number(3, I64)
        if not 0 <= data <= len(body) - place:
            break
        yield message, place, data
        place += data
    refuse("it ends too early; close the writer before you send it")


def _check_schema(schema: FlatTable) -> FlatTable:
    if schema.number(0, I16) != 0:
        refuse("its numbers are big-endian; write them little-endian")
    return schema


def _read_dictionary(header: FlatTable, start: int, size: int) -> tuple[int, Part]:
    table = header.table(1)
    if table is None:
        raise FlatTableError
    if header.number(2, U8):
        refuse("it adds to a dictionary (a delta); write each dictionary as a whole")
    return header.number(0, I64), _read_part(table, start, size)


def _read_part(table: FlatTable, start: int, size: int) -> Part:
    if table.table(3) is not None:
        refuse("its buffers are compressed; write it without compression")
    rows = table.number(0, I64)
    if rows < 0:
        refuse("a batch declares a negative number of rows")
    return Part(table, rows, start, size)
