"""Numbers and dates that were written for people are told from words."""

import pandas as pd
import pytest

from maas.tables.forms.text_forms import find_form


def form(*texts: str):
    return find_form(pd.Series([1] * len(texts), index=pd.Index(texts, dtype=object)))


@pytest.mark.parametrize(
    ("text", "name", "plain"),
    [
        ("$100.00", "amounts of money", "100.00"),
        ("($3.00)", "amounts of money", "-3.00"),
        ("-$3", "amounts of money", "-3"),
        ("USD 5", "amounts of money", "5"),
        ("5 €", "amounts of money", "5"),
        ("1.234,56 €", "amounts of money", "1234.56"),
        ("£1,234,567.80", "amounts of money", "1234567.80"),
        ("₹1,23,456", "amounts of money", "123456"),
        ("Rs.500", "amounts of money", "500"),
        ("12%", "percents", "12"),
        ("-0,5 %", "percents", "-0.5"),
        ("(3.00)", "numbers in brackets", "-3.00"),
        ("1,234", "numbers with thousands separators", "1234"),
        ("1,234.5", "numbers with thousands separators", "1234.5"),
        ("1.234.567", "numbers with thousands separators", "1234567"),
        ("1 234", "numbers with thousands separators", "1234"),
        ("1’234.50", "numbers with thousands separators", "1234.50"),
        ("3,5", "numbers with decimal commas", "3.5"),
        ("0,125", "numbers with decimal commas", "0.125"),
        ("1.234,567", "numbers with decimal commas", "1234.567"),
        ("kr 12.50", "amounts of money", "12.50"),
        ("−5", "numbers with a typographic minus", "-5"),
        ("– 0.5", "numbers with a typographic minus", "-0.5"),
        ("−3,5", "numbers with decimal commas", "-3.5"),
        ("2024-01-05", "dates", None),
        ("2024-01-05 10:30", "dates", None),
        ("2024-01-05T10:30:00.5+02:00", "dates", None),
        ("2024/1/5", "dates", None),
        ("5.1.2024", "dates", None),
        ("1/5/2024 10:30 PM", "dates", None),
        ("1/5/24", "dates", None),
        ("05.01.24", "dates", None),
        ("5-Jan-24", "dates", None),
        ("January 5, 2024", "dates", None),
        ("Sep. 5 2024", "dates", None),
    ],
)
def test_a_form_is_found_and_its_number_written_plainly(text: str, name: str, plain: str | None):
    found = form(text)
    assert found is not None
    assert (found.name, found.example, found.plain, found.other) == (name, text, plain, None)
    if plain is not None:
        float(plain)


@pytest.mark.parametrize(
    "text",
    [
        "red", "v1.2.3", "1.10.12", "K1A", "ABC 123", "10-20", "3+", "5 kg", "12:30", "10.168.0.1",
        "12345-6789", "2024Q1", "$", "%", "-", "CPU 3", "May", "1,2,3", "<5", "17", "1e5",
        "99.9.2024", "192.168.100.200", "255.100.100.1", "1.234.567.89", "012 345", "PEN2", "ARS1",
        "TRY 1", "COP 2", "Rs5", "6 Ft", "Marathon 10, 2000", "Decathlon 3 2001", "(1)", "20-00-00",
    ],
)  # fmt: skip
def test_words_and_plain_numbers_have_no_form(text: str):
    assert form(text) is None


def test_one_decimal_comma_says_what_the_commas_of_a_column_are():
    assert (found := form("1,234", "3,5", "7")) is not None
    assert (found.name, found.example) == ("numbers with decimal commas", "3,5")
    assert (found := form("1,234", "12,345", "7")) is not None
    assert "thousands separators such as '1,234' (three digits after each comma" in found.sentence


def test_a_form_needs_more_than_half_of_the_rows():
    assert form("$5", "n/a") is None
    assert (found := form("$5", "7", "n/a")) is not None
    assert found.sentence == "mixes amounts of money such as '$5' with text such as 'n/a'"
    counts = pd.Series([3, 1], index=pd.Index(["$5", "n/a"], dtype=object))
    assert find_form(counts) is not None


@pytest.mark.parametrize(
    "texts",
    [
        ("20-00-00", "30-11-12", "12-13-14"),
        ("12.03.45", "13.14.55"),
        ("1/13/24", "13/1/24"),
    ],
)
def test_days_that_no_order_makes_valid_are_codes(texts: tuple[str, ...]):
    assert form(*texts) is None


def test_days_in_any_one_order_are_dates():
    for texts in (("31/1/24", "1/2/24"), ("1/31/24", "2/1/24"), ("05.01.24", "29.02.24 10:15")):
        assert (found := form(*texts)) is not None
        assert found.is_date


