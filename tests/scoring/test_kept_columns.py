"""The columns that are kept: their types, in one file and in many."""

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from maas.errors import DataError
from tests.scoring.conftest import Score


def keep(run_job: Score, source: Path, target: Path, *names: str) -> pa.Table:
    run_job(source, target, keep=names)
    return pa.concat_tables(pq.read_table(path) for path in sorted(target.glob("[!_]*")))


@pytest.mark.parametrize(
    "array",
    [
        pa.array([1, None], pa.int8()),
        pa.array(["x", None], pa.large_string()),
        pa.array(["x", "y"]).dictionary_encode(),
        pa.array([None, 0], pa.timestamp("ms", "UTC")),
        pa.array([[1], None], pa.list_(pa.int64())),
        pa.array([b"x", b""], pa.binary()),
        pa.array([None, None], pa.null()),
    ],
    ids=lambda array: str(array.type),
)
def test_a_column_of_a_parquet_file_keeps_type_and_values(
    tmp_path: Path, run_job: Score, array: pa.Array
):
    pq.write_table(pa.table({"a": [1.0, 2.0], "id": array}), tmp_path / "in.parquet")
    found = keep(run_job, tmp_path / "in.parquet", tmp_path / "out", "id")
    assert found.column_names == ["id", "prediction"]
    assert found["id"].to_pylist() == array.to_pylist()
    assert found.schema.field("id").type == pq.read_schema(tmp_path / "in.parquet").field("id").type


def test_a_feature_may_be_kept_and_a_name_given_twice(tmp_path: Path, run_job: Score):
    pq.write_table(pa.table({"a": [1.0], "id": [7]}), tmp_path / "in.parquet")
    found = keep(run_job, tmp_path / "in.parquet", tmp_path / "out", "id", "a", "id")
    assert found.to_pylist() == [{"id": 7, "a": 1.0, "prediction": 0.5}]


@pytest.mark.parametrize(
    ("texts", "kind", "values"),
    [
        (["7", "-8", ""], pa.int64(), [7, -8, None]),
        (["007", "8", "9"], pa.string(), ["007", "8", "9"]),
        (["7", "8.0", ""], pa.string(), ["7", "8.0", None]),
        (["7", "9223372036854775808", "1"], pa.string(), ["7", "9223372036854775808", "1"]),
        (["x", "é", ""], pa.string(), ["x", "é", None]),
    ],
)
def test_a_column_of_a_csv_file_is_integers_or_text(
    tmp_path: Path, run_job: Score, texts: list[str], kind: pa.DataType, values: list[Any]
):
    lines = "".join(f"1,{text}\n" for text in texts)
    (tmp_path / "in.csv").write_text(f"a,id\n{lines}")
    found = keep(run_job, tmp_path / "in.csv", tmp_path / "out", "id")
    assert found.schema.field("id").type == kind
    assert found["id"].to_pylist() == values


def test_csv_files_have_one_type_for_all(tmp_path: Path, run_job: Score):
    (tmp_path / "in").mkdir()
    (tmp_path / "in/1.csv").write_text("a,id\n1,7\n")
    (tmp_path / "in/2.csv").write_text("a,id\n1,x\n")
    found = keep(run_job, tmp_path / "in", tmp_path / "out", "id")
    assert found["id"].to_pylist() == ["7", "x"]


def test_parquet_files_with_different_types_are_refused(tmp_path: Path, run_job: Score):
    (tmp_path / "in").mkdir()
    pq.write_table(pa.table({"a": [1.0], "id": [1]}), tmp_path / "in/1.parquet")
    pq.write_table(pa.table({"a": [1.0], "id": ["x"]}), tmp_path / "in/2.parquet")
    with pytest.raises(DataError, match=r"2\.parquet: column 'id': holds string, and int64 in"):
        keep(run_job, tmp_path / "in", tmp_path / "out", "id")


def test_a_kept_column_with_the_name_of_an_answer_is_refused(tmp_path: Path, run_job: Score):
    pq.write_table(pa.table({"a": [1.0], "prediction": [1]}), tmp_path / "in.parquet")
    with pytest.raises(DataError, match="--keep prediction"):
        keep(run_job, tmp_path / "in.parquet", tmp_path / "out", "prediction")
