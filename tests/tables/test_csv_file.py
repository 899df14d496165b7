"""CSV files in any dialect; what is read in blocks has the types of the whole file."""

import re
from pathlib import Path

import pytest

from maas.errors import DataError
from maas.tables.csv_file import read_csv_bytes
from maas.tables.dialect import Dialect
from maas.tables.faults import Faults
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


def read_in(dialect: Dialect, data: bytes, **kwargs) -> dict[str, list]:
    faults = Faults("data.csv")
    table = read_csv_bytes(data, "data.csv", faults, dialect=dialect, **kwargs)
    faults.check()
    found: dict[str, list] = table.to_pydict()
    return found


def test_numbers_have_the_decimal_mark_of_the_dialect():
    dialect = Dialect(delimiter=";", decimal=",")
    text = b"whole;part;mixed;point\n1;0,5;1;1.5\n-2;1e3;2,25;2.5\n"
    assert read_in(dialect, text) == {
        "whole": [1, -2],
        "part": [0.5, 1000.0],
        "mixed": [1, 2.25],
        "point": ["1.5", "2.5"],
    }


def test_words_for_gaps_are_added_to_the_usual_ones_in_every_column():
    dialect = Dialect(null_values=("-", "unknown"))
    text = b"n,t,b\n1,unknown,true\n-,x,-\nNA,,false\n"
    assert read_in(dialect, text) == {
        "n": [1, None, None],
        "t": [None, "x", None],
        "b": [True, None, False],
    }
    assert read_in(Dialect(), text)["n"] == ["1", "-", None]
    assert read_in(dialect, b"n,z\n-,1\n5,2\n", text_columns=["n"])["n"] == [None, "5"]


@pytest.mark.parametrize("block", [64, 2**22])
@pytest.mark.parametrize("name", ["cp1252", "latin-1", "utf-16", "utf-16-le", "utf-8-sig", "UTF8"])
def test_text_is_read_in_its_encoding(monkeypatch: pytest.MonkeyPatch, name: str, block: int):
    monkeypatch.setattr("maas.tables.csv_file._BLOCK_BYTES", block)
    rows = [("Köln", n) if n % 3 else ("Süd", n) for n in range(80)]
    text = "größe,n\n" + "".join(f"{city},{n}\n" for city, n in rows)
    found = read_in(Dialect(encoding=name), text.encode(name))
    assert found == {"größe": [city for city, _ in rows], "n": [n for _, n in rows]}


def test_letters_that_are_longer_in_utf8_fit_into_one_block():
    text = "a,b\n1," + "€" * 9000 + "\n"
    assert read_in(Dialect(encoding="cp1252"), text.encode("cp1252"))["b"] == ["€" * 9000]


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("ascii", "a,b\n1,é\n".encode(), "is not text in ascii, which data.encoding names"),
        ("utf-16", "a,b\n1,x\n".encode("utf-16")[:-1], "is not text in utf-16"),
        ("cp1252", b"a,b\n1,\x81\n", "is not text in cp1252.*; correct data.encoding"),
        ("utf-8", "a,b\n1,é\n".encode("cp1252"), "not UTF-8 text; set data.encoding .* cp1252"),
        ("utf-8", "a,é\n1,é\n".encode("cp1252"), "header that is not UTF-8; set data.encoding"),
        ("utf-8", "a,b\n1,x\n".encode("utf-16"), "is UTF-16 text; set data.encoding: utf-16"),
        ("utf-8", "a,b\n1,x\n".encode("utf-32"), "is UTF-32 text; set data.encoding: utf-32"),
    ],
)
def test_a_wrong_encoding_is_one_line_with_the_key(name: str, data: bytes, said: str):
    with pytest.raises(DataError, match=said) as caught:
        read_in(Dialect(encoding=name), data)
    assert "\n" not in str(caught.value)
    for encoding in re.findall("set data.encoding: (.*?),", str(caught.value)):
        assert read_in(Dialect(encoding=encoding), data) == {"a": [1], "b": ["x"]}


def test_lines_of_another_delimiter_are_told_of_the_key():
    with pytest.raises(
        DataError, match=r"has 3 columns in line 2, but 2 in its header; .* or data.delimiter"
    ):
        read_in(Dialect(delimiter=";"), b"a;b\n1;2;3\n")
