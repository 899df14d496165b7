"""Cross-origin resource sharing: which web pages may call the service from a browser."""

from collections.abc import Iterable, Mapping, Sequence

from maas.serving.http.request import Request
from maas.serving.http.response import Response
from maas.serving.http.types import Header

_ALLOWED_HEADERS = b"Content-Type, Authorization, X-API-Key, X-Request-ID, traceparent"
_EXPOSED_HEADERS = b"X-Model-Version, X-Model-Digest, X-Request-ID, Retry-After"

# Seconds for which a browser keeps the answer to a preflight, at most.
_MAX_AGE = b"600"

# The answer depends on the origin: a cache must not give one origin's to another.
_VARY: Header = (b"vary", b"Origin")


class Cors:
    """Answers preflights, and says with each answer whether the asking page may read it.

    Args:
        origins: those that may; `*` for all.
        methods: of the paths that pages may call.
    """

    def __init__(self, origins: Iterable[str], methods: Mapping[str, Sequence[str]]) -> None:
        self._origins = frozenset(origin.encode() for origin in origins)
        self._any = b"*" in self._origins
        self._methods = {path: ", ".join(names).encode() for path, names in methods.items()}

    def preflight(self, request: Request) -> Response | None:
        """The answer to a browser that asks whether it may send a request; None to all else.

        It needs no key: browsers send none with it.
        """
        asked = b"access-control-request-method" in request.headers
        methods = self._methods.get(request.path)
        if request.method != "OPTIONS" or not asked or methods is None or not self._allows(request):
            return None
        headers = (
            (b"access-control-allow-methods", methods),
            (b"access-control-allow-headers", _ALLOWED_HEADERS),
            (b"access-control-max-age", _MAX_AGE),
        )
        return Response(204, b"", b"", headers)

    def headers(self, request: Request) -> tuple[Header, ...]:
        """What every answer to a request says, errors included."""
        if request.path not in self._methods:
            return ()
        if not self._allows(request):
            return (_VARY,)
        allowed = b"*" if self._any else request.headers[b"origin"]
        return (
            (b"access-control-allow-origin", allowed),
            (b"access-control-expose-headers", _EXPOSED_HEADERS),
            _VARY,
        )

    def _allows(self, request: Request) -> bool:
        origin = request.headers.get(b"origin")
        return origin is not None and (self._any or origin in self._origins)
