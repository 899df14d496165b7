"""Reads a large list of rows in chunks, so that other requests get their turn in between.

Python's lock is held for as long as one call parses: tens of milliseconds for megabytes.
"""

import re
from dataclasses import dataclass
from typing import Any

from pydantic_core import from_json

# Bytes of a chunk, at least; one is parsed in about a millisecond.
_MIN_CHUNK_BYTES = 65_536

_BETWEEN_OBJECTS = re.compile(rb"\}[ \t\r\n]*,[ \t\r\n]*(?=\{)")


@dataclass(frozen=True)
class ChunkedList:
    """A list of objects as JSON, cut into lists that are not parsed yet.

    It is cut where one object seems to end and the next to begin. A cut anywhere else, in a
    text or deeper down, leaves a chunk before it that is not closed, and so not valid JSON.
    """

    chunks: tuple[bytes, ...]


def parse_chunk(chunk: bytes) -> list[Any]:
    """The objects of a chunk.

    Raises:
        ValueError: it is not valid JSON.
    """
    return list(from_json(chunk, allow_inf_nan=False))


def split_list(body: bytes) -> dict[str, Any] | None:
    """Parse a JSON object that holds one list: all but the list, which is a `ChunkedList`.

    Returns:
        The object; None where it has another form, or what is parsed of it is not valid JSON.
    """
    first, last = body.find(b"["), body.rfind(b"]")
    if not 0 <= first < last:
        return None
    try:
        found = from_json(body[:first] + b"[]" + body[last + 1 :], allow_inf_nan=False)
        (key,) = [key for key, value in found.items() if value == []]
    except (ValueError, AttributeError):
        return None
    return {**found, key: ChunkedList(tuple(_cut(body, first + 1, last)))}


def _cut(body: bytes, start: int, end: int) -> list[bytes]:
    chunks = []
    while cut := _BETWEEN_OBJECTS.search(body, start + _MIN_CHUNK_BYTES, end):
        chunks.append(b"[%b]" % body[start : cut.start() + 1])
        start = cut.end()
    return [*chunks, b"[%b]" % body[start:end]]
