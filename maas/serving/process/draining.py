"""How a worker settles, and how it stops: not ready at once, answering on, then gone.

A load balancer needs seconds to notice that a replica is not ready; whoever is sent here
meanwhile is answered. BentoML alone would reset those connections.
"""

import asyncio
import gc
import logging
import signal
import sys
import threading
from collections.abc import Callable
from types import FrameType
from typing import Any

import psutil

log = logging.getLogger("bentoml.maas")

_LAST_S = 0.3
"""Between closing the listener and stopping: what was accepted is read and answered."""


def tune_interpreter() -> None:
    """Keep Python's collector away from what the service holds for as long as it lives.

    A collection stops the world. What start-up made is not walked over again, and new objects
    are few at a time: a threshold of 50 000 let garbage pile up to pauses of 25 ms.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(5_000, 20, 100)
    sys.setswitchinterval(0.0005)  # a batch in a thread lets single rows through ten times as soon


class Drain:
    """Takes SIGTERM over from uvicorn, and gives it back when the time is up.

    Args:
        seconds: how long requests are answered after the signal.
    """

    def __init__(self, seconds: float) -> None:
        self.began = False
        self._seconds = seconds

    def install(self, tell: Callable[[], None]) -> None:
        """Take the signal over; uvicorn's own handler is set before the app starts.

        Args:
            tell: called when the signal comes.
        """
        self._tell = tell
        if threading.current_thread() is not threading.main_thread():
            return
        stock = signal.getsignal(signal.SIGTERM)
        self._server: Any = getattr(stock, "__self__", None)
        if hasattr(self._server, "should_exit"):
            self._loop = asyncio.get_running_loop()
            signal.signal(signal.SIGTERM, self._begin)

    def _begin(self, number: int, frame: FrameType | None) -> None:
        if self.began:  # a second signal: at once
            self._server.force_exit = True
            self._server.handle_exit(number, frame)
            return
        self.began = True
        self._tell()
        log.info("stopping: not ready any more, answering for %g s", self._seconds)
        self._loop.call_soon_threadsafe(self._loop.call_later, self._seconds, self._close)

    def _close(self) -> None:
        for listener in self._server.servers:
            listener.close()
        self._loop.call_later(_LAST_S, self._server.handle_exit, signal.SIGTERM, None)


def forward_second_sigterm() -> None:
    """Let the process that started the workers pass a second SIGTERM on to them.

    circus 0.19 ignores it while it waits for the workers (circus/sighandler.py).
    """
    from circus.sighandler import SysHandler

    first = SysHandler.handle_term
    signalled: list[bool] = []

    def handle_term(self: Any) -> None:
        if signalled:
            for worker in psutil.Process().children():
                worker.terminate()
            return
        signalled.append(True)
        first(self)

    SysHandler.handle_term = handle_term
