"""What is made of a column that nobody has described, and what the comment says."""

from datetime import date, time

import pyarrow as pa
import pytest

from maas.tables.column_draft import ColumnDraft
from maas.tables.draft import draft_column
from maas.tables.unknown.seen_column import SeenColumn


def draft(values: object, name: str = "x", faulty: bool = False, decimal: str = ".") -> ColumnDraft:
    array = values if isinstance(values, pa.Array) else pa.array(values)
    return draft_column(SeenColumn(name, pa.chunked_array([array]), faulty, decimal))


NUMBERS = [n * 7 % 41 for n in range(40)]
REPEATS = "25 different values in 200 rows, an id that repeats"
TEXTS = ["north", "south", "east"] * 20


@pytest.mark.parametrize(
    ("values", "name", "seen"),
    [
        ([1.5, 2.5, 2.5, None], "x", "number: 2 values, 1 gap"),
        ([3, 1, 2, 2], "rooms", "integer: 3 values"),
        ([True, False, None], "x", "boolean, 1 gap"),
        (TEXTS, "x", "category: 3 texts"),
        (["yes", None, None], "x", "category: 1 text, 2 gaps"),
        ([1999, 2005, 1987] * 10, "year", "integer: 3 values"),
        ([5, 3, 9] * 10, "hidden", "integer: 3 values"),
        ([7, 11, 2] * 10, "idle", "integer: 3 values"),
    ],
)
def test_it_is_a_feature(values: object, name: str, seen: str):
    assert draft(values, name) == ColumnDraft(name, seen)


@pytest.mark.parametrize(
    ("values", "name", "seen"),
    [
        ([3, 1, 2], "", "no name: most likely the row names of a table"),
        ([3, 1, 2], " ", "no name: most likely the row names of a table"),
        ([3, 1, 2], "__index_level_0__", "no name: most likely the row names of a table"),
        (pa.nulls(3), "", "no name and no value: most likely the lines end with a separator"),
        (pa.nulls(3), "x", "no value in any row"),
        ([float("nan")] * 3, "x", "no value in any row"),
        ([4, 4, 4], "x", "the same value in every row"),
        (["a", "a"], "x", "the same value in every row"),
        ([float(10**25 + n) for n in range(3)], "x",
         "numbers that are the same as floats, which have 16 digits"),
        ([4.0, None, None], "x", "one value, and 2 gaps"),
        ([date(2024, 1, 31), date(2024, 2, 1)], "x", "2 dates, left out until dates are a type"),
        (["31.12.2024", "1.1.2025", "2.1.2025"], "x", "3 dates, left out until dates are a type"),
        ([time(1, 2), time(3, 4)], "x", "2 clock times, which are not a type yet"),
        ([b"1", b"2"], "x", "values of the type binary, which is not a feature type"),
        (["12 kg", "3 kg", *(f"{n} kg" for n in range(20, 40))], "x",
         "numbers with a unit: rewrite them as plain numbers to use it"),
        (["5-", "17-", "3"] * 9, "x",
         "numbers with a minus behind: rewrite them as plain numbers to use it"),
        (["$3", "€4", "£5"], "x",
         "amounts of money in several currencies: rewrite them as plain numbers to use it"),
        (["$3", "€4", "£5", "free"], "x", "amounts of money in several currencies and other texts: "
         "rewrite them as plain numbers to use it"),
        (["01/02/2024", "03/04/2024"], "x", "2 dates whose day and month cannot be told apart,"
         " left out until dates are a type"),
        (["2024-01-31", "2024-13-45", "2024-02-01", "2024-02-01"], "x",
         "3 dates and 1 other text, left out until dates are a type"),
        (["1", "2", "3"] * 5, "x", "numbers that are stored as text"),
        (["1", "2", "3", "many"], "x", "numbers, mixed with 1 other text in 1 row"),
        (["Ann", "Bob", "Eve"], "x", "another text in each of 3 rows, an id"),
        ([f"name {n // 2}" for n in range(40)] + ["z"] * 2, "x",
         "21 different texts in 42 rows, too few rows for each"),
        ([f"name {n}" for n in range(25)] + ["z"] * 10, "x",
         "26 different texts in 35 rows, an id or free text"),
        ([f"t{n % 1001}" for n in range(10010)], "x",
         "1 001 different texts, too many for categories"),
        (list(range(7, 47)), "x", "whole numbers that rise by one from row to row: row numbers"),
        (NUMBERS, "customer_id", "another number in each of 40 rows, an id"),
        (NUMBERS, "customerId", "another number in each of 40 rows, an id"),
        ([n % 25 for n in range(200)], "Guest ID", REPEATS),
        ([f"c{n % 25}" for n in range(200)], "key", REPEATS),
    ],
)  # fmt: skip
def test_it_is_left_out(values: object, name: str, seen: str):
    found = draft(values, name)
    assert found.left_out
    assert found.seen == seen
    texts = isinstance(values, list) and isinstance(values[0], str)
    assert found.type == ("category" if texts and found.is_usable else None)


