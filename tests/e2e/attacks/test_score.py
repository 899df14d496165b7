"""However a job that scores files is killed or stopped: its output is whole, or it goes on.

`pytest -m score`; `tests/score_attack.py` and `tests/score_fuzz.py` explain how they strike.
"""

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import psutil
import pyarrow.parquet as pq
import pytest

from tests.score_attack import broken_now, is_part, make_table, said_wrong, write_table, written
from tests.small_disk import small_disk
from tests.suite_size import choose, long_attack
from tests.workspace import PROJECT, Workspace

pytestmark = [
    pytest.mark.score,
    pytest.mark.skipif(os.name == "nt", reason="strikes with signals and forks"),
]
KILL_STEP = choose(240, 120, 4)
FAULT_STEP = choose(480, 240, 12)
FUZZED = choose(40, 80, 5000)
KILLED_JOBS = choose(1, 1, 60)
FILES = choose(40, 40, 2000)
ROWS = choose(600_000, 600_000, 10_000_000)
OPTIONS = ("--probabilities", "--keep", "id", "--on-invalid", "quarantine", "--workers", "2")


def attack(workspace: Workspace, module: str, *arguments: object) -> dict:
    done = workspace.run("-m", module, *map(str, arguments), timeout=3000)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["problems"] == [], done.stderr[-4000:]
    return found


def test_a_kill_at_any_moment_leaves_whole_files_and_the_next_run_ends_as_one_does(
    workspace: Workspace,
):
    struck = attack(workspace, "tests.score_attack", "kill", workspace.folder / "k", KILL_STEP)
    assert struck["count"] * KILL_STEP > 1000  # the walk reached the last moment
    print(f"killed at {struck['count']} moments")


def test_a_failing_disk_is_one_line_and_the_next_run_ends_as_one_does(workspace: Workspace):
    struck = attack(workspace, "tests.score_attack", "fault", workspace.folder / "f", FAULT_STEP)
    assert struck["count"] * FAULT_STEP > 1000
    print(f"failed at {struck['count']} moments")


def test_damaged_files_are_refused_in_one_line_or_scored_rightly(workspace: Workspace):
    found = attack(workspace, "tests.score_fuzz", workspace.folder / "z", FUZZED, 0)
    assert sum(found["codes"].values()) == FUZZED
    assert found["codes"]["2"] > FUZZED // 4
    print(found["codes"])


# Jobs in processes of their own.


@pytest.fixture(name="home")
def make_home(workspace: Workspace) -> Workspace:
    """A workspace with the project's versions; the current folder of its jobs is its own."""
    workspace.environ |= {"MODELS_DIR": str(PROJECT / "models"), "PYTHONPATH": str(PROJECT)}
    return workspace


def run_job(home: Workspace, *arguments: str) -> subprocess.CompletedProcess[str]:
    done = home.run("-m", "maas", "score", *arguments, cwd=home.folder, timeout=300)
    assert not said_wrong(done.stderr, done.returncode)
    return done


