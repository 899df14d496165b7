"""Counts of many columns at once are those that a loop over values finds."""

import numpy as np
import pytest

from maas.drift.levels import ALL, FIRST, NONE, LevelCounter, Levels


def levels_of(values: np.ndarray) -> Levels:
    """A count per level of the values that reach it, and one of those that reach none."""
    terms = [(FIRST + place, NONE) for place in range(len(values))]
    return Levels(values.astype(np.float32), (*terms, (ALL, FIRST)))


@pytest.mark.parametrize("rows", [0, 1, 7, 8, 255, 256, 2041, 5000])
def test_values_reach_the_levels_that_a_loop_finds(rows: int):
    random = np.random.default_rng(rows)
    columns = [levels_of(np.sort(random.normal(size=size))) for size in (3, 21, 3, 1, 60)]
    matrix = random.normal(size=(rows, len(columns))).astype(np.float32)
    matrix[random.random(matrix.shape) < 0.1] = np.nan
    matrix[random.random(matrix.shape) < 0.1] = columns[1].values[5]
    expected: list[int] = []
    for values, column in zip(matrix.T, columns, strict=True):
        expected += [int((values >= level).sum()) for level in column.values]
        expected.append(rows - int((values >= column.values[0]).sum()))
    assert LevelCounter(columns).count(matrix).tolist() == expected


def test_no_columns_have_no_counts():
    assert LevelCounter([]).count(np.empty((5, 0), dtype=np.float32)).tolist() == []
