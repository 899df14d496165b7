"""The image that only serves: small, without write bits, under every limit."""

import shutil
import time
from pathlib import Path

import httpx
import pytest
import yaml

from maas.registry.registry import Registry
from maas.registry.version import Version
from tests.images.engine import (
    HARDENED,
    ROW,
    Container,
    docker,
    engine_size,
    run_once,
    skip_without_engine,
)
from tests.releases import release
from tests.workspace import PROJECT, Workspace

pytestmark = skip_without_engine


def test_it_serves_under_every_limit_and_stops(serve_image: str):
    container = Container(serve_image, 8000, *HARDENED)
    with container as client:
        answer = client.post("/predict", json=ROW)
        assert answer.json() == {"input": ROW, "prediction": "setosa", "model_version": 1}
        assert "Metrics, beside the baseline" in client.get("/").text
        assert client.get("/page/style.css").status_code == 200
        assert "bentoml_service_request_total" in client.get("/metrics").text
        assert container.health() == "healthy"
        docker("stop", "-t", "10", container.id)
        assert docker("inspect", "-f", "{{.State.ExitCode}}", container.id) == "0"
        assert '"route":"/predict"' in container.logs(), "app_env is prod, which logs JSON"


@pytest.mark.parametrize(
    ("options", "command", "port"),
    [
        (("-e", "BENTOML_PORT=9002", "-e", "PORT=9001"), "", 9002),
        (("--init",), "bentoml serve -p 9004", 9004),
    ],
)
def test_the_health_check_knows_the_port(
    serve_image: str, options: tuple[str, ...], command: str, port: int
):
    container = Container(serve_image, port, *options, command=command)
    with container as client:
        assert client.post("/predict", json=ROW).status_code == 200
        check = docker("inspect", "-f", "{{json .Config.Healthcheck.Test}}", serve_image)
        docker("exec", container.id, *yaml.safe_load(check)[1:])


def test_it_is_at_most_215_mb_larger_than_its_base(serve_image: str):
    assert engine_size(serve_image) <= 215e6


def test_it_holds_what_a_bento_holds_and_nobody_can_write_it(serve_image: str):
    _, out, _ = run_once(serve_image, "find", "/app", "/opt", "-perm", "/222", "!", "-type", "l")
    assert out.split() == ["/opt"]  # the base's own
    _, out, _ = run_once(serve_image, "find", "/app", "-type", "f", "!", "-name", "*.pyc")
    patterns = yaml.safe_load((PROJECT / "bentofile.yaml").read_text(encoding="utf-8"))["include"]
    packed = {path for pattern in patterns for path in PROJECT.glob(pattern.removeprefix("/"))}
    expected = {f"/app/{path.relative_to(PROJECT).as_posix()}" for path in packed}
    assert {name for name in out.split() if "/models/" not in name} == expected | {
        "/app/.image-copy"
    }
    for name in ("sklearn", "scipy", "pandas", "pip", "pytest", "maas.training"):
        code, _, err = run_once(serve_image, "python", "-c", f"import {name}")
        assert code == 1
        assert "ModuleNotFoundError" in err


def test_every_file_that_a_package_records_is_there(serve_image: str):
    code = (
        "from importlib.metadata import distributions\n"
        "every = [f for d in distributions() for f in d.files]\n"
        "print(len(every), [str(f) for f in every if not f.locate().exists()])\n"
    )
    _, out, err = run_once(serve_image, "python", "-c", code)
    count, _, missing = out.partition(" ")
    assert int(count) > 1000, err
    assert missing.strip() == "[]"


def test_it_follows_a_mounted_folder(
    serve_image: str, tmp_path: Path, first: Version, second: Version
):
    workspace = Workspace(tmp_path)
    workspace.publish(first, second)
    workspace.models.chmod(0o755)
    registry = Registry(workspace.models)
    release(workspace.models, registry.open(1))
    options = (*HARDENED, "-v", f"{workspace.models}:/app/models:ro", "-e", "FOLLOW_S=0.1")
    container = Container(serve_image, 8000, *options)
    with container as client:
        assert client.post("/predict", json=ROW).json()["model_version"] == 1
        release(workspace.models, registry.open(2))
        wait_for_version(client, 2)


def wait_for_version(client: httpx.Client, number: int) -> None:
    end = time.monotonic() + 30
    while client.post("/predict", json=ROW).json()["model_version"] != number:
        assert time.monotonic() < end, "the release is not followed"
        time.sleep(0.1)


def refusal(image: str, *options: str) -> str:
    code, out, err = run_once(image, options=(*HARDENED, *options))
    said = (out + err).strip()
    assert code == 1, said
    assert "Traceback" not in said
    return said


def test_a_mounted_folder_that_it_cannot_serve_is_one_line(
    serve_image: str, tmp_path: Path, first: Version
):
    models = tmp_path / "models"
    models.mkdir()
    mount = ("-v", f"{models}:/app/models:ro")
    empty = refusal(serve_image, *mount)
    assert "/app/models: holds no version" in empty

    Workspace(tmp_path).publish(first)
    digest = "sha256:" + "0" * 64
    other = refusal(serve_image, *mount, "-e", f"MODEL_DIGEST={digest}")
    assert f"the service demands {digest}" in other

    models.chmod(0o700)
    shutil.chown(models, 54321)
    foreign = refusal(serve_image, *mount)
    assert "/app/models" in foreign
    assert "Permission denied" in foreign


def test_it_has_no_commands_and_says_so(serve_image: str):
    for command in ("list", "promote 1", "score a b", "--help"):
        code, out, err = run_once(serve_image, "python", "-m", "maas", *command.split())
        assert (code, out) == (2, "")
        assert err == (
            "error: /app: is an image that serves, and has no commands; run commands in the "
            "project, or in an image of it\n"
        )


def test_nothing_of_a_model_is_copied_to_its_memory(serve_image: str):
    container = Container(serve_image, 8000, *HARDENED)
    with container:
        assert docker("exec", container.id, "find", "/tmp", "-name", "model.onnx") == ""
