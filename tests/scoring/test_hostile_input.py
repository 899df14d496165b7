"""Input that is no table, has odd names, changes meanwhile, or holds rows that are invalid."""

import os
import shutil
from decimal import Decimal
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
import pytest
from pydantic import ValidationError

import maas.scoring.parts
from maas.errors import DataError, InputError
from maas.model.row import row_type
from maas.model.signature import FLOAT32_MAX
from maas.registry.manifest import Manifest
from maas.registry.registry import Registry
from maas.registry.version import Version
from maas.scoring import part
from maas.scoring.plan import Request
from maas.scoring.run import score
from maas.scoring.score_record import ScoreRecord
from maas.tables.stream.batches import read_batches
from tests.samples import RUN
from tests.score_attack import VERSION, make_table, write_table
from tests.scoring.inline import InlineEngine
from tests.workspace import Workspace


def run(source: object, target: Path, version: Version = VERSION, **options) -> ScoreRecord:
    request = Request(source=str(source), target=target, **options)
    with InlineEngine() as engine:
        return score(version, request, engine)


# Names, and what has them.


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such files")
@pytest.mark.parametrize("inside", [True, False])
def test_pipes_and_devices_are_not_waited_for(tmp_path: Path, inside: bool):
    folder = tmp_path / "in"
    folder.mkdir()
    for make in (os.mkfifo, lambda path: path.symlink_to("/dev/zero")):
        path = folder / "a.parquet"
        make(path)
        with pytest.raises(DataError, match="is not a file"):
            run(folder if inside else path, tmp_path / "out")
        path.unlink()
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("source", ["missing", "missing/a.parquet", "missing.csv"])
def test_what_does_not_exist_is_said_to(tmp_path: Path, source: str):
    with pytest.raises(InputError, match="does not exist"):
        run(tmp_path / source, tmp_path / "out")


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such names")
def test_odd_names_are_kept(tmp_path: Path):
    names = [
        "a b.parquet",
        "é/ü\n.PARQUET",
        "-x.parquet",
        "[a].parquet",
        "a.b.parquet",
        "s.csv/a.parquet",
    ]
    for name in names:
        write_table(tmp_path / "in" / name, make_table(3))
    assert run(tmp_path / "in", tmp_path / "out").scored == 3 * len(names)
    for name in names:
        assert (tmp_path / "out" / name).with_suffix(".parquet").is_file()


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such names")
def test_a_name_that_is_no_text_is_refused(tmp_path: Path):
    path = write_table(tmp_path / "in/a.parquet", make_table(3))
    path.rename(path.with_name(os.fsdecode(b"a\xff.parquet")))
    with pytest.raises(DataError, match="not UTF-8"):
        run(tmp_path / "in", tmp_path / "out")


@pytest.mark.parametrize("name", ["_invalid.parquet", ".maas-a.parquet", "_x/a.parquet"])
def test_a_part_never_has_the_name_of_a_record(tmp_path: Path, name: str):
    path = write_table(tmp_path / "in" / name, make_table(3))
    sources = [path] if "/" not in name else [tmp_path / "in/_*/*.parquet", path]
    if "/" in name:
        write_table(tmp_path / "in/_y/b.parquet", make_table(3))
    with pytest.raises(DataError, match="does not begin with _"):
        run(sources[0], tmp_path / "out")
    assert run(path, tmp_path / "out.parquet").scored == 3


def test_two_files_of_one_name_are_refused(tmp_path: Path):
    write_table(tmp_path / "in/a.parquet", make_table(3))
    write_table(tmp_path / "in/a.PARQUET", make_table(3))
    if len(list((tmp_path / "in").iterdir())) == 1:
        pytest.skip("this file system has one name for both")
    with pytest.raises(DataError, match="rename one of them"):
        run(tmp_path / "in", tmp_path / "out")


@pytest.mark.parametrize("target", ["in", "in/out", ".", "in/sub/out.parquet"])
def test_an_output_in_the_input_or_around_it_is_refused(tmp_path: Path, target: str):
    write_table(tmp_path / "in/sub/a.parquet", make_table(3))
    with pytest.raises(InputError, match="is in the input"):
        run(tmp_path / "in", tmp_path / target)


# What changes meanwhile.


