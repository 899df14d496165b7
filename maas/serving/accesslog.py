"""One line per request: text for people in dev, JSON for machines in prod.

The line is formatted here and not by `logging`, which takes longer for it than the model
takes for a row. Lines of one turn of the event loop are written together.
"""

import asyncio
import json
import os
import re
from collections.abc import Callable
from contextlib import suppress
from time import gmtime, strftime, time

from maas.config import Env
from maas.serving.asgi import Headers

# https://www.w3.org/TR/trace-context/#traceparent-header: version-trace-parent-flags
_TRACE = re.compile(rb"[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}(?:-.*)?")

_STDERR = 2


def trace_id(headers: Headers) -> str | None:
    """The trace id of a W3C traceparent header, if there is a sane one."""
    given = headers.get(b"traceparent")
    match = _TRACE.fullmatch(given) if given else None
    return match[1].decode() if match else None


class AccessLog:
    """Writes the lines to stderr.

    Args:
        env: the form of a line.
        model_version: the number that every line names.
    """

    def __init__(self, env: Env, model_version: int) -> None:
        self._format: Callable[..., str] = self._json if env == "prod" else self._text
        self._version = model_version
        self._second, self._stamp = 0, ""
        self._lines: list[str] = []

    def record(
        self,
        request_id: str,
        trace: str | None,
        method: str,
        route: str,
        status: int,
        seconds: float,
    ) -> None:
        """Note one answered request."""
        if not self._lines:
            asyncio.get_running_loop().call_soon(self.flush)
        line = self._format(request_id, trace, method, route, status, seconds * 1000)
        self._lines.append(line)

    def flush(self) -> None:
        """Write what was noted."""
        text = "".join(self._lines).encode()
        self._lines.clear()
        with suppress(OSError):  # a log that cannot be written is no reason not to answer
            while text:
                text = text[os.write(_STDERR, text) :]

    def _now(self) -> str:
        """RFC 3339 in UTC, with milliseconds."""
        now = time()
        second = int(now)
        if second != self._second:
            self._second, self._stamp = second, strftime("%Y-%m-%dT%H:%M:%S", gmtime(second))
        return f"{self._stamp}.{int((now - second) * 1000):03d}Z"

    def _text(
        self, request_id: str, trace: str | None, method: str, route: str, status: int, ms: float
    ) -> str:
        traced = f" trace={trace}" if trace else ""
        return (
            f"{self._now()} INFO {method} {route} {status} {ms:.2f}ms v{self._version} "
            f"request={request_id}{traced}\n"
        )

    def _json(
        self, request_id: str, trace: str | None, method: str, route: str, status: int, ms: float
    ) -> str:
        traced = f'"{trace}"' if trace else "null"
        return (
            f'{{"time":"{self._now()}","level":"INFO","message":"request",'
            f'"request_id":{json.dumps(request_id)},"trace_id":{traced},"method":"{method}",'
            f'"route":"{route}","status":{status},"duration_ms":{ms:.3f},'
            f'"model_version":{self._version}}}\n'
        )
