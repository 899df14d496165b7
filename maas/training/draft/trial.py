"""Tries a draft as training would, on the rows that were read: faults, the split, leaks."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import pandas as pd
import pyarrow as pa

from maas.errors import DataError
from maas.registry.run_warnings import WarningRecord
from maas.tables.column_draft import ColumnDraft
from maas.tables.column_kinds import is_text, value_type
from maas.tables.draft import draft_column
from maas.tables.faults import Faults
from maas.tables.row_places import RowPlaces
from maas.tables.target_rows import keep_rows
from maas.tables.unknown.seen_column import SeenColumn
from maas.training.data import Dataset, make_dataset
from maas.training.draft.draft import Draft, remove_forms
from maas.training.split import Indices, split_rows
from maas.training.suspects import find_suspects

_LEAKS = {
    "equal": "equals the target in every row",
    "linear": "is the target on another scale",
    "monotone": "rises or falls with the target in nearly all rows",
    "determines": "has a single target for each of its values",
    "one_to_one": "has one value for each class",
    "separates": "separates the classes by its size alone",
}
_USELESS = {
    "one_value": "the same value in every training row",
    "rising": "whole numbers that rise from row to row, as row numbers and ids do",
    "falling": "whole numbers that fall from row to row, as row numbers and ids do",
}

_ORDERS = ("rising", "falling")

# Other ways to split, tried in this order where the usual one does not divide the rows.
_SPLITS = ((None, 0.2), ("random", 0.2), (None, 0.3), ("random", 0.3), (None, 0.5))


@dataclass(frozen=True)
class Trial:
    """A draft that training takes.

    Attributes:
        draft: what came of it.
        data: the rows, as training reads them.
        train: indices of the training rows.
    """

    draft: Draft
    data: Dataset
    train: Indices


def try_draft(draft: Draft, table: pa.Table) -> Trial:
    """Try a draft; leave out what training refuses, and what gives the target away.

    Raises:
        DataError: no column is left, or the rows cannot be split.
    """
    while True:
        check_features(draft)
        data = _read(draft, table)
        if isinstance(data, Draft):
            draft = data
            continue
        draft, train = _choose_split(draft, data)
        suspects = _find_unseen(data, train)
        if not suspects:
            suspects = _describe(draft, find_suspects(data, train, draft.target.task))
            if suspects.keys() >= {column.column for column in draft.features}:
                draft, suspects = _keep(draft, suspects), {}
            if not suspects:
                return Trial(draft, data, train)
        draft = leave_out(draft, suspects)


def check_features(draft: Draft) -> None:
    """Check that a column is left to predict from.

    Raises:
        DataError: none is; says why each was left out.
    """
    if draft.features:
        return
    reasons = [f"{column.column!r}: {column.seen}" for column in draft.columns[:10]]
    more = f"; and {len(draft.columns) - 10} more" if len(draft.columns) > 10 else ""
    what = "has no column to predict from"
    if reasons:
        what = f"{what} ({'; '.join(reasons)}{more})"
    raise DataError(draft.file, what, "add columns, or name another target")


def leave_out(draft: Draft, reasons: Mapping[str, str]) -> Draft:
    """Leave out columns, each for a reason."""
    columns = [
        replace(column, left_out=True, seen=reasons[column.column])
        if column.column in reasons
        else column
        for column in draft.columns
    ]
    return replace(draft, columns=tuple(columns))


def _keep(draft: Draft, reasons: Mapping[str, str]) -> Draft:
    """Say what was seen in the last columns that are left."""
    columns: list[ColumnDraft] = []
    for column in draft.columns:
        if not column.left_out and column.column in reasons:
            seen = f"{reasons[column.column]}; kept, since nothing else is left"
            column = replace(column, seen=seen)
        columns.append(column)
    return replace(draft, columns=tuple(columns))


def _read(draft: Draft, table: pa.Table) -> Dataset | Draft:
    """The rows; or the draft without the columns that training refuses, and without their forms."""
    config = draft.config()
    faults = Faults(draft.source)
    try:
        return make_dataset(config, table, faults=faults)
    except DataError:
        refused = {c.column for c in draft.features if c.column in faults}
        if not refused:
            raise
        columns = [
            _refuse(draft, c, table, faults[c.column]) if c.column in refused else c
            for c in draft.columns
        ]
        return remove_forms(replace(draft, columns=tuple(columns)), refused)


def _refuse(draft: Draft, column: ColumnDraft, table: pa.Table, fault: DataError) -> ColumnDraft:
    """Leave out a column that training refuses; the reason holds no value of a row."""
    name, dialect = column.column, draft.dialect
    if not is_text(value_type(table.column(name))):
        reason = fault.what.removeprefix("holds ")  # which names the values of texts alone
        return replace(column, left_out=True, seen=reason, is_usable=False)
    kept, _ = keep_rows(f"{draft.file}: target", table, draft.config().data, RowPlaces())
    again = draft_column(SeenColumn(name, kept.column(name), decimal=dialect.decimal))
    reason = again.seen if again.left_out else "texts that are neither numbers nor categories"
    if name in dialect.forms:
        reason = f"not all of its texts are of the form {dialect.forms[name]!r}"
    return replace(column, left_out=True, seen=reason, form=None, type="category")


def _choose_split(draft: Draft, data: Dataset) -> tuple[Draft, Indices]:
    """The first split that divides the rows."""
    errors = []
    for method, size in _SPLITS:
        tried = replace(draft, split_method=method, test_size=size)
        try:
            return tried, split_rows(tried.config(), data, draft.target.task)[0]
        except DataError as error:
            errors.append(error)
    raise errors[0]


def _find_unseen(data: Dataset, train: Indices) -> dict[str, str]:
    """Columns without a value in any training row."""
    unseen = (column for column in data.columns if pd.isna(column.values[train]).all())
    return {column.name: "values in so few rows that no training row has one" for column in unseen}


def _describe(draft: Draft, found: tuple[WarningRecord, ...]) -> dict[str, str]:
    """What was seen in each column that is suspected; years may rise or fall."""
    phrases = {seen: f"a leak: {phrase}" for seen, phrase in _LEAKS.items()} | _USELESS
    years = {column.column for column in draft.features if column.split == "time"}
    suspects = [(name, record.seen) for record in found for name in record.features]
    return {n: phrases[seen] for n, seen in suspects if seen not in _ORDERS or n not in years}
