"""The texts of an Arrow column: each different one is decoded once."""

import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from maas.serving.api.arrow.messages import refuse

VIEW_BYTES = 16
"""Of a view: its length, and its text or where that is."""

_LENGTH = struct.Struct("<i")
_ELSEWHERE = struct.Struct("<8xii")
_MAX_INLINE = 12

Places = npt.NDArray[np.intp]


@dataclass(frozen=True)
class Texts:
    """The texts of a column.

    Attributes:
        places: of each row's text among the different ones.
        distinct: the different texts, and an empty one where there are gaps.
    """

    places: Places
    distinct: Sequence[str]


def read_texts(data: bytes, offsets: npt.NDArray[Any], gaps: npt.NDArray[np.bool_] | None) -> Texts:
    """Read texts that follow each other.

    Args:
        data: all of them.
        offsets: where each begins, and where the last ends; shape (rows + 1,).
        gaps: which rows have no text.

    Raises:
        Problem: 400, an offset leads out of the data.
        UnicodeDecodeError: a text is not valid UTF-8.
    """
    starts, ends = offsets[:-1], offsets[1:]
    if starts[0] < 0 or ends[-1] > len(data) or (starts > ends).any():
        refuse("the offsets of a column of texts are not in order, or lead out of its data")
    if gaps is not None:
        ends = np.where(gaps, starts, ends)
    places, distinct = _number(
        data[start:end] for start, end in zip(starts.tolist(), ends.tolist(), strict=True)
    )
    return Texts(places, [text.decode() for text in distinct])


def read_views(views: bytes, buffers: Sequence[bytes], gaps: npt.NDArray[np.bool_] | None) -> Texts:
    """Read texts of which the short ones stand in the views, and the others in buffers.

    Args:
        views: one for each row.
        buffers: where the longer texts are.
        gaps: which rows have no text.

    Raises:
        Problem: 400, a view leads out of the buffers, or many lead to the same text.
        UnicodeDecodeError: a text is not valid UTF-8.
    """
    written = [views[place : place + VIEW_BYTES] for place in range(0, len(views), VIEW_BYTES)]
    if gaps is not None:
        for row in np.flatnonzero(gaps).tolist():
            written[row] = bytes(VIEW_BYTES)
    places, distinct = _number(written)
    left, texts = sum(map(len, buffers)), []
    for view in distinct:
        (length,) = _LENGTH.unpack_from(view)
        if 0 <= length <= _MAX_INLINE:
            texts.append(view[4 : 4 + length].decode())
            continue
        index, start = _ELSEWHERE.unpack(view)
        left -= length
        inside = 0 <= index < len(buffers) and 0 <= start <= len(buffers[index]) - length
        if length < 0 or left < 0 or not inside:
            refuse("the views of a column of texts lead out of its data")
        texts.append(buffers[index][start : start + length].decode())
    return Texts(places, texts)


def _number(written: Iterable[bytes]) -> tuple[Places, list[bytes]]:
    """The place of each among the different ones, and these."""
    numbers: dict[bytes, int] = {}
    places = [numbers.setdefault(text, len(numbers)) for text in written]
    return np.array(places, dtype=np.intp), list(numbers)
