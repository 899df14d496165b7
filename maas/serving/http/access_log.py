"""One line per request: text for people in dev, JSON for machines in prod.

The line is formatted here and not by `logging`: every request waits for it. The lines of one
turn of the event loop are written together.
"""

import asyncio
import os
import re
from contextlib import suppress
from time import gmtime, strftime, time

from maas.config.service_config import Env
from maas.serving.http.request import Request
from maas.serving.http.types import Headers

# https://www.w3.org/TR/trace-context/#traceparent-header: version-trace-parent-flags. Version ff
# and ids of zeros are invalid; only versions after 00 may add more.
_TRACE = re.compile(
    rb"(?!ff|00-.{53})[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}(?:-.*)?"
)

_STDERR = 2

# A line, and how a trace id and none are written in it. Ids, methods and routes hold no
# character that JSON would escape.
_FORMATS: dict[Env, tuple[str, str, str]] = {
    "dev": ("%s INFO %s %s %d %.2fms v%d request=%s%s\n", " trace=%s", ""),
    "prod": (
        '{"time":"%s","level":"INFO","message":"request","method":"%s","route":"%s","status":%d,'
        '"duration_ms":%.3f,"model_version":%d,"request_id":"%s","trace_id":%s}\n',
        '"%s"',
        "null",
    ),
}


def trace_id(headers: Headers) -> str | None:
    """The trace id of a W3C traceparent header, if there is a valid one."""
    given = headers.get(b"traceparent")
    match = _TRACE.fullmatch(given) if given else None
    return match[1].decode() if match else None


class AccessLog:
    """Writes the lines to stderr, in the format of the environment."""

    def __init__(self, env: Env) -> None:
        self._line, self._with_trace, self._without_trace = _FORMATS[env]
        self._second, self._stamp = 0, ""
        self._lines: list[str] = []

    def record(
        self, request: Request, route: str, status: int, seconds: float, version: int
    ) -> None:
        """Note one request: its route, status and duration, and the version that served it."""
        if not self._lines:
            asyncio.get_running_loop().call_soon(self._write)
        trace = trace_id(request.headers)
        written = self._with_trace % trace if trace else self._without_trace
        values = self._now(), request.method, route, status, seconds * 1000, version
        self._lines.append(self._line % (*values, request.id, written))

    def _write(self) -> None:
        text = "".join(self._lines).encode()
        self._lines.clear()
        with suppress(OSError):  # requests are answered even when the log cannot be written
            while text:
                text = text[os.write(_STDERR, text) :]

    def _now(self) -> str:
        """RFC 3339 in UTC, with milliseconds."""
        now = time()
        second = int(now)
        if second != self._second:
            self._second, self._stamp = second, strftime("%Y-%m-%dT%H:%M:%S", gmtime(second))
        return "%s.%03dZ" % (self._stamp, (now - second) * 1000)  # noqa: UP031 - faster here
