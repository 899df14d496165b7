"""What is answered without the model: documents, metrics, and what BentoML keeps answering."""

import asyncio
from collections.abc import Callable

from maas.serving.api.responses import ServedModel
from maas.serving.http.exchange import JSON, Exchange
from maas.serving.http.problems import Problem
from maas.serving.http.types import App
from maas.serving.monitoring.request_metrics import UNMATCHED
from maas.serving.process.deployment import Served

_BEHIND = ("/", "/livez", "/readyz", "/healthz", "/schema.json")
"""BentoML's own; beside them the files of its UI, below /static_content/."""

_UI_FILES = "/static_content/"
_PROMETHEUS = b"text/plain; version=0.0.4; charset=utf-8"
_READ = ("GET", "HEAD")

ROUTES = ("/model", "/docs.json", "/metrics", *_BEHIND, _UI_FILES)
"""Every route here."""


class Pages:
    """Answers GET and HEAD.

    Args:
        app: BentoML's own app.
        served: the version that /model describes.
        render_metrics: gives the text of /metrics.
    """

    def __init__(self, app: App, served: Served, render_metrics: Callable[[], bytes]) -> None:
        self._app = app
        self._render_metrics = render_metrics
        self.documents = {"/model": _describe(served)}

    def route(self, path: str) -> str:
        """The route of a path; `unmatched` if there is none."""
        if path in ROUTES:
            return path
        return _UI_FILES if path.startswith(_UI_FILES) else UNMATCHED

    async def answer(self, exchange: Exchange, route: str, stopping: bool) -> None:
        """Answer a request.

        Raises:
            Problem: 404, 405 or 503.
        """
        if route == UNMATCHED:
            raise Problem(404, "there is nothing under this path")
        allow(exchange.method, _READ)
        if route == "/readyz" and stopping:
            raise Problem(503, "the service is stopping")
        if route == "/metrics":
            text = await asyncio.to_thread(self._render_metrics)
            await exchange.reply(200, _PROMETHEUS, text)
        elif route in self.documents:
            await exchange.reply(200, JSON, self.documents[route])
        else:
            await exchange.pass_on(self._app)


def allow(method: str, methods: tuple[str, ...]) -> None:
    """Let a method pass.

    Raises:
        Problem: 405 with those that are allowed.
    """
    if method not in methods:
        allowed = ", ".join(methods)
        raise Problem(405, f"use {allowed} here", headers=[(b"allow", allowed.encode())])


def _describe(served: Served) -> bytes:
    version = served.version
    model = ServedModel(
        **dict(version.manifest),
        version=version.number,
        tag=version.tag,
        app_env=served.config.app_env,
    )
    return model.model_dump_json().encode()
