"""However a table is written, its data are the same."""

import gzip
import io
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet
import pytest

from maas.config.train_config import ModelConfig
from maas.errors import ConfigError, DataError
from maas.training.data import Dataset, read_dataset

LETTERS = {"utf-8": "Łódź €", "cp1252": "Köln €", "utf-16": "Łódź 東", "latin-1": "Süd"}
"""Texts that only some encodings have."""


def make_frame(city: str, rows: int = 60) -> pd.DataFrame:
    rng = np.random.default_rng(rows)
    frame = pd.DataFrame(
        {
            "area m²": np.round(rng.normal(50, 20, rows), 3),
            "rooms": rng.integers(-3, 9, rows),
            "tiny": rng.normal(size=rows) * 1e-7,
            "balcony": rng.random(rows) < 0.5,
            "city": rng.choice([city, 'a "quoted" one', "one; two, three\tfour|", "NAN"], rows),
            "late": [*range(rows - 1), 0.5],
            "code": ["007" if row < 0.4 * rows else "K7" for row in range(rows)],
            "y": np.where(rng.random(rows) < 0.5, "p", "q"),
        }
    )
    frame.loc[frame.index % 7 == 0, ["area m²", "city"]] = None
    return frame


def read(folder: Path, source: str, **data) -> Dataset:
    content = {
        "data": {"source": source, "target": "y", **data},
        "estimator": {"name": "LogisticRegression"},
    }
    return read_dataset(ModelConfig.model_validate(content), folder)


def save(frame: pd.DataFrame, path: Path, encoding: str, **options) -> None:
    text = frame.to_csv(index=False, **options)
    data = text.encode(encoding)
    path.write_bytes(gzip.compress(data) if path.suffix == ".gz" else data)


@pytest.mark.parametrize(("encoding", "parts"), [*product(LETTERS, [1, 3])])
def test_a_table_in_any_dialect_has_the_hash_of_the_plain_file(
    tmp_path: Path, encoding: str, parts: int
):
    frame = make_frame(LETTERS[encoding])
    save(frame, tmp_path / "plain.csv", "utf-8")
    plain = read(tmp_path, "plain.csv")
    marks = [(",", "."), (";", ","), ("|", "."), ("\t", ",")]
    for (delimiter, decimal), null, packed in product(marks, ["", "missing"], [False, True]):
        suffix = (".tsv" if delimiter == "\t" else ".csv") + (".gz" if packed else "")
        name = f"{len(list(tmp_path.iterdir()))}"
        for part, rows in enumerate(np.array_split(np.arange(len(frame)), parts)):
            path = tmp_path / f"{name}-{part}{suffix}"
            save(frame.iloc[rows], path, encoding, sep=delimiter, decimal=decimal, na_rep=null)
        keys = {"decimal": decimal, "encoding": encoding, "null_values": [null] if null else []}
        if delimiter in ";|":
            keys["delimiter"] = delimiter
        data = read(tmp_path, f"{name}-*{suffix}" if parts > 1 else path.name, **keys)
        assert data.sha256 == plain.sha256, (keys, suffix)
        assert [(c.type, c.nullable) for c in data.columns] == [
            (c.type, c.nullable) for c in plain.columns
        ]


def test_csv_and_parquet_files_of_one_table_have_one_hash(tmp_path: Path):
    frame = make_frame("Köln")
    save(frame, tmp_path / "plain.csv", "utf-8")
    for part, rows in enumerate(np.array_split(np.arange(len(frame)), 4)):
        kept = frame.iloc[rows].astype({"late": "int64"} if part == 0 else {})
        columns = frame.columns[:: 1 - 2 * (part % 2)]
        kept[columns].to_parquet(tmp_path / f"part-{part}.parquet", index=False)
    data = read(tmp_path, "part-*.parquet")
    assert data.sha256 == read(tmp_path, "plain.csv").sha256


