"""compose.yaml, started for real: it serves, follows a release, and Prometheus sees it."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
import yaml

from maas.registry.version import Version
from tests.images.engine import ROW, docker, skip_without_engine
from tests.server import free_port, wait_until
from tests.workspace import PROJECT

STAND_IN = """FROM python:3.11-slim-bookworm
COPY prometheus /bin/prometheus
RUN mkdir /prometheus && chown 65534:65534 /prometheus
USER 65534
WORKDIR /prometheus
VOLUME /prometheus
ENTRYPOINT ["/bin/prometheus"]
"""


def compose_command() -> list[str] | None:
    for command in (["docker", "compose"], ["docker-compose"]):
        if shutil.which(command[0]):
            done = subprocess.run([*command, "version"], capture_output=True, check=False)
            if done.returncode == 0:
                return command
    return None


COMPOSE = compose_command()

pytestmark = [
    *skip_without_engine,
    pytest.mark.skipif(
        COMPOSE is None,
        reason="no `docker compose` here: `apt-get install docker-compose` brings one",
    ),
    pytest.mark.skipif(
        not shutil.which("prometheus"),
        reason="no prometheus here, for an image of it: `apt-get install prometheus` brings it",
    ),
]


class Composed:
    """The project's compose.yaml over a models folder of its own, on free ports."""

    def __init__(self, folder: Path, images: dict[str, str]) -> None:
        self.folder = folder
        for name in ("compose.yaml", "deploy", "configs"):
            copy = shutil.copytree if (PROJECT / name).is_dir() else shutil.copy2
            copy(PROJECT / name, folder / name)
        self.models = folder / "models"
        self.models.mkdir()
        override = {"services": {name: {"image": image} for name, image in images.items()}}
        (folder / "override.yaml").write_text(yaml.safe_dump(override))
        self.ports = {name: free_port() for name in ("PORT", "PROMETHEUS_PORT")}
        owner = {"RUN_AS": f"{os.getuid()}:{os.getgid()}"}
        named = {"COMPOSE_PROJECT_NAME": f"maas-test-{os.getpid()}"}
        ports = {name: str(port) for name, port in self.ports.items()}
        self.environ = os.environ | owner | named | ports
        self.client = httpx.Client(base_url=f"http://127.0.0.1:{self.ports['PORT']}")

    def __call__(self, *args: str) -> str:
        assert COMPOSE is not None
        files = ("-f", "compose.yaml", "-f", "override.yaml")
        done = subprocess.run(
            [*COMPOSE, *files, *args],
            cwd=self.folder,
            env=self.environ,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
        return done.stdout

    def answers_with(self, version: int) -> bool:
        try:
            answer = self.client.post("/predict", json=ROW)
        except httpx.TransportError:
            return False
        return answer.status_code == 200 and answer.json()["model_version"] == version


@pytest.fixture(scope="module")
def prometheus_image(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Debian's Prometheus as the image that cannot be pulled here has it: user, paths, entry."""
    folder, tag = tmp_path_factory.mktemp("prometheus"), f"maas-test-prometheus-{os.getpid()}"
    shutil.copy2(shutil.which("prometheus") or "", folder / "prometheus")
    (folder / "Dockerfile").write_text(STAND_IN)
    docker("build", "-q", "-t", tag, str(folder))
    yield tag
    docker("rmi", "-f", tag)


@pytest.fixture
def composed(
    tmp_path: Path, serve_image: str, project_image: str, prometheus_image: str
) -> Iterator[Composed]:
    images = {"service": serve_image, "train": project_image, "prometheus": prometheus_image}
    composed = Composed(tmp_path, images)
    yield composed
    composed.client.close()
    composed("down", "-v", "-t", "1")


def test_the_service_follows_what_is_trained_and_released_beside_it(
    composed: Composed, first: Version
):
    shutil.copytree(first.path, composed.models / "v1")
    composed("up", "-d", "service", "prometheus")
    wait_until(lambda: composed.answers_with(1), "the service serves v1")
    train = 'python train.py && python -m maas promote 2 --reason "in compose"'
    assert "v2  live" in composed("run", "--rm", "train", "sh", "-c", train)
    wait_until(lambda: composed.answers_with(2), "the service follows the release")

    address = f"http://127.0.0.1:{composed.ports['PROMETHEUS_PORT']}/api/v1"
    wait_until(lambda: is_up(address), "Prometheus scrapes the service")
    groups = httpx.get(f"{address}/rules").json()["data"]["groups"]
    assert "ServiceDown" in {rule["name"] for group in groups for rule in group["rules"]}


def is_up(address: str) -> bool:
    targets = httpx.get(f"{address}/targets").json()["data"]["activeTargets"]
    return [(t["labels"]["instance"], t["health"]) for t in targets] == [("service:8000", "up")]
