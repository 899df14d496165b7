"""What a job finds of an earlier one: its own is used, whatever is lost; another is refused."""

import json
import os
import shutil
from pathlib import Path

import pyarrow.parquet as pq
import pytest

import maas.scoring.parts
from maas.errors import InputError, StorageError
from maas.scoring.plan import Request
from maas.scoring.run import score
from maas.scoring.score_record import ScoreRecord
from tests.score_attack import VERSION, make_table, write_table, written
from tests.scoring.inline import InlineEngine


@pytest.fixture(name="home")
def make_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with input of four parts, two of which have invalid rows."""
    monkeypatch.setattr(maas.scoring.parts, "_MIN_ROWS", 30)
    write_table(tmp_path / "in/a.parquet", make_table(90, 1, invalid=4), 30)
    write_table(tmp_path / "in/sub/b.parquet", make_table(20, 2, invalid=1))
    return tmp_path


def run(home: Path, target: str = "out", source: str = "in", **changes) -> ScoreRecord:
    options = {"keep": ("id",), "on_invalid": "quarantine"} | changes
    request = Request(source=str(home / source), target=home / target, **options)
    with InlineEngine() as engine:
        return score(VERSION, request, engine)


def test_a_finished_job_stays_as_it_is(home: Path):
    run(home)
    before = {path: path.stat().st_mtime_ns for path in home.rglob("*")}
    run(home)
    assert {path: path.stat().st_mtime_ns for path in home.rglob("*")} == before


@pytest.mark.parametrize(
    "lost", ["out/a.1.parquet", "out/sub/b.parquet", "out/_invalid.parquet", "out/_score.json"]
)
@pytest.mark.parametrize("how", ["removed", "garbage", "cut"])
def test_what_a_finished_job_has_lost_is_scored_again(home: Path, lost: str, how: str):
    run(home)
    clean, path = written(home), home / lost
    path.chmod(0o644)
    if how == "removed":
        path.unlink()
    else:
        path.write_bytes(b"garbage" if how == "garbage" else path.read_bytes()[:-9])
    if lost.endswith(".json"):
        with pytest.raises(InputError, match=r"is not empty|is not a record"):
            run(home)
    else:
        run(home)
        assert written(home) == clean


def test_a_file_that_was_cut_is_scored_again(home: Path):
    run(home, "out.parquet", "in/a.parquet")
    clean = written(home)
    (home / "out.parquet").write_bytes(clean["out.parquet"][:-9])
    run(home, "out.parquet", "in/a.parquet")
    assert written(home) == clean


@pytest.fixture(name="interrupted")
def make_interrupted(home: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, dict[str, bytes]]:
    """All parts of a job are scored, and it is not finished; what a clean run writes."""
    run(home)
    clean = written(home)
    shutil.rmtree(home / "out")

    def fail(*_: object) -> None:
        raise StorageError("disk", "is full", "free space")

    with monkeypatch.context() as patch:
        patch.setattr("maas.scoring.output.Output.finish", fail)
        with pytest.raises(StorageError):
            run(home)
    assert (home / "out/_job.json").exists()
    return home, clean


def test_a_part_without_its_invalid_rows_is_scored_again(
    interrupted: tuple[Path, dict[str, bytes]],
):
    home, clean = interrupted
    (home / "out/_invalid.a.0.parquet").unlink()
    (home / "out/sub/_invalid.b.parquet").write_bytes(b"garbage")
    run(home)
    assert written(home) == clean


def test_parts_of_others_are_scored_again(interrupted: tuple[Path, dict[str, bytes]]):
    home, clean = interrupted
    run(home, "other", on_invalid="quarantine", probabilities=True)
    shutil.copy(home / "other/a.0.parquet", home / "out/a.0.parquet")
    shutil.copy(home / "out/a.1.parquet", home / "out/a.2.parquet")
    (home / "out/a.1.parquet").unlink()
    os.mkfifo(home / "out/a.1.parquet")
    (home / "out/sub/b.parquet").unlink()
    (home / "out/sub/b.parquet").symlink_to(home / "other/sub/b.parquet")
    other = written(home, "other")
    run(home)
    assert written(home) == clean
    assert written(home, "other") == other


def test_another_job_is_refused_by_name(interrupted: tuple[Path, dict[str, bytes]]):
    home, _ = interrupted
    before = written(home)
    for changes, what in [
        ({"probabilities": True}, r"options were others \(probabilities\)"),
        ({"keep": ()}, r"options were others \(keep\)"),
        ({"source": "in/sub"}, "input file b.parquet is new"),
    ]:
        with pytest.raises(InputError, match=what):
            run(home, **changes)
    write_table(home / "in/sub/b.parquet", make_table(20, 3))
    with pytest.raises(InputError, match=r"input file sub/b.parquet has changed since"):
        run(home)
    assert written(home) == before


@pytest.mark.parametrize("name", ["_job.json", "_score.json"])
@pytest.mark.parametrize("kind", ["text", "list", "deep", "types", "folder", "link", "fifo"])
def test_a_record_that_is_none_is_refused(home: Path, name: str, kind: str):
    path = home / "out" / name
    path.parent.mkdir()
    texts = {"text": "x", "list": "[]", "deep": "[" * 10**6, "types": '{"version": "1"}'}
    if kind == "folder":
        path.mkdir()
    elif kind == "link":
        path.symlink_to(write_table(home / "elsewhere", make_table(3)))
    elif kind == "fifo":
        os.mkfifo(path)
    else:
        path.write_text(texts[kind])
    with pytest.raises(InputError, match="is not a record of this command"):
        run(home)
    assert os.listdir(home / "out") == [name]


def test_a_folder_of_others_is_refused_and_stays_as_it_is(home: Path):
    (home / "out").mkdir()
    for name in (".maas-notes", "mine.txt"):
        (home / "out" / name).write_text("mine")
    with pytest.raises(InputError, match="is not empty"):
        run(home)
    assert {path.name for path in (home / "out").iterdir()} == {".maas-notes", "mine.txt"}


def test_nothing_is_left_where_the_input_is_invalid(home: Path):
    with pytest.raises(InputError, match=r"row \d+: field 'feature1': Input should be a finite"):
        run(home, "new/out", on_invalid="fail")
    with pytest.raises(InputError, match=r"row \d+: field 'feature1': Input should be a finite"):
        run(home, "new/out.parquet", "in/a.parquet", on_invalid="fail")
    assert not (home / "new").exists()


def test_what_an_output_that_was_removed_has_left_is_removed(home: Path):
    run(home, "out.parquet", "in/a.parquet")
    assert pq.read_metadata(home / "out.parquet.invalid.parquet").num_rows == 4
    (home / "out.parquet").unlink()
    write_table(home / "in/a.parquet", make_table(30))
    record = run(home, "out.parquet", "in/a.parquet")
    assert (record.scored, record.refused) == (30, 0)
    assert not (home / "out.parquet.invalid.parquet").exists()
    assert json.loads((home / "out.parquet.score.json").read_bytes())["scored"] == 30


def test_a_job_that_was_killed_when_it_was_all_but_done_leaves_nothing(home: Path):
    run(home, "out.parquet", "in/a.parquet")
    clean = written(home)
    parts = home / ".out.parquet.parts"
    parts.mkdir()
    record = json.loads(clean["out.parquet.score.json"])
    job = ScoreRecord.model_validate_json(json.dumps(record | {"workers": 1})).job()
    (parts / "_job.json").write_text(job.model_dump_json())
    shutil.copy(home / "in/a.parquet", parts / "_invalid.a.0.parquet")
    run(home, "out.parquet", "in/a.parquet")
    assert written(home) == clean
    assert not parts.exists()
