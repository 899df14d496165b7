"""How a worker stops: not ready at once, answering for a while, then gone.

A load balancer needs seconds to notice that a replica is not ready; requests that it sends
meanwhile are answered. BentoML alone would reset those connections.
"""

import asyncio
import logging
import signal
import threading
from types import FrameType
from typing import Any

import psutil

log = logging.getLogger("bentoml.maas")

# Seconds between closing the listener and stopping: what was accepted is read and answered.
_LAST_REQUESTS_S = 0.3


class Drain:
    """Takes SIGTERM over from uvicorn, and gives it back when the time is up.

    Args:
        seconds: how long requests are answered after the signal.

    Attributes:
        began: whether the signal came.
    """

    def __init__(self, seconds: float) -> None:
        self.began = False
        self._seconds = seconds

    def install(self) -> None:
        """Take the signal over; uvicorn sets its own handler before the app starts."""
        if threading.current_thread() is not threading.main_thread():
            return
        handler = signal.getsignal(signal.SIGTERM)
        self._server: Any = getattr(handler, "__self__", None)
        if all(hasattr(self._server, name) for name in ("should_exit", "handle_exit")):
            self._loop = asyncio.get_running_loop()
            signal.signal(signal.SIGTERM, self._begin)
        else:
            log.warning("the server is not the uvicorn that is known: SIGTERM stops it undrained")

    def _begin(self, number: int, frame: FrameType | None) -> None:
        if self.began:  # a second signal: stop at once
            self._server.force_exit = True
            self._server.handle_exit(number, frame)
            return
        self.began = True
        log.info("stopping: no longer ready, answering for %g s", self._seconds)
        self._loop.call_soon_threadsafe(self._loop.call_later, self._seconds, self._close)

    def _close(self) -> None:
        for listener in self._server.servers:
            listener.close()
        self._loop.call_later(_LAST_REQUESTS_S, self._server.handle_exit, signal.SIGTERM, None)


def forward_second_sigterm() -> None:
    """Let the process that started the workers pass a second SIGTERM on to them.

    circus (kantoku 0.18) ignores it while it waits for the workers (circus/sighandler.py).
    """
    from circus.sighandler import SysHandler

    handle_first = SysHandler.handle_term
    signalled: list[bool] = []

    def handle_term(self: Any) -> None:
        if signalled:
            for worker in psutil.Process().children():
                worker.terminate()
            return
        signalled.append(True)
        handle_first(self)

    SysHandler.handle_term = handle_term
