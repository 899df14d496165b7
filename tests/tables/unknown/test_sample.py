"""What is read of a file that nothing is known of."""

import gzip
import io
import os
import pickle
import sqlite3
import sys
import zipfile
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet
import pytest

from maas.errors import DataError, UnreadableDataError
from maas.tables.unknown.sample import Sample, read_sample

HEADER = b"id,text\n"
LINES = [b"%d,%s\n" % (n, b"x" * (n % 90)) for n in range(60_000)]
LARGE = HEADER + b"".join(LINES)
SIZE = 2**20


@pytest.fixture
def large(tmp_path: Path) -> Path:
    path = tmp_path / "large.csv"
    path.write_bytes(LARGE)
    return path


def lines_of(sample: Sample) -> list[bytes]:
    assert sample.data is not None
    return sample.data.splitlines(keepends=True)


def test_a_small_file_is_taken_whole(large: Path):
    sample = read_sample(large)
    assert sample.data == LARGE
    assert (sample.is_whole, sample.bytes_read, sample.bytes_total) == (True, *[len(LARGE)] * 2)
    assert (sample.path, sample.files, sample.rows_total) == (large, (large,), None)


def test_of_a_larger_file_whole_lines_from_all_over_it_are_taken(large: Path):
    sample = read_sample(large, SIZE)
    header, *lines = lines_of(sample)
    assert header == HEADER
    assert set(lines) <= set(LINES)
    numbers = [int(line.split(b",")[0]) for line in lines]
    assert numbers == sorted(set(numbers))
    assert numbers[0] == 0
    assert numbers[-1] > 45_000
    assert not sample.is_whole
    assert SIZE / 4 < sample.bytes_read <= SIZE
    assert sample.bytes_total == len(LARGE)


def test_the_same_file_gives_the_same_sample(large: Path):
    assert read_sample(large, SIZE) == read_sample(large, SIZE)


def test_a_compressed_file_is_sampled_to_its_end(tmp_path: Path):
    path = tmp_path / "large.csv.gz"
    path.write_bytes(gzip.compress(LARGE, 1))
    assert read_sample(path).data == LARGE
    sample = read_sample(path, SIZE)
    header, *lines = lines_of(sample)
    assert header == HEADER
    assert set(lines) <= set(LINES)
    assert int(lines[-1].split(b",")[0]) > 40_000
    assert (sample.is_whole, sample.bytes_total) == (False, len(LARGE))
    assert SIZE / 4 < sample.bytes_read <= SIZE


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf_16_is_cut_between_letters(tmp_path: Path, encoding: str):
    path = tmp_path / "large.csv"
    rows = b"".join(LINES).decode().replace("x", "\u0a0a")
    path.write_bytes(f"\ufeff{HEADER.decode()}{rows}".encode(encoding))
    sample = read_sample(path, SIZE)
    assert not sample.is_whole
    header, *lines = sample.data.decode(encoding).splitlines(keepends=True)  # type: ignore[union-attr]
    assert header == "\ufeffid,text\n"
    assert {line.replace("\u0a0a", "x").encode() for line in lines} <= set(LINES)


def test_lines_that_are_longer_than_a_block_are_whole(tmp_path: Path):
    rows = [b"%d,%s\n" % (n, b"x" * 300_000) for n in range(20)]
    path = tmp_path / "wide.csv"
    path.write_bytes(HEADER + b"".join(rows))
    _, *lines = lines_of(read_sample(path, 3 * 2**20))
    assert lines
    assert set(lines) <= set(rows)


@pytest.mark.parametrize("size", [2**20, 2**25])
def test_a_first_line_that_is_longer_than_the_sample_or_any_header_is_refused(
    tmp_path: Path, size: int
):
    path = tmp_path / "line.csv"
    path.write_bytes(b"1," * 2**23)
    with pytest.raises(DataError, match=r"first line of more than [18] million bytes; write one"):
        read_sample(path, size)


def test_files_of_a_pattern_are_one_table_under_one_header(tmp_path: Path):
    (tmp_path / "a.csv").write_bytes(b"\xef\xbb\xbfx,y\r\n1,2")
    (tmp_path / "b.csv").write_bytes(b"x,y\n3,4\n")
    (tmp_path / "c.csv.gz").write_bytes(gzip.compress(b"x,y\n5,6\n"))
    sample = read_sample(tmp_path / "*.csv*")
    assert sample.data == b"\xef\xbb\xbfx,y\r\n1,2\n3,4\n5,6\n"
    assert [path.name for path in sample.files] == ["a.csv", "b.csv", "c.csv.gz"]
    assert sample.is_whole


def test_files_with_different_headers_are_refused(tmp_path: Path):
    (tmp_path / "a.csv").write_text("x,y\n1,2\n")
    (tmp_path / "b.csv").write_text("x,z\n1,2\n")
    with pytest.raises(DataError, match=r"b.csv: has another header than a.csv; name files with"):
        read_sample(tmp_path / "*.csv")


