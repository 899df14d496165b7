"""How a worker takes SIGTERM over, and what it does where that cannot be."""

import asyncio
import logging
import signal
from collections.abc import Callable

import pytest
from circus.sighandler import SysHandler

from maas.serving.process import draining
from maas.serving.process.draining import Drain, forward_second_sigterm


class Server:
    """As much of uvicorn's server as draining knows."""

    def __init__(self) -> None:
        self.should_exit = self.force_exit = False
        self.servers: list[asyncio.Server] = []
        self.signals: list[int] = []

    def handle_exit(self, number: int, _: object) -> None:
        self.signals.append(number)


def install(
    handler: object,
    seconds: float = 0.0,
    then: Callable[[], object] = lambda: None,
    watch: bool = False,
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
        forward_second_sigterm()
        assert SysHandler.handle_term is not before
    finally:
        SysHandler.handle_term = before
