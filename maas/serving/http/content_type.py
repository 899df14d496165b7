"""Which bodies are read, JSON in UTF-8 and batches as Arrow, and which form an answer has."""

import re
from collections.abc import Container, Iterable

from maas.serving.http.problems import Problem
from maas.serving.http.response import ARROW, CLOSE, JSON
from maas.serving.http.types import Headers

_CHARSETS = (b"", b"charset=utf-8", b'charset="utf-8"')

# The ranges of media that hold JSON (RFC 9110, 12.5.1), the closest first.
_JSON_RANGES = (JSON, b"application/*", b"*/*")

_QUALITY = re.compile(rb"0(?:\.\d{0,3})?|1(?:\.0{0,3})?")


def check_content(headers: Headers, path: str, arrow_routes: Iterable[str]) -> bool:
    """Let a body pass that is sent as JSON, in UTF-8, and not encoded; or as Arrow where it may be.

    Args:
        headers: of the request.
        path: that is asked for.
        arrow_routes: the paths that take Arrow.

    Returns:
        Whether the body is sent as Arrow.

    Raises:
        Problem: 415, or 400 where the server below has lost the body.
    """
    if b"upgrade" in headers and b"upgrade" in headers.get(b"connection", b"").lower():
        # To uvicorn, all that follows the head is of another protocol. It may still come.
        what = "the body of a request that asks for an upgrade is not read; send it without Upgrade"
        raise Problem(400, what, headers=[CLOSE])
    content_type = headers.get(b"content-type", b"")
    is_arrow = content_type != JSON and not _is_media(content_type, JSON, _CHARSETS)
    if is_arrow:
        _check_arrow(content_type, path, arrow_routes)
    if b"content-encoding" in headers and headers[b"content-encoding"].lower() != b"identity":
        raise Problem(415, "send the body without a content-encoding")
    return is_arrow


def _check_arrow(content_type: bytes, path: str, arrow_routes: Iterable[str]) -> None:
    """Refuse what is not JSON, unless it is Arrow and the path takes it."""
    routes, what = list(arrow_routes), "send the body as content-type application/json"
    sent_as_arrow = _is_media(content_type, ARROW, (b"",))
    if path in routes:
        if not sent_as_arrow:
            raise Problem(415, f"{what} or {ARROW.decode()}")
    elif sent_as_arrow and routes:
        raise Problem(415, f"{what}; a batch as Arrow goes to POST {' or '.join(routes)}")
    else:
        raise Problem(415, what)


def _is_media(content_type: bytes, media: bytes, parameters: Container[bytes]) -> bool:
    """Whether a content type is one of a name, with no other parameters than these.

    By splitting and not by a pattern: a long header must not take long.
    """
    name, *given = content_type.lower().split(b";", 3)
    return name.strip() == media and all(each.strip() in parameters for each in given)


def asks_for_arrow(headers: Headers) -> bool:
    """Whether a request names Arrow as what it accepts, and likes JSON no better."""
    accept = headers.get(b"accept")
    if accept is None or ARROW not in accept.lower():
        return False
    likes: dict[bytes, float] = {}
    for part in accept.lower().split(b","):
        name, *parameters = [piece.strip() for piece in part.split(b";")]
        likes[name] = max(likes.get(name, 0.0), _quality(parameters))
    json = next((likes[name] for name in _JSON_RANGES if name in likes), 0.0)
    return 0 < likes.get(ARROW, 0.0) >= json


def _quality(parameters: Iterable[bytes]) -> float:
    """The weight of a range: 1 where none is given, 0 where it is not a number from 0 to 1."""
    given = [each[2:].strip() for each in parameters if each.startswith(b"q=")]
    if not given:
        return 1.0
    return float(given[0]) if _QUALITY.fullmatch(given[0]) else 0.0
