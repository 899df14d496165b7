"""One batch of an Arrow stream, or one dictionary: its buffers to columns."""

from collections.abc import Mapping
from itertools import accumulate
from typing import Any

import numpy as np
import numpy.typing as npt

from maas.model.columns import Column, null_column
from maas.serving.api.arrow.columns import look_up
from maas.serving.api.arrow.fields import Field
from maas.serving.api.arrow.messages import Part, refuse
from maas.serving.api.arrow.texts import VIEW_BYTES, read_texts, read_views

_SHORT = "a buffer is shorter than its column needs"
_FEWER = "a batch has fewer columns or buffers than its schema says"


class ArrowBatch:
    """The nodes (a length and a number of nulls for each column) and buffers of one batch.

    Args:
        body: the whole stream.
        part: the batch.
        views: how many columns of it are views, which have further buffers.

    Raises:
        Problem: 400, as every method does, where what is declared is not there.
    """

    def __init__(self, body: bytes, part: Part, views: int) -> None:
        table, self.rows, self._body = part.table, part.rows, body
        self._nodes = _pairs(table.data, *table.vector(1, 16)).tolist()
        self._buffers = _pairs(table.data, *table.vector(2, 16))
        self._start = part.start
        self._check_buffers(part.size)
        self._buffers = self._buffers.tolist()
        self._further = [0]
        if views:
            place, count = table.vector(4, 8)
            counts = np.frombuffer(table.data, "<i8", count, place).tolist() if count else []
            if count != views or min(counts) < 0:
                refuse(_FEWER)
            self._further = [0, *accumulate(counts)]

    def _check_buffers(self, size: int) -> None:
        """Refuse buffers that lie outside of the batch, or in each other."""
        if not len(self._buffers):
            return
        starts, sizes = self._buffers[:, 0], self._buffers[:, 1]
        if self._buffers.min() < 0 or self._buffers.max() > size:
            refuse("a buffer lies outside of its batch")
        if (starts + sizes).max() > size or sizes.sum(dtype=np.float64) > size:
            refuse("a buffer lies outside of its batch, or in another buffer")

    def read(self, field: Field, dictionaries: Mapping[int, Column]) -> Column:
        """The values of a column.

        Args:
            field: the column.
            dictionaries: by their ids.
        """
        if field.node >= len(self._nodes) or self._nodes[field.node][0] != self.rows:
            refuse("a column has fewer or more rows than its batch")
        if not self.rows or (field.form == "null" and field.dictionary is None):
            return null_column(self.rows)
        gaps = self._read_gaps(field)
        if field.dictionary is None:
            return self._read_values(field, gaps)
        if field.dictionary not in dictionaries:
            refuse("a batch comes before its dictionary")
        places = self._read_array(field, field.dtype)
        return look_up(places, gaps, dictionaries[field.dictionary])

    def _read_values(self, field: Field, gaps: npt.NDArray[np.bool_] | None) -> Column:
        match field.form:
            case "number":
                return Column("number", self._read_array(field, field.dtype), gaps)
            case "boolean":
                return Column("boolean", self._read_bits(field, 1), gaps)
            case "text":
                offsets = self._read_array(field, field.dtype, more=1)
                texts = read_texts(self._bytes(field.buffer + 2, field), offsets, gaps)
            case "view":
                size = self.rows * VIEW_BYTES
                views = self._bytes(field.buffer + 1, field)[:size]
                if len(views) < size:
                    refuse(_SHORT)
                texts = read_views(views, self._further_buffers(field), gaps)
            case _:
                return Column("other", np.zeros(self.rows, np.int8), gaps)
        return Column("text", texts.places, gaps, texts.distinct)

    def _find(self, place: int, field: Field) -> tuple[int, int]:
        """Where a buffer is in the body, and how many bytes it has."""
        place += self._further[field.view]
        if place >= len(self._buffers):
            refuse(_FEWER)
        start, size = self._buffers[place]
        return self._start + start, size

    def _bytes(self, place: int, field: Field) -> bytes:
        start, size = self._find(place, field)
        return self._body[start : start + size]

    def _further_buffers(self, field: Field) -> list[bytes]:
        """The buffers in which the longer texts of a view are."""
        first = field.buffer + field.buffers
        count = self._further[field.view + 1] - self._further[field.view]
        if count > len(self._buffers):
            refuse(_FEWER)
        return [self._bytes(first + index, field) for index in range(count)]

    def _read_array(self, field: Field, dtype: str, more: int = 0) -> npt.NDArray[Any]:
        """The second buffer of a column, which has a number for each row."""
        start, size = self._find(field.buffer + 1, field)
        kind, count = np.dtype(dtype), self.rows + more
        if size < count * kind.itemsize:
            refuse(_SHORT)
        return np.frombuffer(self._body, kind, count, start)

    def _read_bits(self, field: Field, index: int) -> npt.NDArray[np.bool_]:
        start, size = self._find(field.buffer + index, field)
        needed = (self.rows + 7) // 8
        if size < needed:
            refuse(_SHORT)
        packed = np.frombuffer(self._body, np.uint8, needed, start)
        return np.unpackbits(packed, count=self.rows, bitorder="little").view(np.bool_)

    def _read_gaps(self, field: Field) -> npt.NDArray[np.bool_] | None:
        """Which values are missing; the first buffer of most types says so, if any are."""
        if not field.has_gaps:
            return None
        if self._find(field.buffer, field)[1] == 0:
            if self._nodes[field.node][1] > 0:
                refuse("a column has nulls and does not say which values they are")
            return None
        gaps = ~self._read_bits(field, 0)
        return gaps if gaps.any() else None


def _pairs(data: bytes, start: int, count: int) -> Any:
    """Pairs of numbers, shape (count, 2)."""
    numbers = np.frombuffer(data, "<i8", 2 * count, start) if count else np.zeros(0, np.int64)
    return numbers.reshape(-1, 2)
