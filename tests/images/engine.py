"""The container engine, as tests use it."""

import subprocess
import time
from pathlib import Path

import httpx
import pytest

from tests.server import free_port
from tests.workspace import PROJECT

ROW = {"feature1": 1, "feature2": 2}
HARDENED = (
    *("--read-only", "--cap-drop", "ALL", "--security-opt", "no-new-privileges"),
    *("--user", "12345:12345", "--tmpfs", "/tmp"),
    *("--memory", "300m", "--memory-swap", "300m", "--pids-limit", "100"),
)
"""What every image must serve under."""


def has_engine() -> bool:
    """Whether a container engine answers."""
    try:
        return subprocess.run(["docker", "info"], capture_output=True, check=False).returncode == 0
    except OSError:
        return False


skip_without_engine = [
    pytest.mark.docker,
    pytest.mark.skipif(not has_engine(), reason="no container engine answers `docker info` here"),
]


def docker(*args: str, timeout: float = 600, cwd: Path = PROJECT) -> str:
    """Run `docker`, which must succeed, and return what it prints."""
    done = subprocess.run(
        ["docker", *args], cwd=cwd, capture_output=True, text=True, timeout=timeout, check=False
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return done.stdout.strip()


class Container:
    """A running container, with its port on a free one of the host."""

    def __init__(self, image: str, inside: int, *options: str, command: str = "") -> None:
        self.port = free_port()
        published = f"127.0.0.1:{self.port}:{inside}"
        self.id = docker("run", "-d", "-p", published, *options, image, *command.split())
        self.client = httpx.Client(base_url=f"http://127.0.0.1:{self.port}")

    def __enter__(self) -> httpx.Client:
        """Wait until it is ready."""
        end = time.monotonic() + 90
        while time.monotonic() < end:
            try:
                if self.client.get("/readyz").status_code == 200:
                    return self.client
            except httpx.TransportError:
                time.sleep(0.3)
        said = self.logs()
        docker("rm", "-f", self.id)
        pytest.fail(f"not ready: {said[-3000:]}")

    def __exit__(self, *_: object) -> None:
        self.client.close()
        docker("rm", "-f", self.id)

    def logs(self) -> str:
        """What it printed."""
        done = subprocess.run(["docker", "logs", self.id], capture_output=True, check=False)
        return (done.stdout + done.stderr).decode()

    def health(self) -> str:
        """What the engine's health check says, once it has said it."""
        end = time.monotonic() + 60
        state = ""
        while time.monotonic() < end and state not in ("healthy", "unhealthy"):
            state = docker("inspect", "-f", "{{.State.Health.Status}}", self.id)
            time.sleep(0.5)
        return state


def run_once(image: str, *command: str, options: tuple[str, ...] = ()) -> tuple[int, str, str]:
    """Run a container until it ends: its exit code, stdout and stderr."""
    done = subprocess.run(
        ["docker", "run", "--rm", *options, image, *command],
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
    )
    return done.returncode, done.stdout, done.stderr


def engine_size(image: str) -> int:
    """How many bytes larger an image is than its base."""
    base = "python:3.11-slim-bookworm"
    sizes = [int(docker("inspect", "-f", "{{.Size}}", name)) for name in (image, base)]
    return sizes[0] - sizes[1]
