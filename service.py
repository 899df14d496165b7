"""The online entry point: what the service answers. How it answers is in `maas.serving`.

The app in front (`maas.serving.app`), not BentoML, routes requests to the methods below. A
method's parameters and return type are the API: edit a method and curl sees the change.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import bentoml

from maas.model.row import row_type
from maas.registry.version import Version
from maas.serving.api.batch_type import batch_type
from maas.serving.api.responses import (
    PredictBatchResponse,
    PredictProbaResponse,
    PredictResponse,
    label_type,
)
from maas.serving.process.deployment import load_deployment
from maas.serving.process.model_loading import load_async_predictor, served_signature
from maas.serving.process.packaging import (
    bento_image,
    bento_labels,
    bento_model,
    service_name,
)
from maas.serving.process.service_class import service_class

if TYPE_CHECKING:
    from collections.abc import Sequence

    from maas.model.row import Row

    Rows = Sequence[Row]
    Prediction = PredictResponse[Row, Any]
    PredictionWithProbabilities = PredictProbaResponse[Row, Any]
    BatchPrediction = PredictBatchResponse[Any]

DEPLOYMENT = load_deployment(Path(__file__).resolve().parent)
CONFIG = DEPLOYMENT.config


def make_service(version: Version) -> Any:
    """Make the service of one version, with the types of the version's signature.

    It is called again, in a thread, for each version that becomes live while the service runs;
    an instance is made, and its methods answer the example row, before requests reach it.
    BentoML's hooks (`on_startup`, …) run for the first version alone.
    """
    signature, number = served_signature(version), version.number
    if not TYPE_CHECKING:
        Row, Label = row_type(signature), label_type(signature)
        Rows = batch_type(Row, signature, CONFIG.max_batch_rows)
        Prediction = PredictResponse[Row, Label]
        PredictionWithProbabilities = PredictProbaResponse[Row, Label]
        BatchPrediction = PredictBatchResponse[Label]

    @bentoml.service(
        name=service_name(version),
        service_class=service_class(DEPLOYMENT, make_service),
        http={"host": CONFIG.host, "port": CONFIG.port},
        workers=CONFIG.workers,
        metrics={"enabled": False},  # maas.serving.monitoring has them, with bounded labels
        logging={"access": {"enabled": False}},  # maas.serving.http.access_log says more
        labels=bento_labels(version),
        image=bento_image(DEPLOYMENT, version),
    )
    class ModelService:
        """Typed predictions from one version of one model."""

        bento_model = bento_model(DEPLOYMENT, version)

        @bentoml.on_deployment
        def prepare() -> None:  # BentoML makes it static
            """Refuse to start where the version, the keys or the port cannot be used."""
            from maas.serving.process.preflight import preflight  # workers need none of it

            preflight(DEPLOYMENT)

        def __init__(self) -> None:
            self.predictor = load_async_predictor(version, CONFIG.threads)

        @bentoml.api
        async def predict(self, row: Row, /) -> Prediction:
            """Predict one row."""
            (prediction,) = await self.predictor.predict([row])
            return Prediction(input=row, prediction=prediction, model_version=number)

        if signature.probabilities:

            @bentoml.api
            async def predict_proba(self, row: Row, /) -> PredictionWithProbabilities:
                """Predict one row, with the probability of each class."""
                (prediction,), (probabilities,) = await self.predictor.predict_proba([row])
                return PredictionWithProbabilities(
                    input=row,
                    prediction=prediction,
                    probabilities=probabilities,
                    model_version=number,
                )

            @bentoml.api
            async def predict_batch(
                self, rows: Rows, probabilities: bool = False
            ) -> BatchPrediction:
                """Predict many rows, in their order, with probabilities if asked."""
                if not probabilities:
                    predictions = await self.predictor.predict(rows)
                    return BatchPrediction(predictions=predictions, model_version=number)
                predictions, given = await self.predictor.predict_proba(rows)
                return BatchPrediction(
                    predictions=predictions, probabilities=given, model_version=number
                )

        else:

            @bentoml.api
            async def predict_batch(self, rows: Rows) -> BatchPrediction:
                """Predict many rows, in their order."""
                predictions = await self.predictor.predict(rows)
                return BatchPrediction(predictions=predictions, model_version=number)

    return ModelService


ModelService = make_service(DEPLOYMENT.version)
