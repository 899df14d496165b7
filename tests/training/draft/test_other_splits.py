"""Other splits that a draft names: those that these rows do not allow are removed."""

import random
from collections.abc import Sequence
from dataclasses import replace

import pyarrow as pa
import pytest

from maas.tables.column_draft import ColumnDraft
from maas.tables.dialect import Dialect
from maas.tables.target_draft import TargetDraft
from maas.training.draft.draft import Draft, EstimatorDraft
from maas.training.draft.other_splits import keep_splits
from maas.training.draft.trial import try_draft
from tests.training.draft.drafts import draft

CHANCE = random.Random(5)
ROWS = 60
NOISE = [CHANCE.random() for _ in range(ROWS)]
KINDS = [CHANCE.choice("ab") for _ in range(ROWS)]
GROUPS = [f"g{n % 12}" for n in range(ROWS)]


def drafted(method: str, **changes: object) -> Draft:
    by = ColumnDraft("by", "", left_out=True, split=method)
    return replace(
        draft(
            target=TargetDraft("y", "classification", ""),
            columns=(ColumnDraft("a", ""), by),
            estimator=EstimatorDraft("LogisticRegression", {}, ""),
            dialect=Dialect(forms={"by": "%d.%m.%Y"}) if method == "time" else Dialect(),
        ),
        **changes,
    )


def methods(first: Draft, by: Sequence[object], **columns: object) -> tuple[str | None, ...]:
    found = keep(first, pa.table({"y": KINDS, "a": NOISE, "by": by, **columns}))
    return tuple(column.split for column in found.columns)


def keep(first: Draft, table: pa.Table) -> Draft:
    trial = try_draft(first, table)
    return keep_splits(trial.draft, trial.data, table)


@pytest.mark.parametrize(
    ("method", "by"),
    [("time", [2000 + n for n in range(ROWS)]), ("group", GROUPS), ("time", NOISE)],
)
def test_a_split_that_divides_the_rows_stays(method: str, by: list[object]):
    first = drafted(method, dialect=Dialect())
    assert methods(first, by) == (None, method)


@pytest.mark.parametrize(
    ("method", "by"),
    [
        ("time", ["2024-01-31", "2024-13-45"] * 30),
        ("time", [*NOISE[:-1], None]),
        ("time", [1] * ROWS),
        ("group", ["one"] * ROWS),
        ("group", KINDS),  # each class is in one group
    ],
)
def test_a_split_that_does_not_is_removed_with_its_form(method: str, by: list[object]):
    found = keep(drafted(method), pa.table({"y": KINDS, "a": NOISE, "by": by}))
    assert [column.split for column in found.columns] == [None, None]
    assert found.dialect.forms == {}


def test_all_stay_where_the_file_was_not_read_whole():
    first = drafted("time", is_whole=False)
    table = pa.table({"y": KINDS, "a": NOISE, "by": [1] * ROWS})
    assert keep(first, table).columns == first.columns


def test_texts_that_only_held_out_rows_have_must_be_ignored():
    by = ColumnDraft("by", "", type="category", split="group")
    first = drafted("group", columns=(ColumnDraft("a", ""), by))
    assert methods(first, GROUPS) == (None, None)
    assert methods(replace(first, unknown="ignore"), GROUPS) == (None, "group")


def test_a_feature_without_a_value_before_the_newest_rows_is_refused():
    first = drafted("time", dialect=Dialect())
    first = replace(first, columns=(*first.columns[:1], ColumnDraft("new", ""), first.columns[1]))
    new = [None] * 50 + NOISE[50:]
    assert methods(first, list(range(ROWS)), new=new) == (None, None, None)
