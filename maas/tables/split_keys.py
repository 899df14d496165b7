"""The column of a split as keys that can be compared: numbers, times and texts."""

import re
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from maas.errors import DataError
from maas.tables.column_kinds import count_texts, decode, is_numeric, is_text, value_type
from maas.tables.columns import Values, cast_integers, check_complete
from maas.tables.forms.text_forms import find_form
from maas.tables.row_places import RowPlaces

_DROP = "drop these rows: the split needs a value in each"

# ISO 8601: a month, a day, or a time with or without a zone.
_ISO_TIME = re.compile(
    r"\d{4}-\d{2}(?P<day>-\d{2}(?P<time>[Tt ]\d{2}(:\d{2}(:\d{2}([.,]\d{1,9})?)?)?"
    r"(?P<zone> ?([Zz]|[+-]\d{2}(:?\d{2})?))?)?)?"
)

# What versions of the schemas 1 and 2 took for a time, and compared as text.
_OLD_TIME = re.compile(r"\d{4}-\d{2}(-\d{2}([T ]\d{2}:\d{2}.*)?)?$")


def read_keys(
    where: str,
    data: pa.ChunkedArray,
    method: str | None,
    column: str | None = None,
    places: RowPlaces | None = None,
) -> Values:
    """Convert the column of a split to keys.

    Equal times give equal keys, whatever file and type they are from.

    Args:
        where: names the column in errors.
        data: the column.
        method: `time` needs keys that can be ordered; with `group`, texts stay as they are.
        column: its name in the source, for a remedy.
        places: where its rows stand in their files.

    Returns:
        Shape (rows,). Dates and times are int64: microseconds since 1970, in UTC if they have a
        zone; nanoseconds if the column has parts of microseconds. Integers are int64, other
        numbers float64, texts of groups str objects.

    Raises:
        DataError: a value is missing, or cannot be a key.
    """
    places = places or RowPlaces()
    check_complete(where, data, _DROP, places)
    kind = value_type(data)
    if pa.types.is_date(kind) or pa.types.is_timestamp(kind):
        return _timestamps(where, decode(data))
    if method == "time" and is_text(kind):
        return _parse_times(where, data.to_pylist(), column, places)
    return _read_plain_keys(where, data, method)


def read_old_keys(
    where: str, data: pa.ChunkedArray, method: str | None, places: RowPlaces | None = None
) -> Values:
    """Convert as versions of the schemas 1 and 2 did: times in their own unit, or as text.

    Raises:
        DataError: a value is missing, or cannot be a key.
    """
    check_complete(where, data, _DROP, places or RowPlaces())
    kind = value_type(data)
    if pa.types.is_date32(kind):
        return np.array(data.cast(pa.int32()).to_numpy(), dtype=np.int64)
    if pa.types.is_date64(kind) or pa.types.is_timestamp(kind):
        return cast_integers(where, data)
    if method == "time" and is_text(kind):
        odd = next((text for text in data.to_pylist() if not _OLD_TIME.match(text)), None)
        if odd is not None:
            what = f"holds {odd[:40]!r}, which is not an ISO date"
            raise DataError(where, what, "write days as YYYY-MM-DD")
    return _read_plain_keys(where, data, method)


def _read_plain_keys(where: str, data: pa.ChunkedArray, method: str | None) -> Values:
    kind = value_type(data)
    if pa.types.is_integer(kind):
        return cast_integers(where, data)
    if is_numeric(data):
        keys = np.array(data.cast(pa.float64()).to_numpy())
        if np.isnan(keys).any():
            raise DataError(where, "holds NaN", _DROP)
        return keys
    if method == "group" and pa.types.is_boolean(kind):
        return np.array(data.to_pylist(), dtype=np.int64)
    if not is_text(kind):
        what = f"holds {kind}, which cannot be split by"
        raise DataError(where, what, "split by numbers, dates or text")
    return np.array(data.to_pylist(), dtype=object)


def _timestamps(where: str, data: pa.ChunkedArray) -> npt.NDArray[np.int64]:
    """Count dates and timestamps in microseconds, or in nanoseconds where that would round."""
    zone = data.type.tz if pa.types.is_timestamp(data.type) else None
    for unit in ("us", "ns"):
        try:
            return np.array(data.cast(pa.timestamp(unit, zone)).cast(pa.int64()).to_numpy())
        except pa.ArrowInvalid:
            continue
    what = "holds times outside the years that a timestamp can count"
    raise DataError(where, what, "correct these rows, or drop them")


def _parse_times(
    where: str, texts: list[str], column: str | None, places: RowPlaces
) -> npt.NDArray[np.int64]:
    """Parse ISO 8601; what has a zone is converted to UTC.

    Raises:
        DataError: a text is not a time, or only some have a zone, or only some name a day.
    """
    forms = [_ISO_TIME.fullmatch(text) for text in texts]
    written = [text.upper().replace(",", ".") for text in texts]
    times = pd.Series(pd.to_datetime(written, format="ISO8601", utc=True, errors="coerce"))
    wrong = times.isna().to_numpy() | np.array([form is None for form in forms])
    if wrong.any():
        row = int(wrong.argmax())
        what = f"{places.name(row)} holds {texts[row][:40]!r}, which is not an ISO date or time"
        remedy = "write days as YYYY-MM-DD and times as YYYY-MM-DDThh:mm:ss"
        form = find_form(count_texts(pa.chunked_array([texts])))
        if form and form.is_date and form.setting(column):
            remedy = f"{form.setting(column)}, or {remedy}"
        raise DataError(where, what, remedy)
    zoned = np.array([form is not None and bool(form["zone"]) for form in forms])
    remedy = "write a zone such as Z or +01:00 in each row, or in none"
    check = partial(_check_uniform, where, texts, places)
    check(zoned, ("a time zone", "no time zone"), remedy)
    days = np.array([form is not None and bool(form["day"]) for form in forms])
    check(days, ("a day", "a month alone"), "write days in each row")
    naive: Any = times.dt.tz_localize(None)
    return _timestamps(where, pa.chunked_array([pa.array(naive)]))


def _check_uniform(
    where: str,
    texts: list[str],
    places: RowPlaces,
    has: npt.NDArray[np.bool_],
    kinds: tuple[str, str],
    remedy: str,
) -> None:
    if has.all() or not has.any():
        return
    first, other = int(has.argmax()), int((~has).argmax())
    what = (
        f"{places.name(first)} holds {texts[first][:40]!r} with {kinds[0]}, "
        f"but {places.name(other)} {texts[other][:40]!r} with {kinds[1]}"
    )
    raise DataError(where, what, remedy)
