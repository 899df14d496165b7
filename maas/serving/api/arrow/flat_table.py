"""Reads the tables of flatbuffers, in which Arrow writes what its messages hold.

Nothing is believed of the bytes: whatever leads out of them is a `FlatTableError`. Each offset but
that of a vtable leads forward.
"""

import struct
from collections.abc import Iterator

_U16 = struct.Struct("<H")
_U32 = struct.Struct("<I")
_I32 = struct.Struct("<i")


class FlatTableError(ValueError):
    """The bytes are not such a table."""


class FlatTable:
    """A table in a flatbuffer. Its fields are known by their number.

    Args:
        data: the flatbuffer.
        place: of the table in there.

    Raises:
        FlatTableError: as every method does, where the bytes are too few.
    """

    __slots__ = ("_ends", "_place", "_vtable", "data")

    def __init__(self, data: bytes, place: int) -> None:
        self.data, self._place = data, place
        self._vtable = place - self._read(_I32, place)
        self._ends = self._read(_U16, self._vtable)

    def number(self, field: int, layout: struct.Struct, default: int = 0) -> int:
        """A number of a field, which is left out where it has its default."""
        place = self._find(field)
        return self._read(layout, place) if place else default

    def table(self, field: int) -> "FlatTable | None":
        """A table that a field leads to."""
        place = self._find(field)
        return FlatTable(self.data, place + self._read(_U32, place)) if place else None

    def vector(self, field: int, width: int) -> tuple[int, int]:
        """The place of the first element of a list, and the number of elements of some bytes."""
        place = self._find(field)
        if not place:
            return 0, 0
        start = place + self._read(_U32, place)
        count = self._read(_U32, start)
        if start + 4 + count * width > len(self.data):
            raise FlatTableError
        return start + 4, count

    def tables(self, field: int) -> Iterator["FlatTable"]:
        """The tables of a list."""
        start, count = self.vector(field, 4)
        for place in range(start, start + 4 * count, 4):
            yield FlatTable(self.data, place + self._read(_U32, place))

    def text(self, field: int) -> bytes:
        """The bytes of a text; none where the field is left out."""
        start, count = self.vector(field, 1)
        return self.data[start : start + count]

    def _find(self, field: int) -> int:
        """The place of a field; 0 where it is left out."""
        entry = 4 + 2 * field
        if entry + 2 > self._ends:
            return 0
        offset = self._read(_U16, self._vtable + entry)
        return self._place + offset if offset else 0

    def _read(self, layout: struct.Struct, place: int) -> int:
        if place < 0:  # which would count from the end
            raise FlatTableError
        try:
            (number,) = layout.unpack_from(self.data, place)
        except struct.error:
            raise FlatTableError from None
        return int(number)


def root_table(data: bytes) -> FlatTable:
    """The table that a flatbuffer begins with."""
    if len(data) < _U32.size:
        raise FlatTableError
    return FlatTable(data, _U32.unpack_from(data)[0])
