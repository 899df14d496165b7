"""How a worker stops: not ready at once, answering for a while, then gone.

A load balancer needs seconds to notice that a replica is not ready; requests that it sends
meanwhile are answered. BentoML alone would reset those connections.

Process managers signal a service in two ways: the process that started the workers alone, or
all of its processes at once (systemd's KillMode=control-group, supervisord's stopasgroup). In
the second way a worker gets SIGTERM twice, because circus passes its own on. So a worker takes
any number of SIGTERMs for one; SIGINT ends its drain, and is what a second SIGTERM to the
process that started the workers becomes.

The workers share one listening socket with the process that started them. When all of them
stop, that process ends new connections first (`listener`), and the workers accept what the
kernel has taken. A worker that is told to stop alone leaves new connections to the others.
"""

import asyncio
import gc
import logging
import os
import signal
import socket
import threading
from time import monotonic
from types import FrameType
from typing import Any

import psutil

from maas.serving.process.listener import refuse_connections

log = logging.getLogger("bentoml.maas")

# Seconds between the end of new connections and closing the listener: the kernel finishes the
# handshakes that it has begun, and the workers accept them.
_LAST_CONNECTIONS_S = 0.5

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
        self._orphaned = False

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
        self._orphaned = True
        log.error("the process that started this worker is gone")
        if self._server is not None:
            self._begin()

    def _begin(self, _number: int = 0, _frame: FrameType | None = None) -> None:
        if self.began:
            return
        self.began = True
        log.info("stopping: no longer ready, answering for %g s", self._seconds)
        self._loop.call_soon_threadsafe(self._loop.call_later, self._seconds, self._end)

    def _end(self) -> None:
        if self._orphaned:  # then all of the workers are, and nobody else ends new connections
            for listener in self._server.servers:
                for opened in listener.sockets:
                    refuse_connections(opened.fileno())
        self._loop.call_later(_LAST_CONNECTIONS_S, self._close)

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


def stop_in_order(seconds: float) -> None:
    """Let the process that started the workers end new connections, and a drain, as it stops.

    At the first SIGTERM, circus (kantoku 0.18) passes it on and waits for the workers; new
    connections end when the workers' drain does. It ignores a second one (circus/sighandler.py),
    which here ends their drain.

    Args:
        seconds: how long the workers answer requests after the signal.
    """
    from circus.sighandler import SysHandler

    handle_first = SysHandler.handle_term
    signalled: list[float] = []

    def handle_term(self: Any) -> None:
        if not signalled:
            signalled.append(monotonic())
            sockets = list(self.controller.arbiter.sockets.values())
            timer = threading.Timer(seconds, _stop_all, [sockets])
            timer.daemon = True
            timer.start()
            handle_first(self)
            gc.freeze()  # Python would look through it all at its end: 0.3 s of CPU
        elif monotonic() - signalled[0] > _SAME_SIGNAL_S:
            for worker in psutil.Process().children():
                worker.send_signal(signal.SIGINT)

    SysHandler.handle_term = handle_term


def _stop_all(sockets: list[socket.socket]) -> None:
    for listener in sockets:
        if listener.fileno() >= 0:  # not closed since
            refuse_connections(listener.fileno())
