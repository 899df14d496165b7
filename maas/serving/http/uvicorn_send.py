"""Sends an answer whole: its head and its body in one write.

uvicorn writes them one after the other, as ASGI hands them over: two system calls for each
answer, and two packets that each wake the client.
"""

from collections.abc import Iterable

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, RequestResponseCycle

from maas.serving.http.types import Header, Send

CLOSE = (b"connection", b"close")


async def send_answer(send: Send, status: int, headers: Iterable[Header], body: bytes) -> None:
    """Send an answer and end the exchange.

    Args:
        send: the server's.
        status: of the answer.
        headers: among them its content-length; all of the service's own making.
        body: all of it.
    """
    cycle = getattr(send, "__self__", None)
    if isinstance(cycle, RequestResponseCycle) and _may_write(cycle):
        _write(cycle, status, headers, body)
    else:
        await send({"type": "http.response.start", "status": status, "headers": list(headers)})
        await send({"type": "http.response.body", "body": body})


def _may_write(cycle: RequestResponseCycle) -> bool:
    """Whether nothing was sent yet, and the client reads, and waits for a body."""
    begun = cycle.response_started or cycle.disconnected
    return not (begun or cycle.flow.write_paused or cycle.scope["method"] == "HEAD")


def _write(
    cycle: RequestResponseCycle, status: int, headers: Iterable[Header], body: bytes
) -> None:
    """What `RequestResponseCycle.send` of uvicorn 0.54 does, in one step for both messages."""
    if CLOSE in headers:
        cycle.keep_alive = False
    elif not cycle.keep_alive:
        headers = (*headers, CLOSE)
    lines = [b"%b: %b\r\n" % header for header in (*cycle.default_headers, *headers)]
    cycle.transport.write(b"".join((STATUS_LINE[status], *lines, b"\r\n", body)))
    cycle.response_started = cycle.response_complete = True
    cycle.waiting_for_100_continue = False
    cycle.message_event.set()
    if not cycle.keep_alive:
        cycle.transport.close()
    cycle.on_response()
