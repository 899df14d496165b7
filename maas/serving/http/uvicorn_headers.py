"""Keeps trailers out of the headers of a request.

uvicorn appends the trailers of a chunked body to the list of headers that the app was given
(httptools_impl.py, 0.54). A proxy that checks or removes headers does not look at trailers, so a
key or an id in them must not count.
"""

import logging
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

log = logging.getLogger("bentoml.maas")

_METHODS = ("on_message_begin", "on_header", "on_headers_complete")


def keep_trailers_apart() -> None:
    """Let uvicorn drop trailers; before the first connection. A second call changes nothing."""
    if not all(hasattr(HttpToolsProtocol, name) for name in _METHODS):
        log.warning("the server is not the uvicorn that is known: trailers count as headers")
        return
    complete = HttpToolsProtocol.on_headers_complete
    if complete.__module__ == __name__:
        return

    def on_headers_complete(self: Any) -> None:
        complete(self)
        # Not for an upgrade, which has no cycle and whose headers are read again.
        if self.cycle is not None and self.cycle.scope is self.scope:
            self.headers = []  # the app has the list before: trailers go where nobody looks

    HttpToolsProtocol.on_headers_complete = on_headers_complete  # type: ignore[method-assign]
