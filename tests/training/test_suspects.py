"""Features that are probably a mistake: what is seen in them, and what is not."""

from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from maas.registry.run_warnings import WarningRecord
from maas.tables.reading import read_table
from maas.training import suspects
from maas.training.data import make_dataset
from maas.training.suspects import find_suspects
from tests.training.fitted import config
from tests.workspace import PROJECT

ROWS = 60
generator = np.random.default_rng(0)
PRICES = generator.lognormal(5, 0.3, ROWS)
CLASSES = np.array(["p", "q", "r"])[generator.integers(0, 3, ROWS)]
NOISE = generator.normal(size=ROWS)
CITIES = generator.integers(0, 5, ROWS)


def find(target: Any, train: Any = None, **columns: Any) -> tuple[WarningRecord, ...]:
    """What is found in columns, beside one of noise."""
    task = "classification" if np.asarray(target).dtype.kind in "UO" else "regression"
    setting = config("LogisticRegression" if task == "classification" else "Ridge")
    given = pa.table({"noise": NOISE[: len(target)], **columns, "y": target})
    data = make_dataset(setting, given, verified=3)  # an id would be refused before
    return find_suspects(data, np.arange(len(target)) if train is None else train, task)


def seen(target: Any, values: Any, train: Any = None) -> str | None:
    """What is seen in one column."""
    records = find(target, train, x=values)
    assert all(record.features == ("x",) for record in records), records
    return records[0].seen if records else None


def with_gaps(values: Any, gaps: Any) -> pa.Array:
    return pa.array(values, mask=np.asarray(gaps, dtype=bool))


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (PRICES, "equal"),
        (with_gaps(PRICES, np.arange(ROWS) % 3 == 0), "equal"),
        (PRICES * 1.19, "linear"),
        (-3 * PRICES + 7, "linear"),
        (np.round(PRICES * 1.19, 1), "linear"),
        (np.log(PRICES), "monotone"),
        (1 / PRICES, "monotone"),
        (PRICES + generator.normal(size=ROWS) * 10, None),
        (np.sin(PRICES), None),
        (np.where(np.arange(ROWS) == 3, 1e9, NOISE), None),
        ([f"flat {i}" for i in range(ROWS - 1)] + ["flat 0"], None),
        (with_gaps(PRICES, np.arange(ROWS) > 18), None),
    ],
)
def test_what_follows_a_number_is_a_leak(values: Any, expected: str | None):
    assert seen(PRICES, values) == expected


def test_one_outlier_in_both_is_no_correlation():
    outlier = np.where(np.arange(ROWS) == 3, 1e9, 0)
    assert seen(PRICES + outlier, NOISE[::-1] + outlier) is None


RENTS = np.array([1.0, 5.0, 3.0, 9.0, 2.0])[CITIES]


@pytest.mark.parametrize("values", [CITIES, CITIES.astype(str) + np.full(ROWS, " town")])
def test_a_value_with_a_single_number_in_several_rows_each_is_a_leak(values: Any):
    assert seen(RENTS, values) == "determines"
    assert seen(np.where(np.arange(ROWS) == 7, 4.0, RENTS), values) is None


def test_a_rare_number_tells_nothing_of_a_value():
    mostly = np.zeros(ROWS)
    mostly[5] = 1.0
    assert (
        seen(mostly, np.where(np.arange(ROWS) == 5, "only", CITIES.astype(str) + " town")) is None
    )


NUMBERED = np.searchsorted(["p", "q", "r"], CLASSES)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (CLASSES, "one_to_one"),
        (np.char.add("class ", CLASSES), "one_to_one"),
        (NUMBERED, "one_to_one"),
        (np.array([5, 1, 9])[NUMBERED], "one_to_one"),
        (with_gaps(CLASSES, CLASSES == "q"), "one_to_one"),
        (np.char.add(CLASSES, generator.integers(0, 2, ROWS).astype(str)), "determines"),
        (NUMBERED + 10 * generator.integers(0, 2, ROWS), "determines"),
        (NUMBERED * 10 + generator.random(ROWS), "separates"),
        (np.array([5, 1, 9])[NUMBERED] + generator.random(ROWS), "separates"),
        (with_gaps(NUMBERED * 10 + generator.random(ROWS), CLASSES == "q"), "separates"),
        (NUMBERED + 1.1 * generator.random(ROWS), None),
        (np.where(np.arange(ROWS) == 3, "x", CLASSES), "determines"),
        (np.where(np.arange(ROWS) == 3, "q" if CLASSES[3] == "p" else "p", CLASSES), None),
        ([f"row {i}" for i in range(ROWS - 1)] + ["row 0"], None),
    ],
)
def test_what_gives_the_class_away_is_a_leak(values: Any, expected: str | None):
    assert seen(CLASSES, values) == expected


