"""All that depends on the version that is served, as one immutable object."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from maas.config.service_config import ServiceConfig
from maas.registry.ledger import Release
from maas.registry.version import Version
from maas.serving.api.endpoint import PREDICT_METHODS, Endpoint
from maas.serving.api.info_routes import READ
from maas.serving.api.openapi import build_openapi
from maas.serving.api.responses import ModelResponse, ReleaseResponse, ShadowResponse
from maas.serving.async_predictor import AsyncPredictor
from maas.serving.http.cors import Cors
from maas.serving.http.types import Header
from maas.serving.monitoring.live_drift import LiveDrift
from maas.serving.monitoring.request_metrics import RequestMetrics, VersionCounts

if TYPE_CHECKING:
    from maas.serving.page.model_page import ModelPage


@dataclass(frozen=True)
class ServedVersion:
    """One version as it answers. A request takes it once and ends with it.

    Attributes:
        version: the published one.
        service: BentoML's description of the class that `make_service` returned.
        instance: of that class; it holds the predictor.
        endpoints: path -> method of the instance, with the row, batch and response types.
        headers: those of every answer.
        cors: which web pages may call its routes; None: none may.
        counts: the metrics of its requests.
        config: how it is served.
        release: the one that made it live, if one did.
        shadow: what is scored beside it, if anything is.
        drift: how what it answers differs from the training rows; None: it cannot be told.
    """

    version: Version
    service: Any
    instance: object
    endpoints: Mapping[str, Endpoint]
    headers: tuple[Header, ...]
    cors: Cors | None
    counts: VersionCounts
    config: ServiceConfig
    release: Release | None = None
    shadow: ShadowResponse | None = None
    drift: LiveDrift | None = None

    @cached_property
    def arrow_routes(self) -> tuple[str, ...]:
        """The routes that take a batch as Arrow."""
        return tuple(path for path, each in self.endpoints.items() if each.takes_arrow)

    @cached_property
    def page(self) -> "ModelPage":
        """The page that shows it to people."""
        from maas.serving.page.model_page import ModelPage  # most processes need no Jinja2

        keyed = self.config.api_keys_file is not None
        return ModelPage(
            self.version,
            [path for path, endpoint in self.endpoints.items() if endpoint.takes_row],
            keyed,
            self.config.port,
            self.release,
            self.shadow,
            self.drift,
        )

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
        version, release = self.version, self.release
        response = ModelResponse(
            **dict(version.manifest),
            version=version.number,
            tag=version.tag,
            app_env=self.config.app_env,
            release=None if release is None else _show(release),
            shadow=self.shadow,
        )
        return response.model_dump_json().encode()

    @cached_property
    def _openapi(self) -> bytes:
        keyed = self.config.api_keys_file is not None
        return build_openapi(self.version, self.endpoints, keyed)

    @cached_property
    def _client_schema(self) -> bytes:
        """What BentoML's own client asks for."""
        return json.dumps(self.service.schema(), ensure_ascii=False, separators=(",", ":")).encode()


def _show(release: Release) -> ReleaseResponse:
    return ReleaseResponse(release=release.release, at=release.at, reason=release.reason)


def predictors_of(instance: object) -> list[AsyncPredictor]:
    """The predictors that a service's instance holds."""
    return [value for value in vars(instance).values() if isinstance(value, AsyncPredictor)]


def make_endpoints(service: Any, instance: object) -> dict[str, Endpoint]:
    """The endpoint of each route of a service.

    Args:
        service: what `make_service` in service.py returned.
        instance: of that service.
    """
    return {method.route: Endpoint(method.func, instance) for method in service.apis.values()}


def serve_version(
    version: Version,
    service: Any,
    instance: object,
    endpoints: Mapping[str, Endpoint],
    metrics: RequestMetrics,
    config: ServiceConfig,
    release: Release | None = None,
) -> ServedVersion:
    """Prepare a version to be served.

    Args:
        version: the published one.
        service: what `make_service` in service.py returned for it.
        instance: of that service, with its model loaded.
        endpoints: of that instance.
        metrics: the process's.
        config: how it is served.
        release: the one that made it live, if one did.
    """
    return ServedVersion(
        version=version,
        service=service,
        instance=instance,
        endpoints=endpoints,
        headers=(
            (b"x-model-version", str(version.number).encode()),
            (b"x-model-digest", version.manifest.digest.encode()),
        ),
        cors=_make_cors(config, endpoints),
        counts=metrics.of_version(version, endpoints),
        config=config,
        release=release,
        drift=next((each.drift for each in predictors_of(instance)), None),
    )


def _make_cors(config: ServiceConfig, predict_routes: Iterable[str]) -> Cors | None:
    if not config.cors_origins:
        return None
    read = dict.fromkeys(("/model", "/drift", "/docs.json"), READ)
    methods = {**dict.fromkeys(predict_routes, PREDICT_METHODS), **read}
    return Cors(config.cors_origins, methods)
