"""Content that is made once for all who ask within a second."""

import asyncio
from collections.abc import Callable
from time import monotonic

KEPT_S = 1.0
"""How old what is given may be: making it takes milliseconds of the worker that answers rows."""


class Kept:
    """What was made last, or what is being made. It is asked in one event loop.

    Args:
        make: makes it, in a thread.
    """

    def __init__(self, make: Callable[[], bytes]) -> None:
        self._make = make
        self._content, self._until = b"", 0.0
        self._making: asyncio.Future[bytes] | None = None

    async def get(self) -> bytes:
        """The content; all who ask while it is made get the same.

        Raises:
            Exception: it cannot be made; the next one who asks has it tried again.
        """
        if monotonic() < self._until:
            return self._content
        if self._making is None:
            self._making = asyncio.ensure_future(asyncio.to_thread(self._make))
            self._making.add_done_callback(self._keep)
        return await asyncio.shield(self._making)

    def _keep(self, made: asyncio.Future[bytes]) -> None:
        self._making = None
        if not made.cancelled() and made.exception() is None:
            self._content, self._until = made.result(), monotonic() + KEPT_S
