"""A run over a table with mistakes: what it says of them, wherever that can be read."""

import json

import numpy as np
import pandas as pd
import pytest

from maas.registry.registry import Registry
from maas.registry.version import Version
from maas.serving.api.responses import ModelResponse
from tests.server import Serve, Server
from tests.workspace import Workspace

ROWS, HELD_OUT = 200, 40
REFUSED = {170: ["town"], 199: ["town", "heating"]}
"""The rows that hold a category of which no training row has one."""


def rents() -> pd.DataFrame:
    """A row number, the day of the split, a constant, the target in cents, and unseen towns."""
    generator = np.random.default_rng(1)
    frame = pd.DataFrame({"nr": np.arange(ROWS) + 1, "day": np.arange(ROWS), "unit": "m²"})
    frame["size"] = generator.uniform(20, 120, ROWS).round(1)
    frame["town"] = np.where(frame["nr"] % 2, "Ulm", "Kiel")
    frame["heating"] = np.where(frame["nr"] % 3, "gas", None)
    for row, columns in REFUSED.items():
        frame.loc[row, columns] = "elsewhere"
    frame["rent"] = (frame["size"] * 9 + generator.normal(0, 60, ROWS)).round(2)
    frame["cents"] = (frame["rent"] * 100).round().astype(int)
    return frame


@pytest.fixture(scope="module")
def mistaken(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """A workspace with v1 and v2 of the table, and what train.py printed."""
    workspace = Workspace(tmp_path_factory.mktemp("mistaken"))
    rents().to_csv(workspace.folder / "rents.csv", index=False)
    (workspace.folder / "rents.yaml").write_text(
        "{model_name: rents, data: {source: rents.csv, target: rent}, estimator: {name: Ridge},"
        f" paths: {{logs_dir: '{workspace.folder}/logs'}},"
        " split: {method: time, column: day}}"
    )
    for name, args in {"lines": (), "document": ("--json",)}.items():
        done = workspace.train("--config", str(workspace.folder / "rents.yaml"), *args)
        assert done.returncode == 0, done.stderr
        (workspace.folder / f"{name}.out").write_text(done.stdout)
        (workspace.folder / f"{name}.err").write_text(done.stderr)
    return workspace


def printed(workspace: Workspace, name: str) -> str:
    return (workspace.folder / name).read_text()


@pytest.fixture(scope="module")
def version(mistaken: Workspace) -> Version:
    return Registry(mistaken.models).open(1)


@pytest.fixture(scope="module")
def mistaken_server(mistaken: Workspace, serve: Serve) -> Server:
    return serve(mistaken)


SENTENCES = {
    "refused": "the service refuses 2 of 40 held-out rows ('town': 2, 'heating': 1), and the",
    "leak": "feature 'cents' is a linear function of the target in the training rows",
    "constant": "feature 'unit' has the same value in every training row",
    "ascending": "feature 'nr' rises by whole numbers from row to row",
}


def test_stdout_is_still_one_line_and_stderr_warns(mistaken: Workspace, version: Version):
    manifest = version.manifest
    line = f"v1  rents:v1  {manifest.digest}  r2={manifest.metrics['r2']:.3f}\n"
    assert printed(mistaken, "lines.out") == line
    warned = [line for line in printed(mistaken, "lines.err").splitlines() if "WARNING" in line]
    assert len(warned) == len(SENTENCES)
    for line, sentence in zip(warned, SENTENCES.values(), strict=True):
        assert sentence in line
    assert "set `preprocessing.unknown: ignore`: " in warned[0]
    assert warned[3].endswith('leave it out with `data.exclude: ["nr"]`')
    assert "INFO fitting Ridge on 160 of 200 rows" in printed(mistaken, "lines.err")


def test_the_document_and_the_manifest_name_them_for_programs(
    mistaken: Workspace, version: Version
):
    document = json.loads(printed(mistaken, "document.out"))
    assert document["digest"] == version.manifest.digest
    counts = {"rows": HELD_OUT, "refused": 2, "by_feature": {"town": 2, "heating": 1}}
    assert document["held_out"] == counts
    assert [set(warning) for warning in document["warnings"]] == [
        {"kind", "features", "message"}
    ] * 4
    assert {w["kind"]: w["features"] for w in document["warnings"]} == {
        "refused": ["town", "heating"], "leak": ["cents"], "constant": ["unit"],
        "ascending": ["nr"],
    }  # fmt: skip
    manifest = json.loads(version.path.joinpath("manifest.json").read_bytes())
    assert manifest["held_out"] == counts
    assert manifest["warnings"] == [
        {"kind": "leak", "seen": "linear", "features": ["cents"], "count": 1},
        {"kind": "constant", "seen": "one_value", "features": ["unit"], "count": 1},
        {"kind": "ascending", "seen": "rising", "features": ["nr"], "count": 1},
    ]


def test_show_prints_them_and_verify_finds_them_again(mistaken: Workspace):
    shown = mistaken.maas("show", "1").stdout
    assert [line.partition("   ")[2] for line in shown.splitlines() if "warning" in line] == [
        line.partition(" WARNING ")[2]
        for line in printed(mistaken, "lines.err").splitlines()
        if "WARNING" in line
    ]
    done = mistaken.maas("verify", "1")
    assert (done.returncode, done.stdout[:20]) == (0, "v1 is bit-identical:"), done.stderr


def test_the_service_refuses_exactly_the_rows_that_were_counted(mistaken_server: Server):
    server = mistaken_server
    rows = json.loads(rents().drop(columns=["rent", "day"]).to_json(orient="records"))
    refused = {}
    for place, row in enumerate(rows[ROWS - HELD_OUT :], ROWS - HELD_OUT):
        answer = server.post("/predict", row)
        assert answer.status_code in (200, 422)
        if answer.status_code == 422:
            refused[place] = sorted(error["field"] for error in answer.json()["errors"])
    assert refused == {place: sorted(columns) for place, columns in REFUSED.items()}


def test_the_document_of_the_api_describes_the_records(mistaken_server: Server, version: Version):
    server = mistaken_server
    document = server.client.get("/docs.json").json()
    answer = server.client.get("/model").json()
    ModelResponse.model_validate_json(server.client.get("/model").content)
    assert answer["held_out"] == version.manifest.model_dump(mode="json")["held_out"]
    assert [warning["seen"] for warning in answer["warnings"]] == ["linear", "one_value", "rising"]
    schema = document["components"]["schemas"]["ModelResponse"]
    assert answer.keys() <= schema["properties"].keys()
    assert not {"held_out", "warnings"} & set(schema["required"])


def test_a_run_says_that_its_model_is_not_better_than_the_baseline(workspace: Workspace):
    generator = np.random.default_rng(0)
    frame = pd.DataFrame({"a": generator.normal(size=900)})
    frame["y"] = np.where(np.arange(900) % 30, "no", "yes")
    frame.to_csv(workspace.folder / "rare.csv", index=False)
    (workspace.folder / "rare.yaml").write_text(
        "{model_name: rare, data: {source: rare.csv, target: y}, "
        "estimator: {name: LogisticRegression}, "
        f"paths: {{logs_dir: '{workspace.folder}/logs'}}}}"
    )
    done = workspace.train("--config", str(workspace.folder / "rare.yaml"))
    assert done.stdout.endswith("accuracy=0.967\n")
    warned = [line for line in done.stderr.splitlines() if "WARNING" in line]
    assert "is not above 0.967, which always predicting 'no' gives" in warned[0]
    assert warned[1].endswith("never predicted for a held-out row: 'yes'")
    assert len(warned) == 2
