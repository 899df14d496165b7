"""Runs the commands that score files, and measures seconds, CPU seconds and memory."""

import contextlib
import json
import os
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

PROJECT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(PROJECT))
from benchmarks.running import WORK, environment  # noqa: E402
from benchmarks.systems import RIVALS  # noqa: E402

OUT = WORK / "scored"

# Waits for all that a command started, also for what outlives its parent; that is Linux's way.
_LAUNCH = """
import ctypes, json, os, resource, subprocess, sys, time
ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)  # PR_SET_CHILD_SUBREAPER
began = time.perf_counter()
code = subprocess.run(sys.argv[1:], stdout=2).returncode
seconds = time.perf_counter() - began
try:
    while True: os.wait()
except ChildProcessError: pass
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(json.dumps({"code": code, "s": seconds, "CPU s": used.ru_utime + used.ru_stime}))
"""


class CommandError(Exception):
    """A command failed; the text is the last line that it wrote."""


def commands(source: Path, model: Path, scheduler: str | None) -> dict[str, list[str]]:
    """Contender -> command. Each reads `source` and writes files into `OUT`."""
    python, places = sys.executable, [str(source), str(OUT)]
    ours = [python, "-m", "maas", "score", *places]
    bare = [python, str(RIVALS / "bare_scoring.py"), *places, str(model)]
    frames = [python, str(RIVALS / "pandas_scoring.py"), *places, str(model)]
    found = {
        "local": [*ours, "--workers", "2"],
        "bare": bare,
        "bare argmax": [*bare, "--argmax"],
        "pandas, 1 process": [*frames, "--processes", "1"],
        "pandas, 2 processes": frames,
    }
    if scheduler is not None:
        found["Dask"] = [*ours, "--engine", "dask", "--scheduler", scheduler]
    return found


def run(command: list[str], model: Path, cluster: list[psutil.Process]) -> dict[str, float]:
    """Run a command on an empty `OUT`; its seconds, and the CPU seconds of all its processes.

    Args:
        command: to run.
        model: the folder of its model.
        cluster: processes that work for it, but that it did not start.

    Raises:
        CommandError: it failed.
    """
    clear()
    before = cpu_seconds(cluster)
    done = subprocess.run(
        [sys.executable, "-c", _LAUNCH, *command],
        cwd=PROJECT, env=environment(model), capture_output=True, text=True, check=True,
    )  # fmt: skip
    found: dict[str, float] = json.loads(done.stdout)
    if found.pop("code"):
        raise CommandError((done.stderr.strip().splitlines() or ["no message"])[-1])
    found["CPU s"] += cpu_seconds(cluster) - before
    if cluster:
        record = json.loads((OUT / "_score.json").read_bytes())
        if record["engine"] != "dask":
            raise CommandError(f"it was scored by the engine {record['engine']}")
    return found


def clear() -> None:
    """Remove what was written last."""
    shutil.rmtree(OUT, ignore_errors=True)


def cpu_seconds(processes: list[psutil.Process]) -> float:
    """What processes have used of the CPU."""
    times = [process.cpu_times() for process in processes]
    return sum(time.user + time.system for time in times)


def peak_memory(command: list[str], model: Path) -> dict[str, float]:
    """Run a command; the peak in MB of all its processes, looked at every 0.1 s.

    PSS counts what processes share once, RSS once for each.
    """
    clear()
    log = WORK / "memory.log"
    peaks = {"MB PSS": 0.0, "MB RSS": 0.0}
    with log.open("wb") as file:
        process = subprocess.Popen(
            command, cwd=PROJECT, env=environment(model), stdout=file, stderr=file
        )
        root = psutil.Process(process.pid)
        while process.poll() is None:
            found = {"MB PSS": 0.0, "MB RSS": 0.0}
            with contextlib.suppress(psutil.NoSuchProcess):
                for one in [root, *root.children(recursive=True)]:
                    with contextlib.suppress(psutil.NoSuchProcess):
                        used = one.memory_full_info()
                        found["MB PSS"] += used.pss / 1e6
                        found["MB RSS"] += used.rss / 1e6
            peaks = {key: max(peaks[key], found[key]) for key in peaks}
            time.sleep(0.1)
    if process.returncode:
        raise CommandError(log.read_text(encoding="utf-8").strip().splitlines()[-1])
    return peaks


@contextmanager
def dask_cluster() -> Iterator[tuple[str, list[psutil.Process]]]:
    """A Dask scheduler and two workers of one thread each: its address, and its processes."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        address = f"tcp://127.0.0.1:{free.getsockname()[1]}"
    dask = [str(Path(sys.executable).parent / "dask")]
    common = ["--no-dashboard"]
    head = [*dask, "scheduler", "--host", address, *common]
    one = [*dask, "worker", address, "--host", "127.0.0.1", "--nthreads", "1", *common]
    folder = WORK / "dask"
    folder.mkdir(parents=True, exist_ok=True)
    environ = os.environ | {"PYTHONPATH": str(PROJECT), "DASK_LOGGING__DISTRIBUTED": "warning"}
    running: list[psutil.Process] = []
    with (folder / "log").open("wb") as log:
        for command in (head, one, one):
            process = subprocess.Popen(command, cwd=folder, env=environ, stdout=log, stderr=log)
            running.append(psutil.Process(process.pid))
    try:
        _wait_for_workers(address)
        yield address, [p for root in running for p in (root, *root.children(recursive=True))]
    finally:
        for process in running:
            process.terminate()
        psutil.wait_procs(running, 10)


def _wait_for_workers(address: str) -> None:
    from distributed import Client

    with Client(address, timeout=60) as client:
        client.wait_for_workers(2, timeout=60)


def wait_quiet(seconds: float = 0.5) -> None:
    """Let what the last command left behind come to an end."""
    os.sync()
    threading.Event().wait(seconds)
