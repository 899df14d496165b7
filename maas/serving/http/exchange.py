"""One request and its answer."""

import itertools
import os
import re
from collections.abc import Iterable, Sequence
from time import perf_counter

from maas.serving.http.body import closes, linger
from maas.serving.http.problems import CONTENT_TYPE, Problem
from maas.serving.http.types import App, Header, Headers, Message, Receive, Scope, Send
from maas.serving.http.uvicorn_send import CLOSE, send_answer

JSON = b"application/json"
_SANE_ID = re.compile(rb"[A-Za-z0-9._~:+/=-]{1,128}")


class RequestIds:
    """Gives each request an id: the caller's, or a new one of 32 hex digits.

    A random prefix per worker and a count: no call into the system per request.
    """

    def __init__(self) -> None:
        self._prefix = os.urandom(10).hex()
        self._count = itertools.count()

    def choose(self, headers: Headers) -> str:
        """The caller's id if it is sane (it goes into logs), else a new one."""
        given = headers.get(b"x-request-id")
        if given is not None and _SANE_ID.fullmatch(given):
            return given.decode()
        return f"{self._prefix}{next(self._count):012x}"


class Exchange:
    """A request that is being answered.

    Attributes:
        headers: of the request; several with one name as one list (RFC 9110, 5.2), so that a
            wrong one is not hidden by a right one.
        status: of the answer, once it is being sent; until then 500.
        started: when the head of the request was read, by `perf_counter`.
    """

    __slots__ = (
        "_common", "_scope", "_send", "headers", "method", "path", "receive", "request_id",
        "started", "status",
    )  # fmt: skip

    def __init__(
        self, scope: Scope, receive: Receive, send: Send, ids: RequestIds, common: Sequence[Header]
    ) -> None:
        self.started = perf_counter()
        self.receive = receive
        self.headers: Headers = dict(scope["headers"])
        if len(self.headers) != len(scope["headers"]):
            self.headers = _join(scope["headers"])
        self.method: str = scope["method"]
        self.path: str = scope["path"]
        self.request_id = ids.choose(self.headers)
        self.status = 500
        self._scope, self._send, self._common = scope, send, common

    async def reply(
        self, status: int, content_type: bytes, body: bytes, extra: Sequence[Header] = ()
    ) -> None:
        """Send the answer."""
        self.status = status
        head = self._head(content_type, body, extra)
        await send_answer(self._send, status, head, body)

    async def refuse(self, problem: Problem) -> None:
        """Send a problem; where the body is not worth reading, close the connection after it."""
        extra = problem.headers
        closing = CLOSE in extra or (problem.status != 422 and closes(self.headers))
        if closing and CLOSE not in (*extra, *self._common):
            extra = [*extra, CLOSE]
        # Who waits for leave to send sends nothing more; all others are read on for a while.
        more = closing and b"expect" not in self.headers
        body = problem.to_bytes(self.request_id)
        if more:
            await self._reply_and_linger(problem.status, body, extra)
        else:
            await self.reply(problem.status, CONTENT_TYPE, body, extra)

    async def _reply_and_linger(self, status: int, body: bytes, extra: Sequence[Header]) -> None:
        self.status = status
        head = self._head(CONTENT_TYPE, body, extra)
        await self._send({"type": "http.response.start", "status": status, "headers": head})
        await self._send({"type": "http.response.body", "body": body, "more_body": True})
        await linger(self.receive)
        await self._send({"type": "http.response.body", "body": b""})

    def _head(self, content_type: bytes, body: bytes, extra: Sequence[Header]) -> list[Header]:
        return [
            (b"content-type", content_type),
            (b"content-length", b"%d" % len(body)),
            (b"x-request-id", self.request_id.encode()),
            *self._common,
            *extra,
        ]

    async def pass_on(self, app: App) -> None:
        """Let another app answer; its answer gets the request's id and the model's headers.

        Raises:
            Problem: the other app has no answer.
        """
        refused = False

        async def note(message: Message) -> None:
            nonlocal refused
            if message["type"] == "http.response.start":
                self.status = message["status"]
                refused = self.status >= 400
                own = (b"x-request-id", self.request_id.encode())
                message["headers"] = [*message.get("headers", ()), own, *self._common]
            if not refused:
                await self._send(message)

        await app(self._scope, self.receive, note)
        if refused:
            raise Problem(self.status, "there is nothing to be had under this path")


def _join(pairs: Iterable[Header]) -> Headers:
    headers: Headers = {}
    for name, value in pairs:
        headers[name] = headers[name] + b", " + value if name in headers else value
    return headers
