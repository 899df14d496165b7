"""The image of the whole project: it serves, trains and tests, for any user."""

import json
import os
import subprocess
from pathlib import Path

import pytest

from maas.registry.registry import Registry
from scripts.reproducible.copies import two_copies
from tests.images.engine import (
    HARDENED,
    ROW,
    Container,
    docker,
    engine_size,
    run_once,
    skip_without_engine,
)

pytestmark = skip_without_engine

PACKING = "tests/e2e/test_packing.py::test_two_projects_give_equal_bentos_and_exports"


def test_a_fresh_clone_s_image_answers_and_is_healthy(project_image: str):
    container = Container(project_image, 9000, "-e", "PORT=9000")
    with container as client:
        answer = client.post("/predict", json=ROW)
        assert answer.json() == {"input": ROW, "prediction": "setosa", "model_version": 1}
        assert container.health() == "healthy"
        assert docker("exec", container.id, "id", "-u") == "1000"
        docker("stop", "-t", "10", container.id)
        assert docker("inspect", "-f", "{{.State.ExitCode}}", container.id) == "0"


def test_it_serves_under_every_limit(project_image: str):
    with Container(project_image, 8000, *HARDENED) as client:
        assert client.post("/predict", json=ROW).status_code == 200


def test_it_is_at_most_600_mb_larger_than_its_base(project_image: str):
    assert engine_size(project_image) <= 600e6


def test_models_and_logs_alone_can_be_written(project_image: str):
    code, out, err = run_once(
        project_image,
        "sh",
        "-c",
        "find / -xdev -writable ! -type l ! -path '/proc/*' ! -path '/dev/*' ! -path '/sys/*'",
        options=("--user", "4321:4321"),
    )
    assert code in (0, 1), err
    places = set(out.split())
    assert {path for path in places if path.startswith(("/app", "/opt"))} == {
        "/app/models",
        "/app/logs",
    }
    mode = "stat -c '%a %u' /app/models /app/models/v1 /app/models/v1/manifest.json"
    assert run_once(project_image, "sh", "-c", mode)[1].splitlines() == [
        "1777 0",
        "555 0",
        "444 0",
    ]


def test_it_trains_inside_for_any_user(project_image: str):
    for user in ("1000:1000", "4321:4321"):
        options = ("--user", user)
        code, out, err = run_once(project_image, "bash", "scripts/train.sh", options=options)
        assert code == 0, err
        assert out.startswith("v2  model_service:v2  sha256:")


def test_a_read_only_container_trains_into_a_volume(project_image: str, tmp_path: Path):
    models = tmp_path / "models"
    models.mkdir()
    owner = f"{os.getuid()}:{os.getgid()}"
    options = ("-v", f"{models}:/app/models", *HARDENED, "--user", owner, "--memory", "1g")
    options += ("--memory-swap", "1g", "--tmpfs", "/app/logs")
    code, out, err = run_once(project_image, "bash", "scripts/train.sh", "--json", options=options)
    assert code == 0, err
    label = f"v{json.loads(out)['version']}"
    assert (models / label / "manifest.json").stat().st_uid == os.getuid()
    options = ("-v", f"{models}:/app/models", "--user", owner)
    code, out, err = run_once(
        project_image, "python", "-m", "maas", "promote", "1", options=options
    )
    assert (code, out.splitlines()[-1]) == (0, "r1  v1 -> v1  live"), err
    code, out, err = run_once(project_image, "python", "-m", "maas", "promote", "1")
    assert (code, out, len(err.splitlines())) == (2, "", 1)
    assert "is the image's own copy of the models" in err


def test_containers_that_share_the_volume_each_publish(project_image: str, tmp_path: Path):
    """Each has a store of its own, and none can see another's process number."""
    models = tmp_path / "models"
    models.mkdir()
    models.chmod(0o777)
    command = ["docker", "run", "--rm", "-v", f"{models}:/app/models", project_image]
    trainers = [
        subprocess.Popen(
            [*command, "python", "train.py", "--set", f"seed={seed}"],
            stdout=subprocess.PIPE,
            text=True,
        )
        for seed in range(4)
    ]
    said = [trainer.communicate(timeout=300)[0].split() for trainer in trainers]
    digests = {line[0]: line[2] for line in said}
    assert sorted(digests) == [f"v{n}" for n in range(1, 5)]
    assert {p.name for p in models.iterdir()} == set(digests)
    for label, digest in digests.items():
        assert Registry(models).check(int(label[1:])).manifest.digest == digest


def test_a_full_disk_is_said_and_leaves_nothing(project_image: str):
    options = ("--tmpfs", "/app/models:size=8k,mode=1777")
    code, out, err = run_once(project_image, "python", "train.py", options=options)
    assert (code, out) == (1, "")
    assert "No space left on device" in err.splitlines()[-1]


def test_a_folder_it_cannot_write_gives_one_clear_line(project_image: str, tmp_path: Path):
    models = tmp_path / "models"
    models.mkdir(mode=0o555)
    options = ("-v", f"{models}:/app/models", "--user", "4321:4321")
    code, out, err = run_once(project_image, "bash", "scripts/train.sh", options=options)
    assert (code, out) == (1, "")
    assert err.splitlines() == [
        "error: /app/models: cannot write to the models folder (Permission denied); check its "
        "owner and permissions, or set MODELS_DIR to another folder"
    ]
    assert list(models.iterdir()) == []
    options = ("-e", "BENTOML_HOME=/root/bentoml")
    code, out, err = run_once(project_image, "bash", "scripts/train.sh", options=options)
    assert code == 1
    assert "cannot write the BentoML store (Permission denied)" in err


def test_the_tests_pass_inside(project_image: str):
    # What an image could change: its user, its folders, its packages. The rest ran outside.
    # Training is in tests of their own above.
    chosen = ["tests/e2e/test_predict.py", PACKING]
    chosen += ["tests/registry/test_store.py", "tests/scoring/test_local_engine.py"]
    code, out, err = run_once(project_image, "pytest", *chosen, "tests/images")
    assert code == 0, out[-3000:] + err[-1000:]
    assert "no container engine answers" in out


@pytest.mark.usefixtures("project_image")
def test_a_code_change_rebuilds_no_dependencies():
    with two_copies() as (copy, _):
        with (copy.folder / "service.py").open("a") as file:
            file.write("\n# changed\n")
        done = subprocess.run(
            ["docker", "build", "--progress=plain", "."],
            cwd=copy.folder,
            capture_output=True,
            check=True,
        )
    steps = done.stderr.decode()
    install = next(line for line in steps.splitlines() if "image_packages.sh /install/req" in line)
    assert f"{install.split()[0]} CACHED" in steps
