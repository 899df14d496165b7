"""A text is a number or a boolean where training takes it as one, alone in a column."""

import random
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pytest

from maas.errors import DataError
from maas.model.columns import Column
from maas.model.signature import FeatureType
from maas.tables.columns import CONVERTERS
from maas.tables.reading import read_table
from maas.tables.stream.arrow_columns import TextLists
from maas.tables.stream.batch import Wanted
from maas.tables.stream.csv_columns import make_csv_column

NUMBERS = [
    "1", "-1", "+1", " 1", "1 ", "\t1", "1.", ".5", "-.5", "1e5", "1E+05", "-1e-5", "0x10", "0X1f",
    "007", "-007", "007.5", "0", "-0", "1e-999", "9" * 20, "0.1", "123456789012345678",
    "0.30000000000000004", "2.5e-8", "1" * 16 + ".5", "NAN", " nan", "nan ", "+nan",
    "nan(1)", "-NAN(x)", "1e+5 ", "+.5E-07", "1e123", "0X7fffffffffffffff", "0" * 30 + "1",
]  # fmt: skip
INFINITE = ["inf", "-Inf", "+inf", "infinity", "1e999", "1" * 400]
GAPS = ["", "NA", "nan", "NaN", "-nan", "null", "NULL", "N/A", "#N/A", "1.#QNAN"]
NO_NUMBERS = [
    "1e", ".", "-", "+", ".e1", "0x", "-0x10", "0x1" + "0" * 16, "1_000", "1,5", "\u0661", "\uff11",
    "1\u00a0", "1d", "1.0f", "1e5.0", "--1", "1 2", "0x1p3", "1.5e+", "\x001", "1\x00", " ", "\t",
    "\x0b1", "one", " NA", "NA ", "None", "nul", "1;2", "$1", "1%", "'1'",
    "2024-01-31", "12:30", "infinite", "nano", "nan(", "nan(x y)", "1.2.3", "1-2", "e5",
    "+-1", "+ 1",
]  # fmt: skip
TRUE = ["true", "True", "TRUE", "1", "1.0", " 1", "01", "1e0", "0x1"]
FALSE = ["false", "False", "FALSE", "0", "0.0", "-0", "00"]
ALPHABET = [*"0123456789.eE+-x \tXaAfFn", "inf", "nan", "(", ")"]
NO_BOOLEANS = ["tRUE", " true", "true ", "yes", "no", "t", "2", "0.5", "inf", "None", "on"]


def column_of(texts: list[str | None], kind: FeatureType, decimal: str = ".") -> Column:
    return make_csv_column(pa.array(texts, pa.string()), Wanted("x", kind), TextLists(), decimal)


def values_of(column: Column) -> list[Any]:
    return [column.at(row) for row in range(len(column))]


def train_on(folder: Path, text: str, kind: FeatureType) -> Any:
    """What training makes of a text that fills a column."""
    quoted = '"' + text.replace('"', '""') + '"'
    (folder / "table.csv").write_text(f"x,y\n{quoted},1\n", encoding="utf-8", newline="")
    return CONVERTERS[kind]("x", read_table("table.csv", folder).column("x"))[0]


@pytest.mark.parametrize("text", [*NUMBERS, *TRUE, *FALSE, *NO_NUMBERS, *NO_BOOLEANS, *INFINITE])
@pytest.mark.parametrize("kind", ["number", "boolean"])
def test_a_text_alone_is_what_training_makes_of_it(tmp_path: Path, text: str, kind: FeatureType):
    found = column_of([text], kind).at(0)
    try:
        expected = train_on(tmp_path, text, kind)
    except DataError as error:
        if any(what in str(error) for what in ("leading zeros", "2^53", "float32")):
            assert kind == "boolean" or type(found) is float  # the signature says: a number
        else:
            assert found == text or np.isinf(found)
        return
    if kind == "number" and text.lower() in ("true", "false"):
        assert found == text  # of a column of booleans, which training can take as numbers
    else:
        assert found == (None if np.isnan(expected) else expected)
        assert type(found) in (type(None), float if kind == "number" else bool)


@pytest.mark.parametrize("kind", ["number", "integer"])
def test_each_number_of_a_column_stands_for_itself(kind: FeatureType):
    """With and without a text among them that is none: all at once, or each by itself."""
    for texts in (NUMBERS, NUMBERS + NO_NUMBERS, NO_NUMBERS, ["1", "2"], [" 1", "2"], INFINITE):
        whole = column_of([*texts, None], kind)
        assert values_of(whole) == [*(column_of([text], kind).at(0) for text in texts), None]
        assert set(whole.others) == {n for n, text in enumerate(texts) if text in NO_NUMBERS}


def test_each_boolean_of_a_column_stands_for_itself():
    column = column_of([*TRUE, *FALSE, None, *NO_BOOLEANS], "boolean")
    assert values_of(column) == (
        [True] * len(TRUE) + [False] * len(FALSE) + [None] + list(NO_BOOLEANS)
    )
    assert column.values.dtype == bool


def test_random_numbers_are_what_pyarrow_s_reader_makes_of_them(tmp_path: Path):
    random.seed(2)
    for _ in range(10):
        texts = ["".join(random.choices(ALPHABET, k=random.randrange(1, 9)))
                 for _ in range(50)]  # fmt: skip
        found = values_of(column_of([None if text in GAPS else text for text in texts], "number"))
        for text, value in zip(texts, found, strict=True):
            (tmp_path / "x.csv").write_text(f'x,y\n"{text}",1\n')
            read = pa.csv.read_csv(tmp_path / "x.csv").column("x")[0]
            numeric = pa.types.is_integer(read.type) or pa.types.is_floating(read.type)
            expected = float(read.as_py()) if numeric and read.is_valid else text
            if text in GAPS or expected != expected:
                expected = None
            assert value == expected, text


def test_a_slice_has_its_own_rows():
    texts = pa.array(["1", "x", None, "2", "x", "3"])
    for kind in ("number", "boolean", "category"):
        feature = Wanted("x", kind)
        whole = values_of(make_csv_column(texts, feature, TextLists()))
        assert values_of(make_csv_column(texts.slice(1, 4), feature, TextLists())) == whole[1:5]


def test_no_rows():
    for kind in ("number", "integer", "boolean", "category"):
        assert len(column_of([], kind)) == 0


def test_a_category_is_the_text_itself():
    texts = [" a", "a", "1", "1.0", "true", None, "é"]
    assert values_of(column_of(texts, "category")) == texts


def test_with_decimal_commas_a_point_makes_no_number(tmp_path: Path):
    """As in training, with the same decimal mark."""
    texts = ["1,5", "-,5", "1,", "1e3", "7", "1,5e3", "0x10", "1.5", "1.234,5", "1,234,5", "1_5"]
    found = values_of(column_of([*texts, None], "number", ","))
    options = pa.csv.ConvertOptions(decimal_point=",")
    for text, value in zip(texts, found[:-1], strict=True):
        (tmp_path / "x.csv").write_text(f"x;y\n{text};1\n")
        parse = pa.csv.ParseOptions(delimiter=";")
        read = pa.csv.read_csv(tmp_path / "x.csv", None, parse, options).column("x")[0]
        assert value == read.as_py(), text
    assert found[-1] is None
    assert values_of(column_of(["1,0", "0", "1.0", "true"], "boolean", ",")) == [
        True, False, "1.0", True,
    ]  # fmt: skip
