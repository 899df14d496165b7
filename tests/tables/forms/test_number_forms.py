"""Numbers that were written for people are read digit by digit, and nothing else is."""

import random

import numpy as np
import pyarrow as pa
import pytest

from maas.tables.forms.number_forms import find_currencies, read_numbers, write_plainly

SEPARATORS = ["", ",", ".", " ", "\u00a0", "\u202f", "'", "’"]
MINUSES = ["-{}", "−{}", "–{}", "– {}", "({})", "( {} )"]
BESIDE = {
    "money": ["{}", "${}", "$ {}", "{} €", "{}€", "US${}", "USD {}", "Rs.{}", "{} zł", "kr. {}"],
    "percent": ["{}", "{}%", "{} %", "{}\u202f%"],
    "thousands": ["{}"],
}


def plain(text: str | None, form: str = "money", decimal: str = ".") -> str | None:
    """A text as a plain number; "misfit" if it does not fit."""
    written = write_plainly(pa.array([text], pa.string()), form, decimal)
    return "misfit" if written.misfits[0].as_py() else written.plain[0].as_py()


def write_in_form(rng: random.Random, number: str, form: str, decimal: str) -> str:
    """A plain number as a person may write it."""
    whole, point, decimals = number.removeprefix("-").partition(".")
    separator = rng.choice([mark for mark in SEPARATORS if mark != decimal])
    groups = f"{int(whole):,}".split(",") if separator else [whole]
    text = separator.join(groups) + point.replace(".", decimal) + decimals
    pattern = rng.choice(BESIDE[form])
    if number.startswith("-"):
        text = rng.choice(MINUSES).format(pattern.format(text))
        return text if rng.random() < 0.9 else f" {text}\u00a0"
    return pattern.format(text)


@pytest.mark.parametrize("decimal", [".", ","])
@pytest.mark.parametrize("form", BESIDE)
def test_numbers_written_in_a_form_are_the_same_numbers(form: str, decimal: str):
    rng = random.Random(1)
    numbers = [f"{rng.choice(('', '-'))}{rng.randrange(10 ** rng.randrange(1, 16))}"
               + (f".{rng.randrange(10 ** rng.randrange(1, 9))}" if rng.random() < 0.5 else "")
               for _ in range(3000)]  # fmt: skip
    texts = [write_in_form(rng, number, form, decimal) for number in numbers]
    array = pa.array([*texts, None], pa.string())
    written = write_plainly(array, form, decimal)
    assert written.plain.to_pylist() == [*numbers, None], "digit by digit"
    found, misfits = read_numbers(array, form, decimal)
    assert not misfits.any()
    assert found.tobytes() == np.array([*map(float, numbers), 0.0]).tobytes()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("$5", "5"), ("5", "5"), (" 5 ", "5"), ("-$5.50", "-5.50"), ("$-5", "-5"), ("($3)", "-3"),
        ("+5", "5"), ("5.", "5."), (".5", ".5"), ("₹1,23,456.5", "123456.5"), ("Rs.500", "500"),
        ("CHF 1’234.50", "1234.50"), ("$007", "007"), (None, None),
    ],
)  # fmt: skip
def test_money_is_read(text: str | None, expected: str | None):
    assert plain(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "", " ", "$", "NaN", "n/a", "$5 USD", "$$5", "5 apples", "1e5", "$1,23", "$1,2345",
        "1,,000", "1 234,567", "0,125", "12,34,56", "(5", "5)", "(-5)", "--5", "-(5)", "5-",
        "1.2.3", "5%", "$5\n", "٥", "0x10", "inf", "1 000 00", "1,234.567.8",
    ],
)  # fmt: skip
def test_what_is_not_plainly_money_does_not_fit(text: str):
    assert plain(text) == "misfit"


def test_the_decimal_mark_says_what_commas_and_points_are():
    assert plain("1.234,5 €", decimal=",") == "1234.5"
    assert (plain("1.234", decimal=","), plain("1.234")) == ("1234", "1.234")
    assert (plain("1,234", decimal=","), plain("1,234")) == ("1.234", "1234")
    assert (plain("1.5", decimal=","), plain("1,5")) == ("misfit", "misfit")
    assert plain("1.23.456", decimal=",") == "misfit"


def test_a_percent_is_the_number_before_the_sign():
    assert [plain(text, "percent") for text in ("12.5 %", "12.5", "-3%", "(1,000%)")] == [
        "12.5", "12.5", "-3", "-1000",
    ]  # fmt: skip
    for text in ("%5", "5‰", "5 %%", "$5"):
        assert plain(text, "percent") == "misfit"
    assert plain("5%", "thousands") == "misfit"


def test_currencies_are_told_apart_by_what_is_written():
    texts = pa.array(["5", "kr 5", "6 kr.", None, "x", "€7", "€8"])
    assert find_currencies(write_plainly(texts, "money")) == {"kr": 1, "€": 5}


def test_large_text_and_slices_are_read_too():
    for kind in (pa.string(), pa.large_string()):
        texts = pa.array(["x", "$1", None, "y"], kind).slice(1, 3)
        numbers, misfits = read_numbers(texts, "money")
        assert (numbers.tolist(), misfits.tolist()) == ([1, 0, 0], [False, False, True])
        assert read_numbers(texts.slice(0, 0), "money")[0].tolist() == []
