"""Files that Excel separates by something else than commas are refused with a way that works."""

import json
import re
from pathlib import Path

import pytest
import yaml

from maas.config.train_config import DataConfig
from maas.errors import DataError
from maas.tables.dialect import Dialect
from maas.tables.reading import read_table
from maas.tables.separators import check_start

EXCEL = "größe;preis;y\n34,5;1.200,50;a\n41;980,00;b\n"


def refuse(folder: Path, data: bytes) -> str:
    (folder / "data.csv").write_bytes(data)
    with pytest.raises(DataError) as caught:
        read_table("data.csv", folder)
    return str(caught.value)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252"])
def test_the_keys_that_the_remedy_names_make_a_table_of_numbers(tmp_path: Path, encoding: str):
    line = refuse(tmp_path, EXCEL.encode(encoding))
    assert "is separated by ';', with decimal commas; set data.delimiter" in line
    keys = re.search("set (.*), or let `python -m maas init .*/data.csv` write the config", line)
    assert keys is not None
    written = [key.removeprefix("data.") for key in re.split(", (?=data)| and ", keys[1])]
    given = {"source": "data.csv", "target": "y", **yaml.safe_load("\n".join(written))}
    assert given["forms"] == {"preis": "thousands"}
    config = DataConfig.model_validate({**given, "encoding": given.get("encoding", "utf-8")})
    table = read_table("data.csv", tmp_path, config=config)
    assert table.column("größe").to_pylist() == [34.5, 41]


@pytest.mark.parametrize("mark", [";", "\t", "|"])
def test_another_separator_is_named(tmp_path: Path, mark: str):
    text = "a,y\n1,x\n2,z\n".replace(",", mark)
    line = refuse(tmp_path, text.encode())
    assert f"is separated by {mark!r}; set data.delimiter: {json.dumps(mark)}, or let" in line
    assert "decimal" not in line


def test_a_delimiter_that_is_given_is_not_doubted():
    start = b"a;b,c\n1;2,3\n"
    check_start("data.csv", b"a;b\n1;2\n", Dialect(delimiter=",", delimiter_is_known=True))
    check_start("data.csv", start.replace(b",", b"\t"), Dialect(delimiter="\t"))
    with pytest.raises(DataError, match="begins with the line 'sep=;'"):
        check_start("data.csv", b"sep=;\n" + start, Dialect(delimiter=";"))


def test_points_in_dates_are_not_taken_for_thousands(tmp_path: Path):
    line = refuse(tmp_path, b"t;a;b\n1.6.2023;1.000;0,5\n2.6.2023;2.000;1,5\n")
    assert 'data.forms: {"a": "thousands"}' in line


def test_the_line_for_excel_is_named(tmp_path: Path):
    assert "begins with the line 'sep=;'" in refuse(tmp_path, b"sep=;\na;y\n1;x\n")


def test_a_file_of_empty_lines_is_refused(tmp_path: Path):
    assert "holds empty lines only" in refuse(tmp_path, b"\n\r\n \n")


def test_a_file_that_is_not_text_is_refused(tmp_path: Path):
    assert "is not text" in refuse(tmp_path, b"\0\5\x16\7\0\2\0\0Mac OS X;;\n\0;;\n")


@pytest.mark.parametrize(
    "text",
    [
        "a,y\n1,x;z\n2,z;x\n",
        "a;b,c,y\n1;2,3,x\n4;5,6,z\n",
        'a,"b;c",y\n1,2;3,x\n',
        "a,y\n1,x|x\n2,x\n",
    ],
)
def test_other_marks_inside_fields_are_text(tmp_path: Path, text: str):
    (tmp_path / "data.csv").write_text(text)
    assert read_table("data.csv", tmp_path).num_columns > 1
