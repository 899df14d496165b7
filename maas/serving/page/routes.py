"""The paths of the page, and the response of each."""

import json
from typing import Protocol
from urllib.parse import parse_qs

from maas.serving.http.problems import Problem
from maas.serving.http.request import Request
from maas.serving.http.response import JSON, Response
from maas.serving.http.types import Header
from maas.serving.page.kept import Kept

PAGE = "/"
CONTENT, DRIFT, CHOICES = "/page/content", "/page/drift", "/page/choices"
KEYED_PAGE_ROUTES = (CONTENT, DRIFT, CHOICES)
"""What shows the model, so that it needs a key where keys are configured."""

_FILES = {
    "/page/style.css": b"text/css; charset=utf-8",
    "/page/script.js": b"text/javascript; charset=utf-8",
    "/page/icon.svg": b"image/svg+xml",
}
PAGE_ROUTES = (PAGE, *KEYED_PAGE_ROUTES, *_FILES)

_HTML = b"text/html; charset=utf-8"

# Of a query.
_MAX_FIELDS = 10

# The page has no inline style or script, and asks this service alone.
_POLICY = (
    b"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    b"base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_HEADERS: tuple[Header, ...] = (
    (b"content-security-policy", _POLICY),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
)
_FRESH: Header = (b"cache-control", b"no-store")
_KEPT: Header = (b"cache-control", b"public, max-age=31536000, immutable")  # see rendering.stamp


class Page(Protocol):
    """The page of a version.

    Attributes:
        whole: the document at `/`; where there are keys, it shows nothing of the model.
        content: what the document shows of the model.
        inputs: what it shows of the live rows.
    """

    whole: Kept
    content: Kept
    inputs: Kept

    def choices(self, feature: str) -> tuple[str, ...] | None:
        """The categories of a feature; None: it has none."""


async def respond_page(request: Request, route: str, page: Page) -> Response:
    """Answer a request for a path of the page.

    Raises:
        Problem: 404, no such feature.
    """
    if route in _FILES:
        from maas.serving.page.rendering import static_file  # most processes need no Jinja2

        body = static_file(route.rpartition("/")[2])
        return Response(200, _FILES[route], body, (*_HEADERS, _KEPT))
    if route == CHOICES:
        choices = page.choices(_feature_of(request))
        if choices is None:
            raise Problem(404, "no feature of this name has categories")
        body = json.dumps(choices, ensure_ascii=False).encode(errors="replace")
        return Response(200, JSON, body, (_FRESH,))
    part = {PAGE: page.whole, CONTENT: page.content, DRIFT: page.inputs}[route]
    return Response(200, _HTML, await part.get(), (*_HEADERS, _FRESH))


def _feature_of(request: Request) -> str:
    query = request.scope.get("query_string", b"").decode("ascii", "replace")
    try:
        fields = parse_qs(query, keep_blank_values=True, max_num_fields=_MAX_FIELDS)
        return str(fields["feature"][0])
    except (KeyError, ValueError):
        raise Problem(404, "name a feature: ?feature=NAME") from None
