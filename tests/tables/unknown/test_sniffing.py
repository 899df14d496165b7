"""How a text file is written, found out by its content alone."""

import csv
import io
from pathlib import Path

import pyarrow as pa
import pyarrow.csv
import pytest

from maas.errors import DataError
from maas.tables.dialect import Dialect
from maas.tables.unknown.headers import MAX_COLUMNS
from maas.tables.unknown.sample import read_sample
from maas.tables.unknown.sniffing import Sniffed, find_dialect

ROWS = [
    ["name", "price", "size", "when"],
    ['Müller, 5" pipe', "1.5", "3", "2020-01-01 10:30"],
    ["Ömer; Café", "22.25", "4", "2020-01-02 11:30"],
    ["O'Hara | x", "-0.125", "5", "2020-01-03 12:30"],
]


def sniff(path: Path, content: bytes | str, size: int | None = None) -> Sniffed:
    path = path if path.suffix else path / "d.csv"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return find_dialect(read_sample(path) if size is None else read_sample(path, size))


def written(rows: list[list[str]], delimiter: str, quoting: int, end: str) -> str:
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter, quoting=quoting, lineterminator=end).writerows(rows)  # type: ignore[arg-type]
    return text.getvalue()


def read(sniffed: Sniffed) -> pa.Table:
    convert = pa.csv.ConvertOptions(decimal_point=sniffed.dialect.decimal)
    data = pa.BufferReader(sniffed.data)
    return pa.csv.read_csv(
        data, parse_options=sniffed.dialect.parse_options, convert_options=convert
    )


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("decimal", [".", ","])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252", "mac_roman"])
@pytest.mark.parametrize(("quoting", "end"), [(csv.QUOTE_ALL, "\r\n"), (csv.QUOTE_MINIMAL, "\n")])
def test_the_table_is_read_however_it_is_written(
    tmp_path: Path, delimiter: str, decimal: str, encoding: str, quoting: int, end: str
):
    rows = [
        [field if n != 1 else field.replace(".", decimal) for n, field in enumerate(row)]
        for row in ROWS
    ]
    found = sniff(tmp_path, written(rows, delimiter, quoting, end).encode(encoding))
    known = {"utf-8-sig": "utf-8"}.get(encoding, encoding)
    assert found.dialect == Dialect(delimiter, decimal, known)
    assert found.names == tuple(ROWS[0])
    table = read(found)
    assert table["name"].to_pylist() == [row[0] for row in ROWS[1:]]
    assert table["price"].to_pylist() == [1.5, 22.25, -0.125]


@pytest.mark.parametrize("mark", [":", "^", "~", " "])
def test_an_unusual_delimiter_is_found_where_no_usual_one_is(tmp_path: Path, mark: str):
    assert sniff(tmp_path, "a,b\n1,2\n3,4\n".replace(",", mark)).dialect.delimiter == mark
    assert sniff(tmp_path, f"a{mark},b\n1{mark},2\n").dialect.delimiter == ","


def test_marks_inside_values_are_no_delimiters(tmp_path: Path):
    found = sniff(tmp_path, "when;text\n10:30;a,b\n11:30;c,d\n")
    assert found.dialect.delimiter == ";"
    assert sniff(tmp_path, "x;y\n1,5;2,5\n3,5;4,5\n").dialect == Dialect(";", ",")
    assert sniff(tmp_path, 'a,b\n"1;2;3",4\n"1;2;3",5\n').dialect.delimiter == ","


def test_one_column_has_commas(tmp_path: Path):
    assert sniff(tmp_path, "when\n10:30\n11:30\n").dialect == Dialect()
    assert sniff(tmp_path, "text\nsome words\nmany more words\n").dialect == Dialect()


def test_what_was_seen_holds_no_value(tmp_path: Path):
    found = sniff(tmp_path, "naïve;y\nsecret;2,5\nhidden;4,5\n".encode("cp1252"))
    guess = "a guess, as the file is not UTF-8: if letters are wrong, try mac_roman or cp850"
    assert (found.encoding_seen, found.doubts) == (guess, ())
    found = sniff(tmp_path, "a,b\n1,2\n")
    assert (found.encoding_seen, found.doubts) == ("", ())
    found = sniff(tmp_path, "a,b\n1,2\n".encode("utf-16"))
    assert found.encoding_seen == "UTF-16 by its byte order mark"