@pytest.mark.parametrize("how", ["removed", "changed"])
@pytest.mark.parametrize("read", [0, 1])
def test_a_file_that_changes_is_refused_and_leaves_nothing_unless_it_may_come_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, how: str, read: int
):
    monkeypatch.setattr(maas.scoring.parts, "_MIN_ROWS", 30)
    path = write_table(tmp_path / "in/a.parquet", make_table(90), 30)
    seen = []

    def read_and_change(*arguments):
        for batch in read_batches(*arguments):
            yield batch
            seen.append(batch)
            if len(seen) == read + 1:
                path.unlink()
                if how == "changed":
                    write_table(path, make_table(90, 1), 30)

    monkeypatch.setattr(part, "read_batches", read_and_change)
    with pytest.raises(InputError, match=r"changed while|cannot be read any more"):
        run(path, tmp_path / "out")
    assert (tmp_path / "out").exists() == (how == "removed")
    assert not list(tmp_path.rglob(".maas-*"))
    if how == "removed":
        monkeypatch.undo()
        monkeypatch.setattr(maas.scoring.parts, "_MIN_ROWS", 30)
        write_table(path, make_table(90), 30)
        assert run(path, tmp_path / "out").scored == 90


# Rows.


def test_any_number_is_read_as_the_number_that_it_is(tmp_path: Path):
    """Each type that carries a number gives the answers of floats."""
    wanted = None
    decimals = pa.array([Decimal(2), Decimal(1)] * 5, pa.decimal128(20, 3))
    for kind in (pa.float64(), pa.float32(), pa.float16(), pa.int8(), pa.uint64(), decimals.type):
        first = decimals if kind == decimals.type else pa.array(np.array([2, 1] * 5), kind)
        table = pa.table({"feature1": first, "feature2": pa.array([1.0] * 10)})
        path = write_table(tmp_path / f"in/{kind}.parquet", table)
        run(path, tmp_path / f"out{kind}", probabilities=True)
        answers = pq.read_table(tmp_path / f"out{kind}")
        wanted = wanted or answers
        assert answers.equals(wanted), kind


KEPT = {
    "view": pa.array(["a"] * 9, pa.string_view()),
    "bytes": pa.array([b"\xff"] * 9, pa.binary_view()),
    "list": pa.array([[1, 2]] * 9),
    "struct": pa.array([{"a": [1]}] * 9),
    "map": pa.array([[("a", 1)]] * 9, pa.map_(pa.string(), pa.int64())),
    "uuid": pa.ExtensionArray.from_storage(pa.uuid(), pa.array([b"a" * 16] * 9, pa.binary(16))),
    "decimal": pa.array([Decimal("1.5")] * 9),
    "null": pa.nulls(9),
    "dictionary": pa.array(["a", "b", None] * 3).dictionary_encode(),
}


@pytest.mark.parametrize("kind", KEPT)
def test_a_column_of_any_type_is_kept(tmp_path: Path, kind: str):
    table = make_table(9, invalid=2).append_column("kept", KEPT[kind])
    path = write_table(tmp_path / "a.parquet", table)
    run(path, tmp_path / "out", keep=("kept",), on_invalid="quarantine")
    valid = pq.read_table(tmp_path / "out/a.parquet")["kept"]
    invalid = pq.read_table(tmp_path / "out/_invalid.parquet")["kept"]
    found = valid.to_pylist() + invalid.to_pylist()
    assert sorted(map(repr, found)) == sorted(map(repr, KEPT[kind].to_pylist()))


@pytest.mark.parametrize("kind", ["bytes", "list", "struct", "map", "uuid"])
def test_what_no_csv_file_can_hold_is_refused_before_it_is_scored(tmp_path: Path, kind: str):
    path = write_table(tmp_path / "a.parquet", make_table(9).append_column("kept", KEPT[kind]))
    with pytest.raises(DataError, match="which a CSV file cannot hold"):
        run(path, tmp_path / "out.csv", keep=("kept",))
    assert os.listdir(tmp_path) == ["a.parquet"]


def test_huge_texts_are_written_in_small_row_groups(tmp_path: Path):
    texts = pa.array([str(n) * 1_000_000 for n in range(100, 190)])
    path = write_table(tmp_path / "a.parquet", make_table(90).append_column("text", texts))
    run(path, tmp_path / "out", keep=("text",))
    run(path, tmp_path / "out.parquet", keep=("text",))
    for file in (tmp_path / "out/a.parquet", tmp_path / "out.parquet"):
        assert pq.read_metadata(file).num_row_groups > 2
        assert pq.read_table(file)["text"].combine_chunks().equals(texts)


BAD = {"first": [0], "last": [299], "two parts": [10, 250], "all": list(range(300))}


