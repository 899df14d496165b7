"""Reads a large list of rows part by part, so that other requests get their turn in between.

Python's lock is held for as long as one call parses: tens of milliseconds for megabytes.
"""

import re
from dataclasses import dataclass
from typing import Any

from pydantic_core import from_json

_PART = 65_536
"""Bytes of a part, at least; one is parsed in about a millisecond."""

_BETWEEN = re.compile(rb"\}[ \t\r\n]*,[ \t\r\n]*(?=\{)")


@dataclass(frozen=True)
class Parts:
    """A list of objects as JSON, cut into lists that are not parsed yet.

    It is cut where one object seems to end and the next to begin. A cut anywhere else, in a
    string or deeper down, leaves a part before it that is open, and so no JSON.
    """

    parts: tuple[bytes, ...]


def parse(part: bytes) -> list[Any]:
    """The objects of a part.

    Raises:
        ValueError: it is no JSON.
    """
    return list(from_json(part, allow_inf_nan=False))


def take_apart(body: bytes) -> dict[str, Any] | None:
    """Parse a JSON object that holds one list: all but the list, which is a `Parts`.

    Returns:
        The object; None where it has another form, or is no JSON so far as it is parsed.
    """
    first, last = body.find(b"["), body.rfind(b"]")
    if not 0 <= first < last:
        return None
    try:
        found = from_json(body[:first] + b"[]" + body[last + 1 :], allow_inf_nan=False)
        (key,) = [key for key, value in found.items() if value == []]
    except (ValueError, AttributeError):
        return None
    return {**found, key: Parts(tuple(_cut(body, first + 1, last)))}


def _cut(body: bytes, start: int, end: int) -> list[bytes]:
    parts = []
    while cut := _BETWEEN.search(body, start + _PART, end):
        parts.append(b"[%b]" % body[start : cut.start() + 1])
        start = cut.end()
    return [*parts, b"[%b]" % body[start:end]]
