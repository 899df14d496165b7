"""Edges of bins: round, ascending, and around all values."""

import sys

import numpy as np
import pytest

from maas.training.edges import (
    round_edges,
    round_number,
    round_whole_edges,
    spread_edges,
    whole_edges,
)


def test_edges_have_few_digits():
    assert spread_edges(1.0, 6.9, 4) == [1.0, 2.5, 4.0, 5.4, 6.9]
    assert round_edges(-3.1, 7.7, 10) == [-4.0, -2.0, 0.0, 2.0, 4.0, 6.0, 8.0]
    assert round_edges(0.0, 1000.0, 4) == [0.0, 250.0, 500.0, 750.0, 1000.0]
    assert round_number(0.123456789) == 0.123457
    assert round_number(-98765.4, 3) == -98800.0


def test_the_ends_are_rounded_outward():
    low, high = -0.107225631607358, 0.198787989657293
    edges = spread_edges(low, high, 20)
    assert (edges[0], edges[-1]) == (-0.108, 0.199)
    assert 0.0 in round_edges(low, high, 20)


@pytest.mark.parametrize("seed", range(4))
def test_all_values_are_inside_and_edges_ascend_at_any_scale(seed: int):
    random = np.random.default_rng(seed)
    for _ in range(500):
        low = random.normal() * 10 ** random.uniform(-30, 30)
        high = low + abs(random.normal()) * 10 ** random.uniform(-16, 30)
        spread, rounded = spread_edges(low, high, 20), round_edges(low, high, 20)
        assert len(spread) in (2, 21)
        assert 2 <= len(rounded) <= 21
        for edges in (spread, rounded):
            assert edges[0] <= low
            assert high <= edges[-1]
            assert edges == sorted(edges)
        assert len(set(rounded)) == len(rounded)


@pytest.mark.parametrize(("low", "high"), [(5.0, 5.0), (1.0, 1.0 + 4e-16), (-1.7e308, 1.7e308)])
def test_values_that_cannot_be_told_apart_so_well_have_one_bin(low: float, high: float):
    assert spread_edges(low, high, 20) == [low, high]


@pytest.mark.parametrize("value", [0.0, 5.0, -3e-200, 1e300])
def test_one_value_is_between_two_round_edges(value: float):
    edges = round_edges(value, value, 20)
    assert edges[0] <= value <= edges[-1]
    assert len(edges) == len(set(edges)) <= 3


@pytest.mark.parametrize(
    ("low", "high", "step"), [(0, 1, 1), (-3, 16, 1), (0, 20, 2), (5, 999, 50)]
)
def test_whole_numbers_are_never_on_an_edge_and_bins_hold_equally_many(
    low: int, high: int, step: int
):
    edges = whole_edges(low, high, 20)
    assert len(edges) <= 21
    assert edges[0] == low - 0.5
    assert edges[-1] >= high + 0.5
    assert set(np.diff(edges)) == {step}


@pytest.mark.parametrize(
    ("low", "high", "step"),
    [(0, 1, 1), (-3, 16, 1), (0, 20, 2), (25, 346, 20), (5, 999, 50), (12_345, 9_876_543, 500_000)],
)
def test_whole_numbers_of_a_wide_range_are_between_round_edges(low: int, high: int, step: int):
    edges = round_whole_edges(low, high, 20)
    assert len(edges) <= 21
    assert set(np.diff(edges)) == {step}
    assert {(edge + 0.5) % step for edge in edges} == {0}
    assert edges[0] < low <= edges[0] + step
    assert edges[-1] - step < high < edges[-1]


@pytest.mark.parametrize(
    ("low", "high"),
    [
        (-1.7e308, 1.7e308),
        (sys.float_info.max,) * 2,
        (0.0, 5e-324),
        (5e-324, 2e-322),
        (1e-310, 1.0),
    ],
)
def test_round_edges_are_finite_and_around_any_values(low: float, high: float):
    edges = round_edges(low, high, 20)
    assert edges == sorted(set(edges))
    assert -np.inf < edges[0] <= low <= high <= edges[-1] < np.inf


def test_a_number_is_not_rounded_to_infinity():
    assert round_number(sys.float_info.max, 3) == sys.float_info.max
