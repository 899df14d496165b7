"""What to make of a column that nobody has described: a feature, or what it is left out for.

Each rule looks at one column and says what it saw, without a value of a row. The first that has
something to say decides.
"""

from collections.abc import Callable

import pyarrow as pa

from maas.tables.column_draft import ColumnDraft, leave_out, refuse
from maas.tables.column_kinds import is_text
from maas.tables.csv_file import is_nameless
from maas.tables.draft_numbers import draft_numbers_of_ids, draft_row_numbers, draft_times
from maas.tables.draft_texts import (
    draft_codes,
    draft_form,
    draft_mixed,
    draft_several_lines,
    draft_text_of_rows,
)
from maas.tables.unknown.seen_column import AS_FLOATS, SeenColumn, count_of, number


def draft_column(column: SeenColumn) -> ColumnDraft:
    """Decide what is made of a column that is not the target."""
    drafts = (rule(column) for rule in _RULES)
    return next(draft for draft in drafts if draft is not None)


def _nameless(column: SeenColumn) -> ColumnDraft | None:
    if not is_nameless(column.name):
        return None
    if not column.rows:
        return refuse(column, "no name and no value: most likely the lines end with a separator")
    return refuse(column, "no name: most likely the row names of a table")


def _empty(column: SeenColumn) -> ColumnDraft | None:
    return None if column.rows else refuse(column, "no value in any row")


def _constant(column: SeenColumn) -> ColumnDraft | None:
    if column.different > 1:
        return None
    if column.is_beyond_floats:
        return leave_out(column, f"numbers that are the same {AS_FLOATS}")
    if not column.gaps:
        return leave_out(column, "the same value in every row")
    if column.is_text:
        return None  # where it has a gap may say something
    return refuse(column, f"one value, and {count_of(column.gaps, 'gap')}")


def _dates(column: SeenColumn) -> ColumnDraft | None:
    kind = column.kind
    if pa.types.is_time(kind) or pa.types.is_duration(kind):
        return refuse(column, f"{number(column.rows)} clock times, which are not a type yet")
    if not (pa.types.is_date(kind) or pa.types.is_timestamp(kind)):
        return None
    seen = f"{number(column.rows)} dates, left out until dates are a type"
    return refuse(column, seen, None if column.gaps else "time")


def _unsupported(column: SeenColumn) -> ColumnDraft | None:
    kind, types = column.kind, pa.types
    known = (types.is_boolean, types.is_integer, types.is_floating, types.is_decimal, is_text)
    if any(test(kind) for test in known):
        return None
    return refuse(column, f"values of the type {kind}, which is not a feature type")


def _feature(column: SeenColumn) -> ColumnDraft:
    gaps = f", {count_of(column.gaps, 'gap')}" if column.gaps else ""
    if column.is_text:
        return ColumnDraft(column.name, f"category: {count_of(column.different, 'text')}{gaps}")
    if pa.types.is_boolean(column.kind):
        return ColumnDraft(column.name, f"boolean{gaps}")
    kind = "integer" if pa.types.is_integer(column.kind) else "number"
    return ColumnDraft(column.name, f"{kind}: {number(column.different)} values{gaps}")


_RULES: tuple[Callable[[SeenColumn], ColumnDraft | None], ...] = (
    _nameless, _empty, _constant, draft_several_lines, _dates, _unsupported, draft_form,
    draft_mixed, draft_text_of_rows, draft_codes, draft_times, draft_row_numbers,
    draft_numbers_of_ids, _feature,
)  # fmt: skip
