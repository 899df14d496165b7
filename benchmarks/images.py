"""The images beside the project on this machine: size, cold start, memory, health check, stop.

Image and host start by turns and serve the same models/; a cold start ends with the first 200 of
/predict, asked every 10 ms. Disk caches are warm. It builds nothing: see `make image`.
"""

import argparse
import asyncio
import json
import statistics
import subprocess
import sys
import tempfile
import time
import uuid
from pathlib import Path

from rich.console import Console
from rich.table import Table

PROJECT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(PROJECT))
from benchmarks.running import environment  # noqa: E402
from tests.stop_load import Counts, ask, ask_while  # noqa: E402

BASE = "python:3.11-slim-bookworm"
PORT = 18_090
HEALTH_CHECKS = 10
STOPS = 10


def docker(*arguments: str) -> str:
    """What a docker command prints; ends with its last line where it fails."""
    done = subprocess.run(["docker", *arguments], capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"docker {arguments[0]}: {done.stderr.strip().splitlines()[-1]}")
    return done.stdout.strip()


class Container:
    """A container, from the moment that its engine is asked for it."""

    def __init__(self, image: str) -> None:
        self.started = time.perf_counter()
        self.name = f"bench-{uuid.uuid4().hex[:8]}"
        docker("run", "-d", "--name", self.name, "--read-only", "--tmpfs", "/tmp", image)  # noqa: S108
        self.host = self.inspect("{{.NetworkSettings.IPAddress}}")

    def inspect(self, what: str) -> str:
        """What `docker inspect` says of it."""
        return docker("inspect", "-f", what, self.name)

    def memory(self) -> float:
        """MB of its cgroup that no reclaim of file pages gives back."""
        for folder in (
            Path("/sys/fs/cgroup/memory/docker"),
            Path("/sys/fs/cgroup/system.slice"),
            Path("/sys/fs/cgroup/docker"),
        ):
            for place in folder.glob(f"*{self.inspect('{{.Id}}')}*"):
                return cgroup_memory(place)
        return float("nan")

    def remove(self) -> None:
        """Stop it at once and forget it."""
        docker("rm", "-f", self.name)


def cgroup_memory(place: Path) -> float:
    """MB of a cgroup, of version 1 or 2, without inactive file pages."""
    names = ("memory.current", "memory.usage_in_bytes")
    used = next(int((place / n).read_text()) for n in names if (place / n).exists())
    stat = dict(line.split() for line in (place / "memory.stat").read_text().splitlines())
    return (used - int(stat.get("total_inactive_file", stat.get("inactive_file", 0)))) / 1e6


def wait_for_answer(host: str, port: int, started: float) -> float:
    """Seconds from a start to the first 200 of /predict."""
    while time.perf_counter() - started < 90:
        if asyncio.run(ask(host, port)) == 200:
            return time.perf_counter() - started
        time.sleep(0.01)
    sys.exit(f"{host} port {port}: no answer in 90 s")


def start_on_host() -> float:
    """One cold start of `bentoml serve` in the project."""
    folder = Path(tempfile.mkdtemp(prefix="bench-images-"))
    environ = environment(folder) | {"MODELS_DIR": str(PROJECT / "models"), "PORT": str(PORT)}
    started = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-m", "bentoml", "serve"],
        cwd=PROJECT,
        env=environ | {"DRAIN_S": "0"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        return wait_for_answer("127.0.0.1", PORT, started)
    finally:
        process.terminate()
        process.wait(30)


def start_in_image(image: str) -> float:
    """One cold start of an image, `docker run` included."""
    container = Container(image)
    try:
        return wait_for_answer(container.host, 8000, container.started)
    finally:
        container.remove()


def run_nothing(image: str) -> float:
    """Seconds that the engine itself takes to start a container."""
    started = time.perf_counter()
    docker("run", "--rm", image, "true")
    return time.perf_counter() - started


def measure_one(image: str) -> dict[str, float]:
    """Memory after 1000 requests, and the CPU of one health check."""
    container = Container(image)
    try:
        wait_for_answer(container.host, 8000, container.started)
        asyncio.run(ask_often(container.host, 1000))
        found = {"MB": container.memory()}
        check = json.loads(container.inspect("{{json .Config.Healthcheck.Test}}"))
        found["health check ms"] = cpu_of_check(container.name, check[1:])
        return found
    finally:
        container.remove()


async def ask_often(host: str, times: int) -> None:
    """Ask one request after the other."""
    for _ in range(times):
        await ask(host, 8000)


def cpu_of_check(name: str, check: list[str]) -> float:
    """CPU ms of one health check: user and system time of the children of a shell."""
    words = " ".join(f"'{word}'" for word in check)
    script = f"for _ in $(seq {HEALTH_CHECKS}); do {words}; done; times"
    said = docker("exec", name, "sh", "-c", script).splitlines()[-1]
    return sum(seconds(part) for part in said.split()) / HEALTH_CHECKS * 1000


def seconds(text: str) -> float:
    """A time as `times` writes it, such as 0m1.230000s."""
    minutes, _, rest = text.rstrip("s").partition("m")
    return 60 * float(minutes) + float(rest)


def stop_under_load(image: str) -> tuple[float, Counts, str]:
    """Seconds of `docker stop`, what the clients saw, and the exit code."""
    container = Container(image)
    try:
        wait_for_answer(container.host, 8000, container.started)
        took: list[float] = []

        def stop() -> None:
            started = time.perf_counter()
            docker("stop", container.name)
            took.append(time.perf_counter() - started)

        counts = asyncio.run(ask_while(container.host, 8000, stop))
        return took[0], counts, container.inspect("{{.State.ExitCode}}")
    finally:
        container.remove()


def main() -> None:
    """Measure, and print as it goes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("images", nargs="*", default=["model-service", "model-serve"])
    parser.add_argument("--turns", type=int, default=7, help="cold starts of each")
    given, console = parser.parse_args(), Console()
    sizes = {
        image: int(docker("image", "inspect", "-f", "{{.Size}}", image)) for image in given.images
    }
    base = int(docker("image", "inspect", "-f", "{{.Size}}", BASE))
    starts: dict[str, list[float]] = {name: [] for name in ("host", *given.images, "true")}
    start_on_host()
    for _ in range(given.turns):
        starts["host"].append(start_on_host())
        for image in given.images:
            starts[image].append(start_in_image(image))
        starts["true"].append(run_nothing(given.images[-1]))
    medians = {name: statistics.median(times) for name, times in starts.items()}
    console.print(
        f"host: cold start {medians['host']:.2f} s; `docker run … true`: {medians['true']:.2f} s"
    )
    table = Table("", "MB above base", "cold start s", "× host", "MB in use", "health check ms")
    for image in given.images:
        found = measure_one(image)
        cells = [(sizes[image] - base) / 1e6, medians[image], medians[image] / medians["host"]]
        shown = [f"{cells[0]:.0f}", f"{cells[1]:.2f}", f"{cells[2]:.2f}"]
        table.add_row(image, *shown, f"{found['MB']:.0f}", f"{found['health check ms']:.0f}")
    console.print(table)
    for number in range(STOPS):
        took, counts, code = stop_under_load(given.images[-1])
        console.print(
            f"stop {number + 1}: {took:.1f} s, exit {code}, {counts.answered} answered, "
            f"{counts.refused} refused, {counts.lost} lost"
        )


if __name__ == "__main__":
    main()
