"""Data: types, hashes, and errors that name the file, the column and a remedy."""

import json
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet
import pytest

from maas.config.train_config import EstimatorConfig, ModelConfig, TrainConfig
from maas.errors import DataError
from maas.training.data import Dataset, read_dataset
from maas.training.run import build
from tests.workspace import Workspace

GOOD = "size,count,ok,city,y\n1.5,1,true,Köln,a\n,2,false,Bonn,b\n3.5,,true,Bonn,a\n2,4,,,b\n"


def config(source: str, target: str = "y", split=None, **data) -> ModelConfig:
    return ModelConfig.model_validate(
        {
            "data": {"source": source, "target": target, **data},
            "estimator": {"name": "LogisticRegression"},
            "split": split or {},
        }
    )


@pytest.fixture
def read(tmp_path: Path):
    """Read a text (or bytes) as data.csv."""

    def read(text: str | bytes, **kwargs) -> Dataset:
        data = text if isinstance(text, bytes) else text.encode()
        (tmp_path / "data.csv").write_bytes(data)
        return read_dataset(config("data.csv", **kwargs), tmp_path)

    return read


def test_types_and_gaps_are_inferred(read):
    data = read(GOOD)
    assert [(c.name, c.type, c.nullable) for c in data.columns] == [
        ("size", "number", True),
        ("count", "integer", True),
        ("ok", "boolean", True),
        ("city", "category", True),
    ]
    frame = data.frame()
    assert frame["city"].tolist() == ["Köln", "Bonn", "Bonn", None]
    assert frame["ok"].tolist()[:3] == [1.0, 0.0, 1.0]
    assert np.isnan(frame["size"][1])
    assert data.target.tolist() == ["a", "b", "a", "b"]


def test_parquet_says_what_csv_says(read, tmp_path: Path):
    as_csv = read(GOOD)
    table = pa.table(
        {
            "size": pa.array([1.5, None, 3.5, 2.0], pa.float32()),
            "count": pa.array([1, 2, None, 4], pa.int16()),
            "ok": [True, False, True, None],
            "city": pa.array(["Köln", "Bonn", "Bonn", None]).dictionary_encode(),
            "y": ["a", "b", "a", "b"],
        }
    )
    pa.parquet.write_table(table, tmp_path / "data.parquet")
    assert read_dataset(config("data.parquet"), tmp_path).sha256 == as_csv.sha256


def test_types_can_be_declared(read):
    features = {
        "n": {"column": "count", "type": "number"},
        "c": {"column": "count", "type": "category"},
        "o": {"column": "ok", "nullable": True},
    }
    data = read(GOOD, features=features)
    assert [c.type for c in data.columns] == ["number", "category", "boolean"]
    assert data.columns[1].values.tolist() == ["1", "2", None, "4"]


@pytest.mark.parametrize(
    ("target", "kind", "values"),
    [
        ("true,false,true", "b", [True, False, True]),
        ("1,0,7", "i", [1, 0, 7]),
        ("1.5,0,7", "f", [1.5, 0, 7]),
        ("x,y,x", "O", ["x", "y", "x"]),
    ],
)
def test_targets_stay_themselves(read, target, kind, values):
    rows = zip((1, 2, 3), target.split(","), strict=True)
    data = read("a,y\n" + "".join(f"{a},{y}\n" for a, y in rows))
    assert data.target.dtype.kind == kind
    assert data.target.tolist() == values


def test_the_hash_is_of_the_values_that_are_used(read):
    digest = read(GOOD).sha256
    assert read(GOOD.replace("\n", "\r\n")).sha256 == digest
    assert read(GOOD.replace("3.5", "3.50")).sha256 == digest
    assert read(GOOD.replace("3.5", "3.6")).sha256 != digest
    assert read(GOOD.replace("Köln", "Koeln")).sha256 != digest
    named = {"size": "size", "count": "count"}
    assert (
        read(GOOD, features=named).sha256 == read(GOOD.replace("Köln", "x"), features=named).sha256
    )


def test_all_columns_but_target_and_split_column_are_features(read):
    text = "when,a,y\n2024-01-02,1,u\n2024-01-01,2,v\n"
    data = read(text, split={"method": "time", "column": "when"})
    assert [c.name for c in data.columns] == ["a"]
    assert data.keys is not None
    assert data.keys[0] > data.keys[1]