@pytest.mark.parametrize(
    ("delimiter", "values", "decimal"),
    [
        (";", ["1,5", "2"], ","),
        (";", ["1.234,5", "2"], ","),
        (";", ["12,50 €", "3,10 €"], ","),
        (";", ["0,125", "0,250"], ","),
        (";", ["1,234", "2,345"], ","),  # where ; separates columns
        ("\t", ["1,234", "2,345"], "."),  # more likely thousands
        ("\t", ["1,234", "12345"], "."),
        ("\t", ["1,234.5", "2"], "."),
        (";", ["1,234,567", "2,345"], "."),
        (",", ["1,5", "2,25"], ","),
        (",", ["1,200", "3,400"], "."),
        (";", ["3,5", "n/a"], ","),
        (";", ["text of 3,5 b", "many words"], "."),
        (";", ["24.12.2024", "1.2.2024"], "."),
    ],
)
def test_the_decimal_mark_is_that_of_the_numbers(
    tmp_path: Path, delimiter: str, values: list[str], decimal: str
):
    rows = [["a", "b"], *(["x", value] for value in values)]
    text = written(rows, delimiter, csv.QUOTE_MINIMAL, "\n")
    assert sniff(tmp_path, text).dialect == Dialect(delimiter, decimal)


def test_of_numbers_with_both_marks_more_columns_decide(tmp_path: Path):
    found = sniff(tmp_path, "a;b\n1,5;2.5\n3,5;4.5\n")
    assert found.dialect.decimal == "."
    seen = "decimal commas in 1 column, decimal points in 1 column: numbers are read with points"
    assert found.doubts == (seen,)
    found = sniff(tmp_path, "a;b;c\n1,5;2,5;1.5\n3,5;4,5;2.5\n")
    assert found.dialect.decimal == ","
    assert found.doubts[0].endswith("decimal points in 1 column: numbers are read with commas")


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("a,b\n", "has one line only, most likely a header without rows; add rows"),
        ("a,b,a\n1,2,3\n", r"column 'a': exists 2 times: column 1 and 3; rename or remove one"),
        (
            "sep=;\na;b\n1;2\n",
            "begins with the line 'sep=;', which only Excel understands; remove line 1",
        ),
        (
            "# by me\na,b\n1,2\n3,4\n",
            "has line 1 above the header; line 1 is a comment; remove line 1",
        ),
        (
            "Sales\n\nof 2020\na,b,c\n1,2,3\n4,5,6\n",
            "has lines 1 to 3 above the header; .*; remove lines 1 to 3",
        ),
        (
            "a,b\n1,2\n3,4,5\n6,7\n",
            "has 3 columns in line 3, but 2 in its header; put text with commas",
        ),
        (
            "a,b,c\n1,2,3\n1,2,3\nTotal\n",
            "has 1 column in line 4, but 3 in its header; correct that line",
        ),
        (
            'a,b\n"1\n2",3\n4\n5\n6,7\n8,9\n',
            r"has 1 column in line 4 \(and in 1 more\), but 2 in its header; correct",
        ),
        (
            'a,b\n1,2\n3,4\n5,6\n"7,8\n9,1\n',
            "has 1 column in line 5, .*; close the quote that begins in that line",
        ),
        (
            "a,b,c\n1,2\n3,4\n",
            "has 3 names in line 1, but 2 columns in line 2; remove the name or the ','",
        ),
        (
            "a,b\n1,2,\n3,4,\n",
            "has 2 names in line 1, but 3 columns in line 2; remove the ',' at the end",
        ),
        (
            'a,b\n"1",2,3\n"2",4,5\n',
            "has 2 names in line 1, but 3 columns in line 2; write 'id,' before",
        ),
        (
            "a,b\n1,2\na,b\n3,4\na,b\n",
            "repeats its header in line 3 and 1 more; remove each line that",
        ),
        (
            "a,b\ncm,kg\n1,2\n3,4\n5,6\n",
            "has a second line that holds no values: 2 columns of numbers",
        ),
        ("5.1,3.5,setosa\n4.9,3.0,setosa\n", "has no header: its first line holds numbers where"),
        (
            "5.1,3.5\n4.9,3.0\n",
            "has no header: .*; write a line with the names of the columns above it",
        ),
        ("1,2,1\n3,4,5\n", "has no header: numbers stand in its first line more than once"),
        ("x,o\no,x\nx,o\nx,x\no,o\n", "has no header: each text of its first line is a value"),
        ("a  b   c\n1  2   3\n", "separated by runs of spaces; write it with commas"),
        (
            " 1   2\n 3   4\n",
            r"pandas.read_csv\('d.csv', sep=r'\\s\+'\).to_csv\('d-commas.csv', index=False\)",
        ),
        ("x\n1,5\n2,5\n", "has 1 name in line 1, but 2 columns in line 2; write 'id,' before"),
        ("Report 2024,,\na,b,c\n1,2,3\n3,4,5\n", "has line 1 above the header; line 1 has few"),
        ("Report,,\n,,\na,b,c\n1,2,3\n", "has lines 1 to 2 above the .*; remove lines 1 to 2"),
        ("Report\na,b\n1,2\n3,4\n", "has line 1 above the header; line 1 is not separated by"),
        ('a,b\n"1,2\n3,4\n', "has 1 column in line 2, but 2 in its header; close the quote that"),
        ('a,b\n"1,2\n' + "3,4\n" * 50_000, "has 1 column in line 2, .*; close the quote that"),
        ('"a,b\n' + "3,4\n" * 50_000, "has a text in line 1 that is too long for a name; close"),
        ("x" * 200_000, "has a text in line 1 that is too long for a name; close its quote"),
    ],
)
def test_what_training_cannot_read_is_refused_with_its_line(tmp_path: Path, text: str, error: str):
    with pytest.raises(DataError, match=error) as caught:
        sniff(tmp_path, text)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "text",
    [
        ",a,b\n1,2,3\n2,4,5\n",  # an index without a name, as pandas writes it
        ",a,\n1,2,3\n",
        "a,b\n1,2\n\n3,4\n",
        "#,a\n1,2\n3,4\n",
        "country,1990,1991\nA,5,6\nB,7,8\n",
        "0,1\n5,6\n7,8\n",
        "1990,1995,2000\n5,6,7\n7,8,1\n",
        ',0.5,0.9\n1,2,3\n"2",4,5\n',
        "a,b\n?,-\n1,2\n3,4\n5,6\n",
        "name,kind\na,b\nb,a\n",
        "a,b\n1,x\n2,b\n",  # a value that is equal to a name
        "'a','b'\n'x',1\n'y',2\n",
        'a,b\n"line\nbreak",1\n"x",2\n',
    ],
)
def test_usual_headers_are_taken(tmp_path: Path, text: str):
    found = sniff(tmp_path, text)
    assert found.dialect == Dialect()
    assert found.data == text.encode()
    assert found.names == tuple(next(csv.reader([text.splitlines()[0]])))


