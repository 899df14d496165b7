"""The online door: what the service answers. How it answers stands in `maas.serving`.

The types come from the signature of the version that is served. A method's parameters
and return type are the API: change them here and a client sees the change.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import bentoml

from maas.serving.api.batch_type import batch_of
from maas.serving.api.responses import BatchPrediction, ClassProbabilities, Prediction
from maas.serving.process.deployment import open_served
from maas.serving.process.packaging import bento_image, bento_labels, bento_model
from maas.serving.process.preflight import prepare_deployment
from maas.serving.process.worker import gated, open_predictor

SERVED = open_served(Path(__file__).resolve().parent)
CONFIG, SIGNATURE, VERSION = SERVED.config, SERVED.signature, SERVED.version.number

if TYPE_CHECKING:
    from maas.model.signature import Row

    Label = Any
    Rows = Sequence[Row]
else:
    Row = SERVED.row_type
    Rows = batch_of(Row, SIGNATURE, SERVED.limit, CONFIG.max_batch_rows)
    Label = Literal[SIGNATURE.classes] if SIGNATURE.classes else float

Answered = Prediction[Row, Label]
AnsweredWithProbabilities = ClassProbabilities[Row, Label]
AnsweredBatch = BatchPrediction[Label]


@bentoml.service(
    service_class=gated(SERVED),
    http={"port": CONFIG.port},
    workers=CONFIG.workers,
    metrics={"enabled": False},  # the gate's have bounded labels
    logging={"access": {"enabled": False}},  # and its line says more
    labels=bento_labels(SERVED),
    image=bento_image(SERVED),
)
class ModelService:
    """Typed predictions from one version of one model."""

    bento_model = bento_model(SERVED)

    @bentoml.on_deployment
    def prepare() -> None:  # BentoML makes it static
        """Refuse to start where the version or the port is not fine."""
        prepare_deployment(SERVED)

    def __init__(self) -> None:
        self.predictor = open_predictor(SERVED)

    @bentoml.api
    async def predict(self, row: Row, /) -> Answered:
        """Predict one row."""
        (prediction,) = await self.predictor.predict([row])
        return Answered(input=row, prediction=prediction, model_version=VERSION)

    if SIGNATURE.probabilities:

        @bentoml.api
        async def predict_proba(self, row: Row, /) -> AnsweredWithProbabilities:
            """Predict one row, with the probability of each class."""
            (prediction,), (probabilities,) = await self.predictor.predict_proba([row])
            return AnsweredWithProbabilities(
                input=row,
                prediction=prediction,
                probabilities=probabilities,
                model_version=VERSION,
            )

        @bentoml.api
        async def predict_batch(self, rows: Rows, probabilities: bool = False) -> AnsweredBatch:
            """Predict many rows, in their order; with the probability of each class if asked."""
            if not probabilities:
                predictions = await self.predictor.predict(rows)
                return AnsweredBatch(predictions=predictions, model_version=VERSION)
            predictions, given = await self.predictor.predict_proba(rows)
            return AnsweredBatch(
                predictions=predictions, probabilities=given, model_version=VERSION
            )

    else:

        @bentoml.api
        async def predict_batch(self, rows: Rows) -> AnsweredBatch:
            """Predict many rows, in their order."""
            predictions = await self.predictor.predict(rows)
            return AnsweredBatch(predictions=predictions, model_version=VERSION)
