"""How a worker stops: not ready at once, answering for a while, then gone.

A load balancer needs seconds to notice that a replica is not ready; requests that it sends
meanwhile are answered. BentoML alone would reset those connections.

Process managers signal a service in two ways: the process that started the workers alone, or
all of its processes at once (systemd's KillMode=control-group, supervisord's stopasgroup). In
the second way a worker gets SIGTERM twice, because circus passes its own on. So a worker takes
any number of SIGTERMs for one; SIGINT ends its drain, and is what a second SIGTERM to the
process that started the workers becomes.
"""

import asyncio
import logging
import os
import signal
import threading
from time import monotonic
from types import FrameType
from typing import Any

import psutil

log = logging.getLogger("bentoml.maas")

# Seconds between closing the listener and stopping: what was accepted is read and answered.
_LAST_REQUESTS_S = 0.3

# Seconds within which a second SIGTERM is the first one, sent in two ways.
_SAME_SIGNAL_S = 1.0

# Seconds between two looks at the process that started the worker.
_WATCH_S = 1.0


class Drain:
    """Takes SIGTERM over from uvicorn, and gives it back when the time is up.

    Args:
        seconds: how long requests are answered after the signal.

    Attributes:
        began: whether the worker is stopping.
    """

    def __init__(self, seconds: float) -> None:
        self.began = False
        self._seconds = seconds
        self._server: Any = None

    def install(self) -> None:
        """Take the signals over; uvicorn sets its own handlers before the app starts."""
        if threading.current_thread() is not threading.main_thread():
            return
        handler = signal.getsignal(signal.SIGTERM)
        server = getattr(handler, "__self__", None)
        if not all(hasattr(server, name) for name in ("should_exit", "handle_exit")):
            log.warning("the server is not the uvicorn that is known: SIGTERM stops it undrained")
            return
        self._server, self._loop = server, asyncio.get_running_loop()
        signal.signal(signal.SIGTERM, self._begin)
        signal.signal(signal.SIGINT, self._stop)

    async def watch_parent(self) -> None:
        """Stop when the process that started this worker is gone: nobody else would stop it."""
        parent = os.getppid()
        while os.getppid() == parent:
            await asyncio.sleep(_WATCH_S)
        log.error("the process that started this worker is gone")
        if self._server is not None:
            self._begin()

    def _begin(self, _number: int = 0, _frame: FrameType | None = None) -> None:
        if self.began:
            return
        self.began = True
        log.info("stopping: no longer ready, answering for %g s", self._seconds)
        self._loop.call_soon_threadsafe(self._loop.call_later, self._seconds, self._close)

    def _close(self) -> None:
        for listener in self._server.servers:
            listener.close()
        self._loop.call_later(_LAST_REQUESTS_S, self._server.handle_exit, signal.SIGTERM, None)

    def _stop(self, number: int, frame: FrameType | None) -> None:
        """Stop at once if the worker is stopping; else as uvicorn does."""
        if self.began:
            self._server.force_exit = True
            self._server.handle_exit(signal.SIGTERM, frame)
        else:
            self._server.handle_exit(number, frame)


def forward_second_sigterm() -> None:
    """Let the process that started the workers end their drain at a second SIGTERM.

    circus (kantoku 0.18) ignores it while it waits for the workers (circus/sighandler.py).
    """
    from circus.sighandler import SysHandler

    handle_first = SysHandler.handle_term
    signalled: list[float] = []

    def handle_term(self: Any) -> None:
        if not signalled:
            signalled.append(monotonic())
            handle_first(self)
        elif monotonic() - signalled[0] > _SAME_SIGNAL_S:
            for worker in psutil.Process().children():
                worker.send_signal(signal.SIGINT)

    SysHandler.handle_term = handle_term
