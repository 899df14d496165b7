"""The fields of the form that asks for a prediction, from the signature."""

import json
from dataclasses import dataclass
from typing import Literal

from maas.model.signature import Feature, Signature, Value
from maas.report.numbers import format_count, format_number
from maas.report.text import clean

MAX_OPTIONS = 2000
"""The page lists so many categories of all features at most, to stay small."""

MAX_SHOWN = 24
"""Further fields are shown when somebody asks for them."""

# Where there are more, a feature with at most so many still has a list.
_FEW_OPTIONS = 5


@dataclass(frozen=True)
class Option:
    """A choice of a list.

    Attributes:
        text: for people.
        json: the value as JSON, where a browser would alter its text; else "".
        selected: whether the example has it.
    """

    text: str
    json: str
    selected: bool


@dataclass(frozen=True)
class Field:
    """One feature in the form.

    Attributes:
        id: of its control.
        name: of the feature, for people.
        json_name: as JSON.
        type: of the feature.
        control: a list, a number, or a text whose choices the script fetches.
        options: of a list.
        value: of a number or text, as the example has it; "" for null.
        example: the example's value as JSON.
        nullable: whether null is valid.
        is_null: whether the example is null.
        hint: what the training rows have.
        low: the smallest number of the training rows, as JSON; "" if there is none.
        high: the largest one.
    """

    id: str
    name: str
    json_name: str
    type: str
    control: Literal["select", "number", "text"]
    options: tuple[Option, ...]
    value: str
    example: str
    nullable: bool
    is_null: bool
    hint: str
    low: str
    high: str


def form_fields(signature: Signature) -> list[Field]:
    """The fields in the order of the signature, filled in with its example."""
    total = sum(len(feature.categories or ()) for feature in signature.features)
    most = MAX_OPTIONS if total <= MAX_OPTIONS else _FEW_OPTIONS
    return [
        _make_field(f"f{index}", feature, signature.example[feature.name], most)
        for index, feature in enumerate(signature.features)
    ]


def _make_field(identifier: str, feature: Feature, example: Value, most: int) -> Field:
    values = ("true", "false") if feature.type == "boolean" else feature.categories
    control: Literal["select", "number", "text"] = "number"
    if values is not None:
        control = "select" if len(values) <= most else "text"
    shown = "" if example is None else example if isinstance(example, str) else json.dumps(example)
    return Field(
        id=identifier,
        name=clean(feature.name),
        json_name=json.dumps(feature.name),
        type=feature.type,
        control=control,
        options=_options(values or (), shown) if control == "select" else (),
        value=shown,
        example=json.dumps(example),
        nullable=feature.nullable,
        is_null=example is None,
        hint=_hint(feature, control),
        low="" if feature.minimum is None else json.dumps(feature.minimum),
        high="" if feature.maximum is None else json.dumps(feature.maximum),
    )


def _options(values: tuple[str, ...], example: str) -> tuple[Option, ...]:
    return tuple(
        Option(clean(value), "" if _is_kept(value) else json.dumps(value), value == example)
        for value in values
    )


def _is_kept(value: str) -> bool:
    """Whether a browser gives the text of an option back as it is: it joins and cuts spaces."""
    return bool(value) and value == clean(" ".join(value.split()))


def _hint(feature: Feature, control: str) -> str:
    if feature.type == "boolean":
        return "true or false"
    if feature.categories is not None:
        count = format_count(len(feature.categories))
        return f"{count} categories" + ("; type to search" if control == "text" else "")
    if feature.minimum is None or feature.maximum is None:
        return ""
    low, high = format_number(feature.minimum), format_number(feature.maximum)
    kind = ", whole numbers" if feature.type == "integer" else ""
    return f"in training {low} to {high}{kind}"
