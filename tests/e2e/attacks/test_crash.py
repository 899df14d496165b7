"""However trainers are killed, and however many run at once: complete versions, distinct numbers.

`pytest -m crash`; `tests/fault_injection.py` explains how it strikes.
"""

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from maas.registry.version import Version
from tests.fault_injection import broken_afterwards, broken_entries, broken_versions, numbers
from tests.small_disk import small_disk
from tests.suite_size import choose
from tests.workspace import Workspace

pytestmark = [
    pytest.mark.crash,
    pytest.mark.skipif(os.name == "nt", reason="strikes with signals and forks"),
]
KILL_STEP = choose(150, 80, 5)
FAULT_STEP = choose(500, 300, 12)
RACERS = choose(12, 30, 60)
ROUNDS = choose(1, 2, 4)
KILLED_RUNS = choose(2, 4, 30)


def attack(workspace: Workspace, kind: str, name: str, number: int) -> int:
    done = workspace.run(
        "-m", "tests.fault_injection", kind, str(workspace.folder / name), str(number), timeout=1800
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["problems"] == [], done.stderr[-4000:]
    return found["count"]


def test_a_kill_at_any_moment_leaves_whole_versions_and_the_next_run_cleans_up(
    workspace: Workspace,
):
    struck = attack(workspace, "kill", "kills", KILL_STEP)
    assert struck * KILL_STEP > 3000  # the walk reached the last moment
    print(f"killed at {struck} moments")


def test_a_failing_disk_gives_an_error_and_no_version(workspace: Workspace):
    struck = attack(workspace, "fault", "faults", FAULT_STEP)
    assert struck * FAULT_STEP > 3000
    print(f"failed at {struck} moments")


@pytest.mark.parametrize("kind", ["race", "fatal-race"])
def test_trainers_at_once_each_get_their_own_number(workspace: Workspace, kind: str):
    for turn in range(ROUNDS):
        attack(workspace, kind, f"round{turn}", RACERS)


def start_training(workspace: Workspace) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "train.py"],
        cwd=workspace.project,
        env=workspace.env(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


def test_a_killed_train_py_leaves_whole_versions_and_the_next_one_cleans_up(
    workspace: Workspace, first: Version
):
    workspace.publish(first)
    store = workspace.store / "models/model_service"
    for turn in range(KILLED_RUNS):
        trainer = start_training(workspace)
        end = time.monotonic() + 30
        while time.monotonic() < end and not list(workspace.models.glob(".staging-*")):
            time.sleep(0.001)
        time.sleep(random.uniform(0, 0.03) if turn % 2 else random.uniform(0, 0.5))
        os.killpg(trainer.pid, signal.SIGKILL)
        trainer.wait()
        assert broken_versions(workspace.models) == []
    assert workspace.train().returncode == 0
    assert workspace.bentoml("models", "list").returncode == 0
    assert [p.name for p in workspace.models.iterdir() if not p.name.startswith("v")] == []
    assert list((workspace.store / "tmp").iterdir()) == []
    assert numbers(workspace.models) == numbers(store)
    assert all(e["state"] == "ok" for e in json.loads(workspace.maas("list", "--json").stdout))


def test_many_train_py_at_once_each_publish(workspace: Workspace):
    trainers = [start_training(workspace) for _ in range(2 + ROUNDS)]
    assert [trainer.wait(300) for trainer in trainers] == [0] * len(trainers)
    assert numbers(workspace.models) == list(range(1, len(trainers) + 1))
    assert numbers(workspace.store / "models/model_service") == numbers(workspace.models)
    assert broken_versions(workspace.models) == []


@pytest.fixture(name="small_disk")
def mounted(tmp_path: Path) -> Iterator[Path]:
    with small_disk(
        tmp_path / "small", "64k", "the container tests fill a disk everywhere"
    ) as folder:
        yield folder


def test_a_full_disk_is_said_and_leaves_nothing(workspace: Workspace, small_disk: Path):
    (small_disk / "filler").write_bytes(bytes(60_000))
    done = workspace.train(extra={"MODELS_DIR": str(small_disk / "models")})
    assert done.returncode == 1
    assert "No space left on device" in done.stderr.splitlines()[-1]
    assert not (small_disk / "models").exists()
    (small_disk / "filler").unlink()
    assert workspace.train(extra={"MODELS_DIR": str(small_disk / "models")}).returncode == 0


def test_a_full_store_leaves_the_version_to_a_later_sync(
    workspace: Workspace, small_disk: Path, first: Version
):
    extra = {"BENTOML_HOME": str(small_disk / "store")}
    Workspace(workspace.folder, environ=extra).publish(first)
    (small_disk / "filler").write_bytes(bytes(28_000))
    done = workspace.train(extra=extra)
    assert (done.returncode, done.stdout[:2]) == (0, "v2"), done.stderr
    assert "No space left on device" in done.stderr
    assert "Traceback" not in done.stderr
    assert workspace.bentoml("models", "list", extra=extra).returncode == 0
    (small_disk / "filler").unlink()
    assert workspace.maas("sync", extra=extra).stdout.splitlines()[1] == "model_service:v2  created"


def test_the_two_checkers_of_this_suite_find_what_they_look_for(workspace: Workspace):
    """The attack proves nothing if its checkers miss damage."""
    models = workspace.models
    store = workspace.folder / "store"
    Workspace(workspace.folder, environ={"BENTOML_HOME": str(store)}).train_here("model_name=m")
    assert (broken_versions(models), broken_entries(models)) == ([], [])
    (store / "models/m/v1/model.yaml").unlink()
    assert len(broken_entries(models)) == 1
    (models / "v1/model.onnx").chmod(0o644)
    (models / "v1/model.onnx").write_bytes(b"altered")
    assert len(broken_versions(models)) == 1
    (models / "stray").mkdir()
    os.environ["BENTOML_HOME"], kept = str(store), os.environ.get("BENTOML_HOME")
    try:
        problems = " ".join(broken_afterwards(models, [1, 2]))
    finally:
        os.environ.pop("BENTOML_HOME")
        os.environ |= {"BENTOML_HOME": kept} if kept else {}
    assert "v2 is lost" in problems
    assert "stray is orphaned" in problems
