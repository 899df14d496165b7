"""What the service answers: the handler of a request builds it, the app sends it."""

from collections.abc import Sequence
from dataclasses import dataclass

from maas.serving.http.types import Header

JSON = b"application/json"
ARROW = b"application/vnd.apache.arrow.stream"
CLOSE: Header = (b"connection", b"close")
RETRY: Header = (b"retry-after", b"1")


@dataclass(slots=True)
class Response:
    """An answer, complete.

    Attributes:
        status: the HTTP status.
        content_type: of the body; empty where there is no body (304).
        body: all of it.
        headers: beside content-type, content-length and those that every answer has.
    """

    status: int
    content_type: bytes
    body: bytes
    headers: Sequence[Header] = ()

    def head(self, request_id: str, common: Sequence[Header]) -> list[Header]:
        """The header lines: this answer's own, the request's id, and the common ones."""
        if not self.content_type:
            return [(b"x-request-id", request_id.encode()), *common, *self.headers]
        return [
            (b"content-type", self.content_type),
            (b"content-length", b"%d" % len(self.body)),
            (b"x-request-id", request_id.encode()),
            *common,
            *self.headers,
        ]
