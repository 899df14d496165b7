"""What is answered without the model: page, documents, metrics, what BentoML's own app answers."""

import asyncio
from collections.abc import Container
from http import HTTPStatus
from typing import Protocol

from maas.serving.http.problems import Problem
from maas.serving.http.request import Request
from maas.serving.http.response import JSON, Response
from maas.serving.http.types import App, Message
from maas.serving.monitoring.collector import render_metrics
from maas.serving.monitoring.live_drift import LiveDrift
from maas.serving.page.routes import KEYED_PAGE_ROUTES, PAGE_ROUTES, Page, respond_page

UNMATCHED = "unmatched"
"""The route of every path that does not exist."""

UI = "/docs"
_BENTOML_ROUTES = (UI, "/livez", "/readyz", "/healthz")
_UI_FILES = "/static_content/"
_DRIFT = "/drift"
_DOCUMENTS = ("/model", "/docs.json", "/schema.json")
_PROMETHEUS = b"text/plain; version=0.0.4; charset=utf-8"
READ = ("GET", "HEAD")
_OTHER_NAMES = {"/openapi.json": "/docs.json"}

# BentoML's UI loads a script of googletagmanager.com by one of its own in the page: both are
# forbidden, and all else that is not this service's. Swagger UI sets styles and shows data: images.
_UI_POLICY = (
    b"default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
    b"img-src 'self' data:; font-src 'self' data:; connect-src 'self'; "
    b"base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
)

# What a refusal of BentoML's own app means here; other statuses are told by their names.
_REFUSALS = {404: "there is nothing under this path", 503: "the service is not ready"}

ROUTES = (*PAGE_ROUTES, "/metrics", _DRIFT, *_DOCUMENTS, *_BENTOML_ROUTES, _UI_FILES)
"""Every route here."""

KEYED_ROUTES = ("/model", _DRIFT, *KEYED_PAGE_ROUTES)
"""Those that need a key where keys are configured."""


class Documents(Protocol):
    """What describes the served version."""

    @property
    def endpoints(self) -> Container[str]:
        """The paths of its predict routes."""

    @property
    def drift(self) -> LiveDrift | None:
        """How what it answers differs from the training rows."""

    def document(self, route: str) -> bytes:
        """The JSON of /model, /docs.json or /schema.json."""

    @property
    def page(self) -> Page:
        """The page that shows it to people."""


class InfoRoutes:
    """Answers GET and HEAD.

    Args:
        bentoml_app: BentoML's own app: the probes, and the files of its UI.
    """

    def __init__(self, bentoml_app: App) -> None:
        self._bentoml_app = bentoml_app

    def route(self, path: str) -> str:
        """The route of a path; `unmatched` if there is none."""
        if path in ROUTES:
            return path
        return _UI_FILES if path.startswith(_UI_FILES) else UNMATCHED

    async def respond(
        self, request: Request, route: str, documents: Documents, stopping: bool
    ) -> Response:
        """Answer a request.

        Raises:
            Problem: 404, 405 or 503.
        """
        if route == UNMATCHED:
            raise Problem(404, _not_found(request.path, documents.endpoints))
        allow(request.method, READ)
        if route in PAGE_ROUTES:
            return await respond_page(request, route, documents.page)
        if route in _DOCUMENTS:
            return Response(200, JSON, documents.document(route))
        if route == "/metrics":
            metrics = await asyncio.to_thread(render_metrics, documents.drift)
            return Response(200, _PROMETHEUS, metrics)
        if route == _DRIFT:
            if documents.drift is None:
                raise Problem(404, "there is no drift of this version: it has no reference for it")
            report = await asyncio.to_thread(documents.drift.report)
            return Response(200, JSON, report.model_dump_json().encode())
        if route == "/readyz" and stopping:
            raise Problem(503, "the service is stopping")
        return await self._ask_bentoml(request)

    async def _ask_bentoml(self, request: Request) -> Response:
        """What BentoML's app answers, as one response; the server cuts the body of a HEAD."""
        messages: list[Message] = []

        async def keep(message: Message) -> None:
            messages.append(message)

        scope = {**request.scope, "method": "GET"}
        if request.path == UI:  # BentoML has it at /, where the page is
            scope |= {"path": "/", "raw_path": b"/"}
        await self._bentoml_app(scope, request.receive, keep)
        start, *parts = messages
        if start["status"] >= 400:
            raise _refusal(start)
        headers = dict(start["headers"])
        headers.pop(b"content-length", None)
        content_type = headers.pop(b"content-type", b"")
        if content_type.startswith(b"text/html"):
            headers[b"content-security-policy"] = _UI_POLICY
        body = b"".join(part.get("body", b"") for part in parts)
        return Response(start["status"], content_type, body, tuple(headers.items()))


def _not_found(path: str, predict_routes: Container[str]) -> str:
    meant = _OTHER_NAMES.get(path, path.rstrip("/"))
    hint = f"; did you mean {meant}?" if meant in ROUTES or meant in predict_routes else ""
    return f"there is nothing under this path{hint}"


def _refusal(start: Message) -> Problem:
    """The problem that BentoML's app has, with what it says of trying again."""
    status: int = start["status"]
    name = HTTPStatus(status).phrase
    detail = _REFUSALS.get(status, f"BentoML's own app answered {status} ({name})")
    retry = [(name, value) for name, value in start["headers"] if name == b"retry-after"]
    return Problem(status, detail, headers=retry)


def allow(method: str, methods: tuple[str, ...]) -> None:
    """Let a method pass.

    Raises:
        Problem: 405 with those that are allowed.
    """
    if method not in methods:
        allowed = ", ".join(methods)
        raise Problem(405, f"use {allowed} here", headers=[(b"allow", allowed.encode())])
