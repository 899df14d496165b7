"""Times of text are times: equal ones give equal keys, and what has no clear meaning fails."""

from datetime import UTC, date, datetime, timedelta, timezone

import numpy as np
import pyarrow as pa
import pytest

from maas.errors import DataError
from maas.tables.split_keys import read_keys, read_old_keys

DAYS = [date(2024, 1, 31), date(1969, 12, 31), date(2024, 2, 29)]
MICROSECONDS_OF_A_DAY = 86_400_000_000


def column(values, kind=None) -> pa.ChunkedArray:
    return pa.chunked_array([pa.array(values, kind)])


def keys(values, kind=None, method: str = "time") -> list:
    found = read_keys("here", column(values, kind), method)
    assert found.dtype == np.int64
    return found.tolist()


def test_a_day_has_one_key_whatever_its_type():
    expected = [(day - date(1970, 1, 1)).days * MICROSECONDS_OF_A_DAY for day in DAYS]
    days = pa.array(DAYS)
    for kind in (pa.date32(), pa.date64(), *map(pa.timestamp, ("s", "ms", "us", "ns"))):
        assert keys(days.cast(kind)) == expected, kind
    assert keys([day.isoformat() for day in DAYS]) == expected
    assert keys([f"{day.isoformat()} 00:00" for day in DAYS]) == expected
    assert keys(pa.array([day.isoformat() for day in DAYS]).dictionary_encode()) == expected


@pytest.mark.parametrize(
    ("texts", "time"),
    [
        (["2024-01-02T09:15", "2024-01-02 09:15:00", "2024-01-02T09:15:00.000"], (9, 15, 0, 0)),
        (["2024-01-02 09", "2024-01-02T09:00"], (9, 0, 0, 0)),
        (["2024-01-02T09:15:01.5", "2024-01-02t09:15:01,500"], (9, 15, 1, 500_000)),
        (["2024-01-02T09:15Z", "2024-01-02 10:15+01:00", "2024-01-02T07:15-0200"], (9, 15, 0, 0)),
        (["2024-01-02 09:15:00 z", "2024-01-02T14:45+05:30"], (9, 15, 0, 0)),
    ],
)
def test_forms_of_one_time_have_one_key(texts: list[str], time: tuple[int, int, int, int]):
    hour, minute, second, part = time
    moment = datetime(2024, 1, 2, hour, minute, second, part, tzinfo=UTC)
    expected = (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)
    assert keys(texts) == [expected] * len(texts)
    for unit in ("us", "ns"):
        assert keys([moment], pa.timestamp(unit)) == [expected]
        zoned = moment.astimezone(timezone(timedelta(hours=3)))
        assert keys([zoned], pa.timestamp(unit, "Europe/Berlin")) == [expected]


def test_parts_of_microseconds_are_counted_in_nanoseconds():
    text = "2024-01-01T00:00:00.000000001"
    (found,) = keys([text])
    assert found == 1_704_067_200_000_000_001
    assert keys([found], pa.timestamp("ns")) == [found]


def test_months_are_times_where_all_are_months():
    assert keys(["2024-02", "2024-01"]) == keys(["2024-02-01", "2024-01-01"])


@pytest.mark.parametrize(
    ("texts", "said"),
    [
        (["2024-01-01", "2024-13-40"], "row 2 holds '2024-13-40', which is not an ISO date"),
        (["2024-1"], "row 1 holds '2024-1', which is not an ISO date"),
        (["2024-01-01", "2023-02-29"], "row 2"),
        (["1.6.2023"], "write days as YYYY-MM-DD"),
        (["2024-01-01 24:00"], "not an ISO date or time"),
        (["2024-01-01x"], "not an ISO date"),
        (["2024-01-01", "2024-01"], "'2024-01-01' with a day, but row 2 '2024-01' with a month"),
        (
            ["2024-01-01T10:00", "2024-01-01T10:00Z"],
            "'2024-01-01T10:00Z' with a time zone, but row 1 '2024-01-01T10:00' with no time",
        ),
        (["2024-01-01", "2024-01-01T10:00+01:00"], "write a zone such as Z"),
    ],
)
def test_what_is_no_clear_time_is_refused(texts: list[str], said: str):
    with pytest.raises(DataError) as caught:
        keys(texts)
    assert said in str(caught.value)


def test_numbers_order_rows_too_and_groups_may_be_texts():
    assert keys([3, 1]) == [3, 1]
    assert read_keys("here", column([0.5, 1.5]), "time").tolist() == [0.5, 1.5]
    assert read_keys("here", column(["b", "2024-13-40"]), "group").tolist() == ["b", "2024-13-40"]
    assert keys([True, False], method="group") == [1, 0]
    with pytest.raises(DataError, match="cannot be split by"):
        keys([True, False])


def test_older_versions_keep_their_keys():
    texts = ["2024-01-01 10:00", "2024-01-01T09:00", "2024-13-40"]
    assert read_old_keys("here", column(texts), "time").tolist() == texts
    assert read_old_keys("here", column(DAYS), "time").tolist()[1] == -1
    assert read_old_keys("here", column([1, 2], pa.timestamp("s")), "time").tolist() == [1, 2]
    with pytest.raises(DataError, match="not an ISO date"):
        read_old_keys("here", column(["1.6.2023"]), "time")
