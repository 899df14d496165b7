"""However promoters are killed, and however many at once: a whole ledger, and one after another.

`pytest -m crash`; `tests/release_injection.py` explains how it strikes.
"""

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from maas.registry.ledger import LEDGER, read_ledger
from maas.registry.version import Version
from tests.release_injection import broken_ledger, entries_of
from tests.small_disk import small_disk
from tests.suite_size import choose, long_attack
from tests.workspace import Workspace

pytestmark = [
    pytest.mark.crash,
    long_attack,
    pytest.mark.skipif(os.name == "nt", reason="strikes with signals and forks"),
]
KILL_STEP = choose(15, 6, 1)
FAULT_STEP = choose(30, 10, 1)
RACERS = choose(20, 20, 60)
ROUNDS = choose(1, 3, 10)
KILLED_COMMANDS = choose(1, 3, 20)
COMMANDS_AT_ONCE = choose(3, 6, 20)


def attack(workspace: Workspace, kind: str, name: str, number: int) -> int:
    done = workspace.run(
        "-m",
        "tests.release_injection",
        kind,
        str(workspace.folder / name),
        str(number),
        timeout=1800,
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["problems"] == [], done.stderr[-4000:]
    return found["count"]


@pytest.mark.parametrize(("kind", "step"), [("kill", KILL_STEP), ("fault", FAULT_STEP)])
def test_a_kill_or_a_failing_disk_at_any_moment_leaves_a_whole_ledger(
    workspace: Workspace, kind: str, step: int
):
    struck = attack(workspace, kind, "strikes", step)
    assert struck * step > 100  # the walk reached the last moment
    print(f"{kind} at {struck} moments")


def test_promoters_at_once_add_one_entry_each(workspace: Workspace):
    for turn in range(ROUNDS):
        attack(workspace, "race", f"race{turn}", RACERS)


def test_of_promoters_that_expect_the_same_live_version_one_wins(workspace: Workspace):
    for turn in range(ROUNDS):
        attack(workspace, "expect", f"race{turn}", RACERS)


def start(workspace: Workspace, *arguments: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "maas", *arguments],
        cwd=workspace.project,
        env=workspace.env(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def test_the_command_may_be_killed_and_started_many_times_at_once(
    workspace: Workspace, first: Version, second: Version
):
    workspace.publish(first, second)
    for turn in range(KILLED_COMMANDS):
        command = start(workspace, "promote", str(1 + turn % 2))
        time.sleep(random.uniform(0.2, 1.2))
        command.send_signal(signal.SIGKILL)
        command.wait()
        assert broken_ledger(workspace.models) == []
    assert workspace.maas("promote", "1").returncode == 0
    before = entries_of(workspace.models)
    racers = [start(workspace, "promote", "2", "--expect", "1") for _ in range(COMMANDS_AT_ONCE)]
    assert sorted(racer.wait(300) for racer in racers) == [0, *[2] * (COMMANDS_AT_ONCE - 1)]
    assert entries_of(workspace.models)[:-1] == before
    assert read_ledger(workspace.models).live.version == 2
    names = {path.name for path in workspace.models.iterdir()}
    assert names == {LEDGER, "v1", "v2"}


def test_a_full_disk_is_said_and_leaves_the_ledger(tmp_path: Path, first: Version, second: Version):
    with small_disk(tmp_path / "small", "128k", "the strikes fail every write") as folder:
        workspace = Workspace(tmp_path, environ={"MODELS_DIR": str(folder / "models")})
        copy = Workspace(folder, environ={"BENTOML_HOME": str(tmp_path / "store")})
        copy.publish(first, second)
        assert workspace.maas("promote", "1").returncode == 0
        before = (folder / "models" / LEDGER).read_bytes()
        fill(folder / "filler")
        done = workspace.maas("promote", "2")
        assert (done.returncode, done.stdout) == (1, "")
        assert "No space left on device" in done.stderr.splitlines()[-1]
        assert (folder / "models" / LEDGER).read_bytes() == before
        names = sorted(path.name for path in (folder / "models").iterdir())
        assert names == [LEDGER, "v1", "v2"]
        (folder / "filler").unlink()
        assert workspace.maas("promote", "2").returncode == 0


def fill(path: Path) -> None:
    with path.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(bytes(4096))
        except OSError:
            return


def test_the_checker_of_this_suite_finds_what_it_looks_for(workspace: Workspace, first: Version):
    """The attack proves nothing if its checker misses damage."""
    workspace.publish(first)
    assert workspace.maas("promote", "1").returncode == 0
    assert broken_ledger(workspace.models) == []
    path = workspace.models / LEDGER
    path.write_text(path.read_text().replace('"reason": null', '"reason": "x"'))
    assert broken_ledger(workspace.models) == ["release 1 is altered"]
    path.write_bytes(b"{")
    assert len(broken_ledger(workspace.models)) == 1
