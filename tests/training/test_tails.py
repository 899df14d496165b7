"""Edges of bins where a few values are far from all others, or most values are equal."""

import sys
from decimal import ROUND_UP, Context, localcontext

import numpy as np
import pytest

from maas.model.signature import FLOAT32_MAX
from maas.training.edges import round_edges
from maas.training.reference import BINS, describe_reference
from maas.training.run import build_signature
from maas.training.tails import find_edges
from tests.training.fitted import config, fitted, table

RANDOM = np.random.default_rng(0)
NORMAL = RANDOM.normal(size=1000)
AGES = RANDOM.integers(18, 78, 2000)
GAINS = np.where(RANDOM.random(5000) < 0.92, 0, np.round(RANDOM.lognormal(8.5, 0.8, 5000)))
GAINS[:12] = 99_999


def edges_of(values, whole: bool = False) -> list[float]:
    return find_edges(np.array(values, dtype=np.float64), BINS, whole)


def shares(values, whole: bool = False) -> np.ndarray:
    return np.histogram(values, edges_of(values, whole))[0] / len(values)


@pytest.mark.parametrize(
    "values", [NORMAL, RANDOM.random(50), RANDOM.exponential(size=300), RANDOM.normal(size=100_000)]
)
def test_without_a_tail_all_bins_are_of_equal_width(values: np.ndarray):
    edges = edges_of(values)
    assert len(edges) == BINS + 1
    assert np.ptp(np.diff(edges)) < 0.11 * np.ptp(edges)


@pytest.mark.parametrize("outlier", [1e3, 1e6, FLOAT32_MAX, sys.float_info.max])
@pytest.mark.parametrize("sign", [1, -1])
def test_one_value_far_off_leaves_the_others_in_bins_of_their_own(outlier: float, sign: int):
    values = [*NORMAL, sign * outlier]
    edges = edges_of(values)
    assert len(edges) == BINS + 1
    assert edges[0] <= min(values)
    assert max(values) <= edges[-1] <= max(values[-1] * 1.1, 5)
    assert shares(values).max() < 0.2


def test_both_tails_go_on_to_the_ends():
    edges = edges_of([*NORMAL, 1e30, -777.77])
    assert (edges[0], edges[-1]) == (-780.0, 1e30)
    assert -4 < edges[1] < edges[-2] < 4


@pytest.mark.parametrize("sigma", [1, 1.5, 2])
def test_a_long_tail_is_not_all_there_is(sigma: float):
    values = np.random.default_rng(1).lognormal(10, sigma, 5000)
    assert shares(values).max() < 0.8
    assert 0 < shares(values)[-1] < 0.03


def test_whole_numbers_have_edges_at_halves():
    edges = edges_of([*AGES, 10**6], whole=True)
    assert set(np.array(edges) % 1) == {0.5}
    assert (edges[0], edges[-1]) == (17.5, 1_000_000.5)
    assert set(np.diff(edges[:-1])) == {4}
    assert edges_of([*np.arange(60) % 3, 10**6], whole=True) == [-0.5, 0.5, 1.5, 2.5, 1_000_000.5]
    assert edges_of(np.arange(60) % 3, whole=True) == [-0.5, 0.5, 1.5, 2.5]
    assert edges_of([0] * 99 + [3], whole=True) == [-0.5, 0.5, 1.5, 2.5, 3.5]


@pytest.mark.parametrize("whole", [False, True])
@pytest.mark.parametrize("sign", [1, -1])
def test_zeros_have_a_bin_of_their_own(whole: bool, sign: int):
    edges = edges_of(sign * GAINS, whole)
    found = shares(sign * GAINS, whole)[::sign]
    assert found[0] == (GAINS == 0).mean()
    assert found[1:].max() < 0.03
    assert len(edges) <= BINS + 1
    assert 99_999 <= max(np.abs(edges)) <= 100_000


@pytest.mark.parametrize(
    ("others", "expected"),
    [
        ([3.0, 800.0], [0.0, 0.3, 800.0]),
        ([-3.0, -800.0], [-800.0, -0.3, 0.0]),
        ([-1.0, 900.0], [-1.0, -0.1, 90.0, 900.0]),
    ],
)
def test_the_few_others_beside_one_value_have_bins(others: list[float], expected: list[float]):
    assert edges_of([0.0] * 2000 + others) == expected
    assert edges_of([-0.0] * 1000 + others + [0.0] * 1000) == expected


@pytest.mark.parametrize("values", [[], [2.5], [1.0, 1e9], [*range(5), 1e6]])
def test_few_values_have_no_tail(values: list[float]):
    edges = edges_of(values)
    assert edges == ([2.5, 2.5] if len(values) == 1 else edges_of(sorted(values)))
    assert len(edges) in (0, 2, BINS + 1)


def test_the_order_of_the_rows_changes_nothing():
    for values in (GAINS, [*NORMAL, 1e9]):
        expected = edges_of(values)
        assert all(edges_of(RANDOM.permutation(values)) == expected for _ in range(5))


