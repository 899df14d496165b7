"""All that depends on the version that is served, as one immutable object."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from maas.config.service_config import Env
from maas.registry.version import Version
from maas.serving.api.endpoint import Endpoint
from maas.serving.api.openapi import build_openapi
from maas.serving.api.responses import ModelResponse
from maas.serving.http.types import Header
from maas.serving.monitoring.request_metrics import RequestMetrics, VersionCounts


@dataclass(frozen=True)
class ServedVersion:
    """One version as it answers. A request takes it once and ends with it.

    Attributes:
        version: the published one.
        service: BentoML's description of the class that `make_service` returned.
        instance: of that class; it holds the predictor.
        endpoints: path -> method of the instance, with the row, batch and response types.
        headers: those of every answer.
        counts: the metrics of its requests.
        app_env: for /model.
        keyed: whether its predict routes need a key.
    """

    version: Version
    service: Any
    instance: object
    endpoints: Mapping[str, Endpoint]
    headers: tuple[Header, ...]
    counts: VersionCounts
    app_env: Env
    keyed: bool

    def document(self, route: str) -> bytes:
        """The JSON of /model, /docs.json or /schema.json; made when it is first asked for."""
        match route:
            case "/model":
                return self._model
            case "/docs.json":
                return self._openapi
            case "/schema.json":
                return self._client_schema
            case _:
                raise KeyError(route)

    @cached_property
    def _model(self) -> bytes:
        version = self.version
        response = ModelResponse(
            **dict(version.manifest),
            version=version.number,
            tag=version.tag,
            app_env=self.app_env,
        )
        return response.model_dump_json().encode()

    @cached_property
    def _openapi(self) -> bytes:
        return build_openapi(self.version, self.endpoints, self.keyed)

    @cached_property
    def _client_schema(self) -> bytes:
        """What BentoML's own client asks for."""
        return json.dumps(self.service.schema(), ensure_ascii=False, separators=(",", ":")).encode()


def serve_version(
    version: Version,
    service: Any,
    instance: object,
    metrics: RequestMetrics,
    app_env: Env,
    keyed: bool,
) -> ServedVersion:
    """Prepare a version to be served.

    Args:
        version: the published one.
        service: what `make_service` in service.py returned for it.
        instance: of that service, with its model loaded.
        metrics: the process's.
        app_env: for /model.
        keyed: whether its predict routes need a key.
    """
    return ServedVersion(
        version=version,
        service=service,
        instance=instance,
        endpoints={
            method.route: Endpoint(method.func, instance) for method in service.apis.values()
        },
        headers=(
            (b"x-model-version", str(version.number).encode()),
            (b"x-model-digest", version.manifest.digest.encode()),
        ),
        counts=metrics.of_version(version),
        app_env=app_env,
        keyed=keyed,
    )
