"""Columns: the type that fits them, their values, and those that no model can use."""

from datetime import date, time
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from maas.errors import DataError
from maas.model.signature import FLOAT32_MAX, FeatureType
from maas.tables.columns import CONVERTERS, Values, infer_type


def column(values: Any, kind: pa.DataType | None = None) -> pa.ChunkedArray:
    """A column in two chunks."""
    array = values if isinstance(values, pa.Array) else pa.array(values, kind)
    return pa.chunked_array([array[:1], array[1:]])


def convert(kind: FeatureType, values: Any, arrow: pa.DataType | None = None) -> Values:
    return CONVERTERS[kind]("here", column(values, arrow))


def said(error: pytest.ExceptionInfo[DataError]) -> str:
    assert error.value.where == "here"
    return f"{error.value.what}; {error.value.remedy}"


@pytest.mark.parametrize(
    ("values", "arrow", "kind"),
    [
        ([1, None, 3], pa.uint8(), "integer"),
        ([1.0, None], pa.float32(), "number"),
        ([Decimal("1.5"), None], None, "number"),
        ([True, None], None, "boolean"),
        (["a", None, "b", "a"], None, "category"),
        (["a", "b", "a"], pa.large_string(), "category"),
        (pa.array(["a", "b", "a"]).dictionary_encode(), None, "category"),
        (pa.array([1, 2, 2]).dictionary_encode(), None, "integer"),
        (["a", "b"], None, "category"),  # two rows are no sign of an id
        (["1", "b", "c", "b"], None, "category"),
        (["nan", "a", "b", "a"], None, "category"),
        (["5 kg", "10 kg", "5 kg"], None, "category"),
        (["192.168.100.200", "10.0.0.1", "10.0.0.1"], None, "category"),
        ([f"c{n}" for n in range(18)] + ["c0"], None, "category"),  # few rows: more may repeat
        ([f"c{n % 10}" for n in range(20)] + [None] * 9, None, "category"),
    ],
)
def test_a_type_is_inferred_from_the_values(values: Any, arrow: pa.DataType | None, kind: str):
    assert infer_type("here", column(values, arrow)) == kind


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ([date(2024, 1, 2), None], "date32[day], which is not a supported feature type"),
        ([b"x", b"y"], "binary, which is not"),
        ([[1], [2]], "list<"),
        (["1", "2", None], "numbers written as text"),
        (["1", "2", "3e", "1"], "mixes numbers with text such as '3e'"),
        (["1", "2", "x" * 50], "text such as '" + "x" * 40 + "'; "),
        (["0,5", "1,5", "2"], "numbers with decimal commas"),
        (["a", "b", "c", None], "a different text in every row"),
        ([f"c{n % 11}" for n in range(20)], "11 different texts in 20 rows: an id or free text"),
        ([f"c{n % 16}" for n in range(30)] + [None] * 30, "16 different texts in 30 rows"),
        (["$1.50", None, "$1.50"], "amounts of money such as '$1.50'; write plain numbers"),
        (["1/2/2024", "1/2/2024"], "dates are not features yet: leave it out with data.exclude"),
        (["1/4/16", "1/8/32"], "YYYY-MM-DD), or declare type: category in data.features"),
        ([time(12, 30)], "declare type: category in data.features if they are names or codes"),
        (["1.1", "1.1.1", "1.2"], "cells empty, declare type: category in data.features"),
        (
            [f"{n} kg" for n in range(11)] * 3,
            "numbers with a unit such as '0 kg'; write the number alone ('0 kg' as 0), declare",
        ),
        (["3", "−5", "7", "3"], "a typographic minus such as '−5'; write plain numbers"),
        (["1,234", "1,234"], "write plain numbers ('1,234' as 1234), declare type: category"),
    ],
)
def test_a_column_that_is_most_likely_a_mistake_is_refused(values: Any, words: str):
    with pytest.raises(DataError) as caught:
        infer_type("here", column(values))
    assert words in said(caught)


