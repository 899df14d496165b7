"""Compressed files, and several files that are read as if they were one."""

import gzip
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet
import pytest

from maas.config.train_config import DataConfig
from maas.errors import DataError, TooLargeError
from maas.tables import joined_csv
from maas.tables.faults import Faults
from maas.tables.reading import read_table


def write(folder: Path, *texts: str | bytes, suffix: str = ".csv") -> None:
    for number, text in enumerate(texts):
        data = text if isinstance(text, bytes) else text.encode()
        packed = gzip.compress(data) if suffix.endswith(".gz") else data
        (folder / f"part-{number}{suffix}").write_bytes(packed)


def read(folder: Path, source: str = "part-*", **keys) -> pa.Table:
    config = DataConfig.model_validate({"source": source, "target": "y", **keys})
    return read_table(source, folder, config=config)


def refuse(folder: Path, source: str = "part-*", **keys) -> str:
    with pytest.raises(DataError) as caught:
        read(folder, source, **keys)
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize("suffix", [".csv", ".csv.gz"])
@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("1", "2"), ("1", "2.5"), ("1", "x"), ("", "7"), ("", "x"), ("true", "0"), ("1", "true"),
        ("2024-01-02", "2024-01-02 10:00:00"), ("2024-01-02", "soon"), ("0501", "K1A"),
        ("9007199254740993", "0.5"), ("9007199254740993", "x"), ("NA", "-"), ('"a,b"', "c"),
        ("1.10", "x"), ("12:30", "x"), ("1", "99999999999999999999"),
    ],
)  # fmt: skip
def test_several_files_are_what_one_file_with_all_rows_is(
    tmp_path: Path, first: str, second: str, suffix: str
):
    header, rows = "v,y\n", [f"{first},p\n{first},q\n", f"{second},p", f"{first},q\n"]
    write(tmp_path, *(header + text for text in rows), suffix=suffix)
    (tmp_path / "whole.csv").write_text(header + rows[0] + rows[1] + "\n" + rows[2])
    assert read(tmp_path).equals(read(tmp_path, "whole.csv"))


def test_columns_may_stand_in_another_order(tmp_path: Path):
    write(tmp_path, 'a;y;t\n1,5;p;"x;1"\n', 't;a;y\n"q""r";2,5;NA\n;-3;q\n')
    table = read(tmp_path, delimiter=";", decimal=",")
    assert table.to_pydict() == {
        "a": [1.5, 2.5, -3],
        "y": ["p", None, "q"],
        "t": ["x;1", 'q"r', None],
    }


@pytest.mark.parametrize(
    ("texts", "said"),
    [
        (["a,y\n1,p\n", "a,z\n1,p\n"], "part-1.csv: column 'y': is in part-0.csv, but not in part"),
        (["a,y\n1,p\n", "a,b,y\n1,2,p\n"], "part-1.csv: column 'b': is in part-1.csv, but not in"),
        (["a,y\n1,p\n", "a,y\n1,p,3\n"], "part-1.csv: has 3 columns in line 2, but 2"),
        (["a,y\n1,p\n", "a;y\n1;p\n"], "part-1.csv: is separated by ';'"),
        (["a,y\n1,p\n", "\n"], "part-1.csv: holds empty lines only"),
        (["a,y\n1,p\n", ""], "part-1.csv: is empty (0 bytes)"),
        (["a,y\n1,p\n", 'a,y\n1,"p\n2,q"\n'], "row 1 of part-1.csv holds text of several lines"),
        (["a,y\n1,p\n", "a,y\n007,p\n"], "'a': holds integers with leading zeros"),
        (["a,a,y\n1,1,p\n", "a,a,y\n1,1,p\n"], "'a': exists more than once"),
        (
            ["a,y\n1,p\n", b"a,\xe9\n1,p\n"],
            "part-1.csv: has a header that is not UTF-8; set data.e",
        ),
    ],
)
def test_what_is_wrong_with_one_of_several_files_names_it(tmp_path: Path, texts, said: str):
    write(tmp_path, *texts)
    assert said in refuse(tmp_path)


def test_a_row_is_named_in_its_own_file(tmp_path: Path):
    for suffix in (".csv", ".csv.gz"):
        write(tmp_path, "a,y\n1,p\n2,q\n", "a,y\n\n1,p\n", "a,y\n1,p\n2,q\n", suffix=suffix)
        faults = Faults("part-*")
        read_table(f"part-*{suffix}", tmp_path, faults=faults)
        names = [faults.places.name(row) for row in range(5)]
        rows = [(0, 1), (0, 2), (1, 1), (2, 1), (2, 2)]
        assert names == [f"row {row} of part-{part}{suffix}" for part, row in rows]


@pytest.mark.parametrize("damage", ["cut", "changed", "nothing", "header"])
def test_a_damaged_gzip_file_is_one_line(tmp_path: Path, damage: str):
    whole = gzip.compress(b"a,y\n1,p\n2,q\n" * 100)
    content = {
        "cut": whole[:-9],
        "changed": whole[:-8] + b"12345678",
        "nothing": gzip.compress(b""),
        "header": whole[:5],
    }[damage]
    (tmp_path / "d.csv.gz").write_bytes(content)
    said = "holds 0 bytes" if damage == "nothing" else "is not a complete gzip file"
    assert f"d.csv.gz: {said}" in refuse(tmp_path, "d.csv.gz")


def test_what_would_not_fit_in_memory_is_not_decompressed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    write(tmp_path, b"a,y\n1,p\n" + b"\n" * 10**6, suffix=".csv.gz")
    assert read(tmp_path).num_rows == 1
    monkeypatch.setattr(joined_csv, "available_memory", lambda: 10**6)
    with pytest.raises(TooLargeError, match=r"part-0.csv.gz: holds more than 0.0 GiB, half of"):
        read(tmp_path)


def test_parquet_files_get_the_type_that_holds_all_values(tmp_path: Path):
    def save(number: int, **columns) -> None:
        pa.parquet.write_table(pa.table(columns), tmp_path / f"part-{number}.parquet")

    save(0, a=[1, 2], t=pa.array(["x", "y"]).dictionary_encode(), y=pa.nulls(2))
    save(1, y=["p"], t=["z"], a=[0.5])
    table = read(tmp_path)
    assert table.to_pydict() == {"a": [1, 2, 0.5], "t": ["x", "y", "z"], "y": [None, None, "p"]}
    save(1, a=["1"], t=["z"], y=["p"])
    assert "part-1.parquet: column 'a': holds string, but int64 in part-0.parquet" in refuse(
        tmp_path
    )
    save(1, a=[1], t=["z"])
    assert "column 'y': is in part-0.parquet, but not in part-1.parquet" in refuse(tmp_path)
