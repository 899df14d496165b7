"""CSV files that are read in blocks have the types of the whole file."""

from pathlib import Path

import pytest

from maas.errors import DataError
from maas.tables.reading import read_table


@pytest.mark.parametrize(
    "last",
    [" 8", "0x1F", "7", "1.5", "1e3", "text", "2020-01-02", "true", "", "-3", "null", "9" * 20],
)
@pytest.mark.parametrize("first", ["1", " 2", "0.5", "true", "2020-01-01", "word", ""])
def test_a_file_of_many_blocks_has_the_types_of_the_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, first: str, last: str
):
    rows = "".join(f"{index},{first}\n" for index in range(50)) + f"50,{last}\n"
    (tmp_path / "table.csv").write_text("index,value\n" + rows)
    whole = read_table("table.csv", tmp_path)
    monkeypatch.setattr("maas.tables.csv_file._BLOCK_BYTES", 64)
    assert read_table("table.csv", tmp_path).combine_chunks().equals(whole.combine_chunks())


@pytest.mark.parametrize("first", [True, False], ids=["numbers first", "gaps first"])
def test_a_leading_zero_in_a_late_block_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, first: bool
):
    monkeypatch.setattr("maas.tables.csv_file._BLOCK_BYTES", 64)
    codes = [f"5{index}" if first else "" for index in range(50)]
    rows = "".join(f"{index},{code}\n" for index, code in enumerate(codes))
    (tmp_path / "table.csv").write_text(f"index,code\n{rows}50,0501\n")
    with pytest.raises(DataError, match="'code': holds integers with leading zeros"):
        read_table("table.csv", tmp_path)


def test_a_leading_zero_among_texts_is_a_text(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("maas.tables.csv_file._BLOCK_BYTES", 64)
    rows = "".join(f"{index},0{index}\n" for index in range(10, 50))
    (tmp_path / "table.csv").write_text(f"index,code\n{rows}50,K1A\n")
    assert read_table("table.csv", tmp_path).column("code")[0].as_py() == "010"
