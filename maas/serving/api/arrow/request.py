"""A batch that comes as an Arrow stream: what goes with it in the request."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from pydantic_core import from_json

from maas.serving.http.problems import Problem

_MAX_KEYS = 100


class ArrowRows:
    """Marks the type of a list of rows that is also made of an `ArrowBody`."""


@dataclass(frozen=True)
class ArrowBody:
    """The bytes of a stream, which the type of the rows reads."""

    stream: bytes


def read_query(query: bytes, rows: str, known: Collection[str] | None = None) -> dict[str, Any]:
    """The parameters of a method that are not rows, from the query: JSON has them in its body.

    A value is what JSON makes of it; one that is not JSON is a text.

    Args:
        query: of the request.
        rows: the parameter that the stream is.
        known: names beside which all others are ignored; None: none are.

    Raises:
        Problem: 422, a parameter is given twice, or there are very many.
    """
    try:
        pairs = parse_qsl(query.decode("latin-1"), keep_blank_values=True, max_num_fields=_MAX_KEYS)
    except ValueError:
        raise _refuse("query", f"The query has more than {_MAX_KEYS} parameters") from None
    values: dict[str, Any] = {}
    for name, text in pairs:
        if known is not None and name not in known:
            continue
        if name == rows:
            raise _refuse(name, "Extra inputs are not permitted")
        if name in values:
            raise _refuse(name, "The parameter is given more than once")
        values[name] = _parse(text)
    return values


def _parse(text: str) -> Any:
    try:
        return from_json(text, allow_inf_nan=False)
    except ValueError:
        return text


def _refuse(field: str, message: str) -> Problem:
    errors = [{"field": field[:200], "message": message}]
    return Problem(422, "the query has 1 invalid field", errors, reasons=["query"])