def test_the_context_of_decimals_changes_nothing():
    sets = [RANDOM.lognormal(10, 1, 300), NORMAL * 1e5 + 1e7, [*NORMAL, 12_345.678]]
    expected = [(edges_of(v), round_edges(min(v), max(v), BINS)) for v in sets]
    with localcontext(Context(prec=3, rounding=ROUND_UP)):
        assert [(edges_of(v), round_edges(min(v), max(v), BINS)) for v in sets] == expected


@pytest.mark.parametrize("seed", range(3))
def test_all_values_are_inside_and_edges_ascend_whatever_the_values(seed: int):
    random = np.random.default_rng(seed)
    for _ in range(400):
        values = random.normal(size=random.integers(1, 400)) * 10 ** random.uniform(-3, 3)
        far = random.integers(0, 6)
        values[:far] *= 10.0 ** random.uniform(-30, 300)
        values[random.integers(0, len(values) + 1) :] = values[-1]
        whole = bool(random.random() < 0.5)
        if whole:
            values = np.round(values.clip(-1e17, 1e17))
        edges = edges_of(values, whole)
        assert edges == sorted(edges)
        assert len(edges) == 2 or len(set(edges)) == len(edges) <= BINS + 1
        assert edges[0] <= values.min() <= values.max() <= edges[-1] < np.inf


def test_rows_of_a_run_are_counted_in_such_bins():
    """Features and the target of a regression."""
    rows = len(GAINS)
    incomes = np.random.default_rng(3).lognormal(10, 1.5, rows)
    setting = config("Ridge")
    data, _, done = fitted(setting, table(rows, a=GAINS.astype(int), b=incomes, y=incomes * 2))
    reference = describe_reference(build_signature(setting, data, done), data, done.train)
    for record in (*reference["features"].values(), reference["target"]):
        assert sum(record["counts"]) == len(done.train)
        widths = np.diff(record["edges"])
        assert widths[-1] > 3 * widths[-2]
    assert reference["features"]["a"]["counts"][0] == (GAINS[done.train] == 0).sum()
    for name in ("b", "target"):
        record = reference["target"] if name == "target" else reference["features"][name]
        assert max(record["counts"]) < 0.8 * len(done.train)


INCOMES = np.round(np.random.default_rng(5).lognormal(10.5, 0.4, 2000), 2)
LONG = [*INCOMES, 2_345_678.91, 12.34]


@pytest.mark.parametrize("whole", [False, True])
@pytest.mark.parametrize(
    "values", [INCOMES, LONG, AGES * 1.25, GAINS, -GAINS, NORMAL * 1e6, NORMAL * 1e6 + 1e9]
)
def test_hidden_ends_do_not_tell_the_smallest_and_the_largest_value(values, whole: bool):
    """But for a frequent value at an end, which is of many rows."""
    values = np.round(values) if whole else np.array(values)
    edges = find_edges(values, BINS, whole, hide_ends=True)
    assert edges == sorted(set(edges))
    assert 5 < len(edges) <= BINS + 1
    assert edges[0] <= values.min() <= values.max() <= edges[-1]
    for value, edge in ((values.min(), edges[0]), (values.max(), edges[-1])):
        if np.count_nonzero(values == value) < 10:
            assert abs(edge - value) > 0.5
            digits = f"{abs(edge + 0.5 * whole):.12g}".replace(".", "").strip("0")
            assert len(digits) <= 5, edge
    assert np.histogram(values, edges)[0].max() < 0.95 * len(values)


def test_few_whole_numbers_have_a_bin_each_also_where_ends_are_hidden():
    edges = find_edges(np.arange(60.0) % 3, BINS, True, hide_ends=True)
    assert edges == [-0.5, 0.5, 1.5, 2.5]
    assert find_edges(np.array([2.5, 2.5]), BINS, False, hide_ends=True) == [2.5, 2.5]


def test_values_that_are_close_together_are_hidden_too():
    values = np.array([1234.56789, np.nextafter(1234.56789, 9999)] * 10)
    edges = find_edges(values, BINS, False, hide_ends=True)
    assert edges[0] < values.min() <= values.max() < edges[-1]
    assert all(len(f"{edge:.17g}") <= 8 for edge in edges)


@pytest.mark.parametrize("seed", range(3))
def test_all_values_are_inside_where_ends_are_hidden(seed: int):
    random = np.random.default_rng(seed)
    for _ in range(400):
        values = random.normal(size=random.integers(1, 400)) * 10 ** random.uniform(-3, 3)
        far = random.integers(0, 6)
        values[:far] *= 10.0 ** random.uniform(-30, 300)
        values[random.integers(0, len(values) + 1) :] = values[-1]
        whole = bool(random.random() < 0.5)
        if whole:
            values = np.round(values.clip(-1e17, 1e17))
        edges = find_edges(values, BINS, whole, hide_ends=True)
        assert edges == sorted(edges)
        assert len(edges) == 2 or len(set(edges)) == len(edges) <= BINS + 1
        assert edges[0] <= values.min() <= values.max() <= edges[-1] < np.inf
