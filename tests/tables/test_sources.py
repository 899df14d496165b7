"""Which files a source names, and what is refused by its name or its first bytes."""

import gzip
import os
import sys
import zipfile
from pathlib import Path

import pytest

from maas.errors import DataError, UnreadableDataError
from maas.tables.sources import find_files

TABLE = b"a,y\n1,p\n2,q\n"


def find(folder: Path, source: str) -> list[str]:
    return [file.name for file in find_files(source, folder)]


def zipped(*names: str) -> bytes:
    path = Path("file.zip")
    with zipfile.ZipFile(path, "w") as archive:
        for name in names:
            archive.writestr(name, "content")
    return path.read_bytes()


def test_a_pattern_names_files_in_the_order_of_their_names(tmp_path: Path):
    for name in ("data/2024-02.csv", "data/2024-01.csv", "data/other.tsv", "data/sub.csv/x.csv"):
        (tmp_path / name).parent.mkdir(exist_ok=True, parents=True)
        (tmp_path / name).write_bytes(TABLE)
    expected = ["data/2024-01.csv", "data/2024-02.csv"]
    assert find(tmp_path, "data/*.csv") == expected
    assert find(tmp_path, "data/2024-0[12].csv") == expected
    assert find(tmp_path, f"{tmp_path}/data/*.csv") == [f"{tmp_path}/{name}" for name in expected]
    assert find(tmp_path, "**/x.csv") == ["data/sub.csv/x.csv"]
    with pytest.raises(DataError, match=r"of several kinds.*2024-01.csv and .*other.tsv"):
        find(tmp_path, "data/*")


@pytest.mark.parametrize("name", ["a[1].csv", "what*.csv", "a?.csv"])
def test_a_file_with_a_pattern_for_a_name_is_that_file(tmp_path: Path, name: str):
    (tmp_path / name).write_bytes(TABLE)
    (tmp_path / "a1.csv").write_bytes(TABLE)
    assert find(tmp_path, name) == [name]


@pytest.mark.parametrize("source", ["none/*.csv", "*.parquet", "a" * 5000 + "*.csv"])
def test_a_pattern_without_a_file_is_refused(tmp_path: Path, source: str):
    (tmp_path / "folder.parquet").mkdir()
    with pytest.raises(
        UnreadableDataError, match=r"matches no file; correct data.source"
    ) as caught:
        find(tmp_path, source)
    assert caught.value.exit_code == 2


@pytest.mark.skipif(sys.platform == "win32", reason="there are no named pipes")
@pytest.mark.parametrize("name", ["pipe.csv", "pipe.csv.gz", "pipe.parquet", "pipe.[c]sv"])
def test_a_pipe_is_refused_before_it_is_waited_for(tmp_path: Path, name: str):
    os.mkfifo(tmp_path / name.replace("[c]", "c"))
    with pytest.raises(UnreadableDataError, match=r"pipe\.\S+: is not a file; copy what it holds"):
        find(tmp_path, name)


@pytest.mark.parametrize("name", ["d.csv", "D.CSV", "d.tsv"])
def test_plain_files_are_found_by_any_suffix_of_theirs(tmp_path: Path, name: str):
    (tmp_path / name).write_bytes(TABLE)
    (tmp_path / f"{name}.GZ").write_bytes(gzip.compress(TABLE))
    assert find(tmp_path, name) == [name]
    assert find_files(f"{name}.GZ", tmp_path)[0].suffix == f"{name[1:].lower()}.gz"


@pytest.mark.parametrize(
    ("name", "said"),
    [
        (
            "book.xlsx",
            "is a workbook, not a table; save its sheet as CSV UTF-8, or run pandas.read",
        ),
        ("book.XLSM", "where openpyxl is installed"),
        ("book.xls", "where xlrd is installed"),
        ("book.ods", "where odfpy is installed"),
        ("data.zip", "is a zip archive; unpack it"),
        ("data.csv.bz2", "neither a .csv, .csv.gz, .parquet, .tsv or .tsv.gz file nor"),
        ("b*.xlsx", "matches book.xlsx, which is a workbook"),
    ],
)
def test_files_of_other_programs_are_refused_by_their_names(tmp_path: Path, name: str, said: str):
    (tmp_path / "book.xlsx").write_bytes(b"")
    with pytest.raises(DataError) as caught:
        find(tmp_path, name)
    assert said in str(caught.value)


def test_files_of_other_programs_are_refused_by_what_they_hold(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.chdir(tmp_path)
    holds = {
        "xlsx.csv": (zipped("[Content_Types].xml", "xl/workbook.xml"), "openpyxl is installed"),
        "ods.csv": (zipped("mimetype", "content.xml"), "odfpy is installed"),
        "zip.csv": (zipped("data.csv"), "is a zip archive; unpack it"),
        "cut.csv": (zipped("data.csv")[:40], "is a zip archive; unpack it"),
        "xls.csv": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "xlrd is installed"),
        "parquet.csv": (b"PAR1....PAR1", "is a Parquet file; give its name the suffix .parquet"),
        "gz.csv": (gzip.compress(TABLE), "compressed with gzip; give its name the suffix .gz too"),
        "plain.csv.gz": (TABLE, "is not compressed with gzip; take .gz off its name"),
    }
    for name, (content, said) in holds.items():
        Path(name).write_bytes(content)
        with pytest.raises(DataError) as caught:
            find(tmp_path, name)
        assert said in str(caught.value), name
