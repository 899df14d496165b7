"""How files are cut into parts, and what these are called."""

from pathlib import Path

import pytest

from maas.errors import DataError
from maas.scoring.inputs import Input
from maas.scoring.parts import Part, cut_parts
from maas.tables.dialect import PLAIN
from maas.tables.stream.batches import FileShape


def make(name: str, *row_groups: int, rows: int | None = None) -> Input:
    total = sum(row_groups) if row_groups else rows
    shape = FileShape(("a",), None, tuple(row_groups), total)
    return Input(Path("/data") / name, name, shape, (1, 1), PLAIN, ("a",))


def cut(*files: Input) -> list[Part]:
    return cut_parts(files)


def test_a_small_file_is_one_part_with_its_own_name():
    (part,) = cut(make("x/in.parquet", 10, 20))
    assert (part.name, part.rows, part.first_row) == ("x/in", 30, 0)


def test_a_csv_file_is_one_part_of_unknown_length():
    (part,) = cut(make("in.csv"))
    assert (part.name, part.row_groups, part.rows) == ("in", None, None)


def test_a_large_file_is_cut_between_row_groups():
    size = 400_000
    parts = cut(make("in.parquet", *[size] * 5))
    assert [part.name for part in parts] == ["in.0", "in.1", "in.2"]
    assert [part.rows for part in parts] == [2 * size, 2 * size, size]
    assert [part.first_row for part in parts] == [0, 2 * size, 4 * size]
    assert [list(part.row_groups or ()) for part in parts] == [[0, 1], [2, 3], [4]]


def test_row_groups_are_never_cut():
    assert [part.rows for part in cut(make("in.parquet", 3_000_000, 10))] == [3_000_000, 10]


def test_names_of_many_parts_sort_as_the_rows_do():
    names = [part.name for part in cut(make("in.parquet", *[600_000] * 12))]
    assert names == sorted(names)
    assert names[-1] == "in.11"


def test_a_file_without_rows_is_a_part_too():
    (part,) = cut(make("in.parquet", 0))
    assert part.rows == 0


def test_two_files_whose_parts_would_have_one_name_are_refused():
    with pytest.raises(DataError, match="rename one of them"):
        cut(make("a.parquet", 1), make("a.PARQUET", 1))
    with pytest.raises(DataError, match=r"both be written to in\.0\.parquet"):
        cut(make("in.0.parquet", 1), make("in.parquet", 600_000, 600_000))
    assert len(cut(make("x/a.parquet", 1), make("y/a.parquet", 1))) == 2


def test_a_compressed_file_loses_both_parts_of_its_suffix():
    names = ["a.csv.gz", "b.v2.TSV.GZ", "c/d.tsv", "e.gz.csv"]
    assert [part.name for part in cut(*map(make, names))] == ["a", "b.v2", "c/d", "e.gz"]
