"""Counts of many columns at once: how many values reach each of some levels.

A value is in a bin if it reaches its lower end and not its upper one, so each count is a
difference. Comparing all values with each level is faster than looking the bin of each value up:
it has nothing to predict, and one instruction compares many.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from maas.model.scorers import Array, Matrix

Counts = npt.NDArray[np.int64]

NONE, ALL = 0, 1
"""What stands before the levels: no value, and all of them, those that are NaN too."""
FIRST = 2
"""The place of the first level."""

# Flags are bytes, and eight at a time are added up as one word: no byte may exceed 255.
_MAX_ROWS = 8 * 255


@dataclass(frozen=True)
class Levels:
    """How the values of one column are counted.

    Attributes:
        values: the levels, ascending float32, shape (levels,). NaN reaches none.
        terms: for each count, the place of what is counted and of what is taken off.
    """

    values: Array
    terms: tuple[tuple[int, int], ...]


class LevelCounter:
    """Counts columns that have levels.

    Args:
        levels: of each column.
    """

    def __init__(self, levels: Sequence[Levels]) -> None:
        by_number: dict[int, list[int]] = defaultdict(list)
        for column, each in enumerate(levels):
            by_number[len(each.values)].append(column)
        starts, start = {}, FIRST
        self._groups: list[tuple[npt.NDArray[np.intp], Array]] = []
        for number, columns in by_number.items():
            values = np.stack([levels[column].values for column in columns])
            self._groups.append((np.array(columns), values[:, :, np.newaxis]))
            for column in columns:
                starts[column], start = start - FIRST, start + number
        places = [
            [place + starts[column] if place >= FIRST else place for place in pair]
            for column, each in enumerate(levels)
            for pair in each.terms
        ]
        self._plus, self._minus = np.array(places, dtype=np.intp).reshape(-1, 2).T

    def count(self, matrix: Matrix) -> Counts:
        """Count the values of each column.

        Args:
            matrix: float32, shape (rows, columns).

        Returns:
            The counts of all columns, one after the other.
        """
        rows = len(matrix)
        counts = np.zeros(len(self._plus), dtype=np.int64)
        for start in range(0, rows, _MAX_ROWS):
            counts += self._count_block(matrix[start : start + _MAX_ROWS])
        return counts

    def _count_block(self, block: Matrix) -> Counts:
        rows, width = block.shape
        columns = np.empty((width, -(-rows // 8) * 8), dtype=np.float32)
        columns[:, :rows] = block.T
        columns[:, rows:] = np.nan
        reached = [np.array([0, rows], dtype=np.int64)]
        for places, levels in self._groups:
            chosen = columns if len(places) == width else columns[places]
            flags = chosen[:, np.newaxis] >= levels
            words: Counts = flags.view(np.uint64).sum(axis=2)
            bytes_of_words = words.reshape(-1, 1).view(np.uint8)
            reached.append(bytes_of_words.sum(axis=1, dtype=np.int64))
        found = np.concatenate(reached)
        return found[self._plus] - found[self._minus]
