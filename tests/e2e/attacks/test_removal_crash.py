"""However a removal is killed, and however many run at once: whole versions, or none.

`pytest -m crash`; `tests/removal_attack.py` explains how it strikes.
"""

import json
import os

import pytest

from tests.suite_size import choose, long_attack
from tests.workspace import Workspace

pytestmark = [
    pytest.mark.crash,
    long_attack,
    pytest.mark.skipif(os.name == "nt", reason="strikes with signals and forks"),
]
KILL_STEP = choose(100, 50, 5)
FAULT_STEP = choose(200, 120, 12)
RACES = choose(1, 2, 5)


def attack(workspace: Workspace, kind: str, number: int) -> int:
    folder = str(workspace.folder / kind)
    done = workspace.run("-m", "tests.removal_attack", kind, folder, str(number), timeout=1800)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["problems"] == [], done.stderr[-4000:]
    return found["count"]


def test_a_kill_at_any_moment_leaves_the_version_or_nothing_and_the_next_run_cleans_up(
    workspace: Workspace,
):
    struck = attack(workspace, "kill", KILL_STEP)
    assert struck * KILL_STEP > 1000  # the walk reached the last moment
    print(f"killed at {struck} moments")


def test_a_failing_disk_gives_an_error_and_never_half_a_version(workspace: Workspace):
    struck = attack(workspace, "fault", FAULT_STEP)
    assert struck * FAULT_STEP > 1000
    print(f"failed at {struck} moments")


def test_removers_and_trainers_at_once_never_lose_the_live_version_or_use_a_number_twice(
    workspace: Workspace,
):
    attack(workspace, "race", RACES)