def test_an_older_version_is_read_again_whatever_its_texts_look_like():
    for texts in (["a", "b", "c"], ["$1", "$2", "$1"], ["1", "2", "x"]):
        assert infer_type("here", column(texts), new=False) == "category"


@pytest.mark.parametrize("kind", ["number", "integer"])
def test_numbers_are_float64_and_gaps_are_nan(kind: FeatureType):
    for arrow in (pa.int8(), pa.uint64(), pa.float32(), pa.decimal128(5)):
        values = convert(kind, [1, None, 3], arrow)
        assert values.dtype == np.float64
        np.testing.assert_array_equal(values, [1, np.nan, 3])


@pytest.mark.parametrize("values", [[True, False, None], [1, 0, None], [1.0, 0.0, None]])
def test_booleans_are_zero_and_one(values: list):
    np.testing.assert_array_equal(convert("boolean", values), [1, 0, np.nan])


@pytest.mark.parametrize(
    ("values", "arrow", "texts"),
    [
        ([True, False, None], None, ["true", "false", None]),
        ([1, -2, None], None, ["1", "-2", None]),
        ([1.0, -2.0, None], None, ["1", "-2", None]),
        ([time(12, 30), None], pa.time32("s"), ["12:30:00", None]),
        ([time(12, 30), None], pa.time64("ns"), ["12:30:00", None]),
        (["01", "", None], None, ["01", "", None]),
        (pa.array(["x", "y", "x"]).dictionary_encode(), None, ["x", "y", "x"]),
    ],
)
def test_categories_are_texts_and_gaps_are_none(values: Any, arrow: Any, texts: list):
    found = convert("category", values, arrow)
    assert found.dtype == object
    assert found.tolist() == texts


@pytest.mark.parametrize(
    ("kind", "values", "words"),
    [
        ("number", ["1", "2"], "holds string, not numbers"),
        (
            "number",
            ["1 kg", "2 kg", "3 kg"],
            "write the number alone ('1 kg' as 1), or declare another",
        ),
        ("number", [date(2024, 1, 2)], "not numbers"),
        ("number", [2**53 + 1, 0], "integers beyond 2^53"),
        ("number", [0.5, float("inf")], "infinite"),
        ("number", [None, float("-inf")], "infinite"),
        ("number", [FLOAT32_MAX * 1.001, 0], "outside the range of float32"),
        ("number", [-1e39, 0], "outside the range of float32"),
        ("integer", [1.5, 2], "holds fractions"),
        ("boolean", [0, 1, 2], "more than 0 and 1"),
        ("boolean", [0.0, 0.5], "more than 0 and 1"),
        ("category", [1.5, 2.0], "holds fractions"),
        ("category", [date(2024, 1, 2)], "not categories"),
    ],
)
def test_values_of_another_type_are_refused(kind: FeatureType, values: list, words: str):
    with pytest.raises(DataError) as caught:
        convert(kind, values)
    assert words in said(caught)


@pytest.mark.parametrize(
    "values",
    [
        [3.4e38, -3.4e38],
        [3.4028234e38, 1.0],
        [16_777_216, 16_777_218],
        [16_777_217, 16_777_217, None],
        [1e9, 0, 0.1],
        [0.1, 0.2, None],
        [2**53, 0],
    ],
)
def test_numbers_that_float32_tells_apart_are_taken(values: list):
    assert convert("number", values).tolist()[0] == values[0]


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ([16_777_216, 16_777_217, None], "2 values, of which float32 can tell only 1 apart"),
        ([-1e9, -1e9 - 1, -1e9 - 200], "3 values, of which float32 can tell only 2 apart"),
        ([0.3, 0.1 + 0.2], "2 values, of which"),
    ],
)
def test_numbers_that_float32_merges_are_refused(values: list, words: str):
    with pytest.raises(DataError) as caught:
        convert("number", values)
    assert words in said(caught)
    assert "subtract an offset" in said(caught)
