"""What a model takes and gives: the one place that the API's types come from."""

from functools import cached_property
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema, create_model

from maas.strict_model import StrictModel

FLOAT32_MAX = 3.4028234663852886e38
"""Largest finite float32: the model computes in float32, so no input may exceed it."""

FeatureType = Literal["number", "integer", "boolean", "category"]
Runtime = Literal["onnx", "sklearn"]
"""What serves a model: its ONNX export, or the pickled pipeline itself."""
Label = bool | int | str
"""A class of a classifier, as JSON carries it."""
Value = bool | int | float | str | None
"""A value of a feature, as JSON carries it."""


class Feature(StrictModel):
    """One input of the model, in the API and in the data.

    Attributes:
        name: its name in the API.
        column: the column of the data set it was trained on.
        type: number, integer, boolean or category (strings).
        nullable: whether null (a gap in the data) is a fine value.
        minimum: smallest value in the training rows (number, integer).
        maximum: largest value in the training rows (number, integer).
        categories: the values in the training rows, sorted (category).
    """

    name: str
    column: str
    type: FeatureType
    nullable: bool = False
    minimum: float | None = None
    maximum: float | None = None
    categories: tuple[str, ...] | None = None


class Signature(StrictModel):
    """Features in the order of the data, and what the model predicts.

    Attributes:
        features: the inputs.
        unknown: whether a category that training did not see is refused or ignored.
        target: the column that is predicted.
        task: classification or regression.
        classes: the labels of a classifier, in the order of its probabilities.
        probabilities: whether the model gives a probability per class.
        example: a row of the training data that predicts.
    """

    features: tuple[Feature, ...]
    unknown: Literal["error", "ignore"] = "error"
    target: str
    task: Literal["classification", "regression"]
    classes: tuple[Label, ...] | None = None
    probabilities: bool = False
    example: dict[str, Value]

    @cached_property
    def matrix_order(self) -> tuple[int, ...]:
        """Indices of the features in the order of the model's input: categories come last."""
        indices = range(len(self.features))
        return tuple(sorted(indices, key=lambda i: self.features[i].type == "category"))


class Row(BaseModel):
    """Base of every row type. Python names are f0, f1, …; the wire has the real names."""

    model_config = ConfigDict(
        frozen=True,
        strict=True,
        extra="forbid",
        allow_inf_nan=False,
        serialize_by_alias=True,
        title="Row",
        hide_input_in_errors=True,
    )


def row_type(signature: Signature, limit: float = FLOAT32_MAX) -> type[Row]:
    """Build the pydantic type of one row.

    Fields are called f0, f1, … in Python, because a real name may be no identifier
    or one of pydantic's own; each has its real name as alias.

    Args:
        signature: what the model takes.
        limit: the largest magnitude of a number that it can compute with.
    """
    fields: dict[str, Any] = {
        f"f{index}": _field(feature, signature.unknown, limit)
        for index, feature in enumerate(signature.features)
    }
    return create_model(
        "Row",
        __base__=Row,
        __cls_kwargs__={"json_schema_extra": {"example": signature.example}},
        **fields,
    )


def _field(feature: Feature, unknown: str, limit: float) -> tuple[Any, Any]:
    if feature.type == "category":
        kind: Any = str if unknown == "ignore" else Literal[feature.categories or ()]
    else:
        kind = _number_types(limit)[feature.type]
    if feature.nullable:
        kind = kind | None
    default = None if feature.nullable else ...
    return (kind, Field(default, alias=feature.name, description=_describe(feature, unknown)))


def _describe(feature: Feature, unknown: str) -> str:
    parts = [f"Column {feature.column!r}."]
    if feature.minimum is not None and feature.maximum is not None:
        low, high = _exact(feature.minimum), _exact(feature.maximum)
        parts.append(f"Training range {low} to {high}.")
    if feature.categories and unknown == "ignore":
        parts.append(f"Known: {', '.join(feature.categories)}; all else counts as a gap.")
    return " ".join(parts)


def _exact(value: float) -> str:
    return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)


def _whole(value: object) -> object:
    """Let 1.0 be an integer, as JSON Schema has it; leave all else to pydantic."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _number_types(limit: float) -> dict[str, Any]:
    return {
        "number": Annotated[float, Field(ge=-limit, le=limit)],
        "integer": Annotated[
            int,
            BeforeValidator(_whole),
            Field(ge=-int(limit), le=int(limit)),
            WithJsonSchema({"type": "integer", "minimum": -limit, "maximum": limit}),
        ],
        "boolean": bool,
    }
