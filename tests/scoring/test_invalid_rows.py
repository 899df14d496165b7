"""Rows that were refused: where, why, and as they were read."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from maas.registry.version import Version
from tests.model.graphs import feature
from tests.scoring.conftest import Score
from tests.scoring.hand_made import make_signature, publish

OWN = ["file", "row", "field", "reason"]


def refused(path: Path) -> list[dict[str, object]]:
    return pq.read_table(path).to_pylist()


def test_refused_rows_are_beside_the_answers_of_the_others(tmp_path: Path, run_job: Score):
    table = pa.table({"id": [7, 8, 9], "a": [1.0, float("nan"), 3.0], "b": [0.0, 0.0, 2e6]})
    pq.write_table(table, tmp_path / "in.parquet")
    record = run_job(
        tmp_path / "in.parquet", tmp_path / "out", keep=["id"], on_invalid="quarantine"
    )
    assert (record.scored, record.refused) == (1, 2)
    assert pq.read_table(tmp_path / "out/in.parquet").to_pylist() == [{"id": 7, "prediction": 0.5}]
    nan, large = refused(tmp_path / "out/_invalid.parquet")
    assert [nan[name] for name in (*OWN, "id")] == [
        "in.parquet", 2, "a", "Input should be a finite number", 8,
    ]  # fmt: skip
    assert large == {
        "file": "in.parquet",
        "row": 3,
        "field": "b",
        "reason": "Input should be less than or equal to 1000000",
        "a": 3.0,
        "b": 2e6,
        "id": 9,
    }


def test_no_row_is_refused_and_there_is_no_such_file(tmp_path: Path, run_job: Score):
    pq.write_table(pa.table({"a": [1.0]}), tmp_path / "in.parquet")
    run_job(tmp_path / "in.parquet", tmp_path / "out", on_invalid="quarantine")
    assert not (tmp_path / "out/_invalid.parquet").exists()


def test_all_rows_may_be_refused(tmp_path: Path, run_job: Score):
    pq.write_table(pa.table({"a": [None, 2e6]}), tmp_path / "in.parquet")
    record = run_job(tmp_path / "in.parquet", tmp_path / "out", on_invalid="quarantine")
    assert (record.scored, record.refused) == (0, 2)
    assert pq.read_table(tmp_path / "out/in.parquet").num_rows == 0
    assert [row["row"] for row in refused(tmp_path / "out/_invalid.parquet")] == [1, 2]


def test_a_column_of_the_input_with_the_name_of_ours_is_renamed(tmp_path: Path, run_job: Score):
    version = publish(
        tmp_path / "other", make_signature([feature("row"), feature("reason")], input_bound=1e6)
    )
    pq.write_table(pa.table({"row": [2e6], "reason": [1.0]}), tmp_path / "in.parquet")
    run_job(tmp_path / "in.parquet", tmp_path / "out", version=version, on_invalid="quarantine")
    (row,) = refused(tmp_path / "out/_invalid.parquet")
    assert (row["row"], row["field"]) == (1, "row")
    assert (row["input_row"], row["input_reason"]) == (2e6, 1.0)


def test_rows_that_were_refused_can_be_corrected_and_scored(tmp_path: Path, run_job: Score):
    pq.write_table(pa.table({"a": [1.0, 2e6], "b": [0.0, 1.0]}), tmp_path / "in.parquet")
    run_job(tmp_path / "in.parquet", tmp_path / "out", on_invalid="quarantine")
    invalid = pq.read_table(tmp_path / "out/_invalid.parquet")
    corrected = invalid.set_column(invalid.column_names.index("a"), "a", pa.array([2.0]))
    pq.write_table(corrected, tmp_path / "corrected.parquet")
    run_job(tmp_path / "corrected.parquet", tmp_path / "again", keep=["file", "row"])
    assert pq.read_table(tmp_path / "again/corrected.parquet").to_pylist() == [
        {"file": "in.parquet", "row": 2, "prediction": 2.5}
    ]


def test_lines_of_a_csv_file_that_are_no_rows_are_refused_too(tmp_path: Path, run_job: Score):
    (tmp_path / "in.csv").write_text("a,b\n1,0\n1,2,3\nx,\n4,\n")
    record = run_job(tmp_path / "in.csv", tmp_path / "out", on_invalid="quarantine")
    assert (record.scored, record.refused) == (2, 2)
    line, text = sorted(refused(tmp_path / "out/_invalid.parquet"), key=lambda row: row["row"])
    assert (line["row"], line["field"], line["a"]) == (2, "", None)
    assert "has 3 columns, and the header has 2" in str(line["reason"])
    assert (text["row"], text["field"], text["a"]) == (3, "a", "x")


def test_a_row_that_the_model_cannot_compute_is_refused(
    tmp_path: Path, run_job: Score, version: Version
):
    huge = make_signature(version.manifest.signature.features, input_bound=3e38)
    other = publish(tmp_path / "huge", huge, [2.0, 1.0])
    values = [1.0, 3e38, 2.0, -3e38, 3.0]
    pq.write_table(pa.table({"a": values, "b": [0.0] * 5}), tmp_path / "in.parquet")
    run_job(tmp_path / "in.parquet", tmp_path / "out", version=other, on_invalid="quarantine")
    rows = refused(tmp_path / "out/_invalid.parquet")
    assert [(row["row"], row["field"]) for row in rows] == [(2, ""), (4, "")]
    assert {row["reason"] for row in rows} == {"The row is too large for the model to compute"}
    found = pq.read_table(tmp_path / "out/in.parquet")["prediction"].to_pylist()
    assert found == [2.0, 4.0, 6.0]
