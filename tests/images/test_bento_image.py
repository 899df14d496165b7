"""The image of a Bento, as `bentoml containerize` makes it, and run with every limit."""

import json
import secrets
from collections.abc import Iterator

import pytest

from maas.registry.version import Version
from tests.images.engine import HARDENED, ROW, Container, docker, skip_without_engine
from tests.workspace import Workspace

pytestmark = skip_without_engine


@pytest.fixture(scope="module")
def image(first: Version, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    workspace = Workspace(tmp_path_factory.mktemp("bento"))
    workspace.publish(first)
    done = workspace.maas("bento", "--json")
    assert done.returncode == 0, done.stderr
    name = f"bento-test-{secrets.token_hex(4)}"
    done = workspace.bentoml(
        "containerize", json.loads(done.stdout)["tag"], "-t", name, timeout=900
    )
    assert done.returncode == 0, done.stderr[-3000:]
    yield name
    docker("rmi", "-f", name)


def test_it_serves_with_every_limit_and_is_healthy(image: str, first: Version):
    container = Container(image, 9000, "-e", "PORT=9000", *HARDENED)
    with container as client:
        answer = client.post("/predict", json=ROW)
        assert answer.json() == {"input": ROW, "prediction": "setosa", "model_version": 1}
        assert answer.headers["x-model-digest"] == first.manifest.digest
        assert first.manifest.digest in client.get("/").text
        assert "bentoml_service_request_total" in client.get("/metrics").text
        assert container.health() == "healthy"
        assert docker("exec", container.id, "id", "-u") == "12345"


def test_its_own_user_serves_and_has_no_installer(image: str):
    container = Container(image, 8000)
    with container as client:
        assert client.post("/predict", json=ROW).status_code == 200
        assert docker("exec", container.id, "id", "-u") == "1034"
        installers = "command -v uv; python -m pip -V; python -c 'import sklearn'; true"
        assert docker("exec", container.id, "sh", "-c", installers) == ""


def test_it_says_what_it_holds(image: str, first: Version):
    config = json.loads(docker("image", "inspect", "-f", "{{json .Config}}", image))
    digest = first.manifest.digest
    assert "8000/tcp" in config["ExposedPorts"]
    assert config["Labels"] == {
        "model_tag": "model_service:v1",
        "model_digest": digest,
        "org.opencontainers.image.title": "model_service",
        "org.opencontainers.image.version": f"v1-{digest[7:19]}",
    }


def test_every_package_is_installed_by_its_hash(image: str):
    find = "cat env/docker/Dockerfile env/docker/uv.txt env/python/requirements.txt"
    lines = docker("run", "--rm", image, "sh", "-c", find).splitlines()
    assert "ENV UV_NO_CACHE=1 UV_REQUIRE_HASHES=1 PYC_INVALIDATION_MODE=UNCHECKED_HASH" in lines
    pins = [index for index, line in enumerate(lines) if "==" in line and line[0].isalnum()]
    assert len(pins) > 50
    assert all(lines[index + 1].strip().startswith("--hash=sha256:") for index in pins)
