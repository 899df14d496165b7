"""The ASGI gate in front of BentoML: every request goes through it, one road.

It owns the predict routes, /model, /docs.json and /metrics, and lets BentoML's probes, UI
and client schema work behind it. Nothing else is there: all other paths are a 404 here.
"""

import asyncio
import logging
from collections.abc import Callable, Mapping
from time import perf_counter
from typing import Any

import bentoml

from maas.serving.api.endpoint import Endpoint
from maas.serving.api.info_routes import ROUTES, Pages, allow
from maas.serving.api.openapi import build_openapi
from maas.serving.http.access_log import AccessLog, trace_id
from maas.serving.http.api_keys import ApiKeys
from maas.serving.http.body import BodyReader, ClientGone, has_left
from maas.serving.http.exchange import JSON, Exchange, RequestIds
from maas.serving.http.problems import Problem
from maas.serving.http.types import App, Header, Headers, Message, Receive, Scope, Send
from maas.serving.monitoring.request_metrics import UNMATCHED, RequestMetrics
from maas.serving.process.deployment import Served
from maas.serving.process.draining import Drain, tune_interpreter

log = logging.getLogger("bentoml.maas")

_CHARSETS = (b"", b"charset=utf-8", b'charset="utf-8"')
_GONE = 499
"""What logs and metrics call a request whose client left; nobody is sent it (nginx's word)."""

_SLOW_S = 0.01
"""A client whose answer took longer may have left meanwhile: it is asked."""


class Gate:
    """The app that the server calls.

    Args:
        app: BentoML's own app.
        served: the version behind the answers.
        functions: path -> undecorated method of the service.
    """

    def __init__(
        self, app: App, served: Served, functions: Mapping[str, Callable[..., Any]]
    ) -> None:
        config = served.config
        self._app, self._served, self._functions = app, served, functions
        self._endpoints: dict[str, Endpoint] = {}
        self._metrics = RequestMetrics(served, list(functions), ROUTES)
        self._pages = Pages(app, served, self._render_metrics)
        self._bodies = BodyReader(config.max_body_bytes, config.body_timeout_s)
        self._keys = None if served.keys_file is None else ApiKeys(served.keys_file)
        self._drain = Drain(config.drain_s)
        quiet = not config.access_log or config.log_level in ("WARNING", "ERROR")
        self._log = None if quiet else AccessLog(config.app_env, served.version.number)
        self._in_progress = dict.fromkeys((*functions, *ROUTES, UNMATCHED), 0)
        self._predicting, self._max_predicting = 0, config.max_concurrency
        self._ids = RequestIds()
        self._common: list[Header] = [
            (b"x-model-version", str(served.version.number).encode()),
            (b"x-model-digest", served.version.manifest.digest.encode()),
        ]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or hand it to BentoML."""
        if scope["type"] == "http":
            await self._answer(Exchange(scope, receive, send, self._ids, self._common))
        elif scope["type"] == "lifespan":
            await self._app(scope, receive, self._at_startup(send))
        else:  # a WebSocket: there is none here
            await send({"type": "websocket.close"})

    def _at_startup(self, send: Send) -> Send:
        async def start(message: Message) -> None:
            if message["type"] == "lifespan.startup.complete":
                self._start(bentoml.get_current_service())
            await send(message)

        return start

    def _start(self, instance: object) -> None:
        self._endpoints = {
            path: Endpoint(function, instance) for path, function in self._functions.items()
        }
        self._pages.documents["/docs.json"] = build_openapi(self._served, self._endpoints)
        self._drain.install(self._stop)
        tune_interpreter()
        self._tasks = [
            asyncio.create_task(self._bodies.watch()),
            asyncio.create_task(self._tell_in_progress()),
        ]

    def _stop(self) -> None:
        """From now on clients are to come back elsewhere."""
        self._common.append((b"connection", b"close"))

    async def _answer(self, exchange: Exchange) -> None:
        """Answer a request, and count and log it whatever comes of it."""
        endpoint = self._endpoints.get(exchange.path)
        route = exchange.path if endpoint else self._pages.route(exchange.path)
        self._in_progress[route] += 1
        try:
            if endpoint is not None:
                await self._predict(endpoint, exchange)
            else:
                if route == "/model":
                    self._authorise(exchange.headers)
                await self._pages.answer(exchange, route, self._drain.began)
        except ClientGone:
            exchange.status = _GONE
            self._metrics.abandoned(route)
        except Problem as problem:
            self._metrics.refused(route, problem.reasons)
            await exchange.refuse(problem)
        except Exception:
            log.exception("request %s failed in %s", exchange.request_id, route)
            what = "the service failed; its log has the request id"
            await exchange.refuse(Problem(500, what))
        finally:
            self._in_progress[route] -= 1
            self._record(exchange, route)

    def _record(self, exchange: Exchange, route: str) -> None:
        seconds = perf_counter() - exchange.started
        self._metrics.answered(route, exchange.status, seconds)
        if self._log is not None:
            trace = trace_id(exchange.headers)
            self._log.record(
                exchange.request_id, trace, exchange.method, route, exchange.status, seconds
            )

    async def _predict(self, endpoint: Endpoint, exchange: Exchange) -> None:
        """Check a request of a predict route, read it and call the service's method."""
        headers = exchange.headers
        allow(exchange.method, ("POST",))
        self._authorise(headers)
        if self._predicting >= self._max_predicting:
            raise Problem(429, "the service is overloaded", headers=[(b"retry-after", b"1")])
        kind = headers.get(b"content-type", b"")
        if kind != JSON and not _is_json(kind):
            raise Problem(415, "send the body as content-type application/json")
        if b"content-encoding" in headers and headers[b"content-encoding"].lower() != b"identity":
            raise Problem(415, "send the body without a content-encoding")
        self._predicting += 1
        try:
            body = await endpoint.answer(await self._bodies.read(headers, exchange.receive))
        finally:
            self._predicting -= 1
        if perf_counter() - exchange.started > _SLOW_S and has_left(exchange.receive):
            raise ClientGone
        await exchange.reply(200, JSON, body)

    def _authorise(self, headers: Headers) -> None:
        if self._keys is not None and not self._keys.accept(headers):
            challenge = (b"www-authenticate", b"Bearer")
            raise Problem(401, "a key is missing or wrong", headers=[challenge])

    def _render_metrics(self) -> bytes:
        self._metrics.set_in_progress(self._in_progress)
        return self._metrics.render()

    async def _tell_in_progress(self) -> None:
        """Tell the other workers, once a second; telling each time would cost each request."""
        while True:
            self._metrics.set_in_progress(self._in_progress)
            await asyncio.sleep(1)


def _is_json(kind: bytes) -> bool:
    """Whether a content type is JSON's, in UTF-8 if it says in what.

    By splitting and not by a pattern: a long header must not take long.
    """
    name, *parameters = kind.lower().split(b";", 3)
    return name.strip() == JSON and all(p.strip() in _CHARSETS for p in parameters)
