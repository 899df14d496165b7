"""The ASGI gate in front of BentoML: it owns the predict routes, /model and /docs.json.

BentoML's own middleware and request parsing stand behind it and keep serving the
probes, the UI and the client's schema. One request goes one road: limits, body,
`Endpoint`, answer.
"""

import logging
import re
import uuid
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

import bentoml
from bentoml import Service

from maas.logs import configure_service_logs
from maas.serving.answers import ServedModel
from maas.serving.endpoints import Endpoint
from maas.serving.openapi import build_openapi
from maas.serving.problems import CONTENT_TYPE, Problem
from maas.serving.served import Served

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]
Header = tuple[bytes, bytes]

log = logging.getLogger("bentoml.maas")

_SANE_ID = re.compile(rb"[A-Za-z0-9._~:+/=-]{1,128}")
_JSON = re.compile(rb'application/json(?:\s*;\s*charset="?utf-8"?)?\s*;?\s*', re.IGNORECASE)


def gated(served: Served) -> type[Service[Any]]:
    """BentoML's Service with the gate around the app that it makes."""

    class GatedService(Service[Any]):
        def to_asgi(self, is_main: bool = True) -> Any:
            configure_service_logs(served.config.app_env, served.config.log_level)
            functions = {method.route: method.func for method in self.apis.values()}
            return Gate(super().to_asgi(is_main), served, functions)

    return GatedService


class _Gone(Exception):
    """The client left before its request was read."""


class Gate:
    """The app that the server calls.

    Args:
        app: BentoML's own app.
        served: the version behind the answers.
        functions: path -> undecorated method of the service.
    """

    def __init__(self, app: App, served: Served, functions: dict[str, Callable[..., Any]]) -> None:
        self._app = app
        self._functions = functions
        self._endpoints: dict[str, Endpoint] = {}
        self._max_body = served.config.max_body_bytes
        version = served.version
        self._served = served
        self._documents = {
            "/model": ServedModel(
                **dict(version.manifest),
                version=version.number,
                tag=version.tag,
                app_env=served.config.app_env,
            )
            .model_dump_json()
            .encode()
        }
        self._model_headers: list[Header] = [
            (b"x-model-version", str(version.number).encode()),
            (b"x-model-digest", version.manifest.digest.encode()),
        ]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or hand it to BentoML."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, self._bind_at_startup(send))
        elif scope["type"] == "http" and self._owns(scope["path"]):
            await self._answer(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    def _owns(self, path: str) -> bool:
        return path in self._endpoints or path in self._documents

    def _bind_at_startup(self, send: Send) -> Send:
        async def bind(message: Message) -> None:
            if message["type"] == "lifespan.startup.complete":
                instance = bentoml.get_current_service()
                self._endpoints = {
                    path: Endpoint(function, instance) for path, function in self._functions.items()
                }
                self._documents["/docs.json"] = build_openapi(self._served, self._endpoints)
            await send(message)

        return bind

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = dict(scope["headers"])
        request_id = _request_id(headers)
        extra: list[Header] = []
        try:
            body = await self._dispatch(scope, headers, receive)
            status, content_type = 200, b"application/json"
        except _Gone:
            return
        except Problem as problem:
            status, content_type, extra = problem.status, CONTENT_TYPE, problem.headers
            body = problem.to_bytes(request_id)
        except Exception:
            log.exception("request %s failed in %s", request_id, scope["path"])
            status, content_type = 500, CONTENT_TYPE
            body = Problem(500, "the service failed; its log has the request id").to_bytes(
                request_id
            )
        head = [
            (b"content-type", content_type),
            (b"content-length", str(len(body)).encode()),
            (b"x-request-id", request_id.encode()),
            *self._model_headers,
            *extra,
        ]
        await send({"type": "http.response.start", "status": status, "headers": head})
        await send({"type": "http.response.body", "body": body})

    async def _dispatch(self, scope: Scope, headers: dict[bytes, bytes], receive: Receive) -> bytes:
        endpoint = self._endpoints.get(scope["path"])
        allowed = "GET" if endpoint is None else "POST"
        if scope["method"] != allowed:
            raise Problem(405, f"use {allowed} here", headers=[(b"allow", allowed.encode())])
        if endpoint is None:
            return self._documents[scope["path"]]
        if not _JSON.fullmatch(headers.get(b"content-type", b"")):
            raise Problem(415, "send the body as content-type application/json")
        if headers.get(b"content-encoding", b"identity").lower() != b"identity":
            raise Problem(415, "send the body without a content-encoding")
        return await endpoint.answer(await self._read(headers, receive))

    async def _read(self, headers: dict[bytes, bytes], receive: Receive) -> bytes:
        """Read the body, never holding more of it than the limit."""
        declared = headers.get(b"content-length", b"")
        parts: list[bytes] = []
        size, more = int(declared) if declared.isdigit() else 0, True
        if size > self._max_body:
            more = False
        else:
            size = 0
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                raise _Gone
            parts.append(message.get("body", b""))
            size += len(parts[-1])
            more = message.get("more_body", False) and size <= self._max_body
        if size > self._max_body:
            raise Problem(
                413,
                f"the body is larger than {self._max_body} bytes",
                headers=[(b"connection", b"close")],
            )
        return b"".join(parts)


def _request_id(headers: dict[bytes, bytes]) -> str:
    """The caller's id if it is sane (it goes into logs), else a new one."""
    given = headers.get(b"x-request-id", b"")
    return given.decode() if _SANE_ID.fullmatch(given) else uuid.uuid4().hex
