"""Arrow arrays become the columns that pyarrow's own list of values describes."""

import random
import subprocess
import sys
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from maas.model.columns import Column
from maas.model.signature import FeatureType
from maas.tables.stream.arrow_columns import TextLists, carries, find_cast, make_column

NUMBERS = [
    pa.int8(), pa.int16(), pa.int32(), pa.int64(), pa.uint8(), pa.uint16(), pa.uint32(),
    pa.uint64(), pa.float16(), pa.float32(), pa.float64(), pa.decimal128(9, 2),
    pa.decimal256(40, 2), pa.decimal32(7, 2), pa.decimal64(15, 2),
]  # fmt: skip
TEXTS = [pa.string(), pa.large_string(), pa.string_view()]
WORDS = ["red", "", "red ", "été", "\0", "a" * 100]


def values_of(column: Column) -> list[Any]:
    return [column.at(row) for row in range(len(column))]


def expected_of(array: pa.Array) -> list[Any]:
    """Decimals are the floats that training makes of them."""
    return (array.cast(pa.float64()) if pa.types.is_decimal(array.type) else array).to_pylist()


def with_gaps(values: list[Any], chance: float) -> list[Any]:
    return [None if random.random() < chance else value for value in values]


def sample(kind: pa.DataType, chance: float, count: int = 40) -> pa.Array:
    if pa.types.is_boolean(kind):
        values: list[Any] = [random.random() < 0.5 for _ in range(count)]
    elif pa.types.is_decimal(kind):
        values = [Decimal(random.randrange(10000)) / 100 for _ in range(count)]
    elif kind in NUMBERS:
        whole = pa.types.is_integer(kind)
        values = [
            random.randrange(100) if whole else random.randrange(50) / 4 for _ in range(count)
        ]
    else:
        values = random.choices(WORDS, k=count)
    return pa.array(with_gaps(values, chance), kind)


@pytest.mark.parametrize("chance", [0.0, 0.3, 1.0])
@pytest.mark.parametrize("kind", [*NUMBERS, pa.bool_(), *TEXTS], ids=str)
def test_a_column_has_the_values_of_the_array_and_of_each_slice(kind: pa.DataType, chance: float):
    random.seed(f"{kind} {chance}")
    whole = sample(kind, chance)
    for array in (whole, whole.slice(3), whole.slice(5, 17), whole.slice(40)):
        column = make_column(array, TextLists())
        assert values_of(column) == expected_of(array)
        assert (column.gaps is not None) == bool(array.null_count)
        assert column.kind == "text" or np.isfinite(column.values.astype(float)).all()


@pytest.mark.parametrize("missing", [np.nan, np.inf])
def test_what_is_below_a_gap_is_finite(missing: float):
    array = pa.Array.from_buffers(
        pa.float64(), 2, [pa.py_buffer(b"\x02"), pa.py_buffer(np.array([missing, 1.0]))]
    )
    assert make_column(array, TextLists()).values.tolist() == [0.0, 1.0]


def test_numbers_without_gaps_are_not_copied():
    array = pa.array(np.arange(5.0))
    values = make_column(array, TextLists()).values
    assert values.__array_interface__["data"][0] == array.buffers()[1].address


@pytest.mark.parametrize("index", [pa.int8(), pa.uint8(), pa.int32(), pa.int64()], ids=str)
@pytest.mark.parametrize("text", TEXTS, ids=str)
def test_a_dictionary_may_have_nulls_duplicates_and_unused_texts(
    text: pa.DataType, index: pa.DataType
):
    random.seed(f"{text} {index}")
    lists = TextLists()
    for _ in range(50):
        size = random.randrange(1, 8)
        dictionary = pa.array(with_gaps(random.choices(WORDS, k=size), 0.3), text)
        places = with_gaps([random.randrange(size) for _ in range(random.randrange(20))], 0.3)
        array = pa.DictionaryArray.from_arrays(pa.array(places, index), dictionary)
        expected = [None if n is None else dictionary[n].as_py() for n in places]
        assert values_of(make_column(array, lists)) == expected
        assert values_of(make_column(array.slice(2), lists)) == expected[2:]