@pytest.mark.parametrize(
    ("text", "options", "said"),
    [
        (GOOD, {"target": "z"}, ["column 'z'", "does not exist"]),
        (GOOD, {"target": "Y"}, ["column 'Y'", "did you mean 'y'?"]),
        (GOOD, {"exclude": ["citi"]}, ["'citi' (data.exclude)", "did you mean 'city'?"]),
        (GOOD, {"exclude": ["y"]}, ["data.exclude: 'y'", "is the target"]),
        (
            GOOD,
            {"exclude": ["city"], "features": {"a": "city"}},
            ["data.exclude: 'city': is in data.features too", "remove it from one of the two"],
        ),
        (
            GOOD,
            {"exclude": ["size", "count", "ok", "city"]},
            ["no column but the target and those in data.exclude"],
        ),
        ("a,y,\n1,x,\n2,z,\n", {}, ["without a name and values, number 3", "end with a comma"]),
        ("a,y\n1,$5.00\n2,$6.00\n", {}, ["target: holds amounts of money", "'$5.00' as 5.00"]),
        ("a,y\n1,1.6.2023\n2,2.6.2023\n", {}, ["target: holds dates", "name another target"]),
        (
            "a,y\n" + "".join(f"{n},{n}\n" for n in range(30)) + "30,?\n",
            {},
            ["target: mixes numbers with text such as '?'", "correct these rows"],
        ),
        (GOOD, {"features": {"a": "sizes"}}, ["column 'sizes'", "did you mean 'size'?"]),
        (GOOD, {"features": {"a": "y"}}, ["data.features.a", "is the target"]),
        ("a,y\n1,x\n2,\n", {}, ["target", "has missing values (1; the first in row 2)", "drop"]),
        ("a,y\n1,1.5\n2,nan\n", {}, ["target", "has missing values"]),
        ("a,y\n1,x\n2,x\n", {}, ["target", "the same value in every row"]),
        ("a,b,y\n1,,x\n2,,z\n", {}, ["column 'b'", "no value in any row", "leave"]),
        ("a,y\np,x\nq,z\nr,x\n", {}, ["column 'a'", "an id, not a category", "leave it out"]),
        ("a,a,y\n1,1,x\n2,2,z\n", {}, ["column 'a'", "exists more than once", "rename"]),
        ("a;y\n1;x\n2;z\n", {}, ["data.csv", "separated by ';'", "set data.delimiter: "]),
        ("a\ty\n1\tx\n", {}, ["separated by '\\t'"]),
        ("a,y\n1,é\n2,z\n".encode("latin-1"), {}, ["column 'y'", "not UTF-8"]),
        ("é,y\n1,x\n2,z\n".encode("latin-1"), {}, ["header that is not UTF-8"]),
        ("a,y\n1,x\n".encode("utf-16"), {}, ["UTF-16", "set data.encoding: utf-16"]),
        (
            "a,y\n1,x\n2,z\nthree,x\n",
            {},
            ["column 'a'", "mixes numbers with text such as", "'three'"],
        ),
        ("a,y\n", {}, ["a header but no rows"]),
        (b"", {}, ["is empty (0 bytes)"]),
        ("a,y\n1,x\n\n1,x,3\n", {}, ["has 3 columns in line 4, but 2 in its header"]),
        (
            ",a,y\n0,1,x\n1,2,z\n",
            {},
            ['a column without a name; leave it out with data.exclude: [""], or name'],
        ),
        (",a,y\n007,1,x\n008,2,z\n", {}, ["a column without a name"]),
        ("__index_level_0__,a,y\n007,1,x\n008,2,z\n", {}, ["a column without a name"]),
        ("y\nx\nz\n", {}, ["no column but the target"]),
        ("a,y\n2024-01-01,x\n2024-01-02,z\n", {}, ["column 'a'", "not a supported feature type"]),
        ("a,y\n1,x\ninf,z\n", {}, ["column 'a'", "infinite"]),
        ("a,y\n1,x\n1e39,z\n", {}, ["column 'a'", "float32"]),
        (
            GOOD,
            {"features": {"a": {"column": "size", "nullable": False}}},
            ["declared not nullable"],
        ),
        (GOOD, {"features": {"a": {"column": "size", "type": "integer"}}}, ["fractions"]),
        (GOOD, {"features": {"a": {"column": "count", "type": "boolean"}}}, ["more than 0 and 1"]),
        (GOOD, {"features": {"a": {"column": "city", "type": "number"}}}, ["not numbers"]),
        (GOOD, {"split": {"method": "group", "column": "city"}}, ["column 'city'", "split"]),
        ("zip,y\n01234,a\n00501,b\n", {}, ["column 'zip'", "leading zeros", "type: category"]),
        ("a,y\n1,007\n2,010\n", {}, ["column 'y'", "leading zeros"]),
        ('a,b,y\n1,"x\n2,y",c\n3,z,d\n', {}, ["column 'b'", "row 1", "close the quote"]),
        ('a,y\n"0,5",b\n"1,5",c\n', {}, ["column 'a'", "decimal commas"]),
        (
            "__index_level_0__,a,y\n0,1,x\n1,2,z\n",
            {},
            ['data.exclude: ["__index_level_0__"], or name'],
        ),
        (
            "a,y\n12:30,x\n13:45,z\n",
            {},
            ["write numbers, such as minutes, declare type: category in data.features"],
        ),
        (
            "a,y\n1,12 kg\n2,13 kg\n3,14 kg\n",
            {},
            ["target: holds numbers with a unit such as '12 kg'; write the number alone"],
        ),
        ("a,y\n1,−5\n2,3\n3,4\n", {}, ["target: holds numbers with a typographic minus"]),
        (
            "a,y\n1,4.7M\n2,900k\n3,12k\n",
            {},
            ["target: holds numbers with a unit", "all in one unit, or classes as words"],
        ),
        ("a,y\n1700000001,x\n1700000002,z\n", {}, ["column 'a'", "float32", "offset"]),
        (
            "t,a,y\n1.6.2023,1,u\n18.7.2024,2,v\n",
            {"split": {"method": "time", "column": "t"}},
            ["column 't'", "not an ISO date"],
        ),
    ],
)
def test_what_cannot_be_trained_on_is_refused_by_name(read, text, options, said):
    with pytest.raises(DataError) as caught:
        read(text, **options)
    line = str(caught.value)
    assert "\n" not in line
    for words in said:
        assert words in line


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("none.csv", "does not exist"),
        ("folder.csv", "is a folder"),
        ("data.xlsx", r"is a workbook.*pandas.read_excel\('data.xlsx'\)"),
        ("data.json", "neither a .csv, .csv.gz, .parquet, .tsv or .tsv.gz file nor a bundled"),
        ("broken.parquet", "is not a valid Parquet file"),
    ],
)
def test_a_wrong_source_is_refused(tmp_path: Path, source: str, said: str):
    (tmp_path / "folder.csv").mkdir()
    (tmp_path / "broken.parquet").write_bytes(b"PAR1 not at all")
    with pytest.raises(DataError, match=said):
        read_dataset(config(source), tmp_path)


