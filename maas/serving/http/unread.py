"""Answers that clients do not read: how long each may wait, and what all hold together."""

import asyncio
from time import monotonic
from typing import Any

from maas.serving.http.held_bytes import HeldBytes
from maas.serving.http.request import ClientDisconnected
from maas.serving.http.uvicorn_cycle import has_left

# Seconds between two looks at the deadlines, at most.
_WATCH_S = 0.25


class UnreadAnswers:
    """Waits for clients that read slowly, and drops those that do not read.

    One task watches all deadlines, as for bodies; who reads at once never comes here.

    Args:
        timeout_s: seconds for which an answer waits.
        held: where the bytes of large answers are counted meanwhile.
    """

    def __init__(self, timeout_s: float, held: HeldBytes) -> None:
        self._timeout_s = timeout_s
        self._held = held
        self._waiting: dict[Any, float] = {}  # exchanges of uvicorn, in the order of the deadlines

    async def wait(self, cycle: Any, size: int = 0) -> None:
        """Wait until a client has read most of what was sent to it.

        Args:
            cycle: uvicorn's exchange.
            size: the bytes of an answer that is held until then.

        Raises:
            ClientDisconnected: it left; or it did not read in time, or there is no room for what
                it does not read, and its connection was cut.
        """
        if not self._held.take(size):
            cycle.transport.abort()
            size = 0
        self._waiting[cycle] = monotonic() + self._timeout_s
        try:
            while cycle.flow.write_paused and not has_left(cycle):
                await cycle.flow.drain()
        finally:
            del self._waiting[cycle]
            self._held.release(size)
        if has_left(cycle):
            raise ClientDisconnected

    async def watch(self) -> None:
        """Cut connections whose answers are late; runs as long as the service does."""
        while True:
            await asyncio.sleep(min(_WATCH_S, self._timeout_s / 4))
            now = monotonic()
            for cycle, end in self._waiting.items():
                if end <= now:
                    cycle.transport.abort()  # its task wakes and ends
