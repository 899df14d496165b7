"""A CSV file in any dialect has the rows, places and faults of the plain one."""

import gzip
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from maas.errors import DataError
from maas.tables.dialect import Dialect
from maas.tables.stream import csv_batches
from maas.tables.stream.batch import Batch, Wanted
from maas.tables.stream.csv_batches import describe_csv, read_csv_batches

AB = [Wanted("a", "number"), Wanted("b", "category")]
SEMICOLONS = Dialect(";", ",", delimiter_is_known=True)
WAYS = {
    "plain": (".csv", Dialect()),
    "tabs": (".tsv", Dialect("\t", delimiter_is_known=True)),
    "semicolons": (".csv", SEMICOLONS),
    "gzip": (".csv.gz", Dialect()),
    "cp1252": (".csv", Dialect("|", encoding="cp1252", delimiter_is_known=True)),
    "UTF-16": (".csv.gz", Dialect(";", ",", "utf-16", delimiter_is_known=True)),
}


def write(path: Path, content: str, dialect: Dialect) -> None:
    """Write a file that is given with commas and points."""
    text = content.replace(",", dialect.delimiter).replace(".", dialect.decimal)
    data = text.encode(dialect.encoding)
    path.write_bytes(gzip.compress(data) if path.suffix == ".gz" else data)


def outcome(read: Callable[[], list[Batch]]) -> tuple[Any, ...]:
    """All that the batches hold, or the fault without the name of the file."""
    try:
        batches = read()
    except DataError as error:
        return (str(error).split(": ", 1)[1].split("; ")[0],)
    return (
        [int(row) for batch in batches for row in batch.rows],
        [[column.at(row) for batch in batches for column in [batch.columns[n]]
          for row in range(len(column))] for n in range(2)],
        [(line.row, line.reason) for batch in batches for line in batch.bad_lines],
    )  # fmt: skip


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("seed", range(4))
def test_rows_places_and_bad_lines_are_those_of_the_plain_file(
    tmp_path: Path, way: str, seed: int, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(csv_batches, "_BLOCK_BYTES", 300)
    random.seed(seed)
    lines = [
        random.choices((f"{n}.5,é{n}", "x,y", ",", f"{n},x,x", ""), (50, 2, 2, seed, 1))[0]
        for n in range(400)
    ]
    suffix, dialect = WAYS[way]
    content = "a,b\n" + "\n".join(lines) + random.choice(("", "\n"))
    plain, path = tmp_path / "plain.csv", tmp_path / f"in{suffix}"
    write(plain, content, Dialect())
    write(path, content, dialect)
    assert describe_csv(path, dialect).names == ("a", "b")
    for skips in (True, False):
        expected = outcome(lambda s=skips: list(read_csv_batches(plain, AB, [], s)))
        found = outcome(lambda s=skips: list(read_csv_batches(path, AB, [], s, dialect)))
        assert found == expected


@pytest.mark.parametrize("way", WAYS)
def test_a_header_alone_has_no_batch(tmp_path: Path, way: str):
    suffix, dialect = WAYS[way]
    path = tmp_path / f"in{suffix}"
    write(path, "a,b", dialect)
    assert describe_csv(path, dialect).names == ("a", "b")
    assert list(read_csv_batches(path, AB, [], False, dialect)) == []


def test_words_that_are_gaps_and_forms_are_those_of_the_version(tmp_path: Path):
    path = tmp_path / "in.csv"
    path.write_text("a;b;id\n$1.234,5;-;-\n-;x;1\n1.5;y;2\n7;NA;\n")
    dialect = Dialect(";", ",", null_values=("-",), delimiter_is_known=True)
    wanted = [Wanted("a", "number", "money"), Wanted("b", "category")]
    (batch,) = read_csv_batches(path, wanted, ["id"], False, dialect)
    a, b = ([column.at(row) for row in range(4)] for column in batch.columns)
    assert a == [1234.5, None, "1.5", 7.0]
    assert b == [None, "x", "y", None]
    assert batch.table["id"].to_pylist() == [None, "1", "2", None]


@pytest.mark.parametrize(
    ("content", "dialect", "what"),
    [
        ("a,b\n1.5,2\n", SEMICOLONS,
         "is separated by ','; the data that the version was trained on are separated by ';'; "
         "write it as these are, or as Parquet, e.g. "
         "pandas.read_csv('in.csv', sep=',').to_parquet('in.parquet')"),
        ("a;b\n1,5;2\n", Dialect(),
         "is separated by ';', with decimal commas; the data that the version was trained on are "
         "separated by ','; write it as these are, or as Parquet, e.g. "
         "pandas.read_csv('in.csv', sep=';', decimal=',').to_parquet('in.parquet')"),
        ("a\tb\n1\t2\n", Dialect("|", delimiter_is_known=True), "is separated by '\\t'; the data"),
    ],
)  # fmt: skip
def test_a_file_that_is_plainly_written_otherwise_is_refused(
    tmp_path: Path, content: str, dialect: Dialect, what: str
):
    path = tmp_path / "in.csv"
    path.write_text(content)
    with pytest.raises(DataError) as caught:
        describe_csv(path, dialect)
    assert str(caught.value).startswith(f"{path}: {what}")


@pytest.mark.parametrize("content", ["a;b\n1,5;2\n", "a\n1,5\n", "a;b,c\n1;2\n", 'a\n"1;2"\n'])
def test_a_file_with_the_separator_of_the_version_is_not_doubted(tmp_path: Path, content: str):
    path = tmp_path / "in.csv"
    path.write_text(content)
    assert describe_csv(path, SEMICOLONS).names[0] == "a"


def test_a_file_that_is_not_whole_is_refused(tmp_path: Path):
    path = tmp_path / "in.csv.gz"
    random.seed(0)
    whole = gzip.compress(
        ("a,b\n" + "".join(f"{random.random()},x\n" for _ in range(200_000))).encode()
    )
    for data, what in (
        (whole[:-100], "is not a whole gzip file"),
        (whole[: len(whole) // 2], "is not a whole gzip file"),
        (b"a,b\n1,2\n", "is not a whole gzip file"),
        (gzip.compress(b""), "holds empty lines only"),
        (gzip.compress("a,b\n".encode("utf-16")), "is UTF-16 text; save it as UTF-8"),
    ):
        path.write_bytes(data)
        with pytest.raises(DataError, match=what):
            describe_csv(path) and list(read_csv_batches(path, AB, []))
    path.write_bytes(whole + gzip.compress(b"1,last\n"))  # as `cat a.gz b.gz` writes it
    batches = list(read_csv_batches(path, AB, []))
    assert sum(len(batch.rows) for batch in batches) == 200_001
    assert len(batches) > 1


def test_text_in_another_encoding_is_refused(tmp_path: Path):
    path = tmp_path / "in.csv"
    dialect = Dialect(encoding="ascii")
    for rows in (1, 400_000):
        path.write_bytes(b"a,b\n" + b"1,x\n" * rows + "2,é\n".encode())
        with pytest.raises(DataError, match="holds text that is not ascii; save it as ascii"):
            list(read_csv_batches(path, AB, [], False, dialect))