def test_the_texts_of_a_dictionary_are_listed_once():
    lists = TextLists()
    first, again = (
        make_column(pa.array(["a", "b", "a"]).dictionary_encode(), lists) for _ in range(2)
    )
    assert first.texts is again.texts
    assert make_column(pa.array(["b", "a"]).dictionary_encode(), lists).texts == ["b", "a"]


def test_a_column_of_nulls_and_one_of_times():
    assert values_of(make_column(pa.nulls(2), TextLists())) == [None, None]
    times = make_column(pa.array([0, None], pa.timestamp("s")), TextLists())
    assert times.kind == "other"
    assert times.at(1) is None
    numbers = make_column(pa.array([1, 1]).dictionary_encode(), TextLists())
    assert numbers.kind == "other"


TIME = pa.timestamp("us")
INT_DICTIONARY = pa.dictionary(pa.int8(), pa.int64())
TEXT_DICTIONARY = pa.dictionary(pa.int8(), pa.string())


@pytest.mark.parametrize(
    ("feature", "kinds"),
    [
        ("number", NUMBERS),
        ("integer", NUMBERS),
        ("boolean", [pa.bool_()]),
        ("category", [*TEXTS, TEXT_DICTIONARY]),
    ],
)
def test_each_feature_has_its_types(feature: FeatureType, kinds: list[pa.DataType]):
    others = [*NUMBERS, *TEXTS, pa.bool_(), TIME, pa.binary(), INT_DICTIONARY, TEXT_DICTIONARY]
    for kind in others:
        assert carries(kind, feature) == (kind in kinds), kind
    assert carries(pa.null(), feature)


@pytest.mark.parametrize(
    ("kind", "feature", "cast"),
    [
        (pa.bool_(), "number", "int8"),
        (pa.bool_(), "integer", "int8"),
        (pa.int64(), "boolean", "bool"),
        (pa.int64(), "category", "string"),
        (pa.bool_(), "category", "string"),
        (pa.string(), "number", "float64"),
        (pa.string(), "integer", "int64"),
        (INT_DICTIONARY, "number", "float64"),
        (INT_DICTIONARY, "category", "string"),
        (TEXT_DICTIONARY, "number", "float64"),
        (TIME, "number", None),
        (pa.binary(), "category", None),
    ],
    ids=str,
)
def test_the_cast_that_helps_does(kind: pa.DataType, feature: FeatureType, cast: str | None):
    assert find_cast(kind, feature) == cast
    if cast is not None:
        made = pa.array(["1"]).cast(kind.value_type if pa.types.is_dictionary(kind) else kind)
        assert carries(made.cast(pa.type_for_alias(cast)).type, feature)


def test_neither_pandas_nor_scikit_learn_is_loaded(tmp_path: Any):
    (tmp_path / "table.csv").write_text("a,b,c\n1,true,x\nx,no,\n ,,\n1,2\n")
    code = (
        "import sys\n"
        "from pathlib import Path\n"
        "import pyarrow as pa, pyarrow.csv, pyarrow.parquet\n"
        "from maas.tables.stream.batches import Wanted, describe_file, read_batches\n"
        "from maas.tables.dialect import PLAIN\n"
        "wanted = [Wanted('a', 'number'), Wanted('b', 'boolean'), Wanted('c', 'category')]\n"
        "wanted += [Wanted('c', 'number', 'money'), Wanted('a', 'boolean', 'percent')]\n"
        "path = Path(sys.argv[1])\n"
        "describe_file(path)\n"
        "for batch in read_batches(path, wanted, ['a'], None, True, PLAIN):\n"
        "    [column.at(row) for column in batch.columns for row in range(len(column))]\n"
        "text = pa.csv.read_csv(path.with_name('plain.csv'))\n"
        "pa.parquet.write_table(text, path.with_suffix('.parquet'))\n"
        "for batch in read_batches(path.with_suffix('.parquet'), wanted, ['a']):\n"
        "    assert batch.columns[0].gaps is not None\n"
        "sys.exit(str({'pandas', 'sklearn'} & sys.modules.keys() or ''))"
    )
    (tmp_path / "plain.csv").write_text("a,b,c\n1,true,x\n,,\n")
    command = [sys.executable, "-c", code, str(tmp_path / "table.csv")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.stderr == "\n", done.stderr