def test_parquet_gives_rows_of_all_over_the_file(tmp_path: Path):
    path = tmp_path / "p.parquet"
    pa.parquet.write_table(pa.table({"n": range(100_000)}), path, row_group_size=10_000)
    whole = read_sample(path)
    assert (whole.is_whole, whole.rows_total, whole.data) == (True, 100_000, None)
    sample = read_sample(path, 80_000)
    assert sample.table is not None
    rows = sample.table["n"].to_pylist()
    assert {row // 10_000 for row in rows} == set(range(10))
    assert 5_000 < len(rows) < 20_000
    assert (sample.is_whole, sample.rows_total) == (False, 100_000)
    assert sample.bytes_total == path.stat().st_size > 5 * sample.bytes_read


def test_parquet_files_of_a_pattern_are_one_table(tmp_path: Path):
    for n in range(2):
        pa.parquet.write_table(pa.table({"n": [n]}), tmp_path / f"{n}.parquet")
    sample = read_sample(tmp_path / "?.parquet")
    assert sample.table == pa.table({"n": [0, 1]})
    pa.parquet.write_table(pa.table({"m": [0]}), tmp_path / "2.parquet")
    with pytest.raises(DataError, match="different columns; name files with the same columns"):
        read_sample(tmp_path / "?.parquet")
    (tmp_path / "3.csv").write_text("n\n1\n")
    with pytest.raises(DataError, match=r"3.csv: is not a Parquet file, as the others are"):
        read_sample(tmp_path / "[013].*")


def test_what_does_not_exist_or_is_a_folder_is_refused(tmp_path: Path):
    with pytest.raises(UnreadableDataError, match=r"no.csv: does not exist; correct its name"):
        read_sample(tmp_path / "no.csv")
    with pytest.raises(UnreadableDataError, match=r"is a folder; name a file in it"):
        read_sample(tmp_path)
    with pytest.raises(UnreadableDataError, match=r"is a pattern that no file has"):
        read_sample(tmp_path / "*.csv")


def excel() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("xl/workbook.xml", "<workbook/>")
    return file.getvalue()


def archive() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("data.csv", "a,b\n1,2\n")
    return file.getvalue()


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"", r"is empty \(0 bytes\)"),
        (b"\n\r\n  \n", "empty lines only"),
        (b"\xef\xbb\xbf\n", "empty lines only"),
        (excel(), "is a workbook, not a table; save its sheet as CSV UTF-8"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1", "is a workbook, not a table"),
        (archive(), "is a zip archive; unpack it"),
        (b"\x89PNG\r\n\x1a\n\0\0", "is an image"),
        (b"%PDF-1.7\n%\xe2\xe3", "is a PDF document"),
        (pickle.dumps({"a": [1, 2]}), "is a Python pickle"),
        (b"a,b\n1,\0\n", "is not text: it holds bytes 0"),
        (bytes(range(1, 32)) * 9, "is not text;"),
        (b'[{"a": 1}]', "is JSON"),
        (b"<!DOCTYPE html>\n<html>", "is a web page"),
        (b"version https://git-lfs.github.com/spec/v1\n", "is a pointer of Git LFS"),
        (b"\x1f\x8b\x08\0", "is compressed with gzip; give its name the suffix .gz too"),
        (b"PAR1", "is a Parquet file; give its name the suffix .parquet"),
    ],
)
def test_what_is_no_csv_text_is_refused_by_what_it_is(tmp_path: Path, content: bytes, what: str):
    path = tmp_path / "d.csv"
    path.write_bytes(content)
    with pytest.raises(DataError, match=what) as caught:
        read_sample(path)
    assert "\n" not in str(caught.value)


def test_a_database_is_refused(tmp_path: Path):
    path = tmp_path / "d.csv"
    base = sqlite3.connect(path)
    base.execute("create table t (a int)")
    base.commit()
    base.close()
    with pytest.raises(DataError, match="is an SQLite database"):
        read_sample(path)


@pytest.mark.parametrize(
    ("name", "better"),
    [("d.txt", "d.csv"), ("d.data", "d.csv"), ("d", "d.csv"), ("d.data.gz", "d.data.csv.gz")],
)
def test_a_name_that_training_does_not_read_is_refused(tmp_path: Path, name: str, better: str):
    (tmp_path / name).write_text("a,b\n1,2\n")
    with pytest.raises(DataError, match=rf"rename it to {better}$"):
        read_sample(tmp_path / name)


def test_a_compressed_file_that_was_cut_or_is_no_text_is_refused(tmp_path: Path):
    path = tmp_path / "d.csv.gz"
    path.write_bytes(gzip.compress(LARGE)[:-100])
    with pytest.raises(DataError, match=r"is damaged or was not written to its end .*; write it"):
        read_sample(path)
    path.write_bytes(gzip.compress(b"a\0b" * 100))
    with pytest.raises(DataError, match="is not text"):
        read_sample(path)


def test_a_damaged_parquet_file_is_refused(tmp_path: Path):
    path = tmp_path / "d.parquet"
    path.write_bytes(b"PAR1 and so on")
    with pytest.raises(DataError, match="is not a valid Parquet file"):
        read_sample(path)
    pa.parquet.write_table(pa.table({"n": pa.array([], pa.int64())}), path)
    with pytest.raises(DataError, match="has columns but no rows; add rows"):
        read_sample(path)


@pytest.mark.skipif(sys.platform == "win32", reason="there are no pipes and devices with names")
def test_pipes_and_devices_are_refused_unopened(tmp_path: Path):
    os.mkfifo(tmp_path / "pipe.csv")
    (tmp_path / "zero.csv").symlink_to("/dev/zero")
    for path in (tmp_path / "pipe.csv", tmp_path / "zero.csv", Path("/dev/zero")):
        with pytest.raises(UnreadableDataError, match="is not a file; copy what it holds"):
            read_sample(path)
