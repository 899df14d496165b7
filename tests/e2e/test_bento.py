"""A Bento is one concrete version: it keeps serving it, and refuses to be given another."""

import re
import shutil
from pathlib import Path

import pytest
import yaml

from maas.registry.registry import Registry
from maas.registry.version import Version
from tests.releases import release
from tests.samples import damage
from tests.server import Serve, Server
from tests.workspace import Workspace, copy_project

ROW = {"feature1": 1, "feature2": 2}


@pytest.fixture(scope="module")
def bento(
    first: Version, second: Version, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Workspace, str]:
    """A workspace with a Bento of v1, which is live; it is built once."""
    workspace = Workspace(tmp_path_factory.mktemp("bento"))
    workspace.publish(first, second)
    release(workspace.models, Registry(workspace.models).open(1))
    return workspace, workspace.build()


@pytest.fixture
def built(bento: tuple[Workspace, str], workspace: Workspace) -> tuple[Workspace, str]:
    """A copy of that workspace, which the test may change."""
    original, tag = bento
    shutil.copytree(original.folder, workspace.folder, dirs_exist_ok=True, symlinks=True)
    return workspace, tag


def test_a_bento_serves_its_version_whatever_is_released(
    built: tuple[Workspace, str], serve: Serve, first: Version
):
    workspace, tag = built
    digest = first.manifest.digest
    folder = workspace.store / "bentos" / tag.replace(":", "/")
    info = yaml.safe_load((folder / "bento.yaml").read_text())
    assert info["labels"]["model_digest"] == digest
    assert info["labels"]["model_tag"] == "model_service:v1"
    assert not (folder / "src/maas/training").exists()
    assert not (folder / "src/train.py").exists()

    done = workspace.maas("promote", "2", cwd=folder / "src", extra={"PYTHONPATH": ""})
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert "is a Bento, which serves the version that it was built with" in done.stderr

    release(workspace.models, Registry(workspace.models).open(2))
    server = serve(workspace, tag)
    assert server.post("/predict", ROW).json()["model_version"] == 1
    assert server.client.get("/model").json()["digest"] == digest

    shutil.rmtree(workspace.models)
    server = serve(workspace, tag, extra={"MODELS_DIR": "/nowhere"})
    assert server.post("/predict", ROW).headers["x-model-digest"] == digest
    check_page(server, digest)


def check_page(server: Server, digest: str) -> None:
    page = server.client.get("/")
    assert (page.status_code, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert digest in page.text
    for part in ("Metrics, beside the baseline", 'id="predict-form"', "A Bento holds one version"):
        assert part in page.text
    for file in re.findall(r'(?:href|src)="(page/[^"]+)"', page.text):
        assert server.client.get(f"/{file}").status_code == 200
    assert 'data-verdict="too few rows"' in server.client.get("/page/drift").text
    assert server.client.get("/drift").json()["rows"] >= 1
    assert "swagger" in server.client.get("/docs").text


def test_a_bento_refuses_another_version_and_another_digest(
    built: tuple[Workspace, str], second: Version
):
    workspace, tag = built
    done = workspace.bentoml("serve", tag, extra={"MODEL_VERSION": "2"}, timeout=60)
    assert done.returncode == 1
    assert "this Bento holds model_service:v1 and nothing else" in done.stderr + done.stdout

    other = Workspace(workspace.folder / "other")
    other.publish(second)
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
    workspace: Workspace, first: Version, second: Version
):
    workspace.publish(first)
    shutil.rmtree(workspace.store)
    other = Workspace(workspace.folder / "other", environ={"BENTOML_HOME": str(workspace.store)})
    other.publish(second)
    done = workspace.bentoml("build", timeout=120)
    assert done.returncode == 1
    assert "model_service:v1: the tag holds sha256:" in done.stderr + done.stdout
    assert "Traceback" not in done.stderr + done.stdout

    damage(workspace.models / "v1/model.onnx", b"x")
    done = workspace.bentoml("build", timeout=120)
    assert done.returncode == 1
    assert "model.onnx" in done.stderr + done.stdout


def test_bentos_of_two_models_in_one_store_are_called_as_their_models(
    workspace: Workspace, serve: Serve
):
    """One is called as a setting of BentoML; the project of the other packs what it needs."""
    digests, folders = {}, {}
    for name in ("metrics", "my-cars.2"):
        own = Workspace(workspace.folder / name, environ={"BENTOML_HOME": str(workspace.store)})
        digests[name] = own.train_here(f"model_name={name}").manifest.digest
        tag, _, version = own.build().partition(":")
        assert tag == name
        folders[name] = workspace.store / "bentos" / name / version
    info = yaml.safe_load((folders["my-cars.2"] / "bento.yaml").read_text())
    assert info["entry_service"] == info["schema"]["name"] == "my-cars.2"
    packages = (folders["my-cars.2"] / "env/python/requirements.txt").read_text()
    assert "onnxruntime==" in packages
    assert "--hash=sha256:" in packages

    server = serve(workspace, "metrics:latest", extra={"WORKERS": "2"})
    assert server.client.get("/model").json()["digest"] == digests["metrics"]
    assert server.client.get("/docs.json").json()["info"]["title"] == "metrics"
    assert server.post("/predict", ROW).status_code == 200
    assert server.metric("bentoml_service_request_total", service_name="metrics") >= 1


def test_a_project_without_locks_serves_and_cannot_be_built(
    own: Workspace, serve: Serve, tmp_path: Path
):
    project = copy_project(tmp_path / "project")
    shutil.rmtree(project / "requirements")
    bare = Workspace(own.folder, project)
    assert serve(bare).post("/predict", ROW).status_code == 200
    done = bare.bentoml("build", timeout=120)
    said = (done.stdout + done.stderr).strip()
    assert done.returncode == 1
    assert len(said.splitlines()) == 1
    assert f"{project}/requirements/serving.txt: cannot be read" in said
    assert "restore that file, or make it with `make lock`" in said
