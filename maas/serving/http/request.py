"""One request as the service sees it."""

import itertools
import os
import re
from collections.abc import Iterable
from time import perf_counter

import anyio

from maas.serving.http.types import Header, Headers, Message, Receive, Scope
from maas.serving.http.uvicorn_cycle import is_closed

_VALID_ID = re.compile(rb"[A-Za-z0-9._~:+/=-]{1,128}")


class ClientDisconnected(Exception):
    """The client left before it was answered."""


class RequestIds:
    """Gives each request an id: the client's, or a new one of 32 hex digits.

    A random prefix per worker and a count: no call into the system per request.
    """

    def __init__(self) -> None:
        self._prefix = os.urandom(10).hex()
        self._count = itertools.count()

    def choose(self, headers: Headers) -> str:
        """The client's id if it is valid (it goes into logs), else a new one."""
        given = headers.get(b"x-request-id")
        if given is not None and _VALID_ID.fullmatch(given):
            return given.decode()
        return "%s%012x" % (self._prefix, next(self._count))  # noqa: UP031 - faster here


class Request:
    """A request that is being answered.

    Attributes:
        method: as the client sent it.
        path: decoded, without the query.
        headers: lower-case names; several with one name as one list (RFC 9110, 5.2), so that
            a wrong one is not hidden by a right one.
        id: the client's, or a new one.
        body_consumed: whether the body was read to its end.
        started: when the head of the request was read, by `perf_counter`.
        scope: as the server gave it, for BentoML's own app.
        receive: gives the parts of the body.
    """

    __slots__ = (
        "body_consumed", "headers", "id", "method", "path", "receive", "scope", "started",
    )  # fmt: skip

    def __init__(self, scope: Scope, receive: Receive, ids: RequestIds) -> None:
        self.started = perf_counter()
        self.scope, self.receive = scope, receive
        pairs = scope["headers"]
        headers: Headers = dict(pairs)
        self.headers = headers if len(headers) == len(pairs) else _join(pairs)
        self.method: str = scope["method"]
        self.path: str = scope["path"]
        self.id = ids.choose(self.headers)
        self.body_consumed = False

    async def is_disconnected(self) -> bool:
        """Whether the client has left; asked without waiting, once the body was read."""
        if is_closed(self.receive):
            return True
        message: Message = {}
        with anyio.CancelScope() as scope:
            scope.cancel()  # ends the call at its first wait
            message = await self.receive()
        return message.get("type") == "http.disconnect"


def _join(pairs: Iterable[Header]) -> Headers:
    headers: Headers = {}
    for name, value in pairs:
        headers[name] = headers[name] + b", " + value if name in headers else value
    return headers
