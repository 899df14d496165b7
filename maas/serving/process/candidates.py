"""Loads and tries a version before it is served."""

import asyncio
import json
from collections.abc import Callable
from typing import Any

from maas.errors import ServeError
from maas.model.predictor import Predictor
from maas.registry.ledger import Release
from maas.registry.registry import Registry
from maas.registry.version import Version
from maas.serving.api.endpoint import Endpoint
from maas.serving.monitoring.model_metrics import uncounted
from maas.serving.monitoring.request_metrics import RequestMetrics
from maas.serving.process.deployment import Deployment
from maas.serving.process.live_version import open_release
from maas.serving.process.model_loading import load_predictor, measure_bound
from maas.serving.served_version import ServedVersion, make_endpoints, serve_version

_PROMOTE = "promote another version"


class Candidates:
    """The versions of releases. All methods take long: call them in a thread.

    Args:
        deployment: what is served at the start, and how.
        make_service: that of service.py.
        metrics: the process's.
    """

    def __init__(
        self,
        deployment: Deployment,
        make_service: Callable[[Version], Any],
        metrics: RequestMetrics,
    ) -> None:
        self._deployment, self._config = deployment, deployment.config
        self._make_service, self._metrics = make_service, metrics
        self._registry = Registry(deployment.version.path.parent)

    def prepare(self, release: Release) -> ServedVersion:
        """Check, load and try the version of a release, so that it can be served at once.

        Raises:
            VersionError: it does not exist, or not yet.
            Exception: it cannot be served.
        """
        demanded = self._config.model_digest
        if demanded not in (None, release.digest):
            what = f"has digest {release.digest}, the service demands {demanded}"
            raise ServeError(f"v{release.version}", what, "change MODEL_DIGEST, and start again")
        version = self._open(release)
        service = self._make_service(version)
        instance = service.inner()
        endpoints = make_endpoints(service, instance)
        _try_example(version, endpoints)
        config, metrics = self._config, self._metrics
        return serve_version(version, service, instance, endpoints, metrics, config, release)

    def load(self, release: Release) -> tuple[Version, Predictor]:
        """Check and load the version of a release, to be scored beside another one.

        Raises:
            Exception: it cannot be loaded.
        """
        version = self._open(release)
        return version, load_predictor(version, self._config.threads)

    def _open(self, release: Release) -> Version:
        version = open_release(self._registry, release)
        name, own = version.manifest.model_name, self._deployment.version.manifest.model_name
        if name != own:
            raise ServeError(version.tag, f"is not a version of {own}", _PROMOTE)
        version.check()
        measure_bound(version, self._config.threads)
        return version


def _try_example(version: Version, endpoints: dict[str, Endpoint]) -> None:
    """Answer the version's example row as requests are answered; nothing is counted.

    Raises:
        Exception: an endpoint does not answer it.
    """
    body = json.dumps(version.manifest.signature.example).encode()

    async def answer() -> None:
        for endpoint in endpoints.values():
            if endpoint.takes_row:
                await endpoint.respond(body)

    with uncounted():
        asyncio.run(answer())
