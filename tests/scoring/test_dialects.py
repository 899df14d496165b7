"""Files are scored as the version's training data were written."""

import gzip
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from maas.errors import DataError
from maas.registry.version import Version
from maas.scoring.inputs import find_inputs
from maas.scoring.plan import Request
from maas.scoring.run import score
from tests.scoring.inline import InlineEngine
from tests.workspace import Workspace

ROWS = 40
PLAIN = {"source": "plain.csv"}
GERMAN = {
    "source": "german.csv.gz",
    "delimiter": ";",
    "decimal": ",",
    "encoding": "cp1252",
    "null_values": ["k. A."],
    "forms": {"preis": "money", "anteil": "percent"},
}


class PicklingEngine(InlineEngine):
    """Hands tasks over as bytes, as other processes and machines get them."""

    def run(self, call: Any, tasks: Any):
        yield from (call(pickle.loads(pickle.dumps(task))) for task in tasks)


def make_lines(german: bool) -> str:
    rng = np.random.default_rng(1)
    columns = zip(
        rng.integers(0, 10**7, ROWS) / 4,
        rng.integers(0, 1000, ROWS) / 8,
        rng.normal(size=ROWS).round(3),
        rng.choice(["Öl", "Gas"], ROWS),
        strict=True,
    )
    lines = ["preis;anteil;x;art;y" if german else "preis,anteil,x,art,y"]
    for row, (price, share, x, kind) in enumerate(columns):
        y = float(price / 10**6 + share + x)
        if german:
            written = f"{price:,.2f} €".translate(str.maketrans(",.", ".,"))
            x = "k. A." if row % 9 == 4 else f"{x}".replace(".", ",")
            cells = [written, f"{share} %".replace(".", ","), x, kind, f"{y!r}".replace(".", ",")]
            lines.append(";".join(cells))
        else:
            lines.append(f"{price},{share},{'' if row % 9 == 4 else x},{kind},{y!r}")
    return "\n".join(lines) + "\n"


def train(workspace: Workspace, data: dict[str, Any]) -> Version:
    (workspace.folder / "plain.csv").write_text(make_lines(False), "utf-8")
    german = make_lines(True).encode("cp1252")
    (workspace.folder / "german.csv.gz").write_bytes(gzip.compress(german))
    (workspace.folder / "german.csv").write_bytes(german)
    config = workspace.folder / "config.yaml"
    source = str(workspace.folder / data["source"])
    config.write_text(
        f"model_name: m\ndata: {data | {'source': source, 'target': 'y'}}\n"
        "estimator: {name: Ridge}\npreprocessing: {unknown: ignore}\n"
    )
    return workspace.train_here(config=config)


def answers(version: Version, source: Path, out: Path, **options: Any) -> list[float]:
    with PicklingEngine() as engine:
        score(version, Request(str(source), out, **options), engine)
    table = pq.read_table(out / f"{source.name.split('.')[0]}.parquet")
    return table.column("prediction").to_pylist()


@pytest.fixture
def german(workspace: Workspace) -> Version:
    return train(workspace, GERMAN)


def test_both_versions_and_all_files_give_the_same_answers(workspace: Workspace):
    plain, german = train(workspace, PLAIN), train(workspace, GERMAN)
    assert plain.manifest.data.sha256 == german.manifest.data.sha256
    folder = workspace.folder
    expected = answers(plain, folder / "plain.csv", folder / "0")
    assert answers(german, folder / "german.csv.gz", folder / "1") == expected
    assert answers(german, folder / "german.csv", folder / "2") == expected
    assert len(expected) == ROWS


def test_a_parquet_file_has_numbers_or_the_texts_of_the_form(workspace: Workspace, german: Version):
    path = workspace.folder / "in.parquet"
    table = pa.table(
        {"preis": ["1.200,50 €", "7"], "anteil": [1.5, 2], "x": [1, 2.5], "art": ["Öl"] * 2}
    )
    pq.write_table(table, path)
    texts = answers(german, path, workspace.folder / "texts")
    pq.write_table(table.set_column(0, "preis", pa.array([1200.5, 7.0])), path)
    assert answers(german, path, workspace.folder / "numbers") == texts


def test_an_invalid_row_has_its_place_and_its_text(workspace: Workspace, german: Version):
    lines = make_lines(True).splitlines()
    lines[5] = lines[5].replace(" €", " Euro")
    path, out = workspace.folder / "in.csv", workspace.folder / "out"
    path.write_bytes("\n".join(lines).encode("cp1252"))
    with pytest.raises(DataError, match=r"row 5: field 'preis': Input should be a valid number; "):
        answers(german, path, out)
    lines[7] = lines[7].replace(";", ";;", 1)
    lines[9] = "5 €;1.5;2,5;Gas;0"
    path.write_bytes("\n".join(lines).encode("cp1252"))
    assert len(answers(german, path, out, on_invalid="quarantine", keep=("y",))) == ROWS - 3
    refused = pq.read_table(out / "_invalid.parquet").to_pylist()
    assert sorted((row["row"], row["field"], row["anteil"]) for row in refused) == [
        (5, "preis", lines[5].split(";")[1]), (7, "", None), (9, "anteil", "1.5"),
    ]  # fmt: skip


def test_a_file_with_commas_is_refused_before_a_row_is_read(workspace: Workspace, german: Version):
    with pytest.raises(
        DataError, match="is separated by ','; the data that the version was trained"
    ):
        answers(german, workspace.folder / "plain.csv", workspace.folder / "out")
    assert not (workspace.folder / "out").exists()


def test_a_folder_may_hold_csv_files_of_each_suffix(workspace: Workspace):
    version = train(workspace, PLAIN)
    folder = workspace.folder / "in"
    folder.mkdir()
    text = make_lines(False)
    (folder / "a.csv").write_text(text, "utf-8")
    (folder / "b.csv.gz").write_bytes(gzip.compress(text.encode()))
    (folder / "c.tsv").write_text(text.replace(",", "\t"), "utf-8")
    (folder / "d.TSV.GZ").write_bytes(gzip.compress(text.replace(",", "\t").encode()))
    found = find_inputs(str(folder), version.manifest.signature, ())
    assert [file.name for file in found] == ["a.csv", "b.csv.gz", "c.tsv", "d.TSV.GZ"]
    out = workspace.folder / "out"
    with InlineEngine() as engine:
        score(version, Request(str(folder), out), engine)
    tables = [pq.read_table(out / f"{name}.parquet") for name in "abcd"]
    assert all(table.equals(tables[0]) for table in tables)
