"""The values that a feature takes: one rule, for a value in a row and for a column of a batch.

`row` makes pydantic's type of a row from these rules, and `encoding` checks columns by them,
so that a batch and its rows, one by one, are accepted or refused alike.
"""

from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, GetCoreSchemaHandler, WithJsonSchema
from pydantic_core import CoreSchema, core_schema

from maas.model.signature import FLOAT32_MAX, Feature, FeatureType, Signature

_JSON_TYPES: dict[FeatureType, frozenset[type]] = {
    "number": frozenset({int, float}),
    "integer": frozenset({int, float}),
    "boolean": frozenset({bool}),
    "category": frozenset({str}),
}

# A refusal names so many categories, so many letters of each, and counts the others.
_MAX_NAMED_CATEGORIES = 10
_MAX_NAME_LETTERS = 40


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
            return str if rule.categories is None else _listed(rule.categories)
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


def _listed(categories: tuple[str, ...]) -> Any:
    kind: Any = Literal[categories]
    return Annotated[kind, _ShortRefusal(_name_some(categories))]


@dataclass(frozen=True)
class _ShortRefusal:
    """Lets the refusal of a category say `expected`, where pydantic would list all of them."""

    expected: str

    def __get_pydantic_core_schema__(self, kind: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.custom_error_schema(
            handler(kind), "literal_error", custom_error_context={"expected": self.expected}
        )


def _name_some(categories: tuple[str, ...]) -> str:
    """The first categories, and how many more there are."""
    named = [
        repr(name if len(name) <= _MAX_NAME_LETTERS else f"{name[:_MAX_NAME_LETTERS]}…")
        for name in categories[:_MAX_NAMED_CATEGORIES]
    ]
    others = len(categories) - len(named)
    if others:
        named.append(f"one of {others} other{'s' * (others > 1)}")
    *most, last = named
    return f"{', '.join(most)} or {last}" if most else last


def _to_int(value: object) -> object:
    """Let 1.0 be an integer, as JSON Schema has it; leave everything else to pydantic."""
    return int(value) if isinstance(value, float) and value.is_integer() else value
