"""A Bento is one concrete version: it keeps serving it, and refuses to be given another."""

import json
import shutil

import pytest
import yaml

from tests.server import Serve
from tests.workspace import Workspace

ROW = {"feature1": 1, "feature2": 2}


@pytest.fixture
def built(trained: Workspace, workspace: Workspace) -> tuple[Workspace, str]:
    """A workspace with v1 and a Bento of it."""
    shutil.copytree(trained.models, workspace.models)
    return workspace, workspace.build()


def test_a_bento_serves_its_version_when_later_ones_come(
    built: tuple[Workspace, str], trained: Workspace, serve: Serve
):
    workspace, tag = built
    digest = json.loads((trained.models / "v1/manifest.json").read_bytes())["digest"]
    folder = workspace.store / "bentos" / tag.replace(":", "/")
    info = yaml.safe_load((folder / "bento.yaml").read_text())
    assert info["labels"]["model_digest"] == digest
    assert info["labels"]["model_tag"] == "model_service:v1"
    assert not (folder / "src/maas/training").exists()
    assert not (folder / "src/train.py").exists()

    assert json.loads(workspace.train("--json", "--set", "seed=7").stdout)["version"] == 2
    server = serve(workspace, tag)
    assert server.post("/predict", ROW).json()["model_version"] == 1
    assert server.client.get("/model").json()["digest"] == digest

    shutil.rmtree(workspace.models)
    server = serve(workspace, tag, extra={"MODELS_DIR": "/nowhere"})
    assert server.post("/predict", ROW).headers["x-model-digest"] == digest


def test_a_bento_refuses_another_version_and_another_digest(built: tuple[Workspace, str]):
    workspace, tag = built
    done = workspace.bentoml("serve", tag, extra={"MODEL_VERSION": "2"}, timeout=60)
    assert done.returncode == 1
    assert "this Bento holds model_service:v1 and nothing else" in done.stderr + done.stdout

    other = Workspace(workspace.folder / "other")
    assert other.train("--set", "seed=7").returncode == 0
    entry = workspace.store / "models/model_service/v1"
    shutil.rmtree(entry)
    shutil.copytree(other.store / "models/model_service/v1", entry)
    done = workspace.bentoml("serve", tag, timeout=60)
    assert done.returncode == 1
    assert "this Bento was built with" in done.stderr + done.stdout
    assert "Traceback" not in done.stderr + done.stdout


def test_a_bento_refuses_when_the_store_has_only_a_tag_with_the_same_prefix(
    built: tuple[Workspace, str],
):
    workspace, tag = built
    (workspace.store / "models/model_service/v1").rename(
        workspace.store / "models/model_service/v10"
    )
    done = workspace.bentoml("serve", tag, timeout=60)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr + done.stdout
    assert "model_service:v1" in done.stderr + done.stdout


def test_a_bento_whose_model_is_gone_says_so(built: tuple[Workspace, str]):
    workspace, tag = built
    shutil.rmtree(workspace.store / "models/model_service")
    done = workspace.bentoml("serve", tag, timeout=60)
    assert done.returncode == 1
    assert "model_service:v1: is not in the store" in done.stderr + done.stdout


def test_building_refuses_a_damaged_version_and_a_foreign_tag(
    trained: Workspace, workspace: Workspace
):
    shutil.copytree(trained.models, workspace.models)
    other = Workspace(workspace.folder / "other", environ={"BENTOML_HOME": str(workspace.store)})
    assert other.train("--set", "seed=7").returncode == 0
    done = workspace.bentoml("build", timeout=120)
    assert done.returncode == 1
    assert "model_service:v1: the tag holds sha256:" in done.stderr + done.stdout
    assert "Traceback" not in done.stderr + done.stdout

    path = workspace.models / "v1/model.onnx"
    path.chmod(0o644)
    path.write_bytes(b"x")
    done = workspace.bentoml("build", timeout=120)
    assert done.returncode == 1
    assert "model.onnx" in done.stderr + done.stdout
