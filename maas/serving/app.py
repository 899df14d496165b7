"""The ASGI app in front of BentoML's: every request goes through it.

It answers the predict routes, /model, the documents and /metrics itself, and asks BentoML's app
for the probes and the UI. All other paths are a 404.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from time import perf_counter
from typing import Any

import bentoml

from maas.registry.version import Version
from maas.serving.api.endpoint import PREDICT_METHODS, Endpoint, Form
from maas.serving.api.info_routes import KEYED_ROUTES, ROUTES, UNMATCHED, InfoRoutes, allow
from maas.serving.current_version import CurrentVersion
from maas.serving.http.access_log import AccessLog
from maas.serving.http.api_keys import ApiKeys
from maas.serving.http.body import BodyReader, discard_body, must_close
from maas.serving.http.content_type import asks_for_arrow, check_content
from maas.serving.http.held_bytes import HeldBytes
from maas.serving.http.problems import Problem
from maas.serving.http.request import ClientDisconnected, Request, RequestIds
from maas.serving.http.response import CLOSE, RETRY, Response
from maas.serving.http.types import App, Header, Headers, Message, Receive, Scope, Send
from maas.serving.http.unread import UnreadAnswers
from maas.serving.http.uvicorn_headers import keep_trailers_apart
from maas.serving.http.uvicorn_send import ResponseSender, end_response
from maas.serving.monitoring.metrics_folder import restore_folder, use_folder
from maas.serving.monitoring.release_metrics import ReleaseMetrics
from maas.serving.monitoring.request_metrics import RequestMetrics
from maas.serving.process.candidates import Candidates
from maas.serving.process.deployment import Deployment
from maas.serving.process.draining import Drain
from maas.serving.process.following import Follower
from maas.serving.process.gc_tuning import tune_gc
from maas.serving.process.worker_failure import forget_failures, log_notes
from maas.serving.served_version import ServedVersion, make_endpoints, serve_version

log = logging.getLogger("bentoml.maas")

CLIENT_CLOSED_REQUEST = 499
"""What logs and metrics call a request whose client left; nothing is sent (nginx's number)."""

# Seconds after which a client may have left while it was answered: it is asked.
_MAX_UNASKED_S = 0.01

# Seconds between two writes of the number of requests in progress, for other workers.
_PUBLISH_S = 1


class ServiceApp:
    """What belongs to the process: keys, limits, drain, ids, and the version it serves.

    Args:
        bentoml_app: BentoML's own app.
        service: the service that `make_service` returned for the deployment's version.
        deployment: the version, and how to serve it.
        make_service: that of service.py, for the versions that are live later.
    """

    _current: CurrentVersion

    def __init__(
        self,
        bentoml_app: App,
        service: Any,
        deployment: Deployment,
        make_service: Callable[[Version], Any],
    ) -> None:
        config = deployment.config
        self._bentoml_app, self._service, self._deployment = bentoml_app, service, deployment
        use_folder()
        keep_trailers_apart()
        self._metrics = RequestMetrics((*ROUTES, UNMATCHED))
        self._candidates = Candidates(deployment, make_service, self._metrics)
        self._info = InfoRoutes(bentoml_app)
        self._held = HeldBytes(config.max_held_bytes)
        self._bodies = BodyReader(config.max_body_bytes, config.body_timeout_s, self._held)
        self._unread = UnreadAnswers(config.body_timeout_s, self._held)
        self._sender = ResponseSender(self._unread)
        self._keys = None
        if deployment.keys_file is not None:
            self._keys = ApiKeys(deployment.keys_file, self._metrics.report_keys)
        self._drain = Drain(config.drain_s)
        quiet = not config.access_log or config.log_level in ("WARNING", "ERROR")
        self._log = None if quiet else AccessLog(config.app_env)
        self._predicting, self._max_predicting = 0, config.max_concurrency
        self._ids = RequestIds()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or let BentoML's app start and stop."""
        if scope["type"] == "http":
            await self._handle(Request(scope, receive, self._ids), send)
        elif scope["type"] == "lifespan":
            await self._bentoml_app(scope, receive, self._starting(send))
        else:
            await self._refuse_websocket(scope, receive, send)

    async def _refuse_websocket(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a WebSocket's handshake, a GET, as a request for what does not exist."""
        if "websocket.http.response" not in scope.get("extensions", ()):
            await send({"type": "websocket.close"})  # the server makes a 403 of it
            return

        async def send_as_http(message: Message) -> None:
            await send({**message, "type": f"websocket.{message['type']}"})

        handshake = {**scope, "method": "GET", "path": ""}
        await self._handle(Request(handshake, receive, self._ids), send_as_http)

    def _starting(self, send: Send) -> Send:
        async def send_and_start(message: Message) -> None:
            if message["type"] == "lifespan.startup.complete":
                self._start(bentoml.get_current_service())
            await send(message)

        return send_and_start

    def _start(self, instance: object) -> None:
        """Serve the version whose model BentoML has just loaded."""
        start, service = self._deployment, self._service
        endpoints, metrics = make_endpoints(service, instance), self._metrics
        config, release = start.config, start.release
        first = serve_version(start.version, service, instance, endpoints, metrics, config, release)
        self._current = CurrentVersion(first, ReleaseMetrics())
        self._drain.install()
        log_notes()
        forget_failures()
        tune_gc()
        self._tasks = [
            asyncio.create_task(self._bodies.watch()),
            asyncio.create_task(self._unread.watch()),
            asyncio.create_task(self._publish_in_progress()),
            asyncio.create_task(self._drain.watch_parent()),
        ]
        if start.follows:
            follower = Follower(start, self._current, self._candidates, self._drain)
            self._tasks.append(asyncio.create_task(follower.watch()))

    async def _handle(self, request: Request, send: Send) -> None:
        """Answer a request, send the answer, and count and log it whatever comes of it."""
        served = self._current.served
        endpoint = served.endpoints.get(request.path)
        route = request.path if endpoint is not None else self._info.route(request.path)
        served.counts.begin(route)
        status, unended = 500, False
        try:
            try:
                preflight = served.cors.preflight(request) if served.cors else None
                if preflight is not None:
                    response = preflight
                elif endpoint is not None:
                    response = await self._predict(request, endpoint, served)
                else:
                    response = await self._inform(request, route, served)
            except Exception as error:
                response = self._explain(error, request, route)
            status = response.status
            if status != CLIENT_CLOSED_REQUEST:
                common = served.headers + (served.cors.headers(request) if served.cors else ())
                unended = await self._send(send, request, response, common)
        except ClientDisconnected as error:  # while it was sent
            status = self._explain(error, request, route).status
        finally:
            seconds = perf_counter() - request.started
            served.counts.end(route, status, seconds)
            if served is not self._current.served:
                self._current.drop_unused()
            if self._log is not None:
                self._log.record(request, route, status, seconds, served.version.number)
        if unended:  # the client has its answer
            await discard_body(request.receive)
            await end_response(send)

    async def _predict(
        self, request: Request, endpoint: Endpoint, served: ServedVersion
    ) -> Response:
        """Check a request of a predict route, read its body and call the service's method."""
        allow(request.method, PREDICT_METHODS)
        self._authorise(request.headers)
        is_arrow, form = check_content(request.headers, request.path, served.arrow_routes), None
        if endpoint.takes_arrow:
            wants_arrow = asks_for_arrow(request.headers)
            form = Form(is_arrow, wants_arrow, request.scope.get("query_string", b""))
        body = await self._bodies.read(request)
        self._predicting += 1  # not before: a slow client needs no model yet
        try:
            if self._predicting > self._max_predicting:
                raise Problem(429, "the service is overloaded", headers=[RETRY])
            response = await endpoint.respond(body, form)
        finally:
            self._predicting -= 1
            self._held.release(len(body))
        took = perf_counter() - request.started
        if took > _MAX_UNASKED_S and await request.is_disconnected():
            raise ClientDisconnected
        return response

    async def _inform(self, request: Request, route: str, served: ServedVersion) -> Response:
        """Answer a request that needs no model."""
        if request.scope["type"] == "websocket":
            raise Problem(404, "there is no WebSocket under any path")
        if route in KEYED_ROUTES:
            self._authorise(request.headers)
        if route == "/metrics":
            restore_folder()
            self._current.publish_in_progress()
            self._current.publish_drift()
        return await self._info.respond(request, route, served, self._drain.began)

    def _explain(self, error: Exception, request: Request, route: str) -> Response:
        """The response where handling a request raised an error."""
        match error:
            case Problem():
                self._metrics.count_invalid(route, error.reasons)
                return error.to_response(request.id)
            case ClientDisconnected():
                self._metrics.count_abandoned(route)
                return Response(CLIENT_CLOSED_REQUEST, b"", b"")
            case _:
                log.error("request %s failed in %s", request.id, route, exc_info=error)
                what = "the service failed; its log has the request id"
                return Problem(500, what).to_response(request.id)

    def _authorise(self, headers: Headers) -> None:
        if self._keys is not None and not self._keys.accept(headers):
            challenge = (b"www-authenticate", b"Bearer")
            raise Problem(401, "a key is missing or wrong", headers=[challenge])

    async def _send(
        self, send: Send, request: Request, response: Response, common: Sequence[Header]
    ) -> bool:
        """Send a response; this is the one place that does.

        A connection whose request has a body that was not read, and may still come, cannot be
        kept.

        Returns:
            Whether the exchange is not ended, so that the rest of the body can be discarded.
        """
        unread = not request.body_consumed and must_close(request.headers)
        refused = unread or CLOSE in response.headers
        head = response.head(request.id, common)
        if (unread or self._drain.began) and CLOSE not in response.headers:
            head.append(CLOSE)
        if refused:
            await self._sender.start(send, response.status, head, response.body)
        else:
            await self._sender.send(send, response.status, head, response.body)
        return refused

    async def _publish_in_progress(self) -> None:
        while True:
            restore_folder()
            self._current.publish_in_progress()
            self._current.publish_drift()
            await asyncio.sleep(_PUBLISH_S)
