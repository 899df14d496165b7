"""The online door: what the service answers. How it answers stands in `maas.serving`.

The types come from the signature of the version that is served. A method's parameters
and return type are the API: change them here and a client sees the change.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import bentoml
from bentoml.images import Image
from pydantic import Field

from maas.serving.answers import BatchPrediction, ClassProbabilities, Prediction
from maas.serving.gate import gated
from maas.serving.served import open_served
from maas.serving.startup import prepare_deployment

SERVED = open_served(Path(__file__).resolve().parent)
CONFIG, SIGNATURE, VERSION = SERVED.config, SERVED.signature, SERVED.version.number

if TYPE_CHECKING:
    from maas.signature import Row

    Label = Any
else:
    Row = SERVED.row_type
    Label = Literal[SIGNATURE.classes] if SIGNATURE.classes else float

Rows = Annotated[list[Row], Field(max_length=CONFIG.max_batch_rows)]


@bentoml.service(
    service_class=gated(SERVED),
    http={"port": CONFIG.port},
    workers=CONFIG.workers,
    labels=SERVED.labels,
    # No distribution named: BentoML then installs no compiler and no git into the image.
    image=Image(base_image="python:3.11-slim-bookworm", distro="none", lock_python_packages=False),
)
class ModelService:
    """Typed predictions from one version of one model."""

    model = SERVED.bento_model

    @bentoml.on_deployment
    def prepare() -> None:  # BentoML makes it static
        """Refuse to start where the version or the port is not fine."""
        prepare_deployment(SERVED)

    def __init__(self) -> None:
        self.predictor = SERVED.load_predictor()

    @bentoml.api
    async def predict(self, row: Row, /) -> Prediction[Row, Label]:
        """Predict one row."""
        (prediction,) = self.predictor.predict(self.predictor.encode([row]))
        return Prediction(input=row, prediction=prediction, model_version=VERSION)

    if SIGNATURE.probabilities:

        @bentoml.api
        async def predict_proba(self, row: Row, /) -> ClassProbabilities[Row, Label]:
            """Predict one row, with the probability of each class."""
            (prediction,), (probabilities,) = self.predictor.predict_proba(
                self.predictor.encode([row])
            )
            return ClassProbabilities(
                input=row,
                prediction=prediction,
                probabilities=probabilities,
                model_version=VERSION,
            )

        @bentoml.api
        async def predict_batch(
            self, rows: Rows, probabilities: bool = False
        ) -> BatchPrediction[Label]:
            """Predict many rows, in their order; with the probability of each class if asked."""
            matrix = self.predictor.encode(rows)
            if not probabilities:
                return BatchPrediction(
                    predictions=self.predictor.predict(matrix), model_version=VERSION
                )
            predictions, given = self.predictor.predict_proba(matrix)
            return BatchPrediction(
                predictions=predictions, probabilities=given, model_version=VERSION
            )

    else:

        @bentoml.api
        async def predict_batch(self, rows: Rows) -> BatchPrediction[Label]:
            """Predict many rows, in their order."""
            predictions = self.predictor.predict(self.predictor.encode(rows))
            return BatchPrediction(predictions=predictions, model_version=VERSION)
