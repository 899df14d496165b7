"""Distances against what is computed by hand, and against scipy."""

import math

import numpy as np
import pytest
from scipy import stats
from scipy.spatial.distance import jensenshannon

from maas.drift.distances import chance, jensen_shannon, population_stability, used_cells

STARTS = np.array([0, 2], dtype=np.intp)


def array(*values: float) -> np.ndarray:
    return np.array(values, dtype=np.float64)


def test_the_psi_is_the_sum_that_its_definition_has():
    expected, found = array(50, 50, 300, 100), array(30, 70, 60, 40)
    psi = population_stability(expected, found, STARTS)

    def term(p: float, q: float, rows: int) -> float:
        return (p - q) * math.log((p + 0.5 / rows) / (q + 0.5 / rows))

    assert psi == pytest.approx(
        [
            term(0.5, 0.3, 100) + term(0.5, 0.7, 100),
            term(0.75, 0.6, 100) + term(0.25, 0.4, 100),
        ]
    )


def test_equal_shares_are_at_no_distance_whatever_the_numbers_of_rows_are():
    expected, found = array(10, 30, 5, 0), array(1000, 3000, 70_000, 0)
    assert population_stability(expected, found, STARTS) == pytest.approx([0, 0], abs=1e-12)
    assert jensen_shannon(expected, found, STARTS) == pytest.approx([0, 0], abs=1e-12)


def test_disjoint_distributions_are_at_distance_one_and_the_psi_is_finite():
    expected, found = array(100, 0, 0, 9), array(0, 100, 4, 0)
    assert jensen_shannon(expected, found, STARTS) == pytest.approx([1, 1])
    assert np.isfinite(population_stability(expected, found, STARTS)).all()


def test_no_rows_are_no_error():
    assert jensen_shannon(array(5, 5), array(0, 0), STARTS[:1]).shape == (1,)
    assert np.isfinite(population_stability(array(0, 0), array(0, 0), STARTS[:1])).all()


@pytest.mark.parametrize("seed", range(20))
def test_jensen_shannon_is_that_of_scipy(seed: int):
    random = np.random.default_rng(seed)
    expected, found = random.integers(0, 50, (2, 7)) + np.eye(7)[:2]
    distance = jensenshannon(expected, found, base=2)
    assert jensen_shannon(expected, found, STARTS[:1]) == pytest.approx([distance**2], abs=1e-9)


def test_cells_without_any_row_are_not_counted():
    assert used_cells(array(1, 0, 0, 0), array(0, 0, 3, 0), STARTS).tolist() == [1, 1]


@pytest.mark.parametrize("degrees", [1, 2, 5, 11, 40])
def test_chance_is_near_the_exact_quantile(degrees: int):
    for probability in (0.01, 1e-4, 7e-6):
        exact = stats.chi2.isf(probability, degrees)
        assert 0.99 < chance(array(degrees), probability)[0] / exact < 1.13
    assert chance(array(0), 0.01)[0] == 0


@pytest.mark.parametrize("rows", [(120, 200), (1000, 200), (1000, 100_000)])
def test_without_drift_the_psi_is_its_bias_on_average(rows: tuple[int, int]):
    random = np.random.default_rng(3)
    shares = np.full(10, 0.1)
    pairs = [[random.multinomial(n, shares) for n in rows] for _ in range(2000)]
    expected, found = np.array(pairs, dtype=np.float64).transpose(1, 0, 2)
    starts = np.arange(0, expected.size, 10)
    psi = population_stability(expected.ravel(), found.ravel(), starts)
    bias = 9 * (1 / rows[0] + 1 / rows[1])
    assert psi.mean() == pytest.approx(bias, rel=0.1)
