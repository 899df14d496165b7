"""A draft is tried on its rows: what training refuses, what splits, what gives the target away."""

import random

import pyarrow as pa
import pytest

from maas.errors import DataError
from maas.tables.column_draft import ColumnDraft
from maas.tables.dialect import Dialect
from maas.tables.target_draft import TargetDraft
from maas.training.draft.draft import Draft, EstimatorDraft
from maas.training.draft.trial import Trial, try_draft
from tests.training.draft.drafts import draft

CHANCE = random.Random(5)
NOISE = [CHANCE.random() for _ in range(60)]
Y = [CHANCE.random() for _ in range(60)]
KINDS = [CHANCE.choice("ab") for _ in range(60)]


def attempt(target: str = "y", kind: str = "regression", **columns: object) -> Trial:
    names = [name for name in columns if name != target]
    drafted = draft(
        file="t.csv",
        source="t.csv",
        target=TargetDraft(target, "regression" if kind == "regression" else "classification", ""),
        columns=tuple(ColumnDraft(name, "seen") for name in names),
    )
    return try_draft(drafted, pa.table(columns))


def reasons(drafted: Draft) -> dict[str, str]:
    return {column.column: column.seen for column in drafted.columns if column.left_out}


def test_what_training_takes_stays_as_it_is():
    trial = attempt(y=Y, a=NOISE)
    assert reasons(trial.draft) == {}
    assert (trial.draft.split_method, trial.draft.test_size) == (None, 0.2)
    assert len(trial.train) == 48
    assert trial.data.rows == 60


def test_what_training_refuses_is_left_out_for_a_reason_without_a_value():
    trial = attempt(
        y=Y,
        a=NOISE,
        big=[10.0**300] * 59 + [1.0],
        endless=[float("inf"), *NOISE[1:]],
        close=[1e9 + n % 7 for n in range(60)],
        id=[f"secret{n}" for n in range(60)],
        day=["2024-01-31", "2024-02-01", "secret"] * 20,
    )
    assert reasons(trial.draft) == {
        "big": "numbers outside the range of float32",
        "endless": "infinite numbers",
        "close": "7 values, of which float32 can tell only 1 apart",
        "id": "another text in each of 60 rows, an id",
        "day": "40 dates and 20 other texts, left out until dates are a type",
    }


def test_a_form_that_does_not_fit_goes_with_its_column():
    columns = tuple(ColumnDraft(name, "seen") for name in ("a", "b", "c"))
    drafted = draft(
        source="t.csv",
        target=TargetDraft("y", "regression", ""),
        columns=columns,
        dialect=Dialect(forms={"b": "money", "c": "percent"}),
    )
    table = pa.table({"y": Y, "a": NOISE, "b": ["$3", "$4", "secret"] * 20, "c": NOISE[::-1]})
    trial = try_draft(drafted, table)
    assert reasons(trial.draft) == {"b": "not all of its texts are of the form 'money'"}
    assert trial.draft.dialect.forms == {"c": "percent"}


def test_texts_that_rows_of_rare_classes_made_categories_say_what_they_are_without_them():
    kinds = [*"ab" * 20, *"cdefghijkl"]
    texts = [*(f"t{n}" for n in range(40)), *["t0"] * 10]
    drafted = draft(
        source="t.csv",
        target=TargetDraft("y", "classification", "", min_class_rows=2),
        columns=(ColumnDraft("a", ""), ColumnDraft("texts", "")),
        estimator=EstimatorDraft("LogisticRegression", {}, ""),
    )
    trial = try_draft(drafted, pa.table({"y": kinds, "a": NOISE[:50], "texts": texts}))
    assert reasons(trial.draft) == {"texts": "another text in each of 40 rows, an id"}


@pytest.mark.parametrize("step", [1, -1])
def test_years_in_order_stay(step: int):
    years = list(range(1900, 1960))[::step]
    drafted = draft(
        target=TargetDraft("y", "regression", ""),
        columns=(ColumnDraft("a", ""), ColumnDraft("year", "", split="time")),
    )
    trial = try_draft(drafted, pa.table({"y": Y, "a": NOISE, "year": years}))
    assert reasons(trial.draft) == {}


@pytest.mark.parametrize(
    ("leak", "seen"),
    [
        (Y, "a leak: equals the target in every row"),
        ([3 * y + 1 for y in Y], "a leak: is the target on another scale"),
        ([y**3 for y in Y], "a leak: rises or falls with the target in nearly all rows"),
    ],
)
def test_a_leak_of_a_number_is_left_out(leak: list[float], seen: str):
    assert reasons(attempt(y=Y, a=NOISE, leak=leak).draft) == {"leak": seen}


@pytest.mark.parametrize(
    ("leak", "seen"),
    [
        (["x" if kind == "a" else "z" for kind in KINDS], "a leak: has one value for each class"),
        (
            [n + (100 if kind == "a" else 0) for n, kind in enumerate(KINDS)],
            "a leak: separates the classes by its size alone",
        ),
        (
            [f"{kind}{n % 4}" for n, kind in enumerate(KINDS)],
            "a leak: has a single target for each of its values",
        ),
    ],
)
def test_a_leak_of_a_class_is_left_out(leak: list[object], seen: str):
    assert reasons(attempt(kind="classes", y=KINDS, a=NOISE, leak=leak).draft) == {"leak": seen}


def test_row_numbers_with_steps_are_left_out():
    found = reasons(attempt(y=Y, a=NOISE, n=[3 * n for n in range(60)]).draft)
    assert found == {"n": "whole numbers that rise from row to row, as row numbers and ids do"}


def test_the_last_features_are_kept_and_say_what_was_seen():
    (column,) = attempt(y=Y, leak=Y).draft.columns
    assert not column.left_out
    assert column.seen == (
        "a leak: equals the target in every row; kept, since nothing else is left"
    )


def test_a_column_without_a_value_among_the_training_rows_is_left_out():
    trial = attempt(y=Y, a=NOISE)
    lonely = [None] * 60
    held_out = next(row for row in range(60) if row not in trial.train)
    lonely[held_out] = 1.5  # type: ignore[call-overload]
    assert list(reasons(attempt(y=Y, a=NOISE, lonely=lonely).draft)) == ["lonely"]


def test_no_column_is_an_error_that_says_why():
    with pytest.raises(DataError, match=r"t.csv: has no column to predict from \('id': .*\)"):
        attempt(y=Y, id=[f"t{n}" for n in range(60)])


def test_rows_that_cannot_be_stratified_are_split_at_random():
    kinds = [f"k{n % 13}" for n in range(60)]  # more classes than a fifth of the rows
    trial = attempt(kind="classes", y=kinds, a=NOISE)
    assert (trial.draft.split_method, trial.draft.test_size) != (None, 0.2)


def test_rows_that_no_split_divides_are_an_error():
    with pytest.raises(DataError, match="target"):
        attempt(kind="classes", y=[f"k{n}" for n in range(60)], a=NOISE)