def test_too_many_columns_are_refused(tmp_path: Path):
    def table(count: int) -> str:
        names = ",".join(f"c{n}" for n in range(count))
        return f"{names}\n{','.join('1' * count)}\n"

    with pytest.raises(DataError, match=f"has 100000 columns; keep at most {MAX_COLUMNS} columns"):
        sniff(tmp_path, table(100_000))
    assert len(sniff(tmp_path, table(MAX_COLUMNS)).names) == MAX_COLUMNS


@pytest.mark.parametrize(
    ("content", "encoding"),
    [
        ("café;1\n".encode("cp1252"), "cp1252"),
        ("a ‘quoted’ – text;1\n".encode("cp1252"), "cp1252"),
        ("café;1\n".encode("mac_roman"), "mac_roman"),
        (b"caf\xe9 \x81;1\n", "latin-1"),
        ("日本;1\n".encode(), "utf-8"),
    ],
)
def test_the_encoding_is_guessed_by_the_bytes_beside_letters(
    tmp_path: Path, content: bytes, encoding: str
):
    assert sniff(tmp_path, b"a;b\n" + content).dialect.encoding == encoding


@pytest.mark.parametrize("encoding", ["cp1251", "koi8-r", "gb18030", "cp1253"])
def test_an_encoding_that_cannot_be_told_is_refused(tmp_path: Path, encoding: str):
    word = {"gb18030": "中文字符", "cp1253": "Ελληνικά"}.get(encoding, "Москва")
    with pytest.raises(DataError, match="neither UTF-8 nor text in a Western European language"):
        sniff(tmp_path, f"a;b\n{word};1\n".encode(encoding))


