"""Equal distributions of categories and of classes are no drift, however many; shifts are."""

from typing import Any

import numpy as np
import pytest

from tests.drift.category_looks import CategoryLook, ClassLook

LOOKS = 40
ZIPF = 1 / np.arange(1, 301) / (1 / np.arange(1, 301)).sum()
FIVE = np.array([0.3, 0.25, 0.2, 0.15, 0.1])


def uniform(values: int) -> Any:
    return np.full(values, 1 / values)


CASES = [
    CategoryLook(uniform(50), 400),
    CategoryLook(uniform(50), 400, features=10),
    CategoryLook(uniform(50), 1000),
    CategoryLook(uniform(300), 5000),
    CategoryLook(uniform(1500), 8000, "ignore"),
    CategoryLook(np.random.default_rng(0).dirichlet(np.full(200, 3.0)), 1500),
    CategoryLook(ZIPF, 2000),
    CategoryLook(ZIPF, 2000, "ignore"),
    ClassLook(uniform(26), 400),
    ClassLook(uniform(100), 400),
    ClassLook(uniform(1000), 2000),
]


def name(look: CategoryLook) -> str:
    kind = f"{type(look).__name__}-{look.unknown}-{look.features}"
    return f"{kind}-{len(look.shares)}-{look.training_rows}"


@pytest.mark.parametrize("look", CASES, ids=name)
def test_equal_distributions_are_no_drift(look: CategoryLook):
    random = np.random.default_rng(1)
    alarms = 0
    for _ in range(LOOKS):
        look.train(random)
        alarms += sum(look.alarms(look.draw(random, rows)) for rows in (2000, 20_000))
    assert alarms <= 2


@pytest.mark.parametrize("look", CASES, ids=name)
def test_training_rows_that_come_again_are_no_drift(look: CategoryLook):
    random = np.random.default_rng(2)
    alarms = 0
    for _ in range(LOOKS):
        look.train(random)
        assert not look.alarms(look.counted)
        alarms += look.alarms(look.draw_again(random, 2000))
    assert alarms <= 1


@pytest.mark.parametrize(
    ("before", "after", "training_rows"),
    [
        (FIVE, np.array([0.15, 0.4, 0.2, 0.15, 0.1]), 1000),
        (FIVE, np.array([0.15, 0.2875, 0.2375, 0.1875, 0.1375]), 1000),
        (uniform(300), np.concatenate(([0.125], np.full(299, 0.875 / 299))), 5000),
        (ZIPF, uniform(300), 2000),
    ],
)
def test_shifts_are_found(before: Any, after: Any, training_rows: int):
    random = np.random.default_rng(3)
    look = CategoryLook(before, training_rows)
    for _ in range(LOOKS):
        look.train(random)
        assert look.alarms(look.draw(random, 2000, after))
