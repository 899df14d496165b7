"""The rules about columns of whole numbers: row numbers, times and ids."""

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from maas.tables.column_draft import ColumnDraft, draft_repeated_id, leave_out
from maas.tables.columns import MIN_ROWS_OF_IDS
from maas.tables.unknown.seen_column import SeenColumn, number

# Whole numbers that rise by one may be years, which are not row numbers.
_FIRST_YEAR, _LAST_YEAR = 1500, 2200

# Seconds since 1970 from 2001 to 2033, and the same in milliseconds.
_EPOCHS = ((1e9, 2e9), (1e12, 2e12))


def draft_times(column: SeenColumn) -> ColumnDraft | None:
    """Years, and seconds since 1970, in the order of the rows."""
    if not _is_complete(column) or column.has_name_of_id:
        return None
    values = _values(column)
    steps = np.diff(values)
    direction = "rise" if (steps >= 0).all() else "fall" if (steps <= 0).all() else None
    if direction is None or not steps.any():
        return None
    if _are_years(values):
        seen = f"integer: {number(column.different)} values, years by their size"
        return ColumnDraft(column.name, seen, split="time")
    if any(_is_within(values, low, high) for low, high in _EPOCHS):
        seen = f"whole numbers that {direction} from row to row: times or row numbers"
        return leave_out(column, seen, "time")
    return None


def draft_row_numbers(column: SeenColumn) -> ColumnDraft | None:
    """Row numbers."""
    if _is_complete(column) and counts_rows(column):
        return leave_out(column, "whole numbers that rise by one from row to row: row numbers")
    return None


def draft_numbers_of_ids(column: SeenColumn) -> ColumnDraft | None:
    """Whole numbers in a column with the name of an id."""
    if not _has_rows(column) or not column.has_name_of_id:
        return None
    if column.different == column.rows:
        return leave_out(column, f"another number in each of {number(column.rows)} rows, an id")
    return draft_repeated_id(column)


def counts_rows(column: SeenColumn) -> bool:
    """Whether whole numbers without gaps rise by one from row to row, and are not years."""
    values = _values(column)
    return not _are_years(values) and bool((np.diff(values) == 1).all())


def _has_rows(column: SeenColumn) -> bool:
    return pa.types.is_integer(column.kind) and column.rows >= MIN_ROWS_OF_IDS


def _is_complete(column: SeenColumn) -> bool:
    return _has_rows(column) and not column.gaps


def _values(column: SeenColumn) -> npt.NDArray[np.float64]:
    return np.asarray(column.present.to_numpy()).astype(np.float64)


def _are_years(values: npt.NDArray[np.float64]) -> bool:
    return _is_within(values, _FIRST_YEAR, _LAST_YEAR)


def _is_within(values: npt.NDArray[np.float64], low: float, high: float) -> bool:
    return bool(low <= values.min() and values.max() <= high)
