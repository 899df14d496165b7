"""Starting: what cannot be served is said in one line, with exit 1, and does not restart."""

import json
import shutil
import socket
import time

import psutil
import pytest

from tests.samples import FILES, RUN, make_manifest
from tests.server import Serve, free_port
from tests.workspace import PROJECT, Workspace


def refused(workspace: Workspace, *args: str, **extra: str) -> str:
    """Start a server that must refuse; return its one line."""
    environ = {"PORT": str(free_port())} | extra
    done = workspace.bentoml("serve", *args, extra=environ, timeout=60)
    assert done.returncode == 1, done.stderr
    text = done.stdout + done.stderr
    assert "Traceback" not in text
    lines = [line for line in text.splitlines() if line.strip()]
    assert len(lines) == 1, text
    return lines[0]


def test_no_version(workspace: Workspace):
    assert "holds no version; run `python train.py`" in refused(workspace)


def test_a_version_that_is_not_there(trained: Workspace):
    assert "no such version (there: v1)" in refused(trained, MODEL_VERSION="7")


def test_another_digest_than_demanded(trained: Workspace):
    assert "the service demands" in refused(trained, MODEL_DIGEST="sha256:" + "0" * 64)


def test_a_wrong_setting(trained: Workspace):
    assert "variable WORKERS: workers = 'many'" in refused(trained, WORKERS="many")


def test_a_port_that_is_none(trained: Workspace):
    assert "no such port" in refused(trained, "--port", "70000")


def test_an_empty_name_of_the_keys_file(trained: Workspace):
    assert "API_KEYS_FILE" in refused(trained, API_KEYS_FILE="")


@pytest.mark.parametrize("name", ["model.onnx", "saved_model.pkl", "manifest.json"])
def test_a_damaged_version(trained: Workspace, workspace: Workspace, name: str):
    shutil.copytree(trained.models, workspace.models)
    path = workspace.models / "v1" / name
    path.chmod(0o644)
    path.write_bytes(path.read_bytes().replace(b"a", b"b", 1))
    assert name in refused(workspace)


def test_a_model_that_cannot_be_loaded(workspace: Workspace):
    folder = workspace.models / "v1"
    folder.mkdir(parents=True)
    for name, data in FILES.items():
        (folder / name).write_bytes(data)
    (folder / "manifest.json").write_bytes(make_manifest().to_bytes())
    (folder / "run.json").write_bytes(RUN)
    assert "m:v1: cannot be loaded (" in refused(workspace)


def test_a_taken_port(trained: Workspace):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        line = refused(trained, "--host", "127.0.0.1", PORT=str(port))
        assert f"port {port}: cannot be used" in line


def test_the_port_of_the_command_goes_before_the_variable(trained: Workspace):
    port = free_port()
    with socket.create_server(("127.0.0.1", port)):
        line = refused(trained, "--host", "127.0.0.1", "--port", str(port))
        assert f"port {port}" in line


def test_a_fresh_store_gets_the_served_version(
    trained: Workspace, workspace: Workspace, serve: Serve
):
    shutil.copytree(trained.models, workspace.models)
    server = serve(workspace)
    assert server.client.get("/model").json()["version"] == 1
    assert (workspace.store / "models/model_service/v1/model.yaml").is_file()


def test_a_replaced_worker_serves_the_version_of_its_siblings(workspace: Workspace, serve: Serve):
    assert workspace.train().returncode == 0
    server = serve(workspace)
    assert workspace.train("--set", "seed=7").returncode == 0
    (worker,) = [
        p for p in psutil.Process(server.process.pid).children() if "worker" in str(p.cmdline())
    ]
    worker.kill()
    end = time.monotonic() + 60
    version = None
    while time.monotonic() < end and version is None:
        try:
            version = server.client.get("/model").json()["version"]
        except Exception:
            time.sleep(0.2)
    assert version == 1


def test_the_log_s_level_and_form_are_configured(trained: Workspace, serve: Serve):
    server = serve(trained, extra={"APP_ENV": "prod"})
    lines = [json.loads(line) for line in server.log.read_text().splitlines()]
    assert all({"time", "level", "message"} <= line.keys() for line in lines)
    own = [line for line in lines if line["message"] != "request"]
    assert {frozenset(line) for line in own} == {frozenset({"time", "level", "message", "env"})}
    assert any("BentoServer" in line["message"] for line in lines)
    assert server.client.get("/model").json()["app_env"] == "prod"
    quiet = serve(trained, extra={"LOG_LEVEL": "WARNING"})
    assert quiet.log.read_text() == ""


def test_a_chosen_version_is_served(workspace: Workspace, serve: Serve):
    digests = [json.loads(workspace.train("--json", "--set", f"seed={s}").stdout) for s in (1, 2)]
    server = serve(workspace, extra={"MODEL_VERSION": "1"})
    assert server.client.get("/model").json()["digest"] == digests[0]["digest"]


def test_a_version_without_an_input_bound_is_measured_before_the_workers_start(
    workspace: Workspace, serve: Serve
):
    shutil.copytree(PROJECT / "tests/data/first_schema", workspace.models)
    server = serve(workspace)
    schema = server.client.get("/docs.json").json()["components"]["schemas"]["Row"]
    assert schema["properties"]["feature1"]["maximum"] == 1e36
    assert "input_bound" not in server.client.get("/model").json()["signature"]
    batch = {"rows": [{"feature1": 1e37, "feature2": 1}]}
    assert server.post("/predict_batch", batch).status_code == 422
