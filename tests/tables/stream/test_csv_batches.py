"""A CSV file in batches has the rows that training reads, and the places of lines that are none."""

import csv
import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from maas.errors import DataError
from maas.tables.columns import CONVERTERS
from maas.tables.reading import read_table
from maas.tables.stream import csv_batches
from maas.tables.stream.batch import BadLine, Batch, Wanted
from maas.tables.stream.csv_batches import describe_csv, read_csv_batches

A = [Wanted("a", "number")]
AB = [Wanted("a", "number"), Wanted("b", "category")]


def values_of(batches: list[Batch]) -> list[list[Any]]:
    """The values of each column."""
    return [
        [column.at(row) for column in columns for row in range(len(column))]
        for columns in zip(*(batch.columns for batch in batches), strict=True)
    ]


def read(path: Path, content: bytes | str, wanted: list[Wanted], **options: Any) -> list[Batch]:
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return list(read_csv_batches(path, wanted, **{"kept": [], **options}))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "table.csv"


@pytest.fixture
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(csv_batches, "_BLOCK_BYTES", 200)
    monkeypatch.setattr(csv_batches, "_MAX_ROWS", 7)
    random.seed(3)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("a,b\n1,x\n2,y\n", [[1, 2], ["x", "y"]]),
        ("a,b\n1,x\n2,y", [[1, 2], ["x", "y"]]),
        ("a,b\r\n1,x\r\n2,y\r\n", [[1, 2], ["x", "y"]]),
        ("a,b\r1,x\r2,y", [[1, 2], ["x", "y"]]),
        (b"\xef\xbb\xbfa,b\n1,x\n", [[1], ["x"]]),
        ("\n\na,b\n\n1,x\n\n\n2,y\n\n", [[1, 2], ["x", "y"]]),
        ('"a","b"\n"1","x, y"\n2,"say ""hi"""\n', [[1, 2], ["x, y", 'say "hi"']]),
        ("b,c,a\nx,0,1\n", [[1], ["x"]]),
        ("a,c,b,c\n1,0,x,0\n", [[1], ["x"]]),
        ('a,c,b\n1,"several\nlines",x\n', [[1], ["x"]]),
        ("a,b\n,\nNA,null\n", [[None, None], [None, None]]),
        ("a,b\n1,\0\n\x002,x\n", [[1, "\x002"], ["\0", "x"]]),
        ("a,b\n1,été\n", [[1], ["été"]]),
        ("a,b\n1,x y \n", [[1], ["x y "]]),
        (b"a,c,b\n1,\xe9,x\n", [[1], ["x"]]),
    ],
)
def test_a_file_has_these_values(path: Path, content: bytes | str, expected: list[list[Any]]):
    batches = read(path, content, AB)
    assert values_of(batches) == expected
    assert [row for batch in batches for row in batch.rows] == list(range(len(expected[0])))


@pytest.mark.parametrize("header", ["a,b", "a,b\n", "a,b\r\n\r\n"])
def test_a_header_alone_has_no_batch(path: Path, header: str):
    assert read(path, header, AB) == []
    assert describe_csv(path).names == ("a", "b")


def test_a_name_that_is_there_twice_is_twice_in_the_shape(path: Path):
    path.write_text("a,b,a,\n1,2,3,4\n1,2\n")
    shape = describe_csv(path)
    assert (shape.names, shape.types, shape.row_groups, shape.rows) == (
        ("a", "b", "a", ""), None, (), None,
    )  # fmt: skip


def test_kept_columns_are_texts(path: Path):
    batches = read(path, "a,id,b\n1,007,x\n2,,y\n", AB, kept=["id", "a"])
    assert batches[0].table.to_pydict() == {
        "a": ["1", "2"], "b": ["x", "y"], "id": ["007", None],
    }  # fmt: skip


@pytest.mark.usefixtures("small_blocks")
@pytest.mark.parametrize("seed", range(8))
def test_lines_that_are_no_rows_keep_their_places(path: Path, seed: int):
    random.seed(seed)
    bad = [random.random() < (0.0, 0.02, 0.5, 0.95)[seed % 4] for _ in range(500)]
    lines = [f"{n},x,{n}" if skipped else f"{n},x" for n, skipped in enumerate(bad)]
    content = "a,b\n" + "".join(f"{line}\n" + "\n" * (random.random() < 0.1) for line in lines)
    batches = read(path, content, AB, skip_bad_lines=True)
    rows = [int(row) for batch in batches for row in batch.rows]
    assert rows == [n for n, skipped in enumerate(bad) if not skipped]
    assert values_of(batches)[0] == rows
    found = [line for batch in batches for line in batch.bad_lines]
    assert found == [
        BadLine(n, "has 3 columns, and the header has 2", lines[n]) for n in range(500) if bad[n]
    ]
    assert all(len(batch.rows) == len(batch.table) <= 7 for batch in batches)
    if True not in bad:
        assert all(type(batch.rows) is range for batch in batches)


@pytest.mark.usefixtures("small_blocks")
def test_a_file_of_lines_that_are_no_rows(path: Path):
    batches = read(path, "a,b\n" + "1\n" * 300, AB, skip_bad_lines=True)
    assert [len(batch.columns[0]) for batch in batches] == [0]
    assert [line.row for line in batches[0].bad_lines] == list(range(300))
    assert batches[0].bad_lines[0].reason == "has 1 column, and the header has 2"


