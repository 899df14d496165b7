"""The app over versions that are released one after the other, without a server."""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from maas.config.service_config import ServiceConfig
from maas.model.row import row_type
from maas.registry.ledger import read_ledger
from maas.registry.registry import Registry
from maas.registry.version import Version
from maas.serving.api.batch_type import batch_type
from maas.serving.api.responses import (
    PredictBatchResponse,
    PredictProbaResponse,
    PredictResponse,
    label_type,
)
from maas.serving.app import ServiceApp
from maas.serving.process.deployment import Deployment
from maas.serving.process.following import Follower
from maas.serving.process.model_loading import load_async_predictor, served_signature
from tests.serving.asgi import Receive, Send
from tests.serving.tiny_service import Client, bentoml_app
from tests.workspace import PROJECT


def make_service(version: Version) -> Any:
    """As service.py makes one, without BentoML."""
    signature, number = served_signature(version), version.number
    Row, Label = row_type(signature), label_type(signature)  # noqa: N806
    Rows = batch_type(Row, signature, 10_000)  # noqa: N806
    One, Two = PredictResponse[Row, Label], PredictProbaResponse[Row, Label]  # noqa: N806
    Many = PredictBatchResponse[Label]  # noqa: N806

    class Service:
        def __init__(self) -> None:
            self.predictor = load_async_predictor(version, 1)

        async def predict(self, row: Row, /) -> One:
            (prediction,) = await self.predictor.predict([row])
            return One(input=row, prediction=prediction, model_version=number)

        async def predict_proba(self, row: Row, /) -> Two:
            (prediction,), (given,) = await self.predictor.predict_proba([row])
            return Two(input=row, prediction=prediction, probabilities=given, model_version=number)

        async def predict_batch(self, rows: Rows) -> Many:
            return Many(predictions=await self.predictor.predict(rows), model_version=number)

    names = ["predict", "predict_batch", *(["predict_proba"] if signature.probabilities else [])]
    apis = {n: SimpleNamespace(route=f"/{n}", func=getattr(Service, n)) for n in names}
    return SimpleNamespace(apis=apis, schema=lambda: {"name": version.tag}, inner=Service)


class Followed(Client):
    """A client of an app that looks at the ledger when it is told to."""

    def __init__(self, app: ServiceApp, follower: Follower) -> None:
        super().__init__(app)
        self.follower = follower

    async def look(self) -> None:
        await self.follower.look()
        await asyncio.sleep(0)

    @property
    def instance(self) -> Any:
        return self.app._current.served.instance


Talk = Callable[[Followed], Coroutine[Any, Any, Any]]


def follow(
    monkeypatch: Any, models: Path, talk: Talk, start: Version | None = None, **config: Any
) -> Any:
    """Start an app with what is live, let a test talk to it, and give what the test gives."""
    import bentoml

    live = read_ledger(models).live
    version = start or Registry(models).open(live.version)
    settings = ServiceConfig(**({"access_log": False, "follow_s": 0} | config))
    deployment = Deployment(PROJECT, settings, False, version, None if start else live)

    async def run() -> Any:
        service = make_service(version)
        instance = service.inner()
        monkeypatch.setattr(bentoml, "get_current_service", lambda: instance)
        app = ServiceApp(bentoml_app, service, deployment, make_service)
        await app({"type": "lifespan"}, Receive({"type": "lifespan.startup"}), Send())
        follower = Follower(deployment, app._current, app._candidates, app._drain)
        return await talk(Followed(app, follower))

    return asyncio.run(run())


async def statuses(client: Client, paths: Sequence[str]) -> list[int]:
    return [(await client.send(path)).status for path in paths]
