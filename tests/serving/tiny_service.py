"""The app over a real version, with an app in BentoML's place and without a server."""

import asyncio
import json
import warnings
from collections.abc import Callable, Coroutine
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import bentoml

from maas.config.service_config import ServiceConfig
from maas.model.row import row_type
from maas.registry.manifest import Manifest
from maas.registry.version import MANIFEST, Version
from maas.serving.api.batch_type import batch_type
from maas.serving.api.responses import PredictResponse, label_type
from maas.serving.app import ServiceApp
from maas.serving.http.response import JSON
from maas.serving.http.types import Header, Message
from maas.serving.process.deployment import Deployment
from maas.serving.process.model_loading import load_async_predictor
from tests.serving.asgi import Receive, Send, make_scope, part
from tests.workspace import PROJECT

with warnings.catch_warnings(action="ignore", category=DeprecationWarning):
    bentoml.get_current_service  # noqa: B018 - loads modules whose warnings are not ours

FOLDER = PROJECT / "tests" / "data" / "first_schema" / "v1"
VERSION = Version(1, FOLDER, Manifest.parse((FOLDER / MANIFEST).read_bytes(), FOLDER))
SIGNATURE = VERSION.manifest.signature
Row, Label = row_type(SIGNATURE), label_type(SIGNATURE)
Rows = batch_type(Row, SIGNATURE, max_rows=2000)

EXAMPLE = json.dumps(SIGNATURE.example).encode()


class Service:
    """A method that predicts, and some that do what a good one never does."""

    def __init__(self) -> None:
        self.predictor = load_async_predictor(VERSION, 1)

    async def predict(self, row: Row, /) -> PredictResponse[Row, Label]:
        (prediction,) = await self.predictor.predict([row])
        return PredictResponse[Row, Label](input=row, prediction=prediction, model_version=1)

    async def fail(self, row: Row, /) -> int:
        raise RuntimeError(f"an inner detail of {row}")

    async def count_rows(self, rows: Rows) -> int:
        return len(rows)

    async def say_much(self, row: Row, /) -> str:
        return f"{row.f0:1000000}"

    async def take_long(self, row: Row, /) -> float:
        await asyncio.sleep(0.02)
        return row.f0


METHODS = {
    "/predict": Service.predict,
    "/fail": Service.fail,
    "/take_long": Service.take_long,
    "/say_much": Service.say_much,
    "/count_rows": Service.count_rows,
}
SERVICE = SimpleNamespace(
    apis={path: SimpleNamespace(route=path, func=method) for path, method in METHODS.items()},
    schema=lambda: {"name": "tiny"},
)


async def bentoml_app(scope: Any, _receive: Any, send: Any) -> None:
    """What BentoML's own app answers, to each of its paths."""
    if scope["type"] == "lifespan":
        await send({"type": "lifespan.startup.complete"})
        return
    headers = [(b"content-type", b"text/plain"), (b"content-length", b"7")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": b"bentoml"})


class Client:
    """Sends requests to an app that has started."""

    def __init__(self, app: ServiceApp) -> None:
        self.app = app

    async def send(
        self,
        path: str = "/predict",
        *messages: Message,
        method: str = "POST",
        content_type: bytes = JSON,
        receive: Receive | None = None,
        headers: tuple[Header, ...] = (),
    ) -> Send:
        """Send a request, with the example as its body where no messages are given."""
        receive = receive or Receive(*(messages or [part(EXAMPLE)]))
        send = Send()
        scope = make_scope([(b"content-type", content_type), *headers], method, path)
        await self.app(scope, receive, send)
        await asyncio.sleep(0)  # what is counted and logged is written in the next turn
        return send

    async def get(self, path: str, *headers: Header) -> Send:
        return await self.send(path, part(b""), method="GET", headers=headers)


Talk = Callable[[Client], Coroutine[Any, Any, Any]]


def talk_to_app(talk: Talk, project: Path = PROJECT, **config: Any) -> Any:
    """Start the app as a server does, let a test talk to it, and give what the test gives."""

    async def run() -> Any:
        settings = ServiceConfig(**({"access_log": False} | config))
        deployment = Deployment(project, settings, False, VERSION)
        app = ServiceApp(bentoml_app, SERVICE, deployment, lambda _: SERVICE)
        started = Send()
        await app({"type": "lifespan"}, Receive({"type": "lifespan.startup"}), started)
        assert started.messages == [{"type": "lifespan.startup.complete"}]
        return await talk(Client(app))

    return asyncio.run(run())


def ask(*args: Any, **named: Any) -> Send:
    """The answer to one request of an app with the default config."""
    return talk_to_app(lambda client: client.send(*args, **named))
