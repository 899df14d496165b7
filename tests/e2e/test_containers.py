"""Images, built and run for real; skipped, saying so, where no container engine answers."""

import json
import os
import shutil
import subprocess
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
import yaml

from maas.registry.registry import Registry
from maas.registry.version import Version
from tests.server import free_port
from tests.workspace import PROJECT, Workspace

ROW = {"feature1": 1, "feature2": 2}


def engine() -> bool:
    try:
        return subprocess.run(["docker", "info"], capture_output=True, check=False).returncode == 0
    except OSError:
        return False


pytestmark = [
    pytest.mark.docker,
    pytest.mark.skipif(not engine(), reason="no container engine answers `docker info` here"),
]


def docker(*args: str, timeout: float = 600, cwd: Path = PROJECT) -> str:
    done = subprocess.run(
        ["docker", *args], cwd=cwd, capture_output=True, text=True, timeout=timeout, check=False
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return done.stdout.strip()


def clone(folder: Path) -> Path:
    """The project as a fresh clone has it: what git tracks, with what was changed since."""
    files = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=PROJECT,
        capture_output=True,
        check=True,
    ).stdout.decode()
    for name in filter(None, files.split("\0")):
        if (PROJECT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(PROJECT / name, folder / name)
    return folder


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    tag = f"maas-test-{uuid.uuid4().hex[:8]}"
    docker("build", "-t", tag, ".", cwd=clone(tmp_path_factory.mktemp("clone")), timeout=1200)
    yield tag
    docker("rmi", "-f", tag)


class Container:
    """A running container on a free host port."""

    def __init__(self, image: str, inside: int, *options: str) -> None:
        self.port = free_port()
        self.id = docker("run", "-d", "-p", f"127.0.0.1:{self.port}:{inside}", *options, image)
        self.client = httpx.Client(base_url=f"http://127.0.0.1:{self.port}")

    def __enter__(self) -> httpx.Client:
        end = time.monotonic() + 90
        while time.monotonic() < end:
            try:
                if self.client.get("/readyz").status_code == 200:
                    return self.client
            except httpx.TransportError:
                time.sleep(0.3)
        logs = subprocess.run(["docker", "logs", self.id], capture_output=True, check=False)
        docker("rm", "-f", self.id)
        pytest.fail(f"not ready: {logs.stdout.decode()[-2000:]}{logs.stderr.decode()[-2000:]}")

    def __exit__(self, *_: object) -> None:
        self.client.close()
        docker("rm", "-f", self.id)


def run_once(image: str, *command: str, options: tuple[str, ...] = ()) -> tuple[int, str, str]:
    done = subprocess.run(
        ["docker", "run", "--rm", *options, image, *command],
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
    )
    return done.returncode, done.stdout, done.stderr


def test_a_fresh_clone_s_image_answers_and_is_healthy(image: str):
    container = Container(image, 8000)
    with container as client:
        answer = client.post("/predict", json=ROW)
        assert answer.json() == {"input": ROW, "prediction": "setosa", "model_version": 1}
        end = time.monotonic() + 60
        state = ""
        while time.monotonic() < end and state != "healthy":
            state = docker("inspect", "-f", "{{.State.Health.Status}}", container.id)
            time.sleep(1)
        assert state == "healthy"
        assert docker("exec", container.id, "id", "-u") == "1000"
        start = time.monotonic()
        docker("stop", "-t", "10", container.id)
        assert time.monotonic() - start < 15
        assert docker("inspect", "-f", "{{.State.ExitCode}}", container.id) == "0"


def test_the_port_is_a_variable_and_any_user_serves(image: str):
    with Container(image, 9000, "-e", "PORT=9000", "--user", "4321:4321") as client:
        assert client.post("/predict", json=ROW).status_code == 200


def test_it_trains_inside_for_any_user(image: str):
    for user in ("1000:1000", "4321:4321"):
        code, out, err = run_once(image, "bash", "scripts/train.sh", options=("--user", user))
        assert code == 0, err
        assert out.startswith("v2  model_service:v2  sha256:")


def test_a_version_trained_inside_lands_on_the_host(image: str, tmp_path: Path):
    models = tmp_path / "models"
    models.mkdir()
    owner = f"{os.getuid()}:{os.getgid()}"
    options = ("-v", f"{models}:/app/models", "--user", owner)
    code, out, err = run_once(image, "bash", "scripts/train.sh", "--json", options=options)
    assert code == 0, err
    label = f"v{json.loads(out)['version']}"
    assert (models / label / "manifest.json").stat().st_uid == os.getuid()


def test_containers_that_share_the_volume_each_publish(image: str, tmp_path: Path):
    """Each has a store of its own, and none can see another's process number."""
    models = tmp_path / "models"
    models.mkdir()
    models.chmod(0o777)
    command = ["docker", "run", "--rm", "-v", f"{models}:/app/models", image, "python", "train.py"]
    trainers = [
        subprocess.Popen([*command, "--set", f"seed={seed}"], stdout=subprocess.PIPE, text=True)
        for seed in range(6)
    ]
    said = [trainer.communicate(timeout=300)[0].split() for trainer in trainers]
    digests = {line[0]: line[2] for line in said}
    assert sorted(digests) == [f"v{n}" for n in range(1, 7)]
    assert {p.name for p in models.iterdir()} == set(digests)
    for label, digest in digests.items():
        assert Registry(models).check(int(label[1:])).manifest.digest == digest


def test_a_full_disk_is_said_and_leaves_nothing(image: str):
    options = ("--tmpfs", "/app/models:size=8k,mode=1777")
    code, out, err = run_once(image, "python", "train.py", options=options)
    assert (code, out) == (1, "")
    assert "No space left on device" in err.splitlines()[-1]


def test_a_folder_it_cannot_write_gives_one_clear_line(image: str, tmp_path: Path):
    models = tmp_path / "models"
    models.mkdir(mode=0o555)
    options = ("-v", f"{models}:/app/models", "--user", "4321:4321")
    code, out, err = run_once(image, "bash", "scripts/train.sh", options=options)
    assert (code, out) == (1, "")
    assert err.splitlines() == [
        "error: /app/models: cannot write to the models folder (Permission denied); check its "
        "owner and permissions, or set MODELS_DIR to another folder"
    ]
    assert list(models.iterdir()) == []
    options = ("-e", "BENTOML_HOME=/root/bentoml")
    code, out, err = run_once(image, "bash", "scripts/train.sh", options=options)
    assert code == 1
    assert "cannot write the BentoML store (Permission denied)" in err


def test_the_tests_pass_inside(image: str):
    # What an image could change: its user, its folders, its packages. The rest ran outside.
    chosen = "test_train or test_predict or test_bento or test_verify or test_determinism"
    chosen += " or test_store or test_logs or test_startup or test_containers"
    code, out, err = run_once(image, "pytest", "tests/", "-k", chosen)
    assert code == 0, out[-3000:] + err[-1000:]
    assert "no container engine answers" in out


@pytest.mark.usefixtures("image")
def test_a_code_change_rebuilds_no_dependencies(tmp_path: Path):
    folder = clone(tmp_path)
    with (folder / "service.py").open("a") as file:
        file.write("\n# changed\n")
    done = subprocess.run(
        ["docker", "build", "--progress=plain", "."], cwd=folder, capture_output=True, check=True
    )
    steps = done.stderr.decode()
    install = next(line for line in steps.splitlines() if "pip install" in line)
    number = install.split()[0]
    assert f"{number} CACHED" in steps


def test_a_containerized_bento_answers_on_8000_and_on_another_port(first: Version, tmp_path: Path):
    workspace = Workspace(tmp_path)
    workspace.publish(first)
    tag = workspace.build()
    image = f"bento-test-{uuid.uuid4().hex[:8]}"
    done = workspace.bentoml("containerize", tag, "-t", image, timeout=900)
    assert done.returncode == 0, done.stderr[-3000:]
    try:
        digest = yaml.safe_load(docker("run", "--rm", image, "cat", "bento.yaml"))["labels"][
            "model_digest"
        ]
        with Container(image, 8000) as client:
            answer = client.post("/predict", json=ROW)
            assert answer.json() == {"input": ROW, "prediction": "setosa", "model_version": 1}
            assert answer.headers["x-model-digest"] == digest
        with Container(image, 9000, "-e", "PORT=9000") as client:
            assert client.post("/predict", json=ROW).status_code == 200
    finally:
        docker("rmi", "-f", image)
