"""Reads the body of a request: never more of it than the limit, never longer than the deadline."""

import asyncio
from collections.abc import Coroutine
from time import monotonic
from typing import Any, cast

from maas.serving.http.problems import Problem
from maas.serving.http.types import Headers, Message, Receive

_SMALL = 65_536
"""A refused body up to this size has most likely arrived: the connection is kept."""

_LINGER_S = 2.0
"""How long a refused body is read on, so that the client can read why."""


class ClientGone(Exception):
    """The client left before it was answered."""


class BodyReader:
    """Reads bodies against one limit and one deadline.

    One task looks after all deadlines, so that a request needs no timer of its own.

    Args:
        max_bytes: the largest body.
        timeout_s: seconds from the first byte awaited to the last byte read.
    """

    def __init__(self, max_bytes: int, timeout_s: float) -> None:
        self._max_bytes = max_bytes
        self._timeout = timeout_s
        self._reading: dict[asyncio.Task[Any], float] = {}  # in the order of their deadlines
        self._late: set[asyncio.Task[Any]] = set()

    async def read(self, headers: Headers, receive: Receive) -> bytes:
        """Read a body.

        Raises:
            Problem: 413 it is larger than the limit, 408 it did not come in time.
            ClientGone: the client left.
        """
        if int(headers.get(b"content-length", b"0")) > self._max_bytes:
            raise self._too_large()
        task = cast("asyncio.Task[Any]", asyncio.current_task())
        self._reading[task] = monotonic() + self._timeout
        try:
            message = await receive()
            if not message.get("more_body") and message["type"] == "http.request":
                body: bytes = message["body"]
                if len(body) > self._max_bytes:
                    raise self._too_large()
                return body
            return await self._read_on(message, receive)
        except asyncio.CancelledError:
            if task not in self._late:
                raise
            self._late.discard(task)
            task.uncancel()
            what = f"the body did not arrive within {self._timeout:g} s"
            raise Problem(408, what, headers=[(b"connection", b"close")]) from None
        finally:
            self._reading.pop(task, None)

    async def _read_on(self, message: Message, receive: Receive) -> bytes:
        parts: list[bytes] = []
        size = 0
        while True:
            if message["type"] == "http.disconnect":
                raise ClientGone
            parts.append(message.get("body", b""))
            size += len(parts[-1])
            if size > self._max_bytes:
                raise self._too_large()
            if not message.get("more_body"):
                return b"".join(parts)
            message = await receive()

    async def watch(self) -> None:
        """Interrupt the reading of bodies that are late; runs as long as the service does."""
        while True:
            await asyncio.sleep(min(0.25, self._timeout / 4))
            now = monotonic()
            for task in [task for task, end in self._reading.items() if end <= now]:
                del self._reading[task]
                self._late.add(task)
                task.cancel()

    def _too_large(self) -> Problem:
        what = f"the body is larger than {self._max_bytes} bytes"
        return Problem(413, what, headers=[(b"connection", b"close")])


def closes(headers: Headers) -> bool:
    """Whether a request that is refused unread has a body too large to keep the connection."""
    if b"transfer-encoding" in headers:
        return True
    return int(headers.get(b"content-length", b"0")) > _SMALL


async def linger(receive: Receive) -> None:
    """Read on and throw away, for a while.

    Closing while the client still sends makes its kernel forget the answer (RFC 9112, 9.6).
    """
    try:
        async with asyncio.timeout(_LINGER_S):
            while (message := await receive())["type"] == "http.request":
                if not message.get("more_body"):
                    return
    except TimeoutError:
        return


def has_left(receive: Receive) -> bool:
    """Whether the client is gone, asked without waiting."""
    asked = cast("Coroutine[Any, Any, Message]", receive())
    try:
        asked.send(None)
    except StopIteration as answer:
        return bool(answer.value["type"] == "http.disconnect")
    finally:
        asked.close()
    return False
