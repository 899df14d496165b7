"""A file that nobody has described is read as training will read it."""

import gzip
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from maas.tables.unknown.unknown_file import read_unknown


def write(folder: Path, text: str, name: str = "t.csv", encoding: str = "utf-8") -> Path:
    path = folder / name
    data = text.encode(encoding)
    path.write_bytes(gzip.compress(data) if name.endswith(".gz") else data)
    return path


ROWS = "".join(f"{n % 7};{n % 5},5;{'äöü'[n % 3]}\n" for n in range(40))


def test_delimiter_decimal_mark_and_encoding_are_found(tmp_path: Path):
    file = read_unknown(write(tmp_path, "a;b;y\n" + ROWS, encoding="cp1252"))
    dialect = file.dialect
    assert (dialect.delimiter, dialect.decimal, dialect.encoding) == (";", ",", "cp1252")
    assert [str(kind) for kind in file.table.schema.types] == ["int64", "double", "string"]
    assert file.columns["y"].different == 3


def test_what_is_guessed_is_kept(tmp_path: Path):
    rows = "".join(f"{n % 5},5;{n % 7}.5;{'?' if n == 3 else n};ü\n" for n in range(40))
    file = read_unknown(write(tmp_path, "a;b;c;d\n" + rows, encoding="cp850"))
    assert file.dialect.null_values == ("?",)
    assert file.encoding_seen.startswith("a guess")
    assert file.doubts[0].endswith("decimal points in 1 column: numbers are read with points")


def test_points_beside_decimal_commas_are_thousands(tmp_path: Path):
    rows = "".join(f"{n % 9 + 1}.{n * 37 % 900 + 100};{n % 5},5\n" for n in range(40))
    file = read_unknown(write(tmp_path, "a;b\n" + rows))
    assert file.columns["a"].form is not None
    assert (file.dialect.decimal, file.columns["a"].form.key) == (",", "thousands")
    assert file.read_again({"a": "thousands"}, []).column("a")[1].as_py() == 2137


def test_words_for_gaps_are_found_and_read_as_gaps(tmp_path: Path):
    rows = "".join(f"{n},{n if n % 9 else '?'}\n" for n in range(40))
    file = read_unknown(write(tmp_path, "a,b\n" + rows))
    assert file.dialect.null_values == ("?",)
    assert (file.columns["b"].gaps, file.columns["b"].kind) == (5, pa.int64())


def test_money_with_decimal_commas_sets_the_decimal_mark_of_the_file(tmp_path: Path):
    rows = "".join(f'{n % 5},"€ {n},50"\n' for n in range(40))
    assert read_unknown(write(tmp_path, "a,b\n" + rows)).dialect.decimal == ","
    points = "".join(f'{n % 5}.5,"€ {n},50"\n' for n in range(40))
    assert read_unknown(write(tmp_path, "a,b\n" + points)).dialect.decimal == "."


def test_columns_that_cannot_be_read_as_they_are_are_faulty(tmp_path: Path):
    rows = "".join(f'00{n % 5},{n},"a\nb{n % 3}"\n' for n in range(40))
    file = read_unknown(write(tmp_path, "zip,a,note\n" + rows))
    assert file.faulty == {"zip", "note"}
    again = file.read_again({}, ["zip"])
    assert again.column("zip")[0].as_py() == "000"


def test_forms_are_read_again(tmp_path: Path):
    rows = "".join(f'{n},"$1,{n + 100}"\n' for n in range(40))
    file = read_unknown(write(tmp_path, "a,b\n" + rows))
    assert file.read_again({"b": "money"}, []).column("b")[2].as_py() == 1102


def test_of_columns_with_one_name_the_first_is_kept(tmp_path: Path):
    pq.write_table(
        pa.Table.from_arrays([pa.array([1, 2]), pa.array([3, 4])], names=["a", "a"]),
        tmp_path / "t.parquet",
    )
    assert read_unknown(tmp_path / "t.parquet").table.to_pydict() == {"a": [1, 2]}


def test_the_columns_are_those_of_the_rows_that_have_a_target(tmp_path: Path):
    rows = "".join(f"{n % 5},{n if n % 4 else ''},{n // 20}\n" for n in range(40))
    file = read_unknown(write(tmp_path, "a,y,b\n" + rows))
    assert [(c.name, c.rows) for c in file.columns_beside("y")] == [("a", 30), ("b", 30)]
    assert [c.name for c in file.columns_beside("a")] == ["y", "b"]


@pytest.mark.parametrize("name", ["t.csv", "t.csv.gz"])
def test_a_large_file_is_sampled_and_says_so(tmp_path: Path, name: str):
    line = ",".join(["12345.678"] * 20)
    path = write(tmp_path, "\n".join([",".join("abcdefghijklmnopqrst"), *[line] * 200_000]), name)
    file = read_unknown(path)
    assert not file.is_whole
    assert file.rows == pytest.approx(200_000, rel=0.02)
    assert file.extent.startswith("a sample of ")
    assert file.extent.endswith("MB")


def test_a_small_file_is_read_whole(tmp_path: Path):
    file = read_unknown(write(tmp_path, "a;b;y\n" + ROWS))
    assert (file.is_whole, file.rows, file.extent) == (True, 40, "all of its 40 rows")