def test_the_largest_number_of_a_rare_class_is_chance():
    rare = np.where(np.argsort(np.argsort(NOISE)) >= ROWS - 3, "rare", "common")
    assert seen(rare, NOISE * 2) is None


def test_few_rows_agree_by_chance():
    assert find(PRICES[:19], x=PRICES[:19] * 2) == ()
    assert find(CLASSES[:19], x=CLASSES[:19]) == ()
    assert seen(PRICES[:20], PRICES[:20] * 2) == "linear"


@pytest.mark.parametrize("target", [PRICES, CLASSES])
@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([3] * ROWS, "one_value"),
        ([0.5] * ROWS, "one_value"),
        ([True] * ROWS, "one_value"),
        (["m²"] * ROWS, "one_value"),
        (with_gaps([3] * ROWS, np.arange(ROWS) % 2), None),
        (with_gaps(["m²"] * ROWS, np.arange(ROWS) % 2), None),
        (range(ROWS), "rising"),
        (np.arange(ROWS) ** 2 - 7, "rising"),
        (np.arange(ROWS) * 2.0, "rising"),
        (range(ROWS, 0, -1), "falling"),
        (np.arange(ROWS) * 0.5, None),
        (with_gaps(range(ROWS), np.arange(ROWS) == 40), None),
        (2000 + np.arange(ROWS) // 2, None),
        ([*range(ROWS - 1), 0], None),
    ],
)
def test_constants_and_row_numbers_are_seen(target: Any, values: Any, expected: str | None):
    assert seen(target, list(values) if isinstance(values, range) else values) == expected


def test_constants_and_leaks_are_those_of_the_training_rows_and_row_numbers_of_all():
    train = np.arange(1, ROWS)
    assert seen(PRICES, [7] + [8] * (ROWS - 1), train) == "one_value"
    assert seen(PRICES, np.where(np.arange(ROWS) == 0, 1e6, PRICES), train) == "equal"
    assert seen(PRICES, [5, *range(1, ROWS)], train) is None


def test_twenty_features_are_named_and_the_others_counted():
    columns = {f"c{index}": [index] * ROWS for index in range(25)}
    (record,) = find(PRICES, **columns)
    assert (record.kind, record.seen, record.count) == ("constant", "one_value", 25)
    assert record.features == tuple(f"c{index}" for index in range(20))


@pytest.mark.parametrize("target", [PRICES, CLASSES], ids=["numbers", "classes"])
def test_a_sample_rules_out_nothing_that_all_rows_show(
    target: Any, monkeypatch: pytest.MonkeyPatch
):
    """A few rows of the sample are as few as a sample of 5000 is among millions."""
    classes = target is CLASSES
    columns = {
        "same": target,
        "town": np.char.add("in ", (NUMBERED if classes else CITIES).astype(str)),
        "size": NUMBERED * 10 + NOISE if classes else -np.sqrt(target),
        "constant": [1] * ROWS,
        "id": np.arange(ROWS),
        "wrong": np.where(np.arange(ROWS) == 31, target[::-1], target),
        "late": with_gaps(target, np.arange(ROWS) < 35),
    }
    whole = find(target, **columns)
    assert len(whole) >= 4
    monkeypatch.setattr(suspects, "_SAMPLE_ROWS", 20)
    assert find(target, **columns) == whole


# Each is the colour of a corner of the picture, which is never drawn in.
BLANK_PIXELS = ("pixel_0_0", "pixel_4_0", "pixel_4_7")


@pytest.mark.parametrize("source", ["iris", "wine", "breast_cancer", "diabetes", "digits"])
def test_the_bundled_data_sets_give_no_false_alarm(source: str):
    task, estimator = ("regression", "Ridge") if source == "diabetes" else ("classification", "SVC")
    setting = config(estimator, data={"source": source, "target": "target"})
    data = make_dataset(setting, read_table(source, PROJECT))
    found = find_suspects(data, np.arange(data.rows), task)
    blank = [record for record in found if record.seen == "one_value"]
    assert [record.features for record in blank] == [BLANK_PIXELS] * (source == "digits")
    assert len(found) == len(blank)
