"""Sends a response with head and body in one write.

uvicorn writes them one after the other, as ASGI hands them over: two system calls for each
response, and two packets that each wake the client. Here both go past two steps of uvicorn's
own `send`, on uvicorn's own state of the exchange. Where that state is not the one that this
module was written for, or the case is unusual, uvicorn's `send` is called.
"""

import logging
from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any

from uvicorn.protocols.http import httptools_impl

from maas.serving.http.response import CLOSE
from maas.serving.http.types import Header, Send

log = logging.getLogger("bentoml.maas")

_CYCLE: Any = getattr(httptools_impl, "RequestResponseCycle", None)
_STATUS_LINES: Any = getattr(httptools_impl, "STATUS_LINE", {})
_WITHOUT_BODY = (204, 304)

# What `send` of RequestResponseCycle reads and writes in uvicorn 0.54.
_CYCLE_STATE = (
    "chunked_encoding", "default_headers", "disconnected", "flow", "keep_alive", "message_event",
    "on_response", "response_complete", "response_started", "scope", "transport",
    "waiting_for_100_continue",
)  # fmt: skip


async def send_response(send: Send, status: int, headers: Sequence[Header], body: bytes) -> None:
    """Send a response and end the exchange.

    Args:
        send: the server's.
        status: of the response.
        headers: with the content-length; all made by the service itself.
        body: all of it.
    """
    cycle: Any = getattr(send, "__self__", None)
    if is_uvicorn_known() and type(cycle) is _CYCLE and _is_plain(cycle, status):
        _write(cycle, status, headers, body)
    else:
        await send({"type": "http.response.start", "status": status, "headers": list(headers)})
        await send({"type": "http.response.body", "body": body})


@cache
def is_uvicorn_known() -> bool:
    """Whether uvicorn keeps the state that is written here; if not, one warning says so."""
    code = getattr(getattr(_CYCLE, "__init__", None), "__code__", None)
    names = getattr(code, "co_names", ())
    missing = [name for name in _CYCLE_STATE if name not in names]
    if missing or not _STATUS_LINES:
        log.warning(
            "this uvicorn keeps no %s per exchange: responses are sent the slower, plain way",
            ", ".join(missing) or "status lines",
        )
        return False
    return True


def _is_plain(cycle: Any, status: int) -> bool:
    """Whether nothing was sent yet, and the client is connected, reads, and gets a body."""
    return not (
        status in _WITHOUT_BODY
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
    cycle.transport.write(b"".join((_STATUS_LINES[status], *lines, b"\r\n", body)))
    cycle.response_started = cycle.response_complete = True
    cycle.waiting_for_100_continue = cycle.chunked_encoding = False
    cycle.message_event.set()
    if not cycle.keep_alive:
        cycle.transport.close()
    cycle.on_response()
