"""Words that stand for a gap are found from the numbers around them."""

import pyarrow as pa
import pytest

from maas.tables.unknown.null_words import find_null_words
from maas.tables.unknown.seen_column import SeenColumn


def words(decimal: str = ".", **columns: list[str | None]) -> tuple[str, ...]:
    arrays = {name: pa.chunked_array([pa.array(values)]) for name, values in columns.items()}
    return find_null_words([SeenColumn(n, data, decimal=decimal) for n, data in arrays.items()])


@pytest.mark.parametrize("word", ["?", "-", ".", "*", "missing", "n.a.", " ?", "#DIV"])
def test_a_word_among_numbers_is_a_gap(word: str):
    assert words(a=["1", "2.5", word, "-3", None]) == (word,)


def test_the_errors_of_excel_are_gaps_however_many_there_are():
    errors = ("#DIV/0!", "#REF!", "#VALUE!", "#NAME?", "#NUM!")
    assert words(a=["1", "2.5", *errors, *"345678"]) == errors
    assert words(a=["1", "2", "#DIV/0!", "<5"]) == ()
    assert words(a=["red", "#DIV/0!", "red"]) == ()


def test_a_word_among_numbers_with_decimal_commas_is_a_gap():
    values: dict[str, list[str | None]] = {"a": ["1,5", "2,5", "?"], "b": ["1.234", "n.v.", "2.5"]}
    assert words(**values) == ("?", "n.v.")
    assert words(decimal=",", **values) == ("?", "n.v.")


def test_words_of_several_columns_are_found_once_each():
    assert words(a=["1", "2", "?"], b=["1", "?", "4"], c=["1", "3", "none"]) == ("?", "none")


def test_a_mark_is_a_gap_among_texts_too():
    assert words(a=["red", "?", "green"] * 2) == ("?",)
    assert words(a=["red", " - ", "green"] * 2) == (" - ",)


@pytest.mark.parametrize(
    "texts",
    [
        ["$", "$$", "$$$"], ["+", "-"], ["✓", "✗"], ["★", "★★"], ["<", "=", ">"], ["*", "**"],
        ["-", "neg"], ["😀", "sad", "so so"], ["?", "-", "red"],
    ],
)  # fmt: skip
def test_marks_that_mean_something_are_texts(texts: list[str]):
    assert words(a=texts * 3) == ()
    numbers = ["1", "2", "3", texts[0]]
    assert words(a=texts * 3, b=numbers) == ()  # and so not a gap among numbers either


def test_a_mark_that_does_not_repeat_may_be_a_title():
    assert words(title=["M", "Psycho", "$", "Z"], kind=["a", "$", "a", "b", "a"]) == ()


@pytest.mark.parametrize(
    "values",
    [
        ["1", "low", "mid", "high"],  # half of them and more
        ["1", "2", "3", "4", "5", "a", "b", "c", "d"],  # too many different words
        ["1", "2", "3", "<5"],  # a word that says something about its number
        ["1", "2", "3", "not measured on that day"],
        ["red", "green"],
    ],
)
def test_other_texts_are_not(values: list[str | None]):
    assert words(a=values) == ()


def test_a_word_that_another_column_holds_as_text_is_not():
    assert words(a=["1", "2", "M"], sex=["M", "F", "M"]) == ()


def test_columns_of_numbers_and_of_gaps_are_passed_over():
    data = pa.chunked_array([pa.array([1.0, 2.0])])
    assert find_null_words([SeenColumn("a", data)]) == ()
    assert words(a=[None, None]) == ()


@pytest.mark.parametrize(
    "values",
    [
        ["$1", "$2,000", "$3.50"],
        ["1 %", "2.5 %", "3"],
        ["1,200", "3,400", "17"],
        ["1,5", "2,5", "3"],
    ],
)
def test_a_word_among_numbers_written_for_people_is_a_gap(values: list[str]):
    assert words(a=[*values, "n.a."]) == ("n.a.",)
    assert words(a=[*values, *"abcd"]) == ()


def test_a_word_among_dates_and_amounts_that_nothing_reads_is_not():
    assert words(a=["2024-01-31", "2024-02-28", "none"]) == ()
    assert words(a=["$3", "€4", "$5", "none"]) == ()