def test_labels_are_not_money_or_brackets_unless_the_column_has_amounts():
    assert form("(1)", "(2)", "(3)") is None
    assert form("(1)", "2", "7") is None
    assert form("USD1", "EUR1") is None
    for text in ("1.5", "1,200"):
        assert (found := form("(1)", "(2)", "(3)", text)) is not None
        assert (found.name, found.plain) == ("numbers in brackets", "-1")


def test_points_of_one_column_have_one_meaning():
    assert (found := form("1.234 €", "1.234.567 €")) is not None
    assert found.plain == "1234"
    assert (found := form("1.234 €", "9.500 €")) is not None
    assert "(three digits after the point: if it separates thousands, leave it out)" in (
        found.sentence
    )


@pytest.mark.parametrize(
    ("texts", "doubt"),
    [
        (("234 567", "123 890"), "all of one length: they may be codes"),
        (("300.400.500.600", "301.400.500.600"), "all of one length: they may be codes"),
        (("1,2", "3,4"), "if the comma separates two values, make two columns"),
    ],
)
def test_what_may_be_codes_or_pairs_says_so(texts: tuple[str, ...], doubt: str):
    assert (found := form(*texts)) is not None
    assert found.sentence.endswith(f"{texts[0]!r} ({doubt})")


def test_spaces_without_a_number_are_no_amount():
    assert form("$" + " " * 100_000 + "x") is None  # hangs if the pattern tries each split of them


@pytest.mark.parametrize(
    ("texts", "key", "decimal"),
    [
        (["$1,200.50", "5"], "money", "."),
        (["$5", "7"], "money", None),
        (["1.234,56 €"], "money", ","),
        (["12%", "3"], "percent", None),
        (["-0,5 %"], "percent", ","),
        (["1,234", "12"], "thousands", "."),
        (["1.234.567"], "thousands", ","),
        (["3,5"], "thousands", ","),
        (["(3.00)", "$5.00"], "money", "."),
        (["−5", "7"], "thousands", None),
        (["24.12.2024"], "%d.%m.%Y", None),
        (["1/13/24"], "%m/%d/%y", None),
        (["01/02/2024"], None, None),
        (["5‰"], None, None),
        (["$5", "€6", "$7"], None, None),
        (["$5", "6%", "$7"], None, None),
        (["$5", "6", "1e5"], None, None),
        (["$5.50", "$1,5"], None, None),
    ],
)
def test_the_key_reads_all_texts(texts: list[str], key: str | None, decimal: str | None):
    assert (found := form(*texts)) is not None
    assert (found.key, found.decimal) == (key, decimal)


def test_points_separate_thousands_beside_decimal_commas():
    counts = pd.Series([1, 1], index=pd.Index(["1.234", "2.345"], dtype=object))
    assert find_form(counts) is None
    assert (found := find_form(counts, ",")) is not None
    assert (found.key, found.decimal, found.plain) == ("thousands", ",", "1234")
    assert found.name == "numbers with thousands separators"
    decimals = pd.Series([1, 1], index=pd.Index(["1.5", "2.345"], dtype=object))
    assert (found := find_form(decimals, ",")) is not None
    assert (found.name, found.decimal, found.plain) == ("numbers with decimal points", ".", "1.5")
    plain = pd.Series([1, 1], index=pd.Index(["1,5", "2"], dtype=object))
    assert find_form(plain, ",") is None


def test_the_setting_can_be_pasted_into_the_config():
    assert (found := form("$5", "n/a", "$6")) is not None
    assert found.key == "money"
    assert found.setting("price") == 'set data.forms: {"price": money}'
    assert (found := form("1.234,56 €")) is not None
    assert found.setting('a "b"') == r'set data.forms: {"a \"b\"": money} and data.decimal: ","'
    assert (found := form("24.12.2024")) is not None
    assert found.setting("day") == 'set data.forms: {"day": "%d.%m.%Y"}'
    assert found.instruction("day").endswith(", or write days as YYYY-MM-DD")
    assert found.instruction(None) == "write days as YYYY-MM-DD"


@pytest.mark.parametrize(
    ("texts", "name", "unread"),
    [
        (["03/04/2024", "05/06/2024"], "dates", " whose day and month cannot be told apart"),
        (["2024-02-30", "2024-02-28"], "dates", ", not all in one format"),
        (["$3", "€4"], "amounts of money", " in several currencies"),
        (["5-", "17-", "3"], "numbers with a minus behind", ""),
        (["1.234,50", "2,50", "5-"], "numbers with decimal commas", ", some with a minus behind"),
    ],
)
def test_what_nothing_reads_says_why(texts: list[str], name: str, unread: str):
    found = form(*texts)
    assert found is not None
    assert (found.name, found.key, found.unread) == (name, None, unread)


def test_grades_have_no_minus_behind():
    assert form("1-", "2-", "1", "3") is None


def test_the_rows_of_other_texts_are_counted():
    counts = pd.Series([5, 2, 1], index=pd.Index(["$1.50", "none", "?"], dtype=object))
    found = find_form(counts)
    assert found is not None
    assert found.other_rows == 3
