"""The tiny service behind a real uvicorn, on a real socket, in a thread of the test's process."""

import asyncio
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import uvicorn
import uvloop

from maas.config.service_config import ServiceConfig
from maas.serving.app import ServiceApp
from maas.serving.process.deployment import Deployment
from tests.serving.tiny_service import SERVICE, VERSION, bentoml_app
from tests.workspace import PROJECT


class LiveServer:
    """A server that listens; `port` is where."""

    def __init__(self, project: Path, settings: ServiceConfig) -> None:
        deployment = Deployment(project, settings, False, VERSION)
        app = ServiceApp(bentoml_app, SERVICE, deployment, lambda _: SERVICE)
        config = uvicorn.Config(app, log_config=None, http="httptools", ws="wsproto", lifespan="on")
        self._server = uvicorn.Server(config)
        self._listener = socket.create_server(("127.0.0.1", 0))
        # The kernel takes little from who does not read, so that little shows it.
        self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
        self.port = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._run)

    def _run(self) -> None:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(self._server.serve(sockets=[self._listener]))

    def __enter__(self) -> "LiveServer":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.should_exit = True
        self._thread.join(20)
        self._listener.close()

    def connect(self, receive_buffer: int | None = None) -> socket.socket:
        """A connection to it; with a small buffer, a client that can be told not to read."""
        client = socket.socket()
        if receive_buffer is not None:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        client.settimeout(30)
        client.connect(("127.0.0.1", self.port))
        return client


@contextmanager
def serve_tiny(project: Path = PROJECT, **config: Any) -> Iterator[LiveServer]:
    """Serve the tiny service, with some settings, for as long as the block runs."""
    with LiveServer(project, ServiceConfig(**config)) as server:
        yield server