@pytest.mark.usefixtures("small_blocks")
@pytest.mark.parametrize("before", [0, 1, 5, 300])
@pytest.mark.parametrize(
    ("line", "what"),
    [
        (b"1,x,0", "row {}: has 3 columns, and the header has 2; correct"),
        (b"1", "row {}: has 1 column, and the header has 2; correct"),
        (b'1,"x\ny"', "row {}: column 'b': holds text of several lines; close the quote"),
        (b'"1\n",x', "row {}: column 'a': holds text of several lines; close the quote"),
        (b"1,\xe9", "row {}: holds text that is not UTF-8; save it as UTF-8"),
    ],
)
def test_a_row_that_cannot_be_read_is_named(path: Path, line: bytes, what: str, before: int):
    content = b"a,b\n" + b"1,x\n\n" * before + line + b"\n1,x\n"
    with pytest.raises(DataError) as caught:
        read(path, content, AB)
    assert f"{path}: {what.format(before + 1)}" in str(caught.value)


@pytest.mark.usefixtures("small_blocks")
def test_a_quote_that_is_not_closed_takes_no_rows(path: Path):
    for rest in ('1,"y\n2,z\n3,z,z\n', '1,"y\n2,z\n3,z",z\n4,z\n', '"1,y\n2,z\n3,z\n'):
        with pytest.raises(DataError, match=r"row 2: .*holds text of several lines; close the qu"):
            read(path, f"a,b\n1,x\n{rest}", AB, skip_bad_lines=True)


def test_a_line_longer_than_a_block_is_refused(path: Path):
    content = "a,b\n1,x\n1," + "x" * 5 * 2**19 + "\n1,x\n"
    with pytest.raises(DataError, match="has a line of more than 1 MB; close the quote"):
        read(path, content, AB)
    assert len(values_of(read(path, content.replace("x" * 2**20, ""), AB))[0]) == 3


def test_too_many_lines_that_are_no_rows_are_refused(path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(csv_batches, "_MAX_BAD_LINES", 10)
    assert len(read(path, "a,b\n" + "1\n" * 10, AB, skip_bad_lines=True)[0].bad_lines) == 10
    what = "has over 10 lines that are not rows; that of row 11 has 1 column, and the header has 2"
    with pytest.raises(DataError, match=what):
        read(path, "a,b\n" + "1\n" * 11, AB, skip_bad_lines=True)


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"a;b\n1;2\n", "is separated by ';'"),
        (b"\n\n", "holds empty lines only"),
        (b"a,\xe9\n1,2\n", "has a header that is not UTF-8"),
    ],
)
def test_what_is_no_such_table_is_refused(path: Path, content: bytes, what: str):
    path.write_bytes(content)
    with pytest.raises(DataError, match=what):
        describe_csv(path)


def write_random(path: Path, rows: int) -> list[Wanted]:
    """A file of every kind of column that training takes."""
    choices: dict[Wanted, list[str]] = {
        Wanted("float", "number"): [repr(random.uniform(-1e3, 1e3)) for _ in range(99)],
        Wanted("few", "number"): ["2.50", "1", " 3", "", "1e-3", "-nan"],
        Wanted("int", "integer"): [str(n) for n in range(-99, 99)],
        Wanted("hex", "integer"): [hex(n) for n in range(99)],
        Wanted("gaps", "integer"): ["7", "NA", "-1"],
        Wanted("whole", "integer"): ["7.0", "", "1e3"],
        Wanted("flag", "boolean"): ["true", "False", "TRUE", ""],
        Wanted("bit", "boolean"): ["0", "1", "NaN"],
        Wanted("written by pandas", "boolean"): ["0.0", "1.0", ""],
        Wanted("text", "category"): ["a", "b, c", "", '"', "1"],
    }
    columns = {
        feature: [texts[0], *random.choices(texts, k=rows - 1)]
        for feature, texts in choices.items()
    }
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow([feature.column for feature in columns])
        writer.writerows(zip(*columns.values(), strict=True))
    return list(columns)


@pytest.mark.usefixtures("small_blocks")
@pytest.mark.parametrize("rows", [1, 3, 400])
def test_a_file_has_the_values_that_training_reads(path: Path, rows: int):
    wanted = write_random(path, rows)
    table = read_table(path.name, path.parent)
    batches = list(read_csv_batches(path, wanted, []))
    for feature, found in zip(wanted, values_of(batches), strict=True):
        expected = CONVERTERS[feature.type](feature.column, table.column(feature.column))
        gaps = [value is None or value != value for value in expected]
        assert [value is None for value in found] == gaps, feature
        pairs = zip(found, expected, strict=True)
        assert all(value is None or value == other for value, other in pairs), feature
    assert sum(len(batch.rows) for batch in batches) == rows


def test_the_rows_of_no_column_are_counted(path: Path):
    batches = read(path, "a,b\n1,2\n3,4\n", [])
    assert [(batch.rows, batch.columns) for batch in batches] == [(range(2), ())]


def test_a_header_may_have_quotes_and_several_lines(path: Path):
    for header in ('"a\nb",c', "a,c", '5" pipe,c', '"a",c', '"5"" pipe",c'):
        path.write_text(f"{header}\n1,2\n1\n2,3\n")
        assert describe_csv(path).names[1:] == ("c",)
    path.write_text('"a,c\n1,2\n2,3\n')
    with pytest.raises(DataError, match="is not a valid comma-separated table"):
        describe_csv(path)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_line_that_is_no_row_and_not_utf_8_is_refused(path: Path):
    with pytest.raises(DataError, match="row 2: holds text that is not UTF-8; save it as UTF-8"):
        read(path, b"a,b\n1,x\n1,\xe9,\n", AB, skip_bad_lines=True)


def test_no_row_of_a_batch_is_a_copy_of_another(path: Path):
    batches = read(path, "a\n" + "".join(f"{n}\n" for n in range(200_000)), A)
    assert len(batches) > 1
    values = np.concatenate([batch.columns[0].values for batch in batches])
    assert values.tolist() == list(range(200_000))
