"""What to make of the column that is to be predicted: classes or numbers, and which rows count."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from maas.errors import DataError
from maas.tables.column_kinds import which_numeric
from maas.tables.columns import MIN_ROWS_OF_IDS
from maas.tables.csv_file import is_nameless
from maas.tables.draft_numbers import counts_rows
from maas.tables.unknown.seen_column import AS_FLOATS, SeenColumn, count_of, number

Task = Literal["classification", "regression"]

# Whole numbers with more different values than this are amounts, not classes.
_MAX_NUMBERS_AS_CLASSES = 10

# More texts than this are names.
_MAX_CLASSES = 1_000

# Classes with fewer rows are too rare to be learned and measured ...
_MIN_CLASS_ROWS = 5

# ... but not so many rows are left out for that.
_MAX_SHARE_LEFT_OUT = 0.1

# Classes with a single row cannot be on both sides of a split: up to this share of the rows.
_MAX_SHARE_SINGLE = 0.5

# Below so many rows, a model can be neither trained nor measured.
_MIN_ROWS = 10


@dataclass(frozen=True)
class TargetDraft:
    """What is made of the target.

    Attributes:
        column: its name.
        task: what is predicted.
        seen: what was seen, without a value of a row.
        gaps: rows without a value.
        form: how its numbers are written, for `data.forms`; None: plainly.
        min_class_rows: for `data.min_class_rows`; None: each class has enough rows.
        rare_rows: rows of the classes that have fewer.
        classes: how many there are; 0 where numbers are predicted.
        can_be_merged: whether the rarer classes are texts with enough rows to be one.
        may_be_amounts: whether the classes are numbers, which a regressor predicts too.
    """

    column: str
    task: Task
    seen: str
    gaps: int = 0
    form: str | None = None
    min_class_rows: int | None = None
    rare_rows: int = 0
    classes: int = 0
    can_be_merged: bool = False
    may_be_amounts: bool = False


def draft_target(source: str, column: SeenColumn) -> TargetDraft:
    """Decide what is predicted.

    Args:
        source: names the file in errors.
        column: the target.

    Raises:
        DataError: it cannot be predicted; says what was seen.
    """
    fault = _find_fault(column)
    if fault is not None:
        where = f"{source}: target {column.name!r}"
        raise DataError(where, fault, "name another column with --target, or correct the file")
    if column.is_text and column.form is not None:
        return TargetDraft(
            column.name, "regression", column.form.name, column.gaps, column.form.key
        )
    if column.is_text or pa.types.is_boolean(column.kind) or _are_classes(column):
        return _draft_classes(column)
    seen = f"{number(column.different)} different numbers"
    return TargetDraft(column.name, "regression", seen, column.gaps)


def find_candidates(source: str, columns: Sequence[SeenColumn]) -> list[TargetDraft]:
    """The columns that can be predicted, in the order of the file."""
    found = []
    for column in columns:
        try:
            found.append(draft_target(source, column))
        except DataError:
            continue
    return found


def _find_fault(column: SeenColumn) -> str | None:
    """Why a column cannot be predicted."""
    if is_nameless(column.name):
        return "has no name"
    if not column.rows:
        return "has no value in any row"
    if column.rows < _MIN_ROWS:
        rows = count_of(column.rows, "row")
        return f"has {rows} with a value, too few to train a model and to measure it"
    if column.different == 1:
        floats = f" {AS_FLOATS}" if column.is_beyond_floats else ""
        return f"has the same value in every row{floats}"
    if column.is_faulty:
        what = "text of several lines" if column.is_text else "numbers with leading zeros"
        return f"holds {what}, which training does not take as a target"
    if column.is_text:
        return _find_fault_of_text(column)
    kind = column.kind
    if pa.types.is_integer(kind) and not column.gaps and counts_rows(column):
        return "rises by one from row to row, as row numbers do"
    if pa.types.is_boolean(kind) or pa.types.is_integer(kind) or pa.types.is_floating(kind):
        return None
    if pa.types.is_decimal(kind):
        return None
    return f"holds {kind}, which cannot be predicted"


def _find_fault_of_text(column: SeenColumn) -> str | None:
    form, texts, rows = column.form, column.different, column.rows
    if form is not None:
        if form.is_date:
            return "holds dates, which cannot be predicted"
        if form.key is None:
            return f"holds {form.name}{form.unread}, which are not read as numbers"
        if form.decimal not in (None, column.decimal):
            return f"holds {form.name}, with another decimal mark than other columns"
        return None if form.other is None else f"mixes {form.name} with other texts"
    if texts == rows:
        return f"holds another text in each of {number(rows)} rows, so it is an id"
    if rows >= MIN_ROWS_OF_IDS and texts > rows / 2:
        return (
            f"holds {number(texts)} different texts in {number(rows)} rows, so they are not classes"
        )
    if texts > _MAX_CLASSES:
        return f"holds {number(texts)} different texts, too many for classes"
    numeric = which_numeric(column.counts, column.decimal)
    if numeric.sum() > _MAX_NUMBERS_AS_CLASSES and not numeric.all():
        return f"mixes numbers with {count_of(int((~numeric).sum()), 'other text')}"
    return None


def _are_classes(column: SeenColumn) -> bool:
    """Whether numbers are classes: few whole ones, each in several rows."""
    if column.different > _MAX_NUMBERS_AS_CLASSES or not column.is_whole:
        return False
    return bool((_class_sizes(column) >= _MIN_CLASS_ROWS).all())


def _draft_classes(column: SeenColumn) -> TargetDraft:
    sizes = _class_sizes(column)
    bounds = ((_MIN_CLASS_ROWS, _MAX_SHARE_LEFT_OUT), (2, _MAX_SHARE_SINGLE))
    least = next((n for n, share in bounds if _leaves_enough(sizes, n, share)), None)
    rare = 0 if least is None else int(sizes[sizes < least].sum())
    are_numbers = not column.is_text and not pa.types.is_boolean(column.kind)
    return TargetDraft(
        column=column.name,
        task="classification",
        seen=f"{number(len(sizes))} {'different whole numbers' if are_numbers else 'classes'}",
        gaps=column.gaps,
        min_class_rows=least if rare else None,
        rare_rows=rare,
        classes=len(sizes),
        can_be_merged=column.is_text and rare >= _MIN_CLASS_ROWS,
        may_be_amounts=are_numbers,
    )


def _class_sizes(column: SeenColumn) -> "pd.Series[int]":
    if column.is_text:
        return column.counts
    counts = pc.value_counts(column.present)
    return pd.Series(counts.field("counts").to_numpy())


def _leaves_enough(sizes: "pd.Series[int]", least: int, share: float) -> bool:
    """Whether two classes remain, and most rows, if those with fewer rows are left out."""
    kept = sizes[sizes >= least]
    return len(kept) >= 2 and kept.sum() >= (1 - share) * sizes.sum()
