"""Starting: what cannot be served is said in one line, with exit 1, and does not restart."""

import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from maas.registry.registry import Registry
from maas.registry.version import Version
from tests.lock_holder import stopped_holder
from tests.samples import FILES, RUN, damage, make_manifest
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


def test_a_port_that_does_not_exist(trained: Workspace):
    assert "no such port" in refused(trained, "--port", "70000")


def test_an_empty_name_of_the_keys_file(trained: Workspace):
    assert "API_KEYS_FILE" in refused(trained, API_KEYS_FILE="")


@pytest.mark.parametrize("content", [None, "\n  \n"])
def test_a_keys_file_without_a_key(trained: Workspace, tmp_path: Path, content: str | None):
    path = tmp_path / "keys"
    if content is not None:
        path.write_text(content)
    assert str(path) in refused(trained, API_KEYS_FILE=str(path))


@pytest.mark.parametrize("name", ["model.onnx", "saved_model.pkl"])
def test_a_damaged_version(own: Workspace, name: str):
    path = own.models / "v1" / name
    damage(path, path.read_bytes().replace(b"a", b"b", 1))
    assert name in refused(own)


@pytest.mark.parametrize(
    ("reference", "line"),
    [
        (FILES["reference.json"], "m:v1: cannot be loaded ("),
        (b'{"target": {"edges": ["x"]}}', "reference.json: has no valid target"),
        (b"[]", "reference.json: has no valid target"),
    ],
)
def test_a_model_or_reference_that_cannot_be_loaded(
    workspace: Workspace, reference: bytes, line: str
):
    files = FILES | {"reference.json": reference}
    Registry(workspace.models).publish(make_manifest(files=files), files, RUN, ())
    assert line in refused(workspace)


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


def test_a_chosen_version_is_served_and_a_fresh_store_gets_it(
    own: Workspace, serve: Serve, first: Version, second: Version
):
    own.publish(second)
    shutil.rmtree(own.store)
    server = serve(own, extra={"MODEL_VERSION": "1"})
    assert server.client.get("/model").json()["digest"] == first.manifest.digest
    assert (own.store / "models/model_service/v1/model.yaml").is_file()


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


def test_a_stopped_trainer_with_the_lock_of_the_store_does_not_keep_the_service_from_starting(
    own: Workspace, serve: Serve, first: Version
):
    shutil.rmtree(own.store / "models")
    with stopped_holder(own.store / "maas.lock"):
        server = serve(own)
        assert server.client.get("/model").json()["digest"] == first.manifest.digest
        log = server.log.read_text()
    assert log.count("model_service:v1 is served without its mirror") == 1
    assert not (own.store / "models/model_service").exists()


def test_a_build_waits_for_the_lock_of_the_store_and_says_so(own: Workspace):
    with (
        stopped_holder(own.store / "maas.lock") as holder,
        subprocess.Popen(
            [sys.executable, "-m", "bentoml", "build"],
            cwd=own.project,
            env=own.env(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        ) as build,
    ):
        assert build.stdout is not None
        lines = iter(build.stdout)
        assert "waiting for the lock" in next(line for line in lines if "maas.lock" in line)
        holder.kill()
        rest = "".join(lines)
        assert build.wait(120) == 0, rest
