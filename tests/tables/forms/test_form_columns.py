"""The columns that `data.forms` names become numbers and times, or the first misfit is named."""

from datetime import datetime
from typing import Any

import pyarrow as pa
import pytest

from maas.errors import DataError
from maas.tables.dialect import Dialect
from maas.tables.faults import Faults
from maas.tables.forms.form_columns import apply_forms

DAY = datetime(2024, 12, 24, tzinfo=None)  # noqa: DTZ001


def convert(values: Any, form: str, decimal: str = ".") -> pa.ChunkedArray:
    faults = Faults("data.csv")
    dialect = Dialect(decimal=decimal, forms={"x": form})
    values = values if isinstance(values, pa.Array | pa.ChunkedArray) else pa.array(values)
    table = apply_forms(pa.table({"x": values, "y": values}), dialect, faults)
    faults.check()
    assert table.column_names == ["x", "y"]
    assert table.column("y").type == values.type
    return table.column("x")


@pytest.mark.parametrize(
    ("values", "form", "kind", "expected"),
    [
        (["$1,200", None, "5"], "money", pa.int64(), [1200, None, 5]),
        (["$1,200.50", None, "5"], "money", pa.float64(), [1200.5, None, 5]),
        (["12%", "12.5 %"], "percent", pa.float64(), [12, 12.5]),
        (["9" * 19], "thousands", pa.float64(), [float("9" * 19)]),
        (["24.12.2024", None], "%d.%m.%Y", pa.timestamp("us"), [DAY, None]),
    ],
)
def test_texts_become_numbers_and_times(values: Any, form: str, kind: Any, expected: list[Any]):
    chunks = pa.chunked_array([[value] for value in values], pa.string())
    for texts in (chunks, chunks.dictionary_encode(), chunks.cast(pa.large_string())):
        found = convert(texts, form)
        assert found.type == kind
        assert found.to_pylist() == expected


def test_numbers_and_times_stay_as_they_are():
    for values in (pa.array([1, 2]), pa.array([1.5]), pa.nulls(2)):
        assert convert(values, "money").type == values.type
    day = pa.array([0], pa.date32())
    assert convert(day, "%d.%m.%Y").type == day.type


@pytest.mark.parametrize(
    ("values", "form", "words"),
    [
        (["$1", None, "n/a", "?"], "money",
         "row 3 holds 'n/a', which is not an amount of money with the decimal mark '.' "
         "(and 1 more row does not fit); correct it, or leave the cell empty"),
        (["5‰"], "percent", "row 1 holds '5‰', which is not a percent with the decimal mark '.'"),
        (["1,5", "2"], "thousands", "which is not a number with the decimal mark '.'; "
         'set data.decimal: ",", with which all values fit'),
        (["$1", "€2", "x" ], "money", "row 3 holds 'x'"),
        (["$1", "3", "€2"], "money", "mixes currencies: '$' in row 1, and '€' in row 3; write all"),
        (["31.02.2024"], "%d.%m.%Y",
         "row 1 holds '31.02.2024', which is not a date of the format '%d.%m.%Y'; correct it"),
        ([True], "money", "holds bool, and data.forms says 'money'; remove it from data.forms"),
        ([20240105], "%Y%m%d", "holds int64, and data.forms says '%Y%m%d'; remove it"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_named(values: Any, form: str, words: str):
    with pytest.raises(DataError) as caught:
        convert(values, form)
    assert str(caught.value).startswith("data.csv: column 'x': ")
    assert words in str(caught.value)


def test_columns_that_the_run_does_not_need_stay_as_they_are():
    faults = Faults("data.csv", needs=lambda name: name != "x")
    table = pa.table({"x": ["?"]})
    assert apply_forms(table, Dialect(forms={"x": "money", "z": "money"}), faults) is table
    faults.check()
