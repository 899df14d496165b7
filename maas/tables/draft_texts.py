"""The rules about columns of text; each returns None if it has nothing to say."""

from dataclasses import replace

from maas.tables.column_draft import (
    MIN_ROWS_PER_TEXT,
    ColumnDraft,
    draft_repeated_id,
    leave_out,
    refuse,
    repeats_few,
)
from maas.tables.column_kinds import which_numeric
from maas.tables.columns import MIN_ROWS_OF_IDS
from maas.tables.forms.text_form import TextForm
from maas.tables.unknown.seen_column import SeenColumn, count_of, number

# More texts than this would be so many inputs of the model.
_MAX_TEXTS = 1_000

_OTHER_MARK = "with another decimal mark than other columns"


def draft_several_lines(column: SeenColumn) -> ColumnDraft | None:
    """Text of several lines."""
    if column.is_faulty and column.is_text:
        return refuse(column, "text of several lines")
    return None


def draft_form(column: SeenColumn) -> ColumnDraft | None:
    """Numbers and dates that were written for people."""
    if not column.is_text or (form := column.form) is None:
        return None
    if form.is_date:
        return _draft_dates(column, form)
    if form.key is None or form.other is not None:
        mixed = " and other texts" if form.other is not None else ""
        seen = f"{form.name}{form.unread}{mixed}"
        return leave_out(column, f"{seen}: rewrite them as plain numbers to use it")
    if form.decimal not in (None, column.decimal):
        return leave_out(column, f"{form.name}, {_OTHER_MARK}")
    return ColumnDraft(column.name, f"{form.name}, read as numbers", form=form.key)


def _draft_dates(column: SeenColumn, form: TextForm) -> ColumnDraft:
    """Dates: a form and a split are of use only if every row has one that can be read."""
    later = "left out until dates are a type"
    if form.other is not None:
        dates = f"{number(column.rows - form.other_rows)} dates"
        return leave_out(column, f"{dates} and {count_of(form.other_rows, 'other text')}, {later}")
    seen = f"{number(column.rows)} dates{form.unread}, {later}"
    if form.key is None or column.gaps:
        return leave_out(column, seen)
    return replace(refuse(column, seen, "time"), form=form.key)


def draft_mixed(column: SeenColumn) -> ColumnDraft | None:
    """Numbers and other texts: categories if they are few, such as 1, 2 and 3+."""
    if not column.is_text:
        return None
    if column.decimal == "," and which_numeric(column.counts).all():  # 1.5e3, which has no form
        return leave_out(column, f"numbers {_OTHER_MARK}")
    numeric = which_numeric(column.counts, column.decimal)
    rows = int(column.counts.to_numpy()[numeric].sum())
    if rows <= column.rows / 2:
        return None
    if numeric.all():
        return leave_out(column, "numbers that are stored as text")
    others = count_of(int((~numeric).sum()), "other text")
    if repeats_few(column):
        numbers = count_of(int(numeric.sum()), "number")
        seen = f"category: {numbers} and {others}, so few that each is a category"
        return ColumnDraft(column.name, seen, type="category")
    seen = f"numbers, mixed with {others} in {count_of(column.rows - rows, 'row')}"
    return leave_out(column, seen)


def draft_text_of_rows(column: SeenColumn) -> ColumnDraft | None:
    """Texts that hardly repeat, and ids."""
    rows, texts = column.rows, column.different
    if not column.is_text:
        return None
    if rows > 2 and texts == rows:
        return leave_out(column, f"another text in each of {number(rows)} rows, an id")
    if rows >= MIN_ROWS_OF_IDS and texts > rows / 2:
        seen = f"{number(texts)} different texts in {number(rows)} rows, an id or free text"
        return leave_out(column, seen)
    if column.has_name_of_id:
        return draft_repeated_id(column)
    if texts > _MAX_TEXTS:
        return leave_out(column, f"{number(texts)} different texts, too many for categories")
    if rows >= MIN_ROWS_OF_IDS and texts * MIN_ROWS_PER_TEXT > rows:
        seen = f"{number(texts)} different texts in {number(rows)} rows, too few rows for each"
        return leave_out(column, seen)
    return None


def draft_codes(column: SeenColumn) -> ColumnDraft | None:
    """Codes with leading zeros: texts, but for their digits."""
    if not column.is_faulty:
        return None
    few = column.different * MIN_ROWS_PER_TEXT <= column.rows and column.different <= _MAX_TEXTS
    seen = f"codes with leading zeros, {number(column.different)} different"
    left_out = not few or column.has_name_of_id
    return ColumnDraft(column.name, seen, left_out=left_out, type="category")
