"""The pydantic type of one row: what `POST /predict` takes."""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field, create_model

from maas.model.checks import field_type, rule_of
from maas.model.signature import Feature, Signature


class Row(BaseModel):
    """Base of every row type. Python names are f0, f1, …; the API has the real names."""

    model_config = ConfigDict(
        frozen=True,
        strict=True,
        extra="forbid",
        allow_inf_nan=False,
        serialize_by_alias=True,
        title="Row",
        hide_input_in_errors=True,
    )


def row_type(signature: Signature) -> type[Row]:
    """Build the type of a row of a signature.

    The fields are called f0, f1, … in Python, because a real name may be no identifier, or one
    of pydantic's own; each has its real name as alias.
    """
    fields: dict[str, Any] = {
        f"f{index}": _field(feature, signature) for index, feature in enumerate(signature.features)
    }
    return create_model(
        "Row",
        __base__=Row,
        __cls_kwargs__={"json_schema_extra": {"example": signature.example}},
        **fields,
    )


def _field(feature: Feature, signature: Signature) -> tuple[Any, Any]:
    default = None if feature.nullable else ...
    description = _describe(feature, signature.unknown)
    field = Field(default, alias=feature.name, description=description)
    return field_type(rule_of(feature, signature)), field


def _describe(feature: Feature, unknown: str) -> str:
    parts = [f"Column {feature.column!r}."]
    if feature.minimum is not None and feature.maximum is not None:
        low, high = _write_number(feature.minimum), _write_number(feature.maximum)
        parts.append(f"Training range {low} to {high}.")
    if feature.categories and unknown == "ignore":
        parts.append(f"Known: {', '.join(feature.categories)}; all else counts as a gap.")
    return " ".join(parts)


def _write_number(value: float) -> str:
    return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
