"""Fixtures of all tests: nothing here stands in for a part of the system."""

import hashlib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from maas.registry.locks import hold
from maas.registry.registry import Registry
from maas.registry.version import Version
from tests.server import Serve, Server, start_server, stop, wait_ready
from tests.workspace import Workspace

TrainOnce = Callable[..., Workspace]


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    """An empty workspace."""
    return Workspace(tmp_path)


@pytest.fixture(scope="session")
def train_once(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> TrainOnce:
    """Run train.py with some arguments, once for all test processes; tests only read the result."""
    base = tmp_path_factory.getbasetemp()
    shared = (base if worker_id == "master" else base.parent) / "trained"
    shared.mkdir(exist_ok=True)

    def train(*args: str) -> Workspace:
        key = hashlib.sha256("\0".join(args).encode()).hexdigest()[:12]
        workspace = Workspace(shared / key)
        with hold(shared / f"{key}.lock", "a test that trains", 300):
            if not Registry(workspace.models).numbers():
                done = workspace.train(*args)
                assert done.returncode == 0, done.stderr
                (workspace.folder / "stdout").write_text(done.stdout)
        return workspace

    return train


@pytest.fixture(scope="session")
def trained(train_once: TrainOnce) -> Workspace:
    """A workspace with v1 of the default config; tests must not change it."""
    return train_once()


@pytest.fixture(scope="session")
def first(trained: Workspace) -> Version:
    """A version of the default config, to be published elsewhere."""
    return Registry(trained.models).open(1)


@pytest.fixture(scope="session")
def second(train_once: TrainOnce) -> Version:
    """A version with another digest, to be published elsewhere."""
    return Registry(train_once("--set", "estimator.params.C=0.5").models).open(1)


@pytest.fixture
def own(workspace: Workspace, first: Version) -> Workspace:
    """A workspace with v1 of the default config, which the test may change."""
    workspace.publish(first)
    return workspace


@pytest.fixture(scope="session")
def servers() -> Iterator[list[Server]]:
    """Every server of this process, until the last test."""
    started: list[Server] = []
    yield started
    terminate(started)
    for server in started:
        stop(server)


@pytest.fixture(scope="module")
def serve(servers: list[Server], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serve]:
    """Start real servers for the tests of one module."""
    own: list[Server] = []  # not those that are shared, whichever was started first

    def start(workspace: Workspace, *args: str, extra: Mapping[str, str] | None = None) -> Server:
        log = tmp_path_factory.mktemp("serve") / "log"
        own.append(start_server(workspace, log, *args, extra=extra))
        servers.append(own[-1])
        wait_ready(own[-1])
        return own[-1]

    yield start
    terminate(own)  # they take a second to stop, and nobody waits for it


def terminate(servers: list[Server]) -> None:
    for server in servers:
        if server.process.poll() is None:
            server.process.terminate()
