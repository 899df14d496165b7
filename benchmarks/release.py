"""Releases under a running service: what is lost, how long they take, and what they cost.

Each part prints JSON. `swaps`: releases under a load that checks every answer, between versions of
equal and of other signatures. `cpu`: CPU per request with following on and off, turn by turn.
`shadow`: what a shadow of the same model costs, and what it drops at half load. `soak`: minutes
of releases.
"""

import argparse
import json
import multiprocessing
import statistics
import sys
import tempfile
import time
import urllib.request
from bisect import bisect_left
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import psutil

PROJECT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(PROJECT))
from benchmarks.running import MODELS, PORT, Running, make_model, need_wrk  # noqa: E402
from benchmarks.systems import OURS  # noqa: E402
from maas.registry.registry import Registry  # noqa: E402
from maas.registry.version import Version  # noqa: E402
from tests.checked_load import LABELS, WITH_GAP, load_on, publish  # noqa: E402
from tests.releases import release  # noqa: E402
from tests.server import Server, start_server, stop, wait_ready  # noqa: E402
from tests.workspace import Workspace  # noqa: E402

FOLLOW_S = 1.0
NEAR_S = 0.3
Answer = tuple[float, float, int]


def ask(port: int, versions: list[Version], pipe: Connection) -> None:
    """Load a server until told to stop; give what came of it. Runs in a process of its own."""
    with load_on(port, versions, connections=8, pause=0.002) as load:
        pipe.send("asking")
        pipe.recv()
    lost = load.sent - sum(load.answers.values())
    bad = [problem for problem in load.problems if " status: 5" in problem]
    found = {"answers": sum(load.answers.values()), "lost": lost, "5xx": len(bad)}
    pipe.send((found | {"mixed or wrong": len(load.problems) - len(bad)}, load.times))


@contextmanager
def asked(server: Server, versions: list[Version]) -> Iterator[list[Any]]:
    """Load a server while the block runs; the list then holds the counts and the answers."""
    ours, theirs = multiprocessing.get_context("spawn").Pipe()
    port = int(server.url.rpartition(":")[2])
    process = multiprocessing.get_context("spawn").Process(
        target=ask, args=(port, versions, theirs)
    )
    process.start()
    ours.recv()
    found: list[Any] = []
    try:
        yield found
    finally:
        ours.send("stop")
        found += ours.recv()
        process.join()


@contextmanager
def serving(workers: int) -> Iterator[tuple[Server, Path, list[Version]]]:
    """A service over four versions, of which the first two have equal signatures."""
    with tempfile.TemporaryDirectory() as folder:
        workspace = Workspace(Path(folder))
        models = workspace.models
        versions = [publish(models, 1), publish(models, 2)]
        versions += [publish(models, 3, WITH_GAP), publish(models, 4, LABELS)]
        release(models, versions[0])
        extra = {"WORKERS": str(workers), "FOLLOW_S": str(FOLLOW_S), "ACCESS_LOG": "false"}
        server = start_server(workspace, Path(folder) / "log", extra=extra)
        wait_ready(server)
        try:
            yield server, models, versions
        finally:
            stop(server)


def memory(server: Server) -> float:
    """MB of the workers."""
    return sum(worker.memory_full_info().uss for worker in server.workers()) / 1e6


def p99(seconds: list[float]) -> float:
    """The 99th percentile, in ms."""
    return sorted(seconds)[int(len(seconds) * 0.99)] * 1e3 if seconds else 0.0


def swaps(count: int, workers: int, seconds: float) -> dict[str, Any]:
    """Release versions in turn under load, and look at the answers around each release."""
    released: list[tuple[float, int]] = []
    sizes: list[float] = []
    with serving(workers) as (server, models, versions):
        with asked(server, versions) as found:
            for index in range(count):
                version = versions[(index + 1) % len(versions)]
                release(models, version)
                released.append((time.monotonic(), version.number))
                time.sleep(seconds)
                if index + 1 in (10, count):
                    sizes.append(memory(server))
        counts, answers = found[0], sorted(found[1])
        failures = server.metric("maas_release_failures_total")
    after = [answers_after(released, index, answers) for index in range(len(released))]
    moments = sorted(first for first, _ in after)
    near = [s for began, s, _ in answers if is_near(began, s, moments)]
    far = [s for began, s, _ in answers if not is_near(began, s, moments)]
    starts = [moment for moment, _ in released]
    first = [moment - start for (moment, _), start in zip(after, starts, strict=True)]
    last = [moment - start for (_, moment), start in zip(after, starts, strict=True)]
    return {
        "workers": workers, "swaps": count, **counts, "failures": failures,
        "p99 ms near": p99(near), "p99 ms elsewhere": p99(far), "max ms": max(near + far) * 1e3,
        "first new answer s": statistics.median(first), "last old answer s": max(last),
        "MB after 10": sizes[0], "MB at the end": sizes[-1],
    }  # fmt: skip


def answers_after(
    released: list[tuple[float, int]], index: int, answers: list[Answer]
) -> tuple[float, float]:
    """When the first answer of a release came, and when the last of the one before began.

    The answers are in the order in which their requests began.
    """
    start, number = released[index]
    end = released[index + 1][0] if index + 1 < len(released) else start + 60
    within = answers[bisect_left(answers, (start,)) : bisect_left(answers, (end,))]
    first = min((began + s for began, s, v in within if v == number), default=end)
    last = max((began for began, _, v in within if v != number), default=start)
    return first, last


