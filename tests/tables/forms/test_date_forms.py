"""Dates in a format are read strictly, and the format of texts is found where it is in no doubt."""

from datetime import UTC, datetime, timedelta
from functools import partial

import pytest

from maas.tables.forms.date_forms import find_formats, read_times

moment = partial(datetime, tzinfo=None)


def read(text: str, form: str) -> datetime | None:
    times, misfits = read_times([text], form)
    assert misfits == [times[0].as_py() is None]
    return times[0].as_py()


@pytest.mark.parametrize(
    ("form", "text", "expected"),
    [
        ("%d.%m.%Y", " 5.1.2024 ", moment(2024, 1, 5)),
        ("%d.%m.%Y", "29.02.2024", moment(2024, 2, 29)),
        ("%d/%m/%y", "1/2/68", moment(2068, 2, 1)),
        ("%d/%m/%y", "1/2/69", moment(1969, 2, 1)),
        ("%d %b %Y", "5 SEP 1024", moment(1024, 9, 5)),
        ("%Y%m%d", "20240105", moment(2024, 1, 5)),
        ("%Y-%m", "2024-03", moment(2024, 3, 1)),
        ("%m/%d/%Y %I:%M %p", "1/5/2024 10:30 PM", moment(2024, 1, 5, 22, 30)),
        ("%Y-%m-%dT%H:%M:%S.%f%z", "2024-01-05T01:00:00.5+02:00",
         datetime(2024, 1, 4, 23, 0, 0, 500_000, UTC)),
    ],
)  # fmt: skip
def test_a_date_is_read(form: str, text: str, expected: datetime):
    assert read(text, form) == expected


@pytest.mark.parametrize(
    ("form", "text"),
    [
        ("%d.%m.%Y", "31.02.2024"), ("%d.%m.%Y", "29.02.2023"), ("%d.%m.%Y", "01.13.2024"),
        ("%d.%m.%Y", "01.02.24"), ("%d.%m.%Y", "01/02/2024"), ("%d.%m.%Y", "01.02.2024 10:00"),
        ("%d.%m.%Y", ""), ("%d.%m.%Y", "soon"), ("%Y%m%d", "2024015"), ("%H:%M %Y", "24:00 2024"),
    ],
)  # fmt: skip
def test_what_is_no_such_date_does_not_fit(form: str, text: str):
    assert read(text, form) is None


def test_gaps_stay_gaps():
    times, misfits = read_times([None, "1.1.2024", "x"], "%d.%m.%Y")
    assert times.null_count == 2
    assert misfits == [False, False, True]
    assert read_times([], "%Y")[1] == []
    assert read_times([None], "%Y")[1] == [False]


FORMATS = [
    "%d.%m.%Y", "%m/%d/%Y", "%d/%m/%Y", "%Y/%m/%d", "%d-%b-%y", "%B %d, %Y", "%b %d %Y", "%d %B %Y",
    "%d/%m/%y", "%Y-%m", "%Y-%m-%d %H:%M", "%d.%m.%Y %H:%M:%S", "%m/%d/%Y %I:%M %p", "%d.%m.%y",
    "%Y-%m-%dT%H:%M:%S%z",
]  # fmt: skip


@pytest.mark.parametrize("form", FORMATS)
def test_the_format_of_a_year_of_days_is_found(form: str):
    days = [datetime(2023, 6, 1, 9, 30, tzinfo=UTC) + timedelta(n) for n in range(366)]
    texts = [day.strftime(form) for day in days]
    assert find_formats(texts) == [form]
    expected = [datetime.strptime(text, form) for text in texts]  # noqa: DTZ007
    assert [t.as_py() for t in read_times(texts, form)[0]] == expected


@pytest.mark.parametrize(
    "texts",
    [
        ["01/02/2024", "03/04/2024"], ["01/01/2024"], ["1/2/24"], ["13/02/2024", "02/13/2024"],
        ["01.02.2024", "01.02.2024 10:00"], ["1.10.12.5"], ["words"], ["2024"],
    ],
)  # fmt: skip
def test_a_format_in_doubt_is_not_one(texts: list[str]):
    assert len(find_formats(texts)) != 1


def test_each_order_that_fits_is_found():
    assert find_formats(["01/02/2024"]) == ["%d/%m/%Y", "%m/%d/%Y"]
    assert find_formats(["2024-13-45"]) == []


def test_numbers_between_points_begin_with_the_day():
    assert find_formats(["01.02.2024"]) == ["%d.%m.%Y"]
    assert find_formats(["01.02.24"]) == ["%d.%m.%y"]


def test_may_is_a_name_in_full_and_in_short():
    assert find_formats(["5 May 2024"]) == ["%d %b %Y"]
    assert find_formats(["5 May 2024", "5 June 2024"]) == ["%d %B %Y"]
