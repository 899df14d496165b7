"""What a job leaves in its folder or file: whole, resumed, finished, or refused."""

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from maas.errors import DataError, InputError
from maas.registry.version import Version
from tests.model.graphs import feature
from tests.scoring.conftest import Score
from tests.scoring.hand_made import make_signature, publish
from tests.workspace import snapshot


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A folder of two files."""
    folder = tmp_path / "in"
    (folder / "x").mkdir(parents=True)
    pq.write_table(pa.table({"a": [1.0, 2.0], "b": [0.0, None]}), folder / "one.parquet")
    pq.write_table(pa.table({"a": [3.0], "b": [1.0]}), folder / "x/two.parquet")
    return folder


def predictions(path: Path) -> list[object]:
    return pq.read_table(path)["prediction"].to_pylist()


def files(folder: Path) -> set[str]:
    return set(snapshot(folder))


def test_a_folder_holds_a_file_per_part_and_the_record(
    source: Path, tmp_path: Path, run_job: Score
):
    out = tmp_path / "out"
    record = run_job(source, out, on_invalid="quarantine")
    assert files(out) == {"one.parquet", "x/two.parquet", "_score.json"}
    assert json.loads((out / "_score.json").read_text()) == record.model_dump(mode="json")
    assert predictions(out / "x/two.parquet") == [3.0]
    assert (record.scored, record.refused) == (3, 0)


def test_a_file_has_its_record_beside_it(source: Path, tmp_path: Path, run_job: Score):
    (tmp_path / "out").mkdir()
    run_job(source / "one.parquet", tmp_path / "out/answers.parquet")
    assert files(tmp_path / "out") == {"answers.parquet", "answers.parquet.score.json"}


def test_a_csv_file_has_the_answers_of_the_parquet_file(
    source: Path, tmp_path: Path, run_job: Score
):
    run_job(source / "one.parquet", tmp_path / "out.csv", keep=["b"])
    text = (tmp_path / "out.csv").read_text()
    assert text.splitlines()[0] == '"b","prediction"'
    assert text.splitlines()[1] == "0,0.5"


def test_a_finished_job_is_left_as_it_is(source: Path, tmp_path: Path, run_job: Score):
    for out in (tmp_path / "out", tmp_path / "out.parquet"):
        given = source if out.suffix == "" else source / "one.parquet"
        first = run_job(given, out)
        stamps = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("out*")}
        assert run_job(given, out) == first
        assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("out*")} == stamps


def test_a_part_that_is_gone_from_a_finished_job_is_scored_again(
    source: Path, tmp_path: Path, run_job: Score
):
    out = tmp_path / "out"
    run_job(source, out)
    before = snapshot(out)
    (out / "one.parquet").unlink()
    run_job(source, out)
    assert before.keys() == snapshot(out).keys()
    assert before["one.parquet"] == snapshot(out)["one.parquet"]


@pytest.mark.parametrize("suffix", ["", ".parquet", ".csv"])
def test_another_job_is_refused_with_how_it_differs(
    source: Path, tmp_path: Path, run_job: Score, version: Version, suffix: str
):
    given, out = source / "one.parquet", tmp_path / f"out{suffix}"
    run_job(given, out)
    before = snapshot(tmp_path)
    with pytest.raises(InputError, match=r"another job: its options were others \(keep\)"):
        run_job(given, out, keep=["a"])
    other = publish(tmp_path / "other", version.manifest.signature, [1.0, 1.0])
    with pytest.raises(InputError, match="it was scored by m:v1"):
        run_job(given, out, version=other)
    pq.write_table(pa.table({"a": [9.0]}), given)
    with pytest.raises(InputError, match=r"one\.parquet has changed since"):
        run_job(given, out)
    after = snapshot(tmp_path)
    assert {name for name in before if after[name] != before[name]} == {"in/one.parquet"}


def test_what_others_have_written_is_not_touched(source: Path, tmp_path: Path, run_job: Score):
    out = tmp_path / "out"
    out.mkdir()
    (out / "mine.txt").write_text("mine")
    with pytest.raises(InputError, match="is not empty"):
        run_job(source, out)
    (tmp_path / "out.csv").write_text("mine")
    with pytest.raises(InputError, match="was not written by a finished job"):
        run_job(source / "one.parquet", tmp_path / "out.csv")
    assert files(out) == {"mine.txt"}
    assert (tmp_path / "out.csv").read_text() == "mine"


def test_a_record_that_is_none_is_refused(source: Path, tmp_path: Path, run_job: Score):
    out = tmp_path / "out"
    out.mkdir()
    (out / "_score.json").write_text('{"not": "ours"}')
    with pytest.raises(InputError, match="is not a record of this command"):
        run_job(source, out)


def test_an_output_that_the_next_run_would_read_is_refused(
    source: Path, tmp_path: Path, run_job: Score
):
    for out in (source, source / "out", source / "one.parquet", tmp_path):
        given = source / "one.parquet" if out.suffix else source
        with pytest.raises(InputError):
            run_job(given, out)
    assert files(source) == {"one.parquet", "x/two.parquet"}


def test_many_files_do_not_go_into_one(source: Path, tmp_path: Path, run_job: Score):
    with pytest.raises(InputError, match="is one file, and the input has 2"):
        run_job(source, tmp_path / "out.parquet")
    with pytest.raises(InputError, match=r"has the suffix \.xlsx"):
        run_job(source / "one.parquet", tmp_path / "out.xlsx")


def test_an_invalid_row_fails_the_job_and_leaves_nothing(
    source: Path, tmp_path: Path, run_job: Score
):
    pq.write_table(pa.table({"a": [1.0, 2e6]}), source / "x/two.parquet")
    with pytest.raises(DataError) as raised:
        run_job(source, tmp_path / "out")
    where = "x/two.parquet: row 2: field 'a': Input should be less than or equal to 1000000"
    assert str(raised.value).startswith(where)
    assert "--on-invalid quarantine" in str(raised.value)
    assert not (tmp_path / "out").exists()


def test_a_corrected_input_goes_where_the_invalid_one_was_to_go(
    source: Path, tmp_path: Path, run_job: Score
):
    pq.write_table(pa.table({"a": [2e6]}), source / "one.parquet")
    with pytest.raises(DataError):
        run_job(source, tmp_path / "out")
    pq.write_table(pa.table({"a": [2.0]}), source / "one.parquet")
    assert run_job(source, tmp_path / "out").scored == 2


def test_probabilities_of_a_regression_are_refused(source: Path, tmp_path: Path, run_job: Score):
    with pytest.raises(InputError, match="gives no probabilities"):
        run_job(source, tmp_path / "out", probabilities=True)


def test_probabilities_are_columns_after_the_kept_ones(
    source: Path, tmp_path: Path, run_job: Score
):
    signature = make_signature([feature("a")], ("no", "yes"), input_bound=1e6)
    version = publish(tmp_path / "classifier", signature)
    run_job(source, tmp_path / "out", version=version, probabilities=True, keep=["b"])
    table = pq.read_table(tmp_path / "out/one.parquet")
    assert table.column_names == ["b", "prediction", "probability_no", "probability_yes"]
    assert table["b"].to_pylist() == [0.0, None]


def test_a_csv_file_that_was_cut_is_scored_again(tmp_path: Path, run_job: Score, source: Path):
    out = tmp_path / "out.csv"
    run_job(source / "one.parquet", out)
    whole = out.read_bytes()
    for cut in (b"", whole[: len(whole) // 2]):
        out.write_bytes(cut)
        run_job(source / "one.parquet", out)
        assert out.read_bytes() == whole
