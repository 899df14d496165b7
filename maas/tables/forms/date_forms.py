"""Reads dates and times in the fields of `strptime`, and finds the format of texts."""

import re
from collections.abc import Iterator, Sequence
from typing import Any

import pandas as pd
import pyarrow as pa

# Numbers without a mark between them: their digits belong to a field only at its full width.
_ADJACENT = re.compile("%[YymdHIMS]%[YymdHIMS]")

_TIME = re.compile(
    r"(?P<gap>[T ]+)\d{1,2}(?P<minutes>:\d\d)?(?P<seconds>:\d\d)?(?P<part>[.,]\d+)?"
    r"(?P<before_half>\s?)(?P<half>[AaPp][Mm])?(?P<before_zone>\s?)(?P<zone>Z|[+-]\d\d:?\d\d)?"
)

# The fields that numbers and names of a day may be, in each order that is in use.
_ORDERS = (
    (r"\d{4}", r"\d\d?", r"\d\d?", ("%Y", "%m", "%d")),
    (r"\d\d?", r"\d\d?", r"\d{4}", ("%d", "%m", "%Y")),
    (r"\d\d?", r"\d\d?", r"\d{4}", ("%m", "%d", "%Y")),
    (r"\d\d?", r"\d\d?", r"\d\d", ("%d", "%m", "%y")),
    (r"\d\d?", r"\d\d?", r"\d\d", ("%m", "%d", "%y")),
    (r"\d\d", r"\d\d?", r"\d\d?", ("%y", "%m", "%d")),
    *((r"\d\d?", r"[A-Za-z]+", r"\d{4}", ("%d", name, "%Y")) for name in ("%b", "%B")),
    *((r"\d\d?", r"[A-Za-z]+", r"\d\d", ("%d", name, "%y")) for name in ("%b", "%B")),
    *((r"[A-Za-z]+", r"\d\d?", r"\d{4}", (name, "%d", "%Y")) for name in ("%b", "%B")),
)

# Numbers between points begin with the day or a year in full, those between slashes with no year
# of two digits, in all languages (CLDR).
_NEVER_FIRST = {".": ("%m", "%y"), "/": ("%y",)}

_MARKS = r"([-/. ,]*)"


def read_times(texts: Sequence[str | None], form: str) -> tuple[pa.Array, list[bool]]:
    """Read dates or times.

    Spaces around a text do not count, nor does the case of the English names of months. Days that
    a month does not have do not fit. A year of two digits is one from 1969 to 2068, as POSIX says.

    Args:
        texts: None is a gap.
        form: in the fields of `strptime`.

    Returns:
        Timestamps, in UTC if the format has a zone, null for a gap and for a text that does not
        fit; and which texts do not fit.
    """
    written = pd.Series([text and text.strip() for text in texts], dtype=object)
    times: Any = pd.to_datetime(written, format=form, utc=True, errors="coerce")
    if _ADJACENT.search(form) and "%z" not in form:
        again = times.dt.strftime(form).str.casefold()
        times = times.where(again == written.str.casefold())
    misfits = (times.isna() & written.notna()).tolist()
    return pa.array(times if "%z" in form else times.dt.tz_localize(None)), misfits


def find_formats(texts: Sequence[str]) -> list[str]:
    """Find the formats that fit all texts, one for each order of day, month and year."""
    first = texts[0].strip()
    candidates = [form for form in _candidates(first) if not any(read_times([first], form)[1])]
    fitting = [form for form in candidates if not any(read_times(texts, form)[1])]
    orders: dict[str, str] = {}
    for form in fitting:
        orders.setdefault(form.replace("%B", "%b"), form)
    return list(orders.values())


def _candidates(text: str) -> Iterator[str]:
    """The formats that a text may be written in."""
    for first, second, third, fields in _ORDERS:
        day = re.match(rf"{first}{_MARKS}{second}{_MARKS}{third}(?!\d)", text)
        if day and fields[0] not in _NEVER_FIRST.get(day[1], ()):
            marks = (*day.groups(), "")
            written = "".join(field + mark for field, mark in zip(fields, marks, strict=True))
            yield from (written + time for time in _time_formats(text[day.end() :]))
    if re.fullmatch(r"\d{4}-\d\d", text):
        yield "%Y-%m"


def _time_formats(text: str) -> Iterator[str]:
    """The formats of what follows a day."""
    found = _TIME.fullmatch(text)
    if not text:
        yield ""
    if not found or (found["part"] and not found["seconds"]):
        return
    hour = "%I" if found["half"] else "%H"
    half = found["before_half"] + "%p" if found["half"] else ""
    zone = found["before_zone"] + "%z" if found["zone"] else ""
    part = found["part"][0] + "%f" if found["part"] else ""
    minutes = ":%M" if found["minutes"] else ""
    seconds = ":%S" if found["seconds"] else ""
    yield found["gap"] + hour + minutes + seconds + part + half + zone
