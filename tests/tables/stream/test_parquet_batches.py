"""A Parquet file in batches has the rows of the file, whatever its row groups and encodings."""

import random
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from maas.errors import DataError
from maas.tables.stream import parquet_batches
from maas.tables.stream.batch import Batch, Wanted
from maas.tables.stream.parquet_batches import describe_parquet, read_parquet_batches

WANTED = [
    Wanted("number", "number"),
    Wanted("flag", "boolean"),
    Wanted("text", "category"),
    Wanted("code", "category"),
    Wanted("nothing", "integer"),
]


def make_table(rows: int) -> pa.Table:
    def gaps(values: list[Any]) -> list[Any]:
        return [None if random.random() < 0.1 else value for value in values]

    return pa.table(
        {
            "id": [f"id {n}" for n in range(rows)],
            "text": gaps(random.choices(["red", "green", ""], k=rows)),
            "number": gaps([random.random() for _ in range(rows)]),
            "unused": [[1]] * rows,
            "code": pa.array(gaps(random.choices("abcdefgh", k=rows))).dictionary_encode(),
            "flag": gaps([random.random() < 0.5 for _ in range(rows)]),
            "nothing": pa.nulls(rows),
        }
    )


def rows_of(batches: list[Batch], wanted: list[Wanted]) -> dict[str, list[Any]]:
    return {
        feature.column: [
            batch.columns[place].at(row) for batch in batches for row in range(len(batch.rows))
        ]
        for place, feature in enumerate(wanted)
    }


@pytest.fixture(autouse=True)
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parquet_batches, "_MAX_ROWS", 64)
    monkeypatch.setattr(parquet_batches, "_MIN_ROWS", 8)
    random.seed(1)


@pytest.mark.parametrize("dictionary", [True, False], ids=["dictionaries", "plain"])
@pytest.mark.parametrize("size", [1, 50, 64, 150, 1000])
def test_the_batches_are_the_rows_of_the_file(tmp_path: Path, size: int, dictionary: bool):
    table = make_table(500)
    path = tmp_path / "table.parquet"
    pq.write_table(table, path, row_group_size=size, use_dictionary=dictionary, data_page_size=200)
    batches = list(read_parquet_batches(path, WANTED, ["id", "text"]))
    assert [row for batch in batches for row in batch.rows] == list(range(500))
    assert max(len(batch.rows) for batch in batches) <= 64
    names = [feature.column for feature in WANTED]
    assert rows_of(batches, WANTED) == table.select(names).to_pydict()
    assert {name for batch in batches for name in batch.table.schema.names} == {*names, "id"}
    assert [text for batch in batches for text in batch.table["id"].to_pylist()] == (
        table["id"].to_pylist()
    )


@pytest.mark.parametrize("groups", [range(2), range(1, 3), range(4, 5), range(5), range(2, 2)])
def test_row_groups_can_be_read_alone(tmp_path: Path, groups: range):
    table = make_table(250)
    path = tmp_path / "table.parquet"
    pq.write_table(table, path, row_group_size=55)
    assert describe_parquet(path).row_groups == (55, 55, 55, 55, 30)
    batches = list(read_parquet_batches(path, WANTED, [], groups))
    rows = [row for batch in batches for row in batch.rows]
    assert rows == list(range(groups.start * 55, min(groups.stop * 55, 250)))
    assert (
        rows_of(batches, WANTED)["number"]
        == table["number"].take(pa.array(rows, pa.int64())).to_pylist()
    )


def test_the_shape_is_what_the_footer_says(tmp_path: Path):
    table = make_table(10)
    pq.write_table(table, tmp_path / "table.parquet")
    shape = describe_parquet(tmp_path / "table.parquet")
    assert shape.names == tuple(table.column_names)
    assert (shape.rows, shape.row_groups) == (10, (10,))
    assert shape.types is not None
    assert shape.types.field("code").type == table.schema.field("code").type


def test_a_file_without_rows_has_no_batch(tmp_path: Path):
    pq.write_table(make_table(0), tmp_path / "table.parquet")
    assert list(read_parquet_batches(tmp_path / "table.parquet", WANTED, ["id"])) == []


@pytest.mark.parametrize("kind", [pa.string(), pa.large_string(), pa.string_view()], ids=str)
def test_texts_of_each_type_come_as_dictionaries(tmp_path: Path, kind: pa.DataType):
    texts = [random.choice(["a", "b", None]) for _ in range(200)]
    pq.write_table(pa.table({"x": pa.array(texts, kind)}), tmp_path / "table.parquet")
    wanted = [Wanted("x", "category")]
    batches = list(read_parquet_batches(tmp_path / "table.parquet", wanted, []))
    assert rows_of(batches, wanted) == {"x": texts}
    assert all(pa.types.is_dictionary(batch.table["x"].type) for batch in batches)


