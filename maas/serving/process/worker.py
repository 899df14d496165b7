"""What only a worker needs, imported when one needs it.

The process that starts the workers imports service.py too, to know what it starts. It answers
nothing, so it holds neither numpy nor onnxruntime nor a server.
"""

from typing import TYPE_CHECKING, Any

from bentoml import Service

from maas.logs import configure_service_logs
from maas.serving.process.deployment import Served

if TYPE_CHECKING:
    from maas.serving.async_predictor import AsyncPredictor


def gated(served: Served) -> type[Service[Any]]:
    """BentoML's Service with the gate around the app that it makes."""

    class GatedService(Service[Any]):
        def to_asgi(self, is_main: bool = True) -> Any:
            from maas.serving.app import Gate

            configure_service_logs(served.config.app_env, served.config.log_level)
            functions = {method.route: method.func for method in self.apis.values()}
            return Gate(super().to_asgi(is_main), served, functions)

    return GatedService


def open_predictor(served: Served) -> "AsyncPredictor":
    """Load the model that the service's methods ask."""
    from maas.serving.async_predictor import AsyncPredictor

    return AsyncPredictor(served)
