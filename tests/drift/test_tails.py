"""A shift of a feature with a long tail, or of the share of its zeros, is found."""

from collections.abc import Callable
from functools import partial

import numpy as np
import pytest

from maas.training.reference import BINS
from maas.training.tails import find_edges
from tests.drift.references import CLASSES, Judge, make_signature, number

LIVE_ROWS = 2000
LOOKS = 15

Draw = Callable[[np.random.Generator, int], np.ndarray]


def lognormal(sigma: float, shift: float, random: np.random.Generator, rows: int) -> np.ndarray:
    """Shifted by so many standard deviations of the logarithm."""
    return np.exp(10 + sigma * (random.normal(size=rows) + shift))


def mostly_zero(zeros: float, random: np.random.Generator, rows: int) -> np.ndarray:
    amounts = np.round(random.lognormal(8.5, 0.8, rows))
    return np.where(random.random(rows) < zeros, 0, amounts)


def with_one_far_off(random: np.random.Generator, rows: int) -> np.ndarray:
    return np.append(random.normal(size=rows - 1), 1e6)


def shifted(random: np.random.Generator, rows: int) -> np.ndarray:
    return random.normal(size=rows) + 0.5


def count_alarms(training: Draw, live: Draw, rows: int, looks: int, whole: bool = False) -> int:
    random = np.random.default_rng(rows)
    alarms = 0
    for _ in range(looks):
        values = training(random, rows)
        edges = find_edges(values, BINS, whole)
        counts = np.histogram(values, edges)[0].tolist()
        record = {"f0": {"edges": edges, "counts": counts, "nulls": 0}}
        held_out = {"prediction": {"counts": dict.fromkeys(CLASSES, rows // 3)}}
        judge = Judge(make_signature(number("f0")), record, **held_out)
        alarms += judge.look(live(random, LIVE_ROWS).reshape(-1, 1)).verdict == "drift"
    return alarms


@pytest.mark.parametrize("rows", [1000, 10_000])
@pytest.mark.parametrize("sigma", [0.5, 1, 2])
@pytest.mark.parametrize("shift", [0.5, -0.5])
def test_a_shift_of_half_a_standard_deviation_of_the_logarithm_is_found(
    rows: int, sigma: float, shift: float
):
    training, live = partial(lognormal, sigma, 0), partial(lognormal, sigma, shift)
    assert count_alarms(training, live, rows, LOOKS) == LOOKS


@pytest.mark.parametrize("whole", [False, True])
def test_ten_points_fewer_zeros_are_found(whole: bool):
    training, live = partial(mostly_zero, 0.92), partial(mostly_zero, 0.82)
    assert count_alarms(training, live, 5000, LOOKS, whole) == LOOKS


def test_one_value_far_off_hides_no_shift_of_the_others():
    assert count_alarms(with_one_far_off, shifted, 1000, LOOKS) == LOOKS


@pytest.mark.parametrize("rows", [200, 1000, 10_000])
@pytest.mark.parametrize(
    "draw", [partial(lognormal, 1, 0), partial(lognormal, 2, 0), partial(mostly_zero, 0.92)]
)
def test_equal_distributions_are_no_drift(draw: Draw, rows: int):
    assert count_alarms(draw, draw, rows, 60) <= 1