def test_only_what_training_takes_is_usable():
    for values in ([1, 2], ["Ann", "Bob", "Eve"], [4, 4]):
        assert draft(values).is_usable
    for refused in (pa.nulls(3), [date(2024, 1, 1), date(2024, 1, 2)], [time(1, 2), time(3, 4)]):
        assert not draft(refused).is_usable
    assert not draft([3, 1, 2], "").is_usable
    assert not draft(["31.12.2024", "1.1.2025", "2.1.2025"]).is_usable


@pytest.mark.parametrize(
    ("values", "form", "seen"),
    [
        (["$1,200.50", "$3", "$4.20"], "money", "amounts of money, read as numbers"),
        (["12 %", "3.5%", "4 %"], "percent", "percents, read as numbers"),
        (["1,200", "3,400,000", "17"], "thousands",
         "numbers with thousands separators, read as numbers"),
    ],
)  # fmt: skip
def test_numbers_that_were_written_for_people_are_read(values: list[str], form: str, seen: str):
    assert draft(values) == ColumnDraft("x", seen, form=form)


def test_another_decimal_mark_than_that_of_the_file_is_not_read():
    found = draft(["1.200,50 €", "3,20 €", "4,00 €"])
    assert found.left_out
    assert "another decimal mark" in found.seen
    assert not draft(["1.200,50 €", "3,20 €", "4,00 €"], decimal=",").left_out


@pytest.mark.parametrize(
    ("values", "form", "seen"),
    [
        (["1.234", "2.345", "17"], "thousands",
         "numbers with thousands separators, read as numbers"),
        (["1.234", "0.5", "17"], None,
         "numbers with decimal points, with another decimal mark than other columns"),
        (["1.5e3", "2.5e3", "2.5e3"], None, "numbers with another decimal mark than other columns"),
        (["3,5", "4,5", "many"], None, "numbers, mixed with 1 other text in 1 row"),
    ],
)  # fmt: skip
def test_points_in_a_file_with_decimal_commas(values: list[str], form: str | None, seen: str):
    found = draft(values, decimal=",")
    assert (found.form, found.left_out, found.seen) == (form, form is None, seen)


def test_codes_with_leading_zeros_are_categories_if_they_repeat():
    assert draft([501, 2134, 501] * 20, "zip", faulty=True) == ColumnDraft(
        "zip", "codes with leading zeros, 2 different", type="category"
    )
    assert draft(list(range(40)), "zip", faulty=True).left_out
    assert draft([1, 2] * 20, "zip_id", faulty=True).left_out


def test_text_of_several_lines_is_left_out():
    assert draft(["a\nb", "c", "c", "c"], faulty=True).seen == "text of several lines"


def test_dates_without_gaps_suggest_a_split_by_time():
    days = ["31.12.2024", "1.1.2025", "2.1.2025"]
    assert (found := draft(days)).split == "time"
    assert found.form == "%d.%m.%Y"
    assert draft([*days, None]).split is None
    assert draft(["01/02/2024", "03/04/2024"]).split is None  # day and month cannot be told apart
    assert draft([date(2024, 1, 1), date(2024, 1, 2)]).split == "time"


def test_ids_that_repeat_suggest_a_split_by_group():
    assert draft([n % 25 for n in range(200)], "customer_id").split == "group"
    assert draft([*(n % 25 for n in range(200)), None], "customer_id").split is None


def test_few_ids_are_categories():
    found = draft([n % 5 for n in range(40)], "StoreID")
    assert found == ColumnDraft(
        "StoreID", "5 ids, so few that each is a category", type="category", split="group"
    )


def test_no_comment_holds_a_value():
    secret = "s3cret"
    for values in ([secret] * 30, [f"{secret}{n}" for n in range(40)], [secret, "1", "2", "3"]):
        assert secret not in draft(values).seen


def test_dates_and_other_texts_suggest_neither_a_form_nor_a_split():
    found = draft([*["2024-01-31"] * 32, *["2024-13-45"] * 8])
    assert found.seen.startswith("32 dates and 8 other texts,")
    assert (found.left_out, found.form, found.split, found.type) == (True, None, None, "category")


def test_years_that_rise_or_fall_are_a_feature_and_suggest_a_split_by_time():
    seen = "integer: 40 values, years by their size"
    for years in (range(1950, 1990), range(1990, 1950, -1)):
        assert draft(list(years), "year") == ColumnDraft("year", seen, split="time")
    assert draft([1950 + n // 2 for n in range(40)], "year").split == "time"
    assert draft([2000] * 39 + [None], "year").split is None


@pytest.mark.parametrize("scale", [1, 1000])
def test_seconds_since_1970_in_order_are_times_or_row_numbers(scale: int):
    seconds = [(1_700_000_000 + 3600 * n) * scale for n in range(40)]
    found = draft(seconds, "at")
    assert (found.left_out, found.split) == (True, "time")
    assert found.seen == "whole numbers that rise from row to row: times or row numbers"
    assert "that fall from row" in draft(seconds[::-1], "at").seen
    assert not draft(seconds[::2] + seconds[1::2], "at").left_out
    assert draft(seconds, "order_id").split is None


@pytest.mark.parametrize("other", ["5+", "<2"])
def test_few_numbers_and_texts_are_categories(other: str):
    assert draft(["1", "2", "3", other] * 5) == ColumnDraft(
        "x", "category: 3 numbers and 1 other text, so few that each is a category", type="category"
    )
    assert draft(["1", "2", "3", other] * 4).left_out
