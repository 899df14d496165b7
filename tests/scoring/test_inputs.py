"""Which files an argument names, and which column of them is which feature."""

import logging
import os
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from maas.errors import DataError, InputError, MaasError, UnreadableDataError
from maas.model.signature import Signature
from maas.scoring.inputs import Input, find_inputs
from tests.model.graphs import feature
from tests.scoring.hand_made import make_signature

SIGNATURE = make_signature([feature("a", column="A"), feature("b", column="B", nullable=True)])


def write(path: Path, rows: int = 1, **columns: object) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    made = {name: pa.array([value] * rows) for name, value in (columns or {"a": 1.0}).items()}
    if path.suffix.lower() == ".csv":
        lines = [",".join(made), *[",".join(str(c[i]) for c in made.values()) for i in range(rows)]]
        path.write_text("\n".join(lines) + "\n")
    else:
        pq.write_table(pa.table(made), path)
    return path


def find(argument: object, signature: Signature = SIGNATURE, keep=()) -> list[Input]:
    return find_inputs(str(argument), signature, keep)


def names(argument: object) -> list[str]:
    return [file.name for file in find(argument)]


def refuse(kind: type[MaasError], argument: object, *parts: str, keep=()) -> None:
    with pytest.raises(kind) as raised:
        find(argument, keep=keep)
    for part in parts:
        assert part in str(raised.value)


# Which files ---------------------------------------------------------------------------------


def test_a_file_has_its_own_name(tmp_path: Path):
    (file,) = find(write(tmp_path / "in.parquet", rows=3))
    assert (file.name, file.shape.rows) == ("in.parquet", 3)
    assert file.stamp == (file.path.stat().st_size, file.path.stat().st_mtime_ns)


def test_a_folder_gives_its_files_in_the_order_of_their_names(tmp_path: Path):
    for name in ("b.parquet", "a/2.parquet", "a/10.PARQUET", "a.parquet"):
        write(tmp_path / name)
    assert names(tmp_path) == ["a/10.PARQUET", "a/2.parquet", "a.parquet", "b.parquet"]


def test_hidden_files_records_and_other_files_of_a_folder_are_left_out(tmp_path: Path):
    for name in ("x.parquet", ".y.parquet", "_z.parquet", "_old/a.parquet", ".git/b.parquet"):
        write(tmp_path / name)
    (tmp_path / "notes.txt").write_text("no table")
    assert names(tmp_path) == ["x.parquet"]


def test_a_pattern_gives_files_below_their_common_folder(tmp_path: Path):
    for name in ("in/x/1.parquet", "in/y/1.parquet", "in/y/2.txt", "other/1.parquet"):
        write(tmp_path / name) if name.endswith("t") and "txt" not in name else None
    (tmp_path / "in/y/2.txt").write_text("no table")
    assert names(f"{tmp_path}/in/*/*") == ["x/1.parquet", "y/1.parquet"]
    assert names(f"{tmp_path}/in/**/1.parquet") == ["x/1.parquet", "y/1.parquet"]
    assert names(f"{tmp_path}/in/x/[0-9].parquet") == ["1.parquet"]


def test_a_file_whose_name_looks_like_a_pattern_is_that_file(tmp_path: Path):
    write(tmp_path / "a[1].parquet")
    write(tmp_path / "a1.parquet")
    assert names(tmp_path / "a[1].parquet") == ["a[1].parquet"]


def test_nothing_to_score_is_named(tmp_path: Path):
    refuse(UnreadableDataError, tmp_path / "no.csv", "no.csv", "does not exist")
    refuse(UnreadableDataError, tmp_path, "holds no CSV or Parquet file")
    refuse(UnreadableDataError, tmp_path / "*.csv", "matches no CSV or Parquet file")
    (tmp_path / "in.xlsx").write_bytes(b"PK")
    refuse(InputError, tmp_path / "in.xlsx", "in.xlsx", "neither a CSV nor a Parquet")


def test_files_of_both_kinds_are_not_one_input(tmp_path: Path):
    write(tmp_path / "a.csv")
    write(tmp_path / "b.parquet")
    refuse(DataError, tmp_path, "both CSV and Parquet", "*.csv")
    assert names(f"{tmp_path}/*.csv") == ["a.csv"]


def test_an_input_without_a_row_is_refused(tmp_path: Path):
    write(tmp_path / "a.parquet", rows=0)
    refuse(DataError, tmp_path, "holds no row")