def test_rows_that_are_left_out_leave_no_trace_in_the_data(tmp_path: Path):
    frame = make_frame("Köln")
    frame.loc[[3, 17], "y"] = None
    frame.loc[[20, 21, 22], "y"] = ["r", "s", "s"]
    frame.loc[[3, 20], "city"] = "nowhere else"
    save(frame, tmp_path / "all.csv", "utf-8")
    save(frame[frame["y"].isin(["p", "q"])], tmp_path / "left.csv", "utf-8")
    found = read(tmp_path, "all.csv", drop_rows_without_target=True, min_class_rows=3)
    assert found.sha256 == read(tmp_path, "left.csv").sha256
    assert (found.left_out.without_target, found.left_out.rare_classes) == (2, 3)
    with pytest.raises(DataError, match=r"the first in row 4\); .*data.drop_rows_without_target"):
        read(tmp_path, "all.csv")


def test_rows_are_named_by_their_places_in_the_file(tmp_path: Path):
    text = "y,day\n" + "".join(f"{'' if n < 5 else n},2024-01-0{n}\n" for n in range(1, 9))
    for part in range(2):
        (tmp_path / f"{part}.csv").write_text(f"{text},soon\n" if part else text)
    content = {
        "data": {"source": "[01].csv", "target": "y", "drop_rows_without_target": True},
        "split": {"method": "time", "column": "day"},
        "estimator": {"name": "Ridge"},
    }
    with pytest.raises(DataError, match="has no column but the target"):
        read_dataset(ModelConfig.model_validate(content), tmp_path)
    (tmp_path / "1.csv").write_text(text + "9,soon\n")
    with pytest.raises(DataError, match=r"row 9 of 1.csv holds 'soon', which is not an ISO date"):
        read_dataset(ModelConfig.model_validate(content), tmp_path)


def test_a_value_without_its_form_is_named_in_its_file(tmp_path: Path):
    for part, prices in enumerate((["$1,200.50", "$3"], ["$2.00", "free", "$4"])):
        text = "".join(f'"{price}",p\n' for price in prices)
        (tmp_path / f"{part}.csv").write_text(f"price,y\n{text}")
    with pytest.raises(DataError, match=r"'price': row 2 of 1.csv holds 'free', which is not"):
        read(tmp_path, "*.csv", forms={"price": "money"})


def test_rare_classes_are_not_for_regressors(tmp_path: Path):
    content = {
        "data": {"source": "none.csv", "target": "y", "min_class_rows": 2},
        "estimator": {"name": "Ridge"},
    }
    with pytest.raises(ConfigError, match=r"data.min_class_rows: is about classes, but Ridge pred"):
        read_dataset(ModelConfig.model_validate(content), tmp_path)


@pytest.mark.parametrize("said", ["missing values", "NaN"])
def test_the_remedy_for_gaps_in_the_target_is_one(tmp_path: Path, said: str):
    frame = pd.DataFrame({"a": range(9), "y": [*range(8), None]})
    name = "data.csv" if said == "missing values" else "data.parquet"
    if said == "NaN":
        table = pa.table({name: frame[name].to_numpy() for name in frame})
        pa.parquet.write_table(table, tmp_path / name)
    else:
        save(frame, tmp_path / name, "utf-8")
    with pytest.raises(DataError, match=said) as caught:
        read(tmp_path, name)
    assert "data.drop_rows_without_target: true" in caught.value.remedy
    assert read(tmp_path, name, drop_rows_without_target=True).rows == 8


def test_plain_files_are_read_with_any_line_end(tmp_path: Path):
    written = io.StringIO()
    make_frame("Köln").to_csv(written, index=False)
    hashes = set()
    for number, end in enumerate(["\n", "\r\n", "\r"]):
        text = written.getvalue().replace("\n", end)
        for part in (0, 1):
            (tmp_path / f"{number}-{part}.csv").write_bytes(text.encode())
        hashes.add(read(tmp_path, f"{number}-*.csv").sha256)
    assert len(hashes) == 1
