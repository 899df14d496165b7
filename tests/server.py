"""A real `bentoml serve` over a workspace, and a client for it."""

import itertools
import json
import os
import random
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import httpx
import psutil
import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.workspace import Workspace

Row = dict[str, object]


@dataclass
class Server:
    """A running server."""

    client: httpx.Client
    process: subprocess.Popen[bytes]
    log: Path

    @property
    def url(self) -> str:
        return str(self.client.base_url)

    def post(self, path: str, body: object, **kwargs) -> httpx.Response:
        return self.client.post(path, json=body, **kwargs)

    def metric(self, name: str, /, **labels: str) -> float:
        """The sum of a metric's samples that have these labels."""
        text = self.client.get("/metrics").text
        return sum(
            sample.value
            for family in text_string_to_metric_families(text)
            for sample in family.samples
            if sample.name == name and labels.items() <= sample.labels.items()
        )

    def log_after(self, text: str, seconds: float = 10) -> str:
        """The log, as soon as it holds a text: lines are written after the answer is sent."""
        wait_until(lambda: text in self.log.read_text(), f"{text!r} in the log", seconds)
        return self.log.read_text()

    def workers(self) -> list[psutil.Process]:
        return [
            child
            for child in psutil.Process(self.process.pid).children(recursive=True)
            if child.status() != psutil.STATUS_ZOMBIE
            and any("_bentoml_impl.worker" in part for part in child.cmdline())
        ]


Serve = Callable[..., Server]


def json_lines(log: str) -> list[dict]:
    """The lines of a log that are JSON."""
    return [json.loads(line) for line in log.splitlines() if line.startswith("{")]


def wait_until(holds: Callable[[], object], what: str, seconds: float = 60) -> None:
    """Wait until a condition holds; fail when the time is up."""
    end = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > end:
            pytest.fail(f"not within {seconds:g} s: {what}")
        time.sleep(0.02)


# Below the ports that the kernel gives away, and apart from those of other test processes.
_PORTS = itertools.cycle(random.sample(range(20_000, 32_000), 12_000))


def free_port() -> int:
    for port in _PORTS:
        with socket.socket() as probe:
            try:
                probe.bind(("0.0.0.0", port))
            except OSError:
                continue
            return port
    raise AssertionError("unreachable")


def start_server(
    workspace: Workspace, log: Path, *args: str, extra: Mapping[str, str] | None = None
) -> Server:
    """Start a server on a free port; it may not be ready yet."""
    port = free_port()
    with log.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "bentoml", "serve", *args],
            cwd=workspace.project,
            env=workspace.env({"PORT": str(port), "DRAIN_S": "0"} | dict(extra or {})),
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    # No TLS here: reading certificates would cost each client 50 ms.
    client = httpx.Client(base_url=f"http://127.0.0.1:{port}", verify=False)
    return Server(client, process, log)


def wait_ready(server: Server, seconds: float = 60) -> None:
    """Wait until readyz says 200; fail with the log if it never does."""
    end = time.monotonic() + seconds
    while time.monotonic() < end and server.process.poll() is None:
        try:
            if server.client.get("/readyz").status_code == 200:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.05)
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
