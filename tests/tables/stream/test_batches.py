"""Files are described and checked before they are read, and what is wrong takes one line."""

from pathlib import Path
from random import Random

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
import pytest

from maas.errors import DataError, UnreadableDataError
from maas.model.signature import FeatureType
from maas.tables.stream.batches import Dialect, Wanted, check_types, describe_file, read_batches

TABLE = pa.table({"x": [1.5, None], "flag": [True, False], "word": ["a", None], "id": [1, 2]})
WANTED = [Wanted("word", "category"), Wanted("x", "number"), Wanted("flag", "boolean")]


def write(path: Path, table: pa.Table = TABLE) -> Path:
    if path.suffix.lower() == ".csv":
        pa.csv.write_csv(table, path)
    else:
        pq.write_table(table, path)
    return path


@pytest.mark.parametrize("name", ["table.csv", "table.parquet", "TABLE.CSV", "TABLE.Parquet"])
def test_both_formats_give_the_same_columns(tmp_path: Path, name: str):
    path = write(tmp_path / name)
    shape = describe_file(path)
    assert shape.names == ("x", "flag", "word", "id")
    check_types(path, shape, WANTED, ["id"])
    (batch,) = read_batches(path, WANTED, ["id"])
    values = [[column.at(row) for row in batch.rows] for column in batch.columns]
    assert values == [["a", None], [1.5, None], [True, False]]
    assert [str(value) for value in batch.table["id"].to_pylist()] == ["1", "2"]


@pytest.mark.parametrize("name", ["table.csv", "table.parquet"])
@pytest.mark.parametrize("read", [describe_file, lambda path: list(read_batches(path, WANTED, []))])
def test_a_file_that_is_none_is_refused(tmp_path: Path, name: str, read):
    path = tmp_path / name
    with pytest.raises(UnreadableDataError, match="does not exist"):
        read(path)
    path.mkdir()
    with pytest.raises(UnreadableDataError, match=r"cannot be read \(Is a directory\)"):
        read(path)
    path.rmdir()
    path.write_bytes(b"")
    with pytest.raises(DataError, match=r"is empty \(0 bytes\)"):
        read(path)
    path.write_bytes("a,b\n1,2\n".encode("utf-16"))
    with pytest.raises(DataError, match=r"is UTF-16 text|is not a valid (comma|Parquet)"):
        read(path)
    for seed in range(100):
        path.write_bytes(Random(seed).randbytes(1000) + b"\xff\n")
        with pytest.raises(DataError) as caught:
            read(path)
        assert str(caught.value).startswith(f"{path}: ")
        assert "\n" not in str(caught.value)


def test_another_suffix_is_refused(tmp_path: Path):
    path = tmp_path / "table.txt"
    path.write_text("a,b\n1,2\n")
    with pytest.raises(
        DataError, match=r"is neither a CSV nor a Parquet file; .* its format: .csv, "
    ):
        describe_file(path)


@pytest.mark.parametrize("name", ["table.csv", "table.parquet"])
def test_columns_that_are_not_there_or_twice_are_refused(tmp_path: Path, name: str):
    table = pa.Table.from_arrays([pa.array([1])] * 4, names=["x", "y", "y", "z"])
    path = write(tmp_path / name, table)
    shape = describe_file(path)
    assert shape.names == ("x", "y", "y", "z")
    check_types(path, shape, [Wanted("x", "number")], ["z"])
    with pytest.raises(DataError, match=r"has no column 'q'; .* this one has 'x', 'y', 'z'"):
        check_types(path, shape, [Wanted("q", "number")], [])
    with pytest.raises(DataError, match="has no column 'q'"):
        check_types(path, shape, [], ["q"])
    with pytest.raises(DataError, match="has more than one column 'y'; rename or remove"):
        check_types(path, shape, [Wanted("y", "number")], [])


@pytest.mark.parametrize(
    ("kind", "feature", "what"),
    [
        (pa.bool_(), "number", "holds bool, and the model takes a number .*; cast it to int8"),
        (pa.int64(), "boolean", "holds int64, and the model takes a boolean .*; cast it to bool"),
        (
            pa.int64(),
            "category",
            "holds int64, and the model takes a category .*; cast it to string",
        ),
        (pa.string(), "integer", "holds string, and the model takes an integer .*; cast it to int"),
        (pa.timestamp("us"), "number", r"holds timestamp\[us\], and .*; write it as a number"),
        (pa.list_(pa.int64()), "number", "holds list<.*; write it as a number"),
    ],
)
def test_a_type_that_does_not_carry_the_feature_is_refused(
    tmp_path: Path, kind: pa.DataType, feature: FeatureType, what: str
):
    path = write(tmp_path / "table.parquet", pa.table({"x": pa.array([None], kind)}))
    with pytest.raises(DataError, match=f"column 'x': {what}") as caught:
        check_types(path, describe_file(path), [Wanted("x", feature)], [])
    assert str(caught.value).startswith(f"{path}: column 'x': ")
    check_types(path, describe_file(path), [], ["x"])


def test_a_column_of_nulls_carries_each_feature(tmp_path: Path):
    path = write(tmp_path / "table.parquet", pa.table({"x": pa.nulls(2)}))
    kinds: list[FeatureType] = ["number", "integer", "boolean", "category"]
    for kind in kinds:
        check_types(path, describe_file(path), [Wanted("x", kind)], [])
        (batch,) = read_batches(path, [Wanted("x", kind)], [])
        assert [batch.columns[0].at(row) for row in batch.rows] == [None, None]


def test_texts_with_a_form_carry_numbers(tmp_path: Path):
    """Of a Parquet file too; numbers there stay numbers."""
    path, wanted = tmp_path / "table.parquet", [Wanted("x", "number", "money")]
    texts = pa.array(["$1.200,5", None, "x", "€7"])
    for kind in (pa.string(), pa.large_string(), pa.string_view(), None):
        column = texts.dictionary_encode() if kind is None else texts.cast(kind)
        write(path, pa.table({"x": column}))
        check_types(path, describe_file(path), wanted, [])
        (batch,) = read_batches(path, wanted, [], dialect=Dialect(decimal=","))
        assert [batch.columns[0].at(row) for row in range(4)] == [1200.5, None, "x", 7.0]
    write(path, pa.table({"x": [1.5, None]}))
    check_types(path, describe_file(path), wanted, [])
    (batch,) = read_batches(path, wanted, [])
    assert [batch.columns[0].at(row) for row in range(2)] == [1.5, None]
