"""Which bodies are read at all: JSON, in UTF-8, and not encoded."""

from maas.serving.http.problems import Problem
from maas.serving.http.response import CLOSE, JSON
from maas.serving.http.types import Headers

_CHARSETS = (b"", b"charset=utf-8", b'charset="utf-8"')


def check_content(headers: Headers) -> None:
    """Let a body pass that is sent as JSON, in UTF-8, and not encoded.

    Raises:
        Problem: 415, or 400 where the server below has lost the body.
    """
    if b"upgrade" in headers and b"upgrade" in headers.get(b"connection", b"").lower():
        # To uvicorn, all that follows the head is of another protocol. It may still come.
        what = "the body of a request that asks for an upgrade is not read; send it without Upgrade"
        raise Problem(400, what, headers=[CLOSE])
    content_type = headers.get(b"content-type", b"")
    if content_type != JSON and not _is_json(content_type):
        raise Problem(415, "send the body as content-type application/json")
    if b"content-encoding" in headers and headers[b"content-encoding"].lower() != b"identity":
        raise Problem(415, "send the body without a content-encoding")


def _is_json(content_type: bytes) -> bool:
    """Whether a content type is JSON's, in UTF-8 if it names a charset.

    By splitting and not by a pattern: a long header must not take long.
    """
    name, *parameters = content_type.lower().split(b";", 3)
    return name.strip() == JSON and all(p.strip() in _CHARSETS for p in parameters)