def test_a_declared_category_keeps_its_texts(read):
    features = {"zip": {"column": "zip", "type": "category"}}
    data = read("zip,y\n01234,a\n1.10,b\nTrue,a\n", features=features)
    assert data.columns[0].values.tolist() == ["01234", "1.10", "True"]


def test_integers_beyond_what_arrow_casts_are_refused(tmp_path: Path):
    for column, said in (("y", "more than 64 bits"), ("a", "2.53")):
        columns = {"a": [1, 2, 3], "y": [1, 2, 3]}
        columns[column] = pa.array([2**63 + 1, 2**63 + 2, 2**63 + 3], pa.uint64())
        pa.parquet.write_table(pa.table(columns), tmp_path / "big.parquet")
        with pytest.raises(DataError, match=said):
            read_dataset(config("big.parquet"), tmp_path)


def test_whole_numbers_with_gaps_can_be_categories(tmp_path: Path):
    pd.DataFrame({"a": [1, None, 7], "y": list("xzx")}).to_parquet(tmp_path / "gaps.parquet")
    features = {"a": {"column": "a", "type": "category"}}
    data = read_dataset(config("gaps.parquet", features=features), tmp_path)
    assert data.columns[0].values.tolist() == ["1", None, "7"]


def test_a_declared_category_may_look_like_numbers(read):
    features = {"a": {"column": "a", "type": "category"}}
    data = read("a,y\n1,x\n2,z\nthree,x\n", features=features)
    assert data.columns[0].values.tolist() == ["1", "2", "three"]


