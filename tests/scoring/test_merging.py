"""Parts put together: the rows in their order, in one file."""

from pathlib import Path

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq

from maas.scoring.merging import merge_invalid, merge_parts

TEXTS = pa.array(["no", "yes"])


def write(path: Path, *numbers: int) -> Path:
    labels = pa.DictionaryArray.from_arrays(pa.array([n % 2 for n in numbers], pa.int32()), TEXTS)
    pq.write_table(pa.table({"n": pa.array(numbers, pa.int64()), "prediction": labels}), path)
    return path


def parts(folder: Path) -> list[Path]:
    return [write(folder / "0", 1, 2), write(folder / "1"), write(folder / "2", 3)]


def test_a_parquet_file_has_the_rows_of_all_parts(tmp_path: Path):
    merge_parts(parts(tmp_path), tmp_path / "out.parquet", "parquet", tmp_path)
    table = pq.read_table(tmp_path / "out.parquet")
    assert table["n"].to_pylist() == [1, 2, 3]
    assert table["prediction"].to_pylist() == ["yes", "no", "yes"]
    assert pa.types.is_dictionary(table.schema.field("prediction").type)


def test_a_csv_file_has_texts_for_labels(tmp_path: Path):
    merge_parts(parts(tmp_path), tmp_path / "out.csv", "csv", tmp_path)
    text = (tmp_path / "out.csv").read_text()
    assert text == '"n","prediction"\n1,"yes"\n2,"no"\n3,"yes"\n'


def test_a_number_is_read_back_from_csv_as_the_same_float(tmp_path: Path):
    numbers = [0.1, 1 / 3, 1e-300, 5e-324, 123456789.123456789, -0.0]
    pq.write_table(pa.table({"prediction": numbers}), tmp_path / "0")
    merge_parts([tmp_path / "0"], tmp_path / "out.csv", "csv", tmp_path)
    assert list(map(float, (tmp_path / "out.csv").read_text().split()[1:])) == numbers


def test_nothing_temporary_stays_behind(tmp_path: Path):
    made = parts(tmp_path)
    for form in ("csv", "parquet"):
        merge_parts(made, tmp_path / f"out.{form}", form, tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {"0", "1", "2", "out.csv", "out.parquet"}


def test_invalid_rows_of_files_with_other_columns_and_types_are_one_table(tmp_path: Path):
    pq.write_table(pa.table({"row": [1], "a": [1.5], "b": ["x"]}), tmp_path / "0")
    pq.write_table(pa.table({"row": [2], "a": [2], "c": [True]}), tmp_path / "1")
    merge_invalid([tmp_path / "0", tmp_path / "1"], tmp_path / "out.parquet", tmp_path)
    assert pq.read_table(tmp_path / "out.parquet").to_pylist() == [
        {"row": 1, "a": "1.5", "b": "x", "c": None},
        {"row": 2, "a": "2", "b": None, "c": True},
    ]


def test_dictionaries_of_different_index_types_are_one_column(tmp_path: Path):
    texts = pa.array(["x"])
    pq.write_table(pa.table({"a": texts.dictionary_encode()}), tmp_path / "0")
    pq.write_table(pa.table({"a": texts}), tmp_path / "1")
    merge_invalid([tmp_path / "0", tmp_path / "1"], tmp_path / "out.parquet", tmp_path)
    assert pq.read_table(tmp_path / "out.parquet")["a"].to_pylist() == ["x", "x"]
