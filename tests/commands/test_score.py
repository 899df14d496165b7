"""The command `score`: its arguments, what it prints, and its exit codes."""

import json
import logging
import re
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.commands.conftest import Done, Maas
from tests.model.graphs import feature
from tests.scoring.hand_made import make_signature, publish
from tests.workspace import PROJECT, Workspace

SIGNATURE = make_signature(
    [feature("a"), feature("b", nullable=True)], ("no", "yes"), input_bound=1e6
)


@pytest.fixture(autouse=True)
def own_handlers() -> Iterator[None]:
    """Put back what the command changes in the process."""
    log = logging.getLogger("maas")
    handlers, level = log.handlers[:], log.level
    yield
    log.handlers[:], log.level = handlers, level
    log.setLevel(level)


@pytest.fixture
def source(tmp_path: Path, workspace: Workspace) -> Path:
    """A file of three rows, the second one invalid, beside a models folder of two versions."""
    for weight in (1.0, -1.0):
        publish(workspace.models, SIGNATURE, [weight, 0.0])
    path = tmp_path / "in.parquet"
    pq.write_table(pa.table({"a": [1.0, 2e6, -1.0], "id": [7, 8, 9]}), path)
    return path


@pytest.fixture
def good(source: Path) -> Path:
    path = source.with_name("good.parquet")
    pq.write_table(pa.table({"a": [1.0, -1.0], "id": [7, 9]}), path)
    return path


def score(maas: Maas, source: Path, *options: str, out: str = "out") -> Done:
    return maas("score", str(source), str(source.parent / out), "--workers", "1", *options)


def read(source: Path, out: str = "out") -> pa.Table:
    return pq.read_table(source.parent / out / f"{source.stem}.parquet")


def test_the_result_is_one_line_on_stdout(maas: Maas, good: Path):
    done = score(maas, good)
    assert done.code == 0
    assert done.out.startswith("m:v2  2 rows scored  ")
    assert done.out.endswith(f"s  {good.parent / 'out'}\n")
    assert done.out.count("\n") == 1
    assert read(good)["prediction"].to_pylist() == ["no", "yes"]


def test_a_version_is_chosen_and_columns_are_added(maas: Maas, good: Path):
    done = score(maas, good, "--version", "1", "--probabilities", "--keep", "id", "--keep", "a")
    assert done.code == 0
    table = read(good)
    assert table.column_names == ["id", "a", "prediction", "probability_no", "probability_yes"]
    assert table["prediction"].to_pylist() == ["yes", "no"]


def test_json_prints_the_record(maas: Maas, good: Path):
    done = score(maas, good, "--json")
    assert done.document == json.loads((good.parent / "out/_score.json").read_text())
    assert done.document["scored"] == 2


def test_the_version_is_the_live_one_unless_another_is_named(maas: Maas, good: Path):
    assert maas("promote", "1", "--force").code == 0
    assert score(maas, good, "--json").document["version"] == 1
    assert score(maas, good, "--version", "latest", "--json", out="x").document["version"] == 2


def test_an_invalid_row_is_one_line_and_exit_2(maas: Maas, source: Path):
    done = score(maas, source)
    assert (done.code, done.out) == (2, "")
    last = done.err.splitlines()[-1]
    assert "in.parquet: row 2: field 'a': Input should be less than or equal to 1000000" in last
    assert not (source.parent / "out").exists()


def test_invalid_rows_are_put_aside_and_counted(maas: Maas, source: Path):
    done = score(maas, source, "--on-invalid", "quarantine")
    assert done.code == 0
    assert "2 rows scored, 1 refused" in done.out
    assert "1 invalid row was put aside" in done.err
    assert (source.parent / "out/_invalid.parquet").exists()


def test_a_second_run_says_that_nothing_is_left_to_do(maas: Maas, good: Path):
    first = score(maas, good, "--json")
    again = score(maas, good, "--json")
    assert (again.code, again.document) == (0, first.document)
    assert "nothing is left to do" in again.err


def test_another_job_onto_the_output_is_exit_2(maas: Maas, good: Path):
    score(maas, good)
    done = score(maas, good, "--probabilities")
    assert done.code == 2
    assert "holds the output of another job: its options were others (probabilities)" in done.err


@pytest.mark.parametrize(
    "options",
    [
        ["--workers", "0"],
        ["--workers", "x"],
        ["--workers", "99999999999"],
        ["--engine", "ray"],
        ["--on-invalid", "drop"],
    ],
    ids=" ".join,
)
def test_an_argument_that_is_none_is_exit_2(maas: Maas, good: Path, options: list[str]):
    with pytest.raises(SystemExit) as ended:
        score(maas, good, *options)
    assert ended.value.code == 2


@pytest.mark.parametrize(
    ("options", "what"),
    [
        (["--scheduler", "tcp://localhost:8786"], "add --engine dask"),
        (["--version", "9"], "no such version"),
        (["--keep", "none"], "has no column 'none'"),
    ],
)
def test_an_argument_that_does_not_fit_is_one_line_and_exit_2(
    maas: Maas, good: Path, options: list[str], what: str
):
    done = score(maas, good, *options)
    assert (done.code, done.out) == (2, "")
    assert what in done.err.splitlines()[-1]
    assert not (good.parent / "out").exists()


def test_nothing_there_to_score_is_exit_2(maas: Maas, good: Path):
    done = score(maas, good.with_name("none.csv"))
    assert done.code == 2
    assert "none.csv: does not exist" in done.err


def test_the_example_of_the_page_is_real(
    maas: Maas,
    own: Workspace,  # noqa: ARG001
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
):
    page = (PROJECT / "docs/scoring.md").read_text(encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    shown = page.partition("$ cat flowers.csv\n")[2].partition("$ python")[0]
    (tmp_path / "flowers.csv").write_text(shown)
    command = ["score", "flowers.csv", "out", "--keep", "id", "--workers", "1"]
    failed = maas(*command)
    assert failed.code == 2
    assert failed.err in page
    done = maas(*command, "--on-invalid", "quarantine")
    assert all(line in page for line in done.err.splitlines())
    assert done.out.rpartition("  out")[0].rpartition("  ")[0] in page
    for row in pq.read_table("out/_invalid.parquet").to_pylist():
        words = " +".join(re.escape(str(value)) for value in row.values())
        assert re.search(words, page)
    exec(page.partition("```python\n")[2].partition("```")[0], {})
    corrected = maas("score", "corrected.csv", "again.csv", "--keep", "id", "file", "row")
    assert corrected.code == 0
    assert (tmp_path / "again.csv").read_text() in page
