"""Real processes over temporary folders: nothing here stands in for a part of the system."""

import itertools
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest

PROJECT = Path(__file__).resolve().parent.parent


@dataclass
class Workspace:
    """A models folder and a store of its own, and the project's commands run over them."""

    folder: Path
    project: Path = PROJECT
    environ: dict[str, str] = field(default_factory=dict)

    @property
    def models(self) -> Path:
        return self.folder / "models"

    @property
    def store(self) -> Path:
        return self.folder / "bentoml"

    def env(self, extra: Mapping[str, str] | None = None) -> dict[str, str]:
        kept = {k: v for k, v in os.environ.items() if k not in {"PORT", "MODEL_VERSION"}}
        own = {"MODELS_DIR": str(self.models), "BENTOML_HOME": str(self.store)}
        return kept | own | self.environ | dict(extra or {})

    def run(
        self,
        *command: str,
        cwd: Path | None = None,
        extra: Mapping[str, str] | None = None,
        timeout: float = 120,
    ) -> subprocess.CompletedProcess[str]:
        process = subprocess.Popen(
            [sys.executable, *command],
            cwd=cwd or self.project,
            env=self.env(extra),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        try:
            out, err = process.communicate(timeout=timeout)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)  # a server's workers outlive it
            raise
        return subprocess.CompletedProcess(command, process.returncode, out, err)

    def train(self, *args: str, **kwargs) -> subprocess.CompletedProcess[str]:
        return self.run(str(self.project / "train.py"), *args, **kwargs)

    def maas(self, *args: str, **kwargs) -> subprocess.CompletedProcess[str]:
        return self.run("-m", "maas", *args, **kwargs)

    def bentoml(self, *args: str, **kwargs) -> subprocess.CompletedProcess[str]:
        return self.run("-m", "bentoml", *args, **kwargs)

    def build(self) -> str:
        """Build a Bento; give its tag."""
        done = self.bentoml("build", "--output", "tag", timeout=300)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip().removeprefix("__tag__:")


@dataclass
class Server:
    """A running `bentoml serve` and a client for it."""

    client: httpx.Client
    process: subprocess.Popen[bytes]
    log: Path

    def post(self, path: str, body: object, **kwargs) -> httpx.Response:
        return self.client.post(path, json=body, **kwargs)


Serve = Callable[..., Server]


WORKER = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
PORTS = itertools.count(20_000 + 500 * WORKER)  # below those that the kernel gives away


def free_port() -> int:
    for port in PORTS:
        with socket.socket() as probe:
            try:
                probe.bind(("0.0.0.0", port))
            except OSError:
                continue
            return port
    raise AssertionError("unreachable")


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    """An empty workspace."""
    return Workspace(tmp_path)


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """A workspace with v1 of the default config; tests must not train into it."""
    workspace = Workspace(tmp_path_factory.mktemp("trained"))
    done = workspace.train()
    assert done.returncode == 0, done.stderr
    return workspace


@pytest.fixture(scope="session")
def serve(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serve]:
    """Start real servers; all are stopped at the end, with their whole process group."""
    servers: list[Server] = []

    def start(workspace: Workspace, *args: str, extra: Mapping[str, str] | None = None) -> Server:
        port = free_port()
        log = tmp_path_factory.mktemp("serve") / "log"
        with log.open("wb") as out:
            process = subprocess.Popen(
                [sys.executable, "-m", "bentoml", "serve", *args],
                cwd=workspace.project,
                env=workspace.env({"PORT": str(port), "DRAIN_S": "0"} | dict(extra or {})),
                stdout=out,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        server = Server(httpx.Client(base_url=f"http://127.0.0.1:{port}"), process, log)
        servers.append(server)
        wait_ready(server)
        return server

    yield start
    for server in servers:  # all at once: each takes a second
        server.process.terminate()
    for server in servers:
        stop(server)


def wait_ready(server: Server, seconds: float = 60) -> None:
    """Wait until readyz says 200; fail with the log if it never does."""
    end = time.monotonic() + seconds
    while time.monotonic() < end and server.process.poll() is None:
        try:
            if server.client.get("/readyz").status_code == 200:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.1)
    stop(server)
    pytest.fail(f"the server did not become ready:\n{server.log.read_text()[-4000:]}")


def stop(server: Server) -> None:
    """Stop a server and what is left of its group; workers outlive a killed supervisor."""
    server.client.close()
    if server.process.poll() is None:
        server.process.terminate()  # a second time is at once
    try:
        server.process.wait(20)
    except subprocess.TimeoutExpired:
        os.killpg(server.process.pid, signal.SIGKILL)
        server.process.wait(10)
