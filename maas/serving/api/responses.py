"""The answers of the API, as generic types: a service fills in its row and label types."""

from typing import Generic, TypeVar

from pydantic import BaseModel, ConfigDict, Field

from maas.config.service_config import Env
from maas.model.signature import Row
from maas.registry.manifest import Manifest

RowT = TypeVar("RowT", bound=Row)
LabelT = TypeVar("LabelT")


class ServedModel(Manifest):
    """What GET /model says: the manifest, and where and as what it is served."""

    version: int
    tag: str
    app_env: Env


class Answer(BaseModel):
    """Base of every answer: carries finite numbers only."""

    model_config = ConfigDict(
        extra="forbid", allow_inf_nan=False, serialize_by_alias=True, hide_input_in_errors=True
    )


class Prediction(Answer, Generic[RowT, LabelT]):
    """One row, as understood, and what the model says of it."""

    input: RowT
    prediction: LabelT
    model_version: int


class ClassProbabilities(Prediction[RowT, LabelT], Generic[RowT, LabelT]):
    """A prediction with the probability of each class."""

    probabilities: dict[str, float]


class BatchPrediction(Answer, Generic[LabelT]):
    """Predictions in the order of the rows, with probabilities if asked for."""

    predictions: list[LabelT]
    model_version: int
    probabilities: list[dict[str, float]] | None = Field(
        None, exclude_if=lambda value: value is None
    )
