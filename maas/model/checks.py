"""The values that a feature takes: one rule, for a value in a row and for a column of a batch.

`row` makes pydantic's type of a row from these rules, and `encoding` checks columns by them,
so that a batch and its rows, one by one, are accepted or refused alike.
"""

from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, WithJsonSchema

from maas.model.signature import FLOAT32_MAX, Feature, FeatureType, Signature

_JSON_TYPES: dict[FeatureType, frozenset[type]] = {
    "number": frozenset({int, float}),
    "integer": frozenset({int, float}),
    "boolean": frozenset({bool}),
    "category": frozenset({str}),
}


@dataclass(frozen=True)
class Rule:
    """What values of one feature are valid.

    Attributes:
        kind: the feature's type.
        json_types: the Python types of a value as it comes from JSON; 1.0 is a valid integer.
        nullable: whether null is valid.
        bound: the largest magnitude of a number.
        categories: the texts that are valid; None: all are.
    """

    kind: FeatureType
    json_types: frozenset[type]
    nullable: bool
    bound: float
    categories: tuple[str, ...] | None


def rule_of(feature: Feature, signature: Signature) -> Rule:
    """The rule for a feature's values."""
    listed = feature.type == "category" and signature.unknown == "error"
    return Rule(
        kind=feature.type,
        json_types=_JSON_TYPES[feature.type],
        nullable=feature.nullable,
        bound=FLOAT32_MAX if signature.input_bound is None else signature.input_bound,
        categories=(feature.categories or ()) if listed else None,
    )


def field_type(rule: Rule) -> Any:
    """The rule as the type of a pydantic field."""
    kind = _value_type(rule)
    return kind | None if rule.nullable else kind


def _value_type(rule: Rule) -> Any:
    bound = rule.bound
    match rule.kind:
        case "category":
            return str if rule.categories is None else Literal[rule.categories]
        case "boolean":
            return bool
        case "integer":
            return Annotated[
                int,
                BeforeValidator(_to_int),
                Field(ge=-int(bound), le=int(bound)),
                WithJsonSchema({"type": "integer", "minimum": -bound, "maximum": bound}),
            ]
        case _:
            return Annotated[float, Field(ge=-bound, le=bound)]


def _to_int(value: object) -> object:
    """Let 1.0 be an integer, as JSON Schema has it; leave everything else to pydantic."""
    return int(value) if isinstance(value, float) and value.is_integer() else value