@pytest.mark.parametrize("target", ["out", "out.parquet", "out.csv"])
@pytest.mark.parametrize("name", BAD)
def test_invalid_rows_fail_a_job_or_are_put_aside(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, target: str
):
    monkeypatch.setattr(maas.scoring.parts, "_MIN_ROWS", 100)
    table, bad = make_table(300), BAD[name]
    first = table["feature1"].to_numpy().copy()
    first[bad] = np.resize([np.nan, np.inf, 1e37], len(bad))
    table = table.set_column(1, "feature1", pa.array(first))
    for kept in ("file", "row", "field", "reason", "input_file"):
        table = table.append_column(kept, pa.array([f"{kept}{n}" for n in range(300)]))
    path = write_table(tmp_path / "in/a.parquet", table, 100)
    with pytest.raises(DataError) as error:
        run(path, tmp_path / target)
    assert int(str(error.value).split("row ")[1].split(":")[0]) - 1 in bad
    assert os.listdir(tmp_path) == ["in"]

    names = ("id", "file", "row", "field", "reason", "input_file")
    record = run(path, tmp_path / target, keep=names, on_invalid="quarantine")
    assert (record.scored, record.refused) == (300 - len(bad), len(bad))
    beside = "out/_invalid.parquet" if target == "out" else f"{target}.invalid.parquet"
    invalid = pq.read_table(tmp_path / beside).to_pylist()
    row = row_type(VERSION.manifest.signature)
    assert [found["row"] - 1 for found in invalid] == bad
    for found in invalid:
        with pytest.raises(ValidationError) as refused:
            row.model_validate({n: found[n] for n in ("feature1", "feature2")})
        says = refused.value.errors()[0]
        assert (found["file"], found["field"]) == ("a.parquet", says["loc"][0])
        assert found["reason"] == says["msg"]
        assert found["id"] == found["row"] - 1
        assert found["input_input_file"] == f"file{found['id']}"
        assert found["input_file"] == f"input_file{found['id']}"
        assert found["input_row"] == f"row{found['id']}"
    if target != "out.csv":
        ids = pq.read_table(tmp_path / target, columns=["id"])["id"].to_pylist()
        assert ids == [n for n in range(300) if n not in bad]


@pytest.fixture(name="overflowing", scope="module")
def make_overflowing(tmp_path_factory: pytest.TempPathFactory) -> Version:
    """A linear model with an input bound that is too large: the sums of large rows overflow."""
    folder = tmp_path_factory.mktemp("overflow")
    numbers = np.linspace(-1, 1, 40)
    columns = {f"f{n}": numbers * (n + 1) + np.cos(np.arange(40) * (n + 1)) for n in range(3)}
    table = pa.table({**columns, "y": 1e4 * sum(columns.values())})
    pa.csv.write_csv(table, folder / "data.csv")
    config = folder / "config.yaml"
    config.write_text(
        "model_name: large\nseed: 1\n"
        f"data: {{source: {folder}/data.csv, target: y}}\n"
        "split: {test_size: 0.2}\n"
        "estimator: {name: LinearRegression}\n"
    )
    trained = Workspace(folder / "trained").train_here(config=config)
    files = {name: trained.read(name) for name in trained.manifest.files}
    content = {
        name: getattr(trained.manifest, name) for name in type(trained.manifest).model_fields
    }
    for name in ("schema_version", "digest", "files"):
        del content[name]
    changes = {"input_bound": FLOAT32_MAX}
    content["signature"] = content["signature"].model_copy(update=changes)
    registry = Registry(folder / "models")
    registry.prepare("large")
    return registry.publish(Manifest.seal(files, **content), files, RUN, [])


@pytest.mark.parametrize("bad", [[0], [299], [5, 6, 290], list(range(300))])
def test_rows_that_the_model_cannot_compute_are_invalid_rows(
    tmp_path: Path, overflowing: Version, bad: list[int]
):
    values = np.linspace(-1, 1, 300)
    values[bad] = FLOAT32_MAX
    path = write_table(tmp_path / "a.parquet", pa.table({f"f{n}": values for n in range(3)}), 100)
    with pytest.raises(DataError, match=rf"row {bad[0] + 1}: The row is too large"):
        run(path, tmp_path / "out", overflowing)
    assert not (tmp_path / "out").exists()
    record = run(path, tmp_path / "out", overflowing, on_invalid="quarantine")
    assert (record.scored, record.refused) == (300 - len(bad), len(bad))
    invalid = pq.read_table(tmp_path / "out/_invalid.parquet")
    assert invalid["row"].to_pylist() == [place + 1 for place in bad]
    assert invalid["field"].to_pylist() == [""] * len(bad)
    shutil.rmtree(tmp_path / "out")
    rest = pa.table({f"f{n}": np.delete(values, bad) for n in range(3)})
    if len(rest):
        run(write_table(tmp_path / "a.parquet", rest), tmp_path / "rest", overflowing)
