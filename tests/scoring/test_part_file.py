"""A part's file is whole under its name, or is not there."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from maas.errors import StorageError
from maas.scoring.part_file import PartRecord, TableFile, read_record

SCHEMA = pa.schema([("n", pa.int64()), ("t", pa.dictionary(pa.int32(), pa.string()))])
RECORD = PartRecord(job="j", part="in.0", scored=3, refused=1, counts={"rows": 3})


def columns(*numbers: int) -> list[pa.Array]:
    texts = pa.array([str(n) for n in numbers]).dictionary_encode()
    return [pa.array(numbers, pa.int64()), texts]


def test_a_file_has_its_name_once_it_is_finished(tmp_path: Path):
    path = tmp_path / "x/in.0.parquet"
    with TableFile(path, SCHEMA) as table:
        table.write(columns(1, 2))
        table.write(columns(3))
        assert not path.exists()
        table.finish(RECORD)
    assert pq.read_table(path).to_pydict() == {"n": [1, 2, 3], "t": ["1", "2", "3"]}
    assert pq.read_schema(path).field("t").type == SCHEMA.field("t").type
    assert list(path.parent.iterdir()) == [path]


def test_a_file_without_rows_has_its_columns(tmp_path: Path):
    path = tmp_path / "in.parquet"
    empty = RECORD.model_copy(update={"scored": 0})
    with TableFile(path, SCHEMA) as table:
        table.finish(empty)
    assert pq.read_table(path).schema.names == ["n", "t"]
    assert read_record(path) == empty


def test_what_goes_wrong_leaves_no_file_behind(tmp_path: Path):
    with (
        TableFile(tmp_path / "in.parquet", SCHEMA) as table,
        pytest.raises(ValueError, match="Schema"),
    ):
        table.write(columns(1)[:1])
    assert not list(tmp_path.iterdir())


def test_an_older_file_of_the_name_is_replaced(tmp_path: Path):
    path = tmp_path / "in.parquet"
    for numbers in ((1, 2), (7,)):
        with TableFile(path, SCHEMA) as table:
            table.write(columns(*numbers))
            table.finish()
    assert pq.read_table(path)["n"].to_pylist() == [7]


def test_a_record_is_read_from_a_whole_file_alone(tmp_path: Path):
    path = tmp_path / "in.parquet"
    with TableFile(path, SCHEMA) as table:
        table.write(columns(1, 2, 3))
        table.finish(RECORD)
    assert read_record(path) == RECORD
    data = path.read_bytes()
    path.write_bytes(data[:-10])
    assert read_record(path) is None
    path.write_bytes(b"")
    assert read_record(path) is None
    assert read_record(tmp_path / "none.parquet") is None
    with TableFile(path, SCHEMA) as table:
        table.write(columns(1, 2))
        table.finish(RECORD)  # of three rows
    assert read_record(path) is None
    pq.write_table(pa.table({"n": [1]}), path)  # of somebody else
    assert read_record(path) is None


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError, match="cannot be written"):
        TableFile(tmp_path / "file/in.parquet", SCHEMA)
