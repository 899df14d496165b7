"""A real server and the real command say the same of the same tables, to the bit."""

import json
import random
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from maas.registry.version import Version
from maas.serving.http.problems import Problem
from tests.scoring.random_tables import Row, Table, draw_table
from tests.scoring.test_one_validation import (
    as_in_stream,
    compare_batch,
    compare_file,
    expect_refusal,
    in_batch,
)
from tests.scoring.ways import (
    Answer,
    Verdict,
    list_answers,
    read_verdicts,
    write_json,
    write_stream,
)
from tests.scoring.written_csv import carried_by_csv, write_csv
from tests.server import Serve, Server
from tests.suite_size import choose
from tests.workspace import Workspace

TABLES = choose(20, 30, 500)
ARROW = "application/vnd.apache.arrow.stream"


@pytest.fixture(scope="module")
def flats(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """A workspace with a version that takes features of every type, and gives probabilities."""
    folder = tmp_path_factory.mktemp("flats")
    rng, rows = np.random.default_rng(0), 400
    frame = pd.DataFrame({
        "area": rng.uniform(20, 150, rows).round(1),
        "rooms": rng.integers(1, 6, rows),
        "balcony": rng.random(rows) < 0.5,
        "district": rng.choice(["a", "b", "é"], rows),
        "kind": rng.choice(["old", "new"], rows),
    })  # fmt: skip
    frame["class"] = np.where(frame["area"] + 20 * frame["balcony"] > 90, "dear", "cheap")
    frame.loc[::17, "area"] = np.nan
    frame.loc[::13, "kind"] = None
    frame.to_csv(folder / "flats.csv", index=False)
    workspace = Workspace(folder)
    source = f"data.source={folder / 'flats.csv'}"
    workspace.train_here(source, "data.target=class", "data.features=null", "model_name=flats")
    return workspace


@pytest.fixture(scope="module")
def served(flats: Workspace, serve: Serve) -> Server:
    return serve(flats)


@pytest.fixture(scope="module")
def tables(flats: Workspace) -> list[Table]:
    """Random tables, with every kind of wrong value."""
    from maas.registry.registry import Registry

    version: Version = Registry(flats.models).open(1)
    rng = random.Random(1)
    return [draw_table(rng, version.manifest.signature) for _ in range(TABLES)]


def ask_row(server: Server, row: Row) -> Verdict:
    """What POST /predict and POST /predict_proba say of a row."""
    content, headers = json.dumps(row).encode(), {"Content-Type": "application/json"}
    one, two = (
        server.client.post(path, content=content, headers=headers)
        for path in ("/predict", "/predict_proba")
    )
    assert one.status_code == two.status_code
    if one.status_code == 200:
        found = two.json()
        assert one.json()["prediction"] == found["prediction"]
        return Verdict(answer=(found["prediction"], tuple(found["probabilities"].values())))
    assert one.status_code == 422
    assert one.json()["errors"] == two.json()["errors"]
    return Verdict(tuple((e["field"], e["message"]) for e in one.json()["errors"]))


def ask_batch(server: Server, body: bytes, kind: str) -> list[Answer] | Problem:
    query = "?probabilities=true" if kind == ARROW else ""
    headers = {"Content-Type": kind, "Accept": kind}
    response = server.client.post(f"/predict_batch{query}", content=body, headers=headers)
    if response.status_code != 200:
        found = response.json()
        return Problem(response.status_code, found["detail"], found["errors"])
    if kind == ARROW:
        import pyarrow as pa

        return list_answers(pa.ipc.open_stream(response.content).read_all())
    found = response.json()
    pairs = zip(found["predictions"], found["probabilities"], strict=True)
    return [(value, tuple(given.values())) for value, given in pairs]


def test_batches_say_what_single_rows_say(served: Server, tables: list[Table]):
    for place, table in enumerate(tables):
        rows, where = table.rows, f"table {place}"
        expected = [in_batch(ask_row(served, row), row) for row in rows]
        body = write_json(rows, probabilities=True)
        compare_batch(ask_batch(served, body, "application/json"), expected, where)
        if table.arrow is not None:
            of_stream = [ask_row(served, row) for row in as_in_stream(table)]
            body = write_stream(table.arrow, 3)
            compare_batch(ask_batch(served, body, ARROW), of_stream, f"{where}, Arrow")


@pytest.mark.parametrize("form", ["parquet", "csv"])
def test_files_say_what_single_rows_say(
    served: Server, flats: Workspace, tables: list[Table], tmp_path: Path, form: str
):
    signature = served.client.get("/model").json()["signature"]["features"]
    names = [feature["name"] for feature in signature]
    source, written = tmp_path / "in", {}
    source.mkdir()
    for place, table in enumerate(tables):
        path = source / f"{place}.{form}"
        rows = [{name: row.get(name) for name in names} for row in table.rows]
        if form == "csv" and rows:
            write_csv(path, names, [row.values() for row in rows])
            written[path] = [
                {f["name"]: carried_by_csv(row[f["name"]], f["type"]) for f in signature}
                for row in rows
            ]
        elif form == "parquet" and table.arrow is not None and rows:
            from maas.registry.registry import Registry

            given = Registry(flats.models).open(1).manifest.signature
            if expect_refusal(given, table.arrow, names) is None:
                pq.write_table(table.arrow, path)
                written[path] = rows
    assert len(written) > TABLES // 8
    command = ("score", str(source), str(tmp_path / "out"), "--workers", "2", "--probabilities")
    done = flats.maas(*command, "--on-invalid", "quarantine", "--json")
    assert done.returncode == 0, done.stderr
    for path, rows in written.items():
        expected = [ask_row(served, row) for row in rows]
        said = read_verdicts(tmp_path / "out", path, len(rows))
        compare_file(said, expected, None, path.name)
    record = json.loads(done.stdout)
    assert record["scored"] + record["refused"] == sum(map(len, written.values()))
