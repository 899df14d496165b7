"""From a file that nobody has described to a served model, in real processes."""

import json
import shlex

import joblib
import pytest

from maas.config.reading import load_train_config
from maas.registry.registry import Registry
from maas.training.data import read_dataset
from maas.training.split import split_rows
from tests.commands.test_init import orders
from tests.server import Serve
from tests.workspace import Workspace


@pytest.mark.parametrize("target", ["kind", "price"])
def test_two_commands_lead_to_a_service_that_answers_every_held_out_row(
    workspace: Workspace, serve: Serve, target: str
):
    folder = workspace.folder
    (folder / "orders.csv").write_text(orders(), encoding="utf-8")
    config = folder / "c.yaml"
    drafted = workspace.maas(
        "init", str(folder / "orders.csv"), "--target", target, "--output", str(config)
    )
    assert drafted.returncode == 0, drafted.stderr
    trained = workspace.train("--config", str(config))
    assert trained.returncode == 0, trained.stderr

    version = Registry(workspace.models).open(1)
    loaded = load_train_config(config)
    data = read_dataset(loaded, folder)
    held_out = data.frame().iloc[split_rows(loaded, data, version.manifest.signature.task)[1]]
    rows = json.loads(held_out.to_json(orient="records"))
    server = serve(workspace)
    given = server.post("/predict_batch", {"rows": rows}).json()["predictions"]
    expected = joblib.load(version.path / "saved_model.pkl").predict(held_out).tolist()
    assert given == (expected if target == "kind" else pytest.approx(expected, rel=1e-5))

    request = json.loads(shlex.split(drafted.stdout.splitlines()[-1])[-1])
    answer = server.post("/predict", request)
    assert answer.status_code == 200, answer.text
    verified = workspace.maas("verify", "1")
    assert "bit-identical" in verified.stdout, verified.stdout + verified.stderr