def test_a_file_without_a_row_among_others_is_a_warning(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
):
    write(tmp_path / "a.parquet", rows=0)
    write(tmp_path / "b.parquet")
    with caplog.at_level(logging.WARNING):
        assert names(tmp_path) == ["a.parquet", "b.parquet"]
    assert any("a.parquet holds no row" in line for line in caplog.messages)


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads every folder")
def test_a_folder_that_cannot_be_read_is_named(tmp_path: Path):
    folder = tmp_path / "closed"
    folder.mkdir(mode=0)
    refuse(UnreadableDataError, folder, "cannot be read")


# Which columns -------------------------------------------------------------------------------


def columns(path: Path, **present: object) -> tuple[str | None, ...]:
    (file,) = find(write(path, **present))
    return file.columns


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_columns_have_the_names_of_the_api_or_of_the_training_data(tmp_path: Path, suffix: str):
    path = tmp_path / f"in.{suffix}"
    assert columns(path, b=1.0, a=1.0) == ("a", "b")
    assert columns(path, A=1.0, B=1.0) == ("A", "B")
    assert columns(path, a=1.0) == ("a", None)
    assert columns(path, A=1.0, b=1.0) == ("A", None)  # one file, one naming


def test_a_missing_column_is_named_with_those_that_there_are(tmp_path: Path):
    write(tmp_path / "x.parquet", b=1.0, id=7)
    refuse(DataError, tmp_path, "x.parquet: column 'a'", "does not exist", "there: b, id")
    write(tmp_path / "x.parquet", B=1.0)
    refuse(DataError, tmp_path, "column 'A'")  # the naming that fits better


def test_a_file_with_no_column_of_the_model_is_refused_even_if_all_are_nullable(tmp_path: Path):
    signature = make_signature([feature("a", nullable=True), feature("b", nullable=True)])
    write(tmp_path / "x.parquet", id=7)
    with pytest.raises(DataError, match=r"column 'a' \(and 1 more\)"):
        find(tmp_path, signature)


def test_a_file_that_can_be_read_in_two_ways_is_refused(tmp_path: Path):
    crossed = make_signature([feature("a", column="b"), feature("b", column="a")])
    write(tmp_path / "x.parquet", a=1.0, b=2.0)
    with pytest.raises(DataError, match="rename the columns to the names of the API"):
        find(tmp_path, crossed)


def test_columns_that_are_not_used_are_one_warning(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
):
    for name in ("x.parquet", "y.parquet"):
        write(tmp_path / name, a=1.0, **{"": 3}, id=7, kept="k", note="n")
    with caplog.at_level(logging.WARNING):
        find(tmp_path, keep=["kept"])
    left_out, absent = caplog.messages
    assert left_out.endswith("left out: '', id, note")
    assert "count as null" in absent
    assert absent.endswith("x.parquet, y.parquet")


def test_a_column_of_a_wrong_type_is_refused_with_the_cast_that_helps(tmp_path: Path):
    write(tmp_path / "x.parquet", a="1.5")
    refuse(DataError, tmp_path, "x.parquet: column 'a'", "holds string", "cast it to float64")
    write(tmp_path / "x.parquet", a=b"1.5")
    refuse(DataError, tmp_path, "holds binary", "write it as a number")


def test_a_column_that_is_there_twice_is_refused(tmp_path: Path):
    table = pa.table([pa.array([1.0]), pa.array([2.0])], names=["a", "a"])
    pq.write_table(table, tmp_path / "x.parquet")
    refuse(DataError, tmp_path, "more than one column 'a'")


def test_a_kept_column_that_is_missing_is_refused(tmp_path: Path):
    write(tmp_path / "x.parquet", a=1.0)
    refuse(DataError, tmp_path, "has no column 'id'", keep=["id"])


def test_links_to_folders_are_followed_but_not_in_a_circle(tmp_path: Path):
    (tmp_path / "elsewhere").mkdir()
    write(tmp_path / "elsewhere" / "b.parquet")
    inner = tmp_path / "in"
    inner.mkdir()
    write(inner / "a.parquet")
    (inner / "linked").symlink_to(tmp_path / "elsewhere")
    (inner / "round").symlink_to(inner)
    assert [file.name for file in find(inner)] == ["a.parquet", "linked/b.parquet"]


def test_an_empty_name_is_not_the_current_folder():
    refuse(UnreadableDataError, "", "IN: is empty")
