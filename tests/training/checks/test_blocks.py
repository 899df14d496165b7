"""Blocks of rows: together they are the matrix, and each is small where a row is wide."""

import numpy as np

from maas.training.checks.blocks import split_blocks
from tests.model.graphs import feature, numbers, signature

WIDE = signature(feature("k", "category", categories=tuple(map(str, range(40_000)))), feature("n"))
MATRIX = np.arange(1000, dtype=np.float32).reshape(500, 2)


def test_the_blocks_are_the_matrix():
    blocks = list(split_blocks(MATRIX, WIDE))
    assert [len(block) for block in blocks] == [199, 199, 102]
    np.testing.assert_array_equal(np.vstack(blocks), MATRIX)


def test_narrow_rows_stay_together_and_no_rows_are_one_block():
    assert [len(block) for block in split_blocks(MATRIX, numbers(2))] == [500]
    assert [len(block) for block in split_blocks(MATRIX[:0], numbers(2))] == [0]


def test_distances_to_training_rows_count():
    assert [len(block) for block in split_blocks(MATRIX, numbers(2), 40_000)] == [200, 200, 100]