def is_near(began: float, seconds: float, moments: list[float]) -> bool:
    """Whether a request was there within 300 ms of one of the moments, which ascend."""
    place = bisect_left(moments, began - NEAR_S)
    return place < len(moments) and moments[place] <= began + seconds + NEAR_S


def soak(minutes: float) -> dict[str, Any]:
    """Release every five seconds under load; memory each half minute."""
    sizes = []
    with serving(2) as (server, models, versions):
        with asked(server, versions) as found:
            for index in range(int(minutes * 12)):
                release(models, versions[(index + 1) % len(versions)])
                time.sleep(5)
                if index % 6 == 5:
                    sizes.append(memory(server))
                    print(f"{len(sizes) / 2:.1f} min  {sizes[-1]:.1f} MB", file=sys.stderr)
        return {"minutes": minutes, **found[0], "p99 ms": p99([s for _, s, _ in found[1]]),
                "MB": sizes}  # fmt: skip


def release_first(folder: Path, shadow: bool) -> None:
    """Release v1 of a benchmark's model, and shadow it with v2, which is the same model."""
    models = folder / "models"
    (models / "serving.json").unlink(missing_ok=True)
    registry = Registry(models)
    first = registry.open(1)
    release(models, first)
    if shadow:
        if registry.numbers() == [1]:
            files = {name: first.read(name) for name in first.manifest.files}
            registry.publish(first.manifest, files, (first.path / "run.json").read_bytes(), ())
        release(models, registry.open(2), "shadow")


def in_turn(
    servers: dict[str, Running], rounds: int, seconds: int
) -> dict[str, dict[str, list[float]]]:
    """Load each server in its turn, again and again, and every other time in the other order."""
    found: dict[str, dict[str, list[float]]] = {name: {} for name in servers}
    for server in servers.values():
        server.load(16, 2)
    for turn in range(rounds):
        for name, server in list(servers.items())[:: -1 if turn % 2 else 1]:
            for key, value in server.load(16, seconds).items():
                found[name].setdefault(key, []).append(value)
    return found


def medians(found: dict[str, dict[str, list[float]]]) -> dict[str, Any]:
    """The median of each figure, and the median difference of CPU of the second to the first."""
    (_, base), (_, other) = found.items()
    differences = [b - a for a, b in zip(base["cpu"], other["cpu"], strict=True)]
    values = {name: {k: statistics.median(v) for k, v in of.items()} for name, of in found.items()}
    return values | {"CPU us more per request": statistics.median(differences)}


def cpu(rounds: int, seconds: int) -> dict[str, Any]:
    """CPU per request of model A with following off and on, turn by turn."""
    folder = make_model("release", MODELS["A"])
    release_first(folder, shadow=False)
    off = Running(OURS, Path(sys.executable), folder, PORT + 100, {"MODEL_VERSION": "1"})
    on = Running(OURS, Path(sys.executable), folder, PORT + 200)
    try:
        return medians(in_turn({"off": off, "on": on}, rounds, seconds))
    finally:
        off.stop()
        on.stop()


def shadow(rounds: int, seconds: int) -> dict[str, Any]:
    """CPU per request of model A without and with a shadow; what is dropped at half load."""
    folder = make_model("release", MODELS["A"])
    release_first(folder, shadow=True)
    python = Path(sys.executable)
    without = Running(OURS, python, folder, PORT + 100, {"MODEL_VERSION": "1"})
    beside = Running(OURS, python, folder, PORT + 200)
    try:
        found = medians(in_turn({"without": without, "with": beside}, rounds, seconds))
        half = found["with"]["rps"] / 2
        before = shadow_counts(beside.port)
        loaded = beside.load(max(1, round(half * 0.003)), seconds * 2, delay_ms=2)
        time.sleep(1)
        after = shadow_counts(beside.port)
    finally:
        without.stop()
        beside.stop()
    at_half = {key: after[key] - before[key] for key in after} | {"rps": loaded["rps"]}
    return found | {"at half load": at_half | {"p99 ms": loaded["p99"]}}


def shadow_counts(port: int) -> dict[str, float]:
    """How many rows were scored, and dropped, so far."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as answer:
        lines = [line.split() for line in answer.read().decode().splitlines()]
    counts = {"scored": 0.0, "dropped": 0.0}
    for name, value in (line for line in lines if len(line) == 2):
        if name.startswith("maas_shadow_rows_total"):
            counts["scored"] += float(value)
        elif name == "maas_shadow_dropped_total":
            counts["dropped"] += float(value)
    return counts


def main() -> None:
    """Run the parts that the arguments name."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", default=["swaps", "cpu", "shadow", "soak"])
    parser.add_argument("--swaps", type=int, default=200)
    parser.add_argument("--interval", type=float, default=2.0, help="seconds between two releases")
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--seconds", type=int, default=5)
    parser.add_argument("--minutes", type=float, default=10)
    given = parser.parse_args()
    if {"cpu", "shadow"} & set(given.parts):
        need_wrk()
    print(f"{psutil.cpu_count()} CPUs, load {psutil.getloadavg()[0]:.1f}", file=sys.stderr)
    for part in given.parts:
        match part:
            case "swaps":
                found = [swaps(given.swaps, workers, given.interval) for workers in (1, 2)]
            case "cpu":
                found = [cpu(given.rounds, given.seconds)]
            case "shadow":
                found = [shadow(given.rounds, given.seconds)]
            case _:
                found = [soak(given.minutes)]
        for line in found:
            print(json.dumps({"part": part} | line), flush=True)


if __name__ == "__main__":
    main()