def test_a_frame_of_two_hundred_columns_is_read(tmp_path: Path):
    frame = pd.DataFrame(np.arange(2000.0).reshape(10, 200), columns=[f"c {i}" for i in range(200)])
    frame["y"] = ["a", "b"] * 5
    frame.to_csv(tmp_path / "wide.csv", index=False)
    assert len(read_dataset(config("wide.csv"), tmp_path).columns) == 200


MESSY = "id,id,price,day,zip,note,ok,y\n" + "".join(
    f"{n},{n},${n}.50,{n % 28 + 1}.6.2023,0{n % 3},text {n},{n % 2},{'' if n == 7 else n % 2}\n"
    for n in range(30)
)


def test_every_fault_of_a_file_is_named_in_one_line(read):
    with pytest.raises(DataError) as caught:
        read(MESSY, split={"method": "time", "column": "when"})
    line = str(caught.value)
    assert line.startswith("data.csv: has 7 faults: (1) column 'zip': holds integers with leading")
    for words in (
        "column 'id': exists more than once",
        "target: has missing values (1; the first in row 8)",
        "column 'when' (split.column): does not exist",
        "column 'price': holds amounts of money such as '$0.50'",
        "column 'day': holds dates such as '1.6.2023'",
        "column 'note': holds a different text in every row",
    ):
        assert f") {words}" in line
    assert "'ok'" not in line
    assert "\n" not in line


def test_excluded_columns_are_neither_features_nor_faults(read):
    data = read(MESSY, target="ok", exclude=["id", "price", "day", "zip", "note"])
    assert [column.name for column in data.columns] == ["y"]
    named = read(MESSY, target="ok", features={"a": "y"})  # neither are those that it leaves out
    assert named.sha256 == data.sha256


def test_an_excluded_column_may_split(read):
    rows = "".join(f"{n // 2},{n % 7},{'pq'[n % 2]}\n" for n in range(20))
    split = {"method": "group", "column": "who"}
    data = read(f"who,a,y\n{rows}", exclude=["who"], split=split)
    assert [column.name for column in data.columns] == ["a"]
    assert data.keys is not None
    assert data.sha256 == read(f"who,a,y\n{rows}", split=split).sha256


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_an_index_without_a_name_is_left_out_as_its_fault_says(tmp_path: Path, suffix: str):
    frame = pd.DataFrame({"a": range(20), "y": list("pq") * 10}, index=[n * n for n in range(20)])
    write = frame.to_csv if suffix == "csv" else frame.to_parquet
    write(tmp_path / f"data.{suffix}")
    with pytest.raises(DataError) as caught:
        read_dataset(config(f"data.{suffix}"), tmp_path)
    listed = re.findall(r"leave it out with data\.exclude: (\[.*?\])", caught.value.remedy)
    setting = config(f"data.{suffix}", exclude=json.loads(listed[0]))
    assert [column.name for column in read_dataset(setting, tmp_path).columns] == ["a"]


def test_a_version_is_trained_on_a_file_whose_index_has_no_name(workspace: Workspace):
    rows = "".join(f'"{n + 1}",{n % 7},{n * 3}\n' for n in range(60))
    (workspace.folder / "r.csv").write_text(f'"","a","y"\n{rows}')
    text = "model_name: r\ndata: {source: r.csv, target: y}\nestimator: {name: Ridge}\n"
    path = workspace.folder / "r.yaml"
    path.write_text(text.replace("r.csv", str(workspace.folder / "r.csv")))
    with pytest.raises(DataError, match="a column without a name; leave it out"):
        workspace.train_here(config=path)
    manifest = workspace.train_here('data.exclude=[""]', config=path).manifest
    assert [feature.name for feature in manifest.signature.features] == ["a"]


def test_clock_times_are_categories_if_they_are_declared(read):
    features = {"t": {"column": "t", "type": "category"}}
    data = read("t,y\n12:30,a\n13:45,b\n", features=features)
    assert data.columns[0].values.tolist() == ["12:30", "13:45"]


