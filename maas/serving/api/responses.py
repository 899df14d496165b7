"""The responses of the API as generic types: a service fills in its row and label types."""

from typing import Any, Generic, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field

from maas.config.service_config import Env
from maas.model.row import Row
from maas.model.signature import Signature
from maas.registry.manifest import Manifest
from maas.strict_model import StrictModel

RowT = TypeVar("RowT", bound=Row)
LabelT = TypeVar("LabelT")


class ReleaseResponse(StrictModel):
    """The release that made the served version live."""

    release: int
    at: str
    reason: str | None


class ShadowResponse(StrictModel):
    """The version that is scored beside the served one, and answers nobody."""

    release: int
    version: int
    tag: str
    digest: str


class ModelResponse(Manifest):
    """What GET /model answers: the manifest, and where and as what it is served.

    Attributes:
        release: None where the version was chosen by MODEL_VERSION, or nothing is released yet.
        shadow: None where there is no shadow.
    """

    version: int
    tag: str
    app_env: Env
    release: ReleaseResponse | None
    shadow: ShadowResponse | None


class _Body(BaseModel):
    """Base of the predict routes' responses: carries finite numbers only."""

    model_config = ConfigDict(
        extra="forbid", allow_inf_nan=False, serialize_by_alias=True, hide_input_in_errors=True
    )

    @classmethod
    def model_parametrized_name(cls, params: tuple[Any, ...]) -> str:  # noqa: ARG003
        """Make the title in docs.json the same whatever the classes are."""
        return cls.__name__


class PredictResponse(_Body, Generic[RowT, LabelT]):
    """One row, as understood, and what the model predicts for it."""

    input: RowT
    prediction: LabelT
    model_version: int


class PredictProbaResponse(PredictResponse[RowT, LabelT], Generic[RowT, LabelT]):
    """A prediction with the probability of each class."""

    probabilities: dict[str, float]


class PredictBatchResponse(_Body, Generic[LabelT]):
    """Predictions in the order of the rows, with probabilities if asked for."""

    predictions: list[LabelT]
    model_version: int
    probabilities: list[dict[str, float]] | None = Field(
        None, exclude_if=lambda value: value is None
    )


def label_type(signature: Signature) -> Any:
    """The type of a prediction: one of the classes, or a number."""
    return Literal[signature.classes] if signature.classes else float
