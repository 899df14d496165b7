"""Which rows train and which are held out."""

import re

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
import yaml

from maas.errors import DataError
from maas.training.data import make_dataset
from maas.training.split import split_rows
from tests.training.fitted import config, table


def test_a_stratified_split_keeps_the_shares_and_a_seed_repeats_it():
    setting = config(split={"test_size": 0.25})
    data = make_dataset(setting, table(y=["p"] * 40 + ["q"] * 20))
    train, held_out = split_rows(setting, data, "classification")
    assert sorted([*train, *held_out]) == list(range(60))
    assert (data.target[held_out] == "q").sum() == 5
    again = split_rows(setting, data, "classification")
    assert (again[1] == held_out).all()
    other = split_rows(setting.model_copy(update={"seed": 1}), data, "classification")
    assert (other[1] != held_out).any()


def test_a_group_never_stands_on_both_sides():
    setting = config(split={"method": "group", "column": "who"})
    data = make_dataset(setting, table(who=[i // 4 for i in range(60)]))
    train, held_out = split_rows(setting, data, "classification")
    assert data.keys is not None
    assert not set(data.keys[train]) & set(data.keys[held_out])
    assert len(train) + len(held_out) == 60


@pytest.mark.parametrize(
    "when",
    [
        pa.array(np.datetime64("2024-01-01") + np.arange(60)[::-1]),
        pa.array(list(range(60, 0, -1))),
        pa.array([str(np.datetime64("2024-01-01") - i) for i in range(60)]),
    ],
    ids=["date", "integer", "text"],
)
def test_a_split_by_time_holds_out_the_newest(when):
    setting = config(split={"method": "time", "column": "when", "test_size": 0.1})
    data = make_dataset(setting, table(when=when))
    train, held_out = split_rows(setting, data, "classification")
    assert held_out.tolist() == [0, 1, 2, 3, 4, 5]
    assert len(train) == 54


def test_a_split_by_time_never_cuts_through_one_time():
    setting = config(split={"method": "time", "column": "day"})
    data = make_dataset(setting, table(day=[i // 25 for i in range(60)]))
    train, held_out = split_rows(setting, data, "classification")
    assert (train.max(), held_out.min()) == (24, 25)


def test_texts_are_split_as_the_times_that_they_name():
    """As texts, '2024-01-02 10:00' stands before '2024-01-02T09:00', because a space does."""
    texts = [f"2024-01-02{'T '[i % 2]}{i // 60:02}:{i % 60:02}" for i in range(600)][::10]
    texts = [text.replace("T", " ") if n % 2 else text for n, text in enumerate(texts)]
    setting = config(split={"method": "time", "column": "when"})
    for when in (texts, [f"2024-01-01T{n % 24:02}:00+{n % 12:02}:00" for n in range(60)]):
        data = make_dataset(setting, table(when=when))
        train, held_out = split_rows(setting, data, "classification")
        times = np.array([pd.Timestamp(text).timestamp() for text in when])
        assert times[train].max() < times[held_out].min()


def refuse(counts: dict[str, int], task: str = "classification", **split) -> str:
    """The line that refuses a target with that many rows of each class, in this order."""
    labels = [label for label, n in counts.items() for _ in range(n)]
    setting = config(split=split)
    given = table(len(labels), y=labels, t=list(range(len(labels))))
    with pytest.raises(DataError) as caught:
        split_rows(setting, make_dataset(setting, given), task)
    return str(caught.value)


def test_every_rare_class_is_named_with_a_remedy_that_passes():
    line = refuse({"p": 30, "q": 30, "r": 1, "s": 1})
    assert "2 of 4 classes have only one row ('r': 1, 's': 1), too few for a stratified" in line
    keys = "data.min_class_rows: 2 and data.rare_class: other"
    assert f"leave rare classes out with data.min_class_rows: 2, or merge them with {keys}" in line
    assert "remove its rows, merge it into another class, or add rows" in refuse({"p": 9, "q": 1})
    many = refuse({"p": 30, "q": 30} | {f"r{n:02}": 1 for n in range(13)})
    assert "'r09': 1 and 3 more)" in many


@pytest.mark.parametrize(
    ("counts", "split"),
    [
        ({"p": 30, "q": 30, "r": 1, "s": 1, "t": 1}, {}),
        ({f"c{n:02}": 2 for n in range(30)} | {"p": 30, "q": 20}, {}),
        ({"p": 30, "q": 30, "r": 1}, {"method": "time", "column": "t"}),
        ({f"c{n:02}": 2 + n // 3 for n in range(12)} | {"p": 9}, {"test_size": 0.1}),
        ({f"c{n:02}": 2 + n // 3 for n in range(12)} | {"p": 90}, {"test_size": 0.05}),
    ],
)
def test_the_keys_that_a_remedy_for_rare_classes_names_pass(counts: dict[str, int], split):
    line = refuse(counts, **split)
    labels = [label for label, n in counts.items() for _ in range(n)]
    given = table(len(labels), y=labels, t=list(range(len(labels))))
    found = re.search("leave rare classes out with (data.min_class_rows: [0-9]+)", line)
    merged = re.search("with (data.min_class_rows: [0-9]+) and (data.rare_class: other)", line)
    assert found or merged
    for match in filter(None, (found, merged)):
        keys = {"source": "table", "target": "y"}
        for key in match.groups():
            keys |= yaml.safe_load(key.removeprefix("data."))
        setting = config(data=keys, split=split)
        split_rows(setting, make_dataset(setting, given), "classification")


def test_numbers_as_classes_are_told_of_regressors():
    setting, labels = config(), [*range(40), *[50] * 20]
    with pytest.raises(DataError) as caught:
        split_rows(setting, make_dataset(setting, table(y=labels)), "classification")
    assert "40 of 41 classes have only one row (0: 1, 1: 1, 10: 1" in str(caught.value)
    assert "name a regressor if these are numbers; or remove their rows, merge these" in str(
        caught.value
    )


def test_a_random_split_is_named_only_where_it_would_pass():
    passed = set()
    for place in range(0, 60, 3):
        setting = config()
        labels = ["p", "q"] * 30
        labels[place] = "r"
        data = make_dataset(setting, table(y=labels))
        with pytest.raises(DataError) as caught:
            split_rows(setting, data, "classification")
        named = "write `split: {method: random}`" in str(caught.value)
        passed.add(named)
        random = config(split={"method": "random"})
        if named:
            split_rows(random, data, "classification")
        else:
            with pytest.raises(DataError, match="class 'r' is on one side of the split only"):
                split_rows(random, data, "classification")
    assert passed == {True, False}


def test_more_classes_than_rows_to_hold_out_gives_a_size_that_passes():
    counts = {f"c{n}": 3 for n in range(8)}
    line = refuse(counts)
    assert "8 classes cannot be split into 5 held-out rows (rows of the rarest: 'c0': 3" in line
    assert "or set split.test_size to 0.3" in line
    labels = [label for label, n in counts.items() for _ in range(n)]
    setting = config(split={"test_size": 0.3})
    data = make_dataset(setting, table(24, y=labels))
    split_rows(setting, data, "classification")
    assert "into 2 training rows" in refuse(counts, test_size=0.9)


def test_every_lost_class_is_named():
    line = refuse({"p": 40, "q": 8, "r": 12}, method="time", column="t", test_size=0.4)
    assert "2 classes are on one side of the split only, among the held-out rows" in line
    assert "('q': 8, 'r': 12)" in line
    assert "method: random" not in line
    line = refuse({"p": 49, "q": 11}, method="time", column="t")
    assert "class 'q' is on one side of the split only" in line
    assert line.endswith("or add rows, or set split.test_size to 0.15")


def test_a_number_is_never_told_to_be_stratified():
    line = refuse({"p": 1, "q": 1}, "regression", method="random", test_size=0.99)
    assert "stratified" not in line


@pytest.mark.parametrize(
    ("changes", "columns", "said"),
    [
        ({}, {"y": ["p"] * 59 + ["q"]}, "class 'q' has only one row"),
        ({"split": {"test_size": 0.01}}, {}, "cannot be split into 1 held-out rows"),
        (
            {"split": {"method": "time", "column": "t"}},
            {"y": ["p"] * 50 + ["q"] * 10, "t": range(60)},
            "one side of the split only",
        ),
        ({"split": {"method": "time", "column": "t", "test_size": 0.999}}, {"t": range(60)}, "row"),
    ],
)
def test_what_cannot_be_split_is_refused(changes, columns, said):
    setting = config(**changes)
    data = make_dataset(setting, table(**{k: list(v) for k, v in columns.items()}))
    with pytest.raises(DataError, match=said):
        split_rows(setting, data, "classification")
