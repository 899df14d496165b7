"""service.py is the API: what its methods say is what a client sees, also when they fail."""

from pathlib import Path

import pytest

from tests.server import Serve, Server
from tests.workspace import Workspace, copy_project

ROW = {"feature1": 1, "feature2": 2}
FAILS = 'raise ValueError("a secret place")\n            (prediction,) = await self.predictor'


@pytest.fixture(scope="module")
def edited(trained: Workspace, serve: Serve, tmp_path_factory: pytest.TempPathFactory) -> Server:
    """Serves a copy of the project: `predict` raises an error, `predict_proba` always says one."""
    project = copy_project(tmp_path_factory.mktemp("edited") / "project")
    replace(project, "(prediction,) = await self.predictor", FAILS)
    replace(project, "prediction=prediction,\n                    prob", SAYS_VIRGINICA)
    return serve(Workspace(trained.folder, project))


SAYS_VIRGINICA = "prediction='virginica',\n                    prob"


def replace(project: Path, old: str, new: str) -> None:
    path = project / "service.py"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def test_editing_a_method_changes_what_a_client_sees(edited: Server):
    answer = edited.post("/predict_proba", ROW).json()
    assert answer["prediction"] == "virginica"
    assert answer["probabilities"]["setosa"] > 0.4


def test_a_failing_method_is_a_500_without_internals_and_a_traceback_in_the_log(edited: Server):
    body = {"feature1": 1.2345678, "feature2": 1}
    answer = edited.post("/predict", body, headers={"X-Request-ID": "broken-1"})
    assert answer.status_code == 500
    assert set(answer.json()) == {"type", "title", "status", "detail", "request_id"}
    assert answer.json()["request_id"] == "broken-1"
    assert "secret" not in answer.text
    assert "ValueError" not in answer.text
    log = edited.log_after("request broken-1 failed in /predict")
    assert "ValueError: a secret place" in log
    assert "1.2345678" not in log
    assert edited.post("/predict_proba", ROW).status_code == 200