def test_more_texts_than_rows_of_a_batch(tmp_path: Path):
    texts = [f"text {random.randrange(300)}" for _ in range(1000)]
    pq.write_table(pa.table({"x": texts}), tmp_path / "table.parquet")
    wanted = [Wanted("x", "category")]
    batches = list(read_parquet_batches(tmp_path / "table.parquet", wanted, []))
    assert rows_of(batches, wanted) == {"x": texts}
    assert all(len(batch.columns[0].texts) <= 64 for batch in batches)


def test_a_name_with_a_dot_and_a_nested_column(tmp_path: Path):
    table = pa.table({"a.b": [1.0, 2.0], "a": [3.0, 4.0], "c": [{"d": 1, "e": 2}] * 2})
    pq.write_table(table, tmp_path / "table.parquet")
    wanted = [Wanted("a", "number"), Wanted("a.b", "number")]
    batches = list(read_parquet_batches(tmp_path / "table.parquet", wanted, ["c"]))
    assert rows_of(batches, wanted) == {"a": [3.0, 4.0], "a.b": [1.0, 2.0]}
    assert batches[0].table["c"].to_pylist() == [{"d": 1, "e": 2}] * 2


def test_wide_rows_and_long_texts_make_small_batches(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(parquet_batches, "_BATCH_BYTES", 64 * 8 * 3)
    columns = {f"x{n}": np.arange(100.0) for n in range(4)}
    texts = [random.randbytes(400).hex() for _ in range(100)]
    pq.write_table(pa.table({**columns, "text": texts}), tmp_path / "table.parquet")

    def largest(count: int, kept: list[str]) -> int:
        wanted = [Wanted(f"x{n}", "number") for n in range(count)]
        batches = read_parquet_batches(tmp_path / "table.parquet", wanted, kept)
        return max(len(batch.rows) for batch in batches)

    assert [largest(2, []), largest(4, []), largest(1, ["text"])] == [64, 32, 8]


def test_batches_share_no_values_that_change(tmp_path: Path):
    pq.write_table(pa.table({"x": np.arange(300.0)}), tmp_path / "table.parquet")
    wanted = [Wanted("x", "number")]
    kept = list(read_parquet_batches(tmp_path / "table.parquet", wanted, []))
    assert np.concatenate([batch.columns[0].values for batch in kept]).tolist() == [*range(300)]


@pytest.mark.parametrize("checksum", [True, False], ids=["with checksums", "without"])
def test_a_damaged_file_is_refused_or_has_its_rows(tmp_path: Path, checksum: bool):
    whole, path = tmp_path / "whole.parquet", tmp_path / "table.parquet"
    table = make_table(2000)
    pq.write_table(table, whole, row_group_size=500, write_page_checksum=checksum)
    data = whole.read_bytes()
    expected = rows_of(list(read_parquet_batches(whole, WANTED, ["id"])), WANTED)
    reasons = set()
    for _ in range(60):
        damaged = bytearray(data)
        damaged[random.randrange(len(data))] ^= random.randrange(1, 256)
        path.write_bytes(damaged)
        try:
            batches = list(read_parquet_batches(path, WANTED, ["id"]))
        except DataError as error:
            reasons.add(str(error).partition("(")[0])
            continue
        found = rows_of(batches, WANTED)
        assert len(found["number"]) == 2000
        assert found == expected or not checksum
    assert reasons == {f"{path}: is not a valid Parquet file "}


@pytest.mark.parametrize("kept", [0, 3, 100, -1, -9, -500])
def test_a_file_that_was_cut_off_is_refused(tmp_path: Path, kept: int):
    path = tmp_path / "table.parquet"
    pq.write_table(make_table(100), path)
    path.write_bytes(path.read_bytes()[:kept])
    with pytest.raises(DataError, match="is not a valid Parquet file"):
        describe_parquet(path)
    with pytest.raises(DataError, match="is not a valid Parquet file"):
        list(read_parquet_batches(path, WANTED, []))


def test_a_text_that_is_not_utf_8_is_refused(tmp_path: Path):
    path = tmp_path / "table.parquet"
    texts = pa.array([b"ok", b"\xff"], pa.binary()).view(pa.string())
    pq.write_table(pa.table({"x": texts}), path)
    with pytest.raises(DataError, match="not a valid Parquet file"):
        list(read_parquet_batches(path, [Wanted("x", "category")], []))