def test_a_column_that_is_most_likely_the_target_is_not_checked_as_a_feature(read):
    text = "a,Price\n" + "".join(f"{n % 7},${n}\n" for n in range(30))
    with pytest.raises(DataError, match="did you mean 'Price'"):
        read(text, target="price")


def test_a_declared_category_is_not_checked(read):
    text = "a,b,y\n" + "".join(f"${n},id {n},{n % 2}\n" for n in range(30))
    features = {name: {"column": name, "type": "category"} for name in "ab"}
    assert [column.type for column in read(text, features=features).columns] == ["category"] * 2


@pytest.mark.parametrize("verified", [1, 2, 3])
def test_what_was_published_is_read_again(tmp_path: Path, verified):
    rows = "".join(f"${n % 5},id {n},2024-01-{n % 28 + 1:02},$3{n % 2}\n" for n in range(30))
    (tmp_path / "data.csv").write_text(f"a,b,t,y\n{rows}")
    setting = config("data.csv", split={"method": "time", "column": "t"})
    data = read_dataset(setting, tmp_path, verified)
    assert [column.type for column in data.columns] == ["category"] * 2
    assert data.keys is not None
    assert data.keys[0] == 19_723 * (86_400_000_000 if verified == 3 else 1)


def test_csv_and_parquet_of_one_frame_give_equal_hashes_and_files(tmp_path: Path):
    generator = np.random.default_rng(0)
    number = generator.normal(size=80)
    gaps = np.arange(80) % 9 == 4
    frame = pd.DataFrame(
        {
            "number": np.where(gaps, np.nan, number),
            "integer": np.arange(80) % 13,
            "whole": pd.array(np.arange(80) % 11, "Int64"),
            "boolean": number > 0.3,
            "maybe": pd.array(number > 0.1, "boolean"),
            "city": pd.Series(["Köln", "Ulm", None, "Bonn"] * 20, dtype=object),
            "day": pd.date_range("2024-01-01", periods=80)[::-1],
            "y": np.where(number > 0, "p", "q"),
        }
    )
    frame.loc[gaps, ["whole", "maybe"]] = pd.NA
    frame.to_csv(tmp_path / "a.csv", index=False)
    frame.to_parquet(tmp_path / "a.parquet")
    built = []
    for source in ("a.csv", "a.parquet"):
        setting = TrainConfig.model_validate(
            {
                "model_name": "m",
                "data": {"source": source, "target": "y"},
                "split": {"method": "time", "column": "day"},
                "estimator": {"name": "LogisticRegression"},
                "numerics": "native",
            }
        )
        data = read_dataset(setting, tmp_path)
        built.append((data.sha256, build(setting, data).files))
    assert built[0] == built[1]


@pytest.mark.parametrize("zone", [None, "Europe/Berlin"])
def test_times_of_any_unit_give_equal_hashes(tmp_path: Path, zone: str | None):
    times = pd.date_range("2024-03-30 10:15", periods=20, freq="7h", tz=zone)
    split = {"method": "time", "column": "t"}
    hashes = set()
    for unit in ("s", "ms", "us", "ns"):
        frame = pd.DataFrame({"t": times.as_unit(unit), "a": range(20), "y": list("pq") * 10})
        frame.to_parquet(tmp_path / "a.parquet")
        hashes.add(read_dataset(config("a.parquet", split=split), tmp_path).sha256)
    frame.to_csv(tmp_path / "a.csv", index=False)
    hashes.add(read_dataset(config("a.csv", split=split), tmp_path).sha256)
    frame.assign(t=[time.isoformat() for time in times]).to_parquet(tmp_path / "a.parquet")
    hashes.add(read_dataset(config("a.parquet", split=split), tmp_path).sha256)
    assert len(hashes) == 1


def test_whole_floats_are_classes_for_a_classifier_alone(tmp_path: Path):
    (tmp_path / "t.csv").write_text("x,y\n1,1.0\n2,0.0\n3,1.0\n4,0.0\n")
    kept = config("t.csv")
    labels = [
        read_dataset(kept.model_copy(update={"estimator": EstimatorConfig(name=name)}), tmp_path)
        for name in ("LogisticRegression", "Ridge")
    ]
    assert [data.target.dtype.kind for data in labels] == ["i", "f"]
