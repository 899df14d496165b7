"""How a worker takes SIGTERM over, and what it does where that cannot be."""

import asyncio
import gc
import inspect
import logging
import signal
import socket
import sys
import time
from collections.abc import Awaitable, Callable
from contextlib import nullcontext
from types import SimpleNamespace

import pytest
from circus.arbiter import Arbiter
from circus.controller import Controller
from circus.sighandler import SysHandler

from maas.serving.process import draining
from maas.serving.process.draining import Drain, stop_in_order


class Server:
    """As much of uvicorn's server as draining knows."""

    def __init__(self) -> None:
        self.should_exit = self.force_exit = False
        self.servers: list[asyncio.Server] = []
        self.signals: list[int] = []

    def handle_exit(self, number: int, _: object) -> None:
        self.signals.append(number)


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """The last moments are short, where nobody connects."""
    monkeypatch.setattr(draining, "_LAST_CONNECTIONS_S", 0.1)
    monkeypatch.setattr(draining, "_LAST_REQUESTS_S", 0.1)


def install(
    handler: object,
    seconds: float = 0.0,
    then: Callable[[], object] = lambda: None,
    watch: bool = False,
    first: Callable[[], Awaitable[None]] | None = None,
) -> tuple[list[str], Drain]:
    """Install a drain over a handler; give what was logged, half a second after it began.

    It begins with a SIGTERM, or, where it watches, when the parent is gone.
    """
    records: list[logging.LogRecord] = []
    keep = logging.Handler()
    keep.emit = records.append
    drain = Drain(seconds)

    async def run() -> None:
        before = signal.signal(signal.SIGTERM, handler), signal.getsignal(signal.SIGINT)
        try:
            if first is not None:
                await first()
            drain.install()
            if watch:
                await drain.watch_parent()
            else:
                signal.raise_signal(signal.SIGTERM)
            then()
            await asyncio.sleep(0.5)
        finally:
            signal.signal(signal.SIGTERM, before[0])
            signal.signal(signal.SIGINT, before[1])

    draining.log.addHandler(keep)
    draining.log.setLevel(logging.INFO)
    try:
        asyncio.run(run())
    finally:
        draining.log.removeHandler(keep)
    return [record.getMessage() for record in records], drain


def test_sigterm_is_passed_on_when_the_time_is_up():
    server = Server()
    lines, drain = install(server.handle_exit)
    assert drain.began
    assert server.signals == [signal.SIGTERM]
    assert lines == ["stopping: no longer ready, answering for 0 s"]


def test_another_sigterm_is_the_same_one_and_sigint_ends_the_drain():
    server = Server()

    def act() -> None:
        signal.raise_signal(signal.SIGTERM)
        assert not server.force_exit
        signal.raise_signal(signal.SIGINT)

    lines, _ = install(server.handle_exit, seconds=60, then=act)
    assert server.force_exit
    assert server.signals == [signal.SIGTERM]
    assert lines == ["stopping: no longer ready, answering for 60 s"]


def test_sigint_alone_is_left_to_the_server():
    server = Server()

    async def run() -> None:
        signal.signal(signal.SIGTERM, server.handle_exit)
        Drain(60).install()
        signal.raise_signal(signal.SIGINT)

    before = signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT)
    try:
        asyncio.run(run())
    finally:
        signal.signal(signal.SIGTERM, before[0])
        signal.signal(signal.SIGINT, before[1])
    assert server.signals == [signal.SIGINT]
    assert not server.force_exit


def test_a_worker_whose_parent_is_gone_drains_and_stops(monkeypatch: pytest.MonkeyPatch):
    server = Server()
    parents = iter([1, 1, 2, 2])
    monkeypatch.setattr(draining, "_WATCH_S", 0.01)
    monkeypatch.setattr(draining.os, "getppid", lambda: next(parents))
    lines, drain = install(server.handle_exit, watch=True)
    assert drain.began
    assert server.signals == [signal.SIGTERM]
    assert lines == [
        "the process that started this worker is gone",
        "stopping: no longer ready, answering for 0 s",
    ]


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux can refuse")
@pytest.mark.parametrize("orphaned", [True, False])
def test_an_orphan_ends_new_connections_and_another_worker_leaves_them_to_its_siblings(
    orphaned: bool, monkeypatch: pytest.MonkeyPatch
):
    """A sibling holds the socket too: it listens when this worker has closed its own."""
    server = Server()
    parents = iter([1, 2, 2])
    monkeypatch.setattr(draining, "_WATCH_S", 0.01)
    monkeypatch.setattr(draining.os, "getppid", lambda: next(parents))
    with socket.create_server(("127.0.0.1", 0)) as sibling:

        async def listen() -> None:
            own = await asyncio.start_server(lambda *_: None, sock=sibling.dup())
            server.servers.append(own)

        install(server.handle_exit, watch=orphaned, first=listen)
        refused = pytest.raises(ConnectionRefusedError) if orphaned else nullcontext()
        with refused, socket.create_connection(sibling.getsockname()):
            pass


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux can refuse")
def test_the_process_that_starts_the_workers_ends_new_connections():
    circus = SimpleNamespace(quit=lambda: None, controller=SimpleNamespace())
    before = SysHandler.handle_term
    with socket.create_server(("127.0.0.1", 0)) as listener, socket.socket() as closed:
        closed.close()
        sockets = {"gone": closed, "_bento_api_server": listener}
        circus.controller.arbiter = SimpleNamespace(sockets=sockets)
        try:
            stop_in_order(0.0)
            SysHandler.handle_term(circus)
            end = time.monotonic() + 10
            while not is_refused(listener) and time.monotonic() < end:
                time.sleep(0.01)
            assert gc.get_freeze_count() > 0
        finally:
            gc.unfreeze()
            SysHandler.handle_term = before
        assert is_refused(listener)


def is_refused(listener: socket.socket) -> bool:
    try:
        socket.create_connection(listener.getsockname()).close()
    except ConnectionRefusedError:
        return True
    return False


def test_circus_still_keeps_its_sockets_where_they_are_looked_for():
    assert "arbiter" in inspect.signature(Controller).parameters
    assert isinstance(Arbiter([], "tcp://127.0.0.1:0", "tcp://127.0.0.1:0").sockets, dict)


def test_another_server_is_left_alone_with_a_warning():
    received: list[int] = []
    lines, drain = install(lambda number, _: received.append(number))
    assert not drain.began
    assert received == [signal.SIGTERM]
    assert lines == ["the server is not the uvicorn that is known: SIGTERM stops it undrained"]


def test_the_handler_that_is_replaced_is_circus_s_own():
    assert callable(SysHandler.handle_term)
    before = SysHandler.handle_term
    try:
        stop_in_order(5.0)
        assert SysHandler.handle_term is not before
    finally:
        SysHandler.handle_term = before