def test_a_line_that_is_not_utf_8_among_others_is_named(tmp_path: Path):
    text = "a,b\ncafé,1\nnaïve,2\n".encode() + b"caf\xe9,3\n"
    with pytest.raises(DataError, match="is UTF-8, but for line 4; correct it"):
        sniff(tmp_path, text)


def rows_of(sniffed: Sniffed) -> list[list[str]]:
    return list(csv.reader(io.StringIO(sniffed.data.decode(), newline="")))


def test_of_a_large_file_rows_with_line_breaks_in_quotes_are_whole(tmp_path: Path):
    rows = [[str(n), f"a, text\nof {n},\n\n{'x' * (n % 50)}", "y"] for n in range(60_000)]
    text = written([["n", "text", "z"], *rows], ",", csv.QUOTE_MINIMAL, "\n")
    found = sniff(tmp_path, text, 2**20)
    got = rows_of(found)[1:]
    assert 5_000 < len(got) < 40_000
    assert {tuple(row) for row in got} <= {tuple(row) for row in rows}


def test_of_a_large_file_lines_that_are_no_rows_are_left_out(tmp_path: Path):
    rows = [f'{n},"{n % 7}"\n' if n % 1000 else f"{n}\n" for n in range(1, 200_000)]
    found = sniff(tmp_path, "".join(["a,b\n", *rows]), 2**20)
    assert {len(row) for row in rows_of(found)} == {2}
    assert found.doubts[0].startswith("another number of columns than the header in ")
    assert found.doubts[0].endswith(" lines of the sample: training will refuse them")


def test_a_row_of_totals_is_named(tmp_path: Path):
    rows = "a,b,y\nx,1,2\ny,3,4\nx,5,6\n"
    found = sniff(tmp_path, f"{rows}Total,9,12\n")
    assert found.doubts == ("the last row is called a total: if it sums up the others, remove it",)
    assert sniff(tmp_path, f"{rows}total,9,12\ntotal,3,4\n").doubts == ()
    assert sniff(tmp_path, rows).doubts == ()


DOS_WORDS = {
    "German": "Müller;Straße;schön;Länge;Übung;KÖLN",
    "French": "Café;première;garçon;être;Noël",
    "Spanish": "niño;corazón;más;según;Málaga",
    "Swedish": "Malmö;Göteborg;Ängelholm;Umeå",
    "one letter": "Köln;schön",
}


@pytest.mark.parametrize("words", DOS_WORDS.values(), ids=DOS_WORDS)
@pytest.mark.parametrize("encoding", ["cp1252", "mac_roman", "cp850", "cp437"])
def test_words_are_read_in_the_encoding_that_makes_them_words(
    tmp_path: Path, words: str, encoding: str
):
    rows = [["a", "b"], *([word, "x"] for word in words.split(";"))]
    found = sniff(tmp_path, written(rows, ",", csv.QUOTE_MINIMAL, "\n").encode(encoding))
    assert [row[0] for row in rows_of(found)[1:]] == words.split(";")
    assert found.dialect.encoding == {"cp437": "cp850"}.get(encoding, encoding)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_a_second_byte_order_mark_is_refused(tmp_path: Path, encoding: str):
    with pytest.raises(DataError, match="begins with more than one byte order mark; save it as"):
        sniff(tmp_path, "\ufeffa,b\n1,2\n".encode(encoding))


def test_a_header_above_lines_that_are_no_rows_is_kept(tmp_path: Path):
    rows = [f'{n},"{n % 7}"\n' for n in range(200_000)]
    found = sniff(tmp_path, "".join(["a,b\n", *(["x\n"] * 30), *rows]), 2**20)
    assert rows_of(found)[:2] == [["a", "b"], ["0", "0"]]


def test_a_quote_inside_a_text_opens_nothing(tmp_path: Path):
    rows = [f'{n},{n % 7}" pipe\n' for n in range(200_000)]
    found = sniff(tmp_path, "".join(["a,b\n", *rows]), 2**20)
    assert len(rows_of(found)) > 20_000
