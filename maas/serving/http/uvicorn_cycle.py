"""What is known of uvicorn's own state of one exchange, its `RequestResponseCycle`.

ASGI tells an app that its client left, but uvicorn tells only the last of several pipelined
requests, and raises where an earlier one is answered. So its state is asked. Where uvicorn is not
the one that this module was written for, nothing here knows any exchange.
"""

import logging
from functools import cache
from typing import Any

from uvicorn.protocols.http import httptools_impl

from maas.serving.http.types import Receive, Send

log = logging.getLogger("bentoml.maas")

_CYCLE: Any = getattr(httptools_impl, "RequestResponseCycle", None)
STATUS_LINES: Any = getattr(httptools_impl, "STATUS_LINE", {})

# What `send` of RequestResponseCycle reads and writes in uvicorn 0.54.
_CYCLE_STATE = (
    "chunked_encoding", "default_headers", "disconnected", "flow", "keep_alive", "message_event",
    "on_response", "response_complete", "response_started", "scope", "transport",
    "waiting_for_100_continue",
)  # fmt: skip


def find_cycle(half: Receive | Send) -> Any:
    """The exchange that a `receive` or `send` is a method of; None where it is not known."""
    cycle = getattr(half, "__self__", None)
    return cycle if type(cycle) is _CYCLE and is_uvicorn_known() else None


@cache
def is_uvicorn_known() -> bool:
    """Whether uvicorn keeps the state that is used here; if not, one warning says so."""
    code = getattr(getattr(_CYCLE, "__init__", None), "__code__", None)
    names = getattr(code, "co_names", ())
    missing = [name for name in _CYCLE_STATE if name not in names]
    if missing or not STATUS_LINES:
        log.warning(
            "this uvicorn keeps no %s per exchange: responses are sent the slower, plain way, "
            "and who does not read them is not cut",
            ", ".join(missing) or "status lines",
        )
        return False
    return True


def has_left(cycle: Any) -> bool:
    """Whether the client of an exchange that is not yet answered can be sent nothing any more.

    The exchange is told, or uvicorn would write an answer of its own.
    """
    if not cycle.disconnected and cycle.transport.is_closing():
        cycle.disconnected = True
    return bool(cycle.disconnected)


def is_closed(half: Receive | Send) -> bool:
    """Whether the client has left, as far as that is known without waiting."""
    cycle = find_cycle(half)
    return cycle is not None and has_left(cycle)
