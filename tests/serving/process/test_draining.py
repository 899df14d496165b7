"""How a worker takes SIGTERM over, and what it does where that cannot be."""

import asyncio
import logging
import signal

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


def install(handler: object, seconds: float = 0.0) -> tuple[list[str], Drain]:
    """Install a drain over a handler; give what was logged, after a SIGTERM and half a second."""
    records: list[logging.LogRecord] = []
    keep = logging.Handler()
    keep.emit = records.append
    drain = Drain(seconds)

    async def run() -> None:
        before = signal.signal(signal.SIGTERM, handler)
        try:
            drain.install()
            signal.raise_signal(signal.SIGTERM)
            await asyncio.sleep(0.5)
        finally:
            signal.signal(signal.SIGTERM, before)

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
