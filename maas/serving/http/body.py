"""Reads the body of a request: never more than the limits, never longer than the deadline."""

import asyncio
from time import monotonic
from typing import Any, cast

from maas.serving.http.held_bytes import HeldBytes
from maas.serving.http.problems import Problem
from maas.serving.http.request import ClientDisconnected, Request
from maas.serving.http.response import CLOSE, RETRY
from maas.serving.http.types import Headers, Message, Receive
from maas.serving.http.uvicorn_cycle import is_closed

# Bytes of a body that was not read and has most likely arrived: the connection can be kept.
_MAX_ARRIVED_BYTES = 65_536

# Seconds for which the rest of a refused body is read, so that the client can read the answer.
_DISCARD_S = 2.0

# Seconds between two looks at the deadlines, at most.
_WATCH_S = 0.25


class BodyReader:
    """Reads bodies against a limit for each, one for all together, and one deadline.

    One task watches all deadlines: a timer of its own would cost each request 4 µs of 50.

    Args:
        max_bytes: the largest body.
        timeout_s: seconds from the first byte awaited to the last byte read.
        held: what has arrived is counted there; a length that is only declared is not.
    """

    def __init__(self, max_bytes: int, timeout_s: float, held: HeldBytes) -> None:
        self._max_bytes = max_bytes
        self._held = held
        self._timeout_s = timeout_s
        self._reading: dict[asyncio.Task[Any], float] = {}  # in the order of their deadlines
        self._late: set[asyncio.Task[Any]] = set()

    async def read(self, request: Request) -> bytes:
        """Read the body of a request to its end; who reads it releases its bytes.

        Raises:
            Problem: 413 it is larger than the limit, 408 it did not arrive in time, 429 there is
                no room for it beside the others.
            ClientDisconnected: the client left.
        """
        if int(request.headers.get(b"content-length", b"0")) > self._max_bytes:
            raise self._too_large()
        task = cast("asyncio.Task[Any]", asyncio.current_task())
        self._reading[task] = monotonic() + self._timeout_s
        try:
            message = await request.receive()
            body = self._take(message, request)
            if message.get("more_body"):
                body = await self._read_on(body, request)
        except asyncio.CancelledError:
            if task not in self._late:
                raise
            self._late.discard(task)
            if task.uncancel():  # the server cancels the request at the same moment
                raise
            what = f"the body did not arrive within {self._timeout_s:g} s"
            raise Problem(408, what, headers=[CLOSE]) from None
        except RuntimeError:  # of uvloop, where uvicorn lets a closed connection go on reading
            if is_closed(request.receive):
                raise ClientDisconnected from None
            raise
        finally:
            self._reading.pop(task, None)
        request.body_consumed = True
        return body

    async def _read_on(self, first: bytes, request: Request) -> bytes:
        parts, size, more = [first], len(first), True
        try:
            while more:
                message = await request.receive()
                parts.append(self._take(message, request, size))
                size += len(parts[-1])
                more = bool(message.get("more_body"))
        except BaseException:
            self._held.release(size)
            raise
        return b"".join(parts)

    def _take(self, message: Message, request: Request, size: int = 0) -> bytes:
        """Take the part of the body in a message, after `size` bytes that came before.

        Where there is no room, the request that asks for it is the one that is refused.
        """
        if message["type"] == "http.disconnect":
            raise ClientDisconnected
        body: bytes = message.get("body", b"")
        if size + len(body) > self._max_bytes:
            raise self._too_large()
        if not self._held.take(len(body)):
            request.body_consumed = not message.get("more_body")
            what = "the service holds as many bytes of requests and answers as it may"
            raise Problem(429, what, headers=[RETRY])
        return body

    async def watch(self) -> None:
        """Interrupt the reading of late bodies; runs as long as the service does."""
        while True:
            await asyncio.sleep(min(_WATCH_S, self._timeout_s / 4))
            now = monotonic()
            for task in [task for task, end in self._reading.items() if end <= now]:
                del self._reading[task]
                self._late.add(task)
                task.cancel()

    def _too_large(self) -> Problem:
        what = f"the body is larger than {self._max_bytes} bytes"
        return Problem(413, what, headers=[CLOSE])


def must_close(headers: Headers) -> bool:
    """Whether a body that was not read forbids to keep the connection.

    It is too large, or its size is unknown; or the client asked whether to send it, and may send
    it or the next request now (RFC 9110, 10.1.1).
    """
    if b"transfer-encoding" in headers:
        return True
    length = int(headers.get(b"content-length", b"0"))
    return length > _MAX_ARRIVED_BYTES or (length > 0 and b"expect" in headers)


async def discard_body(receive: Receive) -> None:
    """Read the rest of a body and drop it, for a while.

    Closing while the client still sends makes its kernel drop the answer (RFC 9112, 9.6).
    """
    try:
        async with asyncio.timeout(_DISCARD_S):
            while not is_closed(receive):
                message = await receive()
                if message["type"] != "http.request" or not message.get("more_body"):
                    return
    except TimeoutError:
        return
