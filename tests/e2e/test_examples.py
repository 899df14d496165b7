"""Every shipped example trains, and serves its own example row."""

import json

import numpy as np
import pytest

from tests.conftest import TrainOnce
from tests.server import Serve
from tests.workspace import EXAMPLES


@pytest.mark.parametrize("name", ["wine", "breast_cancer", "diabetes"])
def test_an_example_trains_and_serves_its_own_example_row(
    train_once: TrainOnce, serve: Serve, name: str
):
    workspace = train_once("--config", str(EXAMPLES / f"{name}.yaml"), "--json")
    printed = json.loads((workspace.folder / "stdout").read_text())
    assert printed["tag"] == f"{name}:v1"
    server = serve(workspace)
    signature = server.client.get("/model").json()["signature"]
    answer = server.post("/predict", signature["example"]).json()
    assert answer["input"] == pytest.approx(signature["example"])
    batch = server.post("/predict_batch", {"rows": [signature["example"]] * 3}).json()
    if signature["task"] == "regression":
        assert np.isfinite(answer["prediction"])
        assert batch["predictions"] == [answer["prediction"]] * 3
        assert server.post("/predict_proba", signature["example"]).status_code == 404
    else:
        assert answer["prediction"] in signature["classes"]
        assert batch["predictions"] == [answer["prediction"]] * 3
