"""The columns that `data.forms` names, as numbers and times. Training reads them through this."""

from collections.abc import Collection

import pyarrow as pa
import pyarrow.compute as pc

from maas.config.data_format import NUMBER_FORMS
from maas.errors import DataError
from maas.tables.column_kinds import decode, is_numeric, is_text, value_type
from maas.tables.dialect import Dialect
from maas.tables.faults import Faults
from maas.tables.forms.date_forms import read_times
from maas.tables.forms.number_forms import find_currencies, write_plainly
from maas.tables.row_places import RowPlaces

_NAMES = {
    "money": "an amount of money",
    "percent": "a percent",
    "thousands": "a number",
}
_MAX_LETTERS = 40


def apply_forms(table: pa.Table, dialect: Dialect, faults: Faults) -> pa.Table:
    """Convert the columns of a table that have a form, of those that the run needs.

    Args:
        table: the columns as they were read; text in a CSV file.
        dialect: with the form of each column.
        faults: takes a column that does not fit its form.

    Returns:
        The table; numbers are int64 if none has a decimal mark, else float64; dates and times are
        timestamps.
    """
    for column, form in dialect.forms.items():
        if column not in table.column_names or not faults.needs(column):
            continue
        place = table.column_names.index(column)
        where = f"{faults.source}: column {column!r}"
        data = table.column(place)
        read = faults.attempt(column, _convert, where, data, form, dialect.decimal, faults.places)
        if read is not None:
            table = table.set_column(place, column, read)
    return table


def _convert(
    where: str, data: pa.ChunkedArray, form: str, decimal: str, places: RowPlaces
) -> pa.ChunkedArray:
    kind, of_numbers = value_type(data), form in NUMBER_FORMS
    if is_text(kind):
        texts = decode(data).cast(pa.large_string()).combine_chunks()
        if of_numbers:
            return _convert_numbers(where, texts, form, decimal, places)
        return _convert_times(where, texts, form, places)
    is_time = pa.types.is_timestamp(kind) or pa.types.is_date(kind)
    if pa.types.is_null(kind) or (is_numeric(data) if of_numbers else is_time):
        return data
    what = f"holds {kind}, and data.forms says {form!r}"
    raise DataError(where, what, "remove it from data.forms, which is for texts")


def _convert_numbers(
    where: str, texts: pa.Array, form: str, decimal: str, places: RowPlaces
) -> pa.ChunkedArray:
    written = write_plainly(texts, form, decimal)
    if pc.any(written.misfits).as_py():
        other = "." if decimal == "," else ","
        mark = f" with the decimal mark {decimal!r}"
        remedy = "correct it, or leave the cell empty"
        if not pc.any(write_plainly(texts, form, other).misfits).as_py():
            remedy = f'set data.decimal: "{other}", with which all values fit'
        misfits = written.misfits.to_pylist()
        raise _misfit(where, texts, misfits, _NAMES[form] + mark, remedy, places)
    _check_currencies(where, find_currencies(written), places)
    plain = pa.chunked_array([written.plain])
    if not pc.any(pc.match_substring(plain, ".")).as_py():
        try:
            return plain.cast(pa.int64())
        except pa.ArrowInvalid:  # beyond 64 bits, as pyarrow's reader of CSV files does
            pass
    return plain.cast(pa.float64())


def _check_currencies(where: str, found: dict[str, int], places: RowPlaces) -> None:
    if len(found) > 1:
        first, other = (f"{sign!r} in {places.name(row)}" for sign, row in list(found.items())[:2])
        what = f"mixes currencies: {first}, and {other}"
        raise DataError(where, what, "write all amounts in one currency, and its sign in one way")


def _convert_times(where: str, texts: pa.Array, form: str, places: RowPlaces) -> pa.ChunkedArray:
    times, misfits = read_times(texts.to_pylist(), form)
    if any(misfits):
        remedy = "correct it, or leave the cell empty"
        raise _misfit(where, texts, misfits, f"a date of the format {form!r}", remedy, places)
    return pa.chunked_array([times])


def _misfit(
    where: str,
    texts: pa.Array,
    misfits: Collection[bool],
    name: str,
    remedy: str,
    places: RowPlaces,
) -> DataError:
    row, count = list(misfits).index(True), sum(misfits)
    others = "1 more row does" if count == 2 else f"{count - 1} more rows do"
    more = f" (and {others} not fit)" if count > 1 else ""
    text = texts[row].as_py()[:_MAX_LETTERS]
    what = f"{places.name(row)} holds {text!r}, which is not {name}{more}"
    return DataError(where, what, remedy)
