"""BentoML's Service with `ServiceApp` in front of the app that it makes.

The process that starts the workers imports service.py too, to know what it starts. It answers
nothing, so the app, with numpy, onnxruntime and the server, is imported in a worker alone.
"""

from collections.abc import Callable
from typing import Any

from bentoml import Service

from maas.logs import configure_service_logs
from maas.registry.version import Version
from maas.serving.process.deployment import Deployment


def service_class(
    deployment: Deployment, make_service: Callable[[Version], Any]
) -> type[Service[Any]]:
    """The class of the services of a deployment.

    Args:
        deployment: the version of the start, and how it is served.
        make_service: that of service.py, for the versions that are live later.
    """

    class AppService(Service[Any]):
        def to_asgi(self, is_main: bool = True) -> Any:
            from maas.serving.app import ServiceApp

            configure_service_logs(deployment.config.app_env, deployment.config.log_level)
            return ServiceApp(super().to_asgi(is_main), self, deployment, make_service)

    return AppService
