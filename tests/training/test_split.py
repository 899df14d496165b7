"""Which rows train and which are held out."""

import numpy as np
import pyarrow as pa
import pytest

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


@pytest.mark.parametrize(
    ("changes", "columns", "said"),
    [
        ({}, {"y": ["p"] * 59 + ["q"]}, "class 'q' has only one row"),
        ({"split": {"test_size": 0.01}}, {}, "cannot be split"),
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