def start_job(home: Workspace, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "maas", "score", *arguments],
        cwd=home.folder,
        env=home.env(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def session_of(process: subprocess.Popen[str]) -> list[psutil.Process]:
    """The processes that a job has started, and itself."""
    found = []
    for other in psutil.process_iter():
        try:
            if os.getsid(other.pid) == process.pid and other.status() != psutil.STATUS_ZOMBIE:
                found.append(other)
        except (psutil.Error, OSError):
            continue
    return found


def wait_alone(process: subprocess.Popen[str]) -> None:
    """Wait until nothing of a job is left."""
    end = time.monotonic() + 30
    while left := session_of(process):
        assert time.monotonic() < end, left
        time.sleep(0.05)


def large_input(home: Workspace, rows: int = ROWS) -> Path:
    path = home.folder / "in/large.parquet"
    return write_table(path, make_table(rows, 1, invalid=20), max(1, rows // 12))


def wait_job(home: Workspace, target: str, process: subprocess.Popen[str]) -> None:
    """Wait until a job has claimed its output, or has ended."""
    folder = home.folder / (f".{target}.parts" if "." in target else target)
    end = time.monotonic() + 60
    while not (folder / "_job.json").exists() and process.poll() is None:
        assert time.monotonic() < end
        time.sleep(0.01)


def kill(process: subprocess.Popen[str], way: str) -> None:
    if way == "command":
        process.kill()
    elif way == "group":
        os.killpg(process.pid, signal.SIGKILL)
    else:
        makers = psutil.Process(process.pid).children()
        workers = [worker for maker in makers for worker in maker.children()]
        random.choice(workers).kill()


TARGETS = ["out", *(pytest.param(name, marks=long_attack) for name in ("out.parquet", "out.csv"))]


@pytest.mark.parametrize("target", TARGETS)
def test_a_killed_job_goes_on_and_ends_as_one_that_was_not(home: Workspace, target: str):
    large_input(home)
    began = time.monotonic()
    assert run_job(home, "in", target, *OPTIONS).returncode == 0
    took = time.monotonic() - began
    clean = written(home.folder)
    for kept in list(home.folder.glob("out*")):
        shutil.rmtree(kept) if kept.is_dir() else kept.unlink()
    dice = random.Random(target)
    for number in range(KILLED_JOBS):
        process = start_job(home, "in", target, *OPTIONS)
        wait_job(home, target, process)
        time.sleep(dice.uniform(0, took / 3))
        way = ("worker", "command", "group")[number % 3]
        if process.poll() is None:
            try:
                kill(process, way)
            except (psutil.Error, IndexError):
                process.kill()
        _, said = process.communicate(timeout=60)
        wait_alone(process)
        assert process.returncode in (0, 1, -signal.SIGKILL), said
        if process.returncode >= 0:
            assert not said_wrong(said, process.returncode)
        assert broken_now(home.folder, clean) == []
    assert run_job(home, "in", target, *OPTIONS).returncode == 0
    assert written(home.folder) == clean


def test_ctrl_c_is_one_line_and_the_job_goes_on(home: Workspace):
    large_input(home)
    for number in range(KILLED_JOBS):
        target = f"out{number}"
        process = start_job(home, "in", target, *OPTIONS)
        wait_job(home, target, process)
        time.sleep(0.1 * number % 1)
        os.killpg(process.pid, signal.SIGINT)
        out, said = process.communicate(timeout=60)
        wait_alone(process)
        assert process.returncode in (0, 130)
        assert not said_wrong(said, process.returncode)
        assert bool(out) == (process.returncode == 0)
        assert not list((home.folder / target).rglob(".maas-*"))
        assert run_job(home, "in", target, *OPTIONS).returncode == 0
        assert pq.read_table(home.folder / target).num_rows == ROWS - 20


@long_attack
@pytest.mark.parametrize("target", ["out", "out.parquet", "out.csv"])
def test_a_full_disk_is_one_line_and_the_job_goes_on(home: Workspace, target: str):
    write_table(home.folder / "in/a.parquet", make_table(600_000, 1, invalid=20), 100_000)
    assert run_job(home, "in", f"clean/{target}", *OPTIONS).returncode == 0
    clean = written(home.folder / "clean")
    total = sum(map(len, clean.values()))
    with small_disk(home.folder / "disk", "100m", "the walks fail any call") as disk:
        for share in (0.02, 0.4, 0.8):
            size = int(100 * 2**20 - share * total)
            (disk / "filler").write_bytes(bytes(size))
            done = run_job(home, "in", f"disk/{target}", *OPTIONS)
            assert done.returncode == 1, done.stderr
            assert "No space left on device" in done.stderr
            assert not list(disk.rglob(".maas-*"))
            (disk / "filler").unlink()
        assert run_job(home, "in", f"disk/{target}", *OPTIONS).returncode == 0
        assert written(disk) == clean


@long_attack
def test_two_of_one_job_at_once_end_well(home: Workspace):
    large_input(home, 500_000)
    for target in ("out", "out.parquet"):
        jobs = [start_job(home, "in", target, *OPTIONS) for _ in range(2)]
        said = [job.communicate(timeout=120) for job in jobs]
        assert [job.returncode for job in jobs] == [0, 0], said
    assert pq.read_table(home.folder / "out").num_rows == 499_980
    assert pq.read_table(home.folder / "out.parquet").num_rows == 499_980
    assert not [name for name in written(home.folder) if is_part(name)]


def test_of_two_jobs_at_once_onto_one_output_one_is_refused(home: Workspace):
    large_input(home, 500_000)
    for target in ("out", "out.parquet"):
        jobs = [start_job(home, "in", target, *OPTIONS[n:]) for n in (0, 1)]
        said = [job.communicate(timeout=120)[1] for job in jobs]
        assert Counter(job.returncode for job in jobs) == {0: 1, 2: 1}, said
        for job, text in zip(jobs, said, strict=True):
            assert not said_wrong(text, job.returncode)
    assert pq.read_table(home.folder / "out").num_rows == 499_980


def test_an_invalid_row_fails_the_job_and_nothing_is_left(home: Workspace):
    for number in range(8):
        table = make_table(60_000, number, invalid=number % 3)
        write_table(home.folder / f"in/{number}/a.parquet", table)
    done = run_job(home, "in", "new/out", "--workers", "2")
    assert done.returncode == 2
    assert "/a.parquet: row " in done.stderr
    assert "field 'feature1': Input should be a finite number" in done.stderr
    assert os.listdir(home.folder) == ["in"]


@long_attack
def test_on_a_read_only_disk_a_finished_job_is_found_and_another_is_one_line(home: Workspace):
    large_input(home, 1000)
    with small_disk(home.folder / "disk", "10m", "a walk fails any call with this error") as disk:
        for target in ("disk/out", "disk/out.parquet"):
            assert run_job(home, "in", target, *OPTIONS).returncode == 0
        subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
        for target in ("disk/out", "disk/out.parquet"):
            assert run_job(home, "in", target, *OPTIONS).returncode == 0
        for target in ("disk/new", "disk/new.parquet"):
            done = run_job(home, "in", target, *OPTIONS)
            assert done.returncode == 1
            assert "Read-only file system" in done.stderr


def test_many_small_files_are_scored(home: Workspace):
    for number in range(FILES):
        write_table(home.folder / f"in/{number % 7}/{number}.parquet", make_table(10, number))
    done = run_job(home, "in", "out", "--workers", "2", "--json")
    assert json.loads(done.stdout)["scored"] == FILES * 10
    assert len(list((home.folder / "out").rglob("*.parquet"))) == FILES


@long_attack
def test_memory_does_not_grow_with_the_rows(home: Workspace):
    peaks = []
    for rows in (1_000_000, 10_000_000):
        large_input(home, rows)
        process = start_job(home, "in", f"out{rows}", *OPTIONS)
        peak = 0
        while process.poll() is None:
            peak = max(peak, sum(map(proportional, session_of(process))))
            time.sleep(0.2)
        said = process.communicate()[1]
        assert process.returncode == 0, said
        peaks.append(peak >> 20)
    print(f"{peaks} MB")
    assert peaks[1] < min(900, peaks[0] * 1.5)


def proportional(process: psutil.Process) -> int:
    try:
        return process.memory_full_info().pss
    except psutil.Error:
        return 0
