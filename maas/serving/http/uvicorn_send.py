"""Sends a response with head and body in one write.

uvicorn writes them one after the other, as ASGI hands them over: two system calls for each
response, and two packets that each wake the client. Here both go past two steps of uvicorn's
own `send`, on uvicorn's own state of the exchange. Where that state is not known, or the case is
unusual, uvicorn's `send` is called.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from maas.serving.http.request import ClientDisconnected
from maas.serving.http.response import CLOSE
from maas.serving.http.types import Header, Message, Send
from maas.serving.http.unread import UnreadAnswers
from maas.serving.http.uvicorn_cycle import STATUS_LINES, find_cycle, has_left

_WITHOUT_BODY = (204, 304)

# Bytes of a body that may wait in the connection's buffer without being counted as held; above
# them, uvicorn stops writing to a client that does not read.
_MAX_UNCOUNTED_BYTES = 65_536


class ResponseSender:
    """Sends responses, and waits for clients that read slowly.

    Args:
        unread: how long, and with how much for all of them together.
    """

    def __init__(self, unread: UnreadAnswers) -> None:
        self._unread = unread

    async def send(self, send: Send, status: int, headers: Sequence[Header], body: bytes) -> None:
        """Send a response and end the exchange.

        Args:
            send: the server's.
            status: of the response.
            headers: with the content-length; all made by the service itself.
            body: all of it.

        Raises:
            ClientDisconnected: the client left, or did not read.
        """
        cycle = find_cycle(send)
        if cycle is not None and _is_plain(cycle, status, body):
            _write(cycle, status, headers, body)
        elif len(body) > _MAX_UNCOUNTED_BYTES:
            await self.start(send, status, headers, body)
            await end_response(send)
        else:
            await self._send_each(send, cycle, _messages(status, headers, body))

    async def start(self, send: Send, status: int, headers: Sequence[Header], body: bytes) -> None:
        """Send a response as `send` does, but leave it to `end_response` to end the exchange.

        The client has all of it, and can still send the rest of its request.
        """
        cycle = find_cycle(send)
        await self._send_each(send, cycle, _messages(status, headers, body, more_body=True))
        if cycle is not None and cycle.flow.write_paused:
            await self._unread.wait(cycle, len(body))

    async def _send_each(self, send: Send, cycle: Any, messages: Iterable[Message]) -> None:
        """Hand messages to the server, each when the client has read most of what came before."""
        for message in messages:
            if cycle is not None:
                if cycle.flow.write_paused:
                    await self._unread.wait(cycle)
                elif has_left(cycle):
                    raise ClientDisconnected
            try:
                await send(message)
            except OSError:  # what ASGI lets a server raise where the client has left
                raise ClientDisconnected from None


async def end_response(send: Send) -> None:
    """End an exchange whose response was started; nothing happens if the client has left."""
    cycle = find_cycle(send)
    if cycle is None or not has_left(cycle):
        await send({"type": "http.response.body", "body": b""})


def _messages(
    status: int, headers: Sequence[Header], body: bytes, more_body: bool = False
) -> tuple[Message, Message]:
    return (
        {"type": "http.response.start", "status": status, "headers": list(headers)},
        {"type": "http.response.body", "body": body, "more_body": more_body},
    )


def _is_plain(cycle: Any, status: int, body: bytes) -> bool:
    """Whether nothing was sent yet, and the client is connected, reads, and gets a small body."""
    return not (
        len(body) > _MAX_UNCOUNTED_BYTES
        or status in _WITHOUT_BODY
        or cycle.response_started
        or cycle.disconnected
        or cycle.flow.write_paused
        or cycle.scope["method"] == "HEAD"
        or cycle.transport.is_closing()
    )


def _write(cycle: Any, status: int, headers: Iterable[Header], body: bytes) -> None:
    """What `RequestResponseCycle.send` of uvicorn 0.54 does, in one step for both messages."""
    if CLOSE in headers:
        cycle.keep_alive = False
    elif not cycle.keep_alive:
        headers = (*headers, CLOSE)
    lines = [b"%b: %b\r\n" % header for header in (*cycle.default_headers, *headers)]
    cycle.transport.write(b"".join((STATUS_LINES[status], *lines, b"\r\n", body)))
    cycle.response_started = cycle.response_complete = True
    cycle.waiting_for_100_continue = cycle.chunked_encoding = False
    cycle.message_event.set()
    if not cycle.keep_alive:
        cycle.transport.close()
    cycle.on_response()
