"""Errors as RFC 9457 problem documents."""

import json
import re
from collections.abc import Iterable, Sequence
from http import HTTPStatus
from typing import Any

from pydantic import ValidationError

from maas.serving.http.response import Response
from maas.serving.http.types import Header

CONTENT_TYPE = b"application/problem+json"

MAX_ALL_NAMED = 100
"""Up to so many invalid fields are all named."""

FIRST_NAMED = 20
"""Of more invalid fields, so many are named, and the others counted."""

OTHERS = "others"
"""The type of an error that stands for `count` (in its context) further ones."""

MAX_ERRORS_READ = 2000
"""So many errors pydantic writes out in a few milliseconds; of more only the number is known."""

# A field's name may be the client's, and a message the author's of a method: both are cut.
_MAX_FIELD_LETTERS = 200
_MAX_MESSAGE_LETTERS = 600

# Bytes of all that is named.
_MAX_NAMED_BYTES = 65_536

# How pydantic's parser says where JSON breaks. Its phrases are fixed and hold nothing of a body.
_BREAK = re.compile(r"Invalid JSON: ([\w `:,\[\]{}]{1,60}) at line (\d+) column (\d+)")


class Problem(Exception):
    """A request that gets no 2xx response.

    Args:
        status: the HTTP status.
        detail: what is wrong with this request; never an input value.
        errors: for 422, `{"field": …, "message": …}` per field.
        headers: further headers of the response.
        reasons: what to count it under, if the request was invalid; few different words.
    """

    def __init__(
        self,
        status: int,
        detail: str,
        errors: Sequence[dict[str, str]] = (),
        headers: Sequence[Header] = (),
        reasons: Sequence[str] = (),
    ) -> None:
        super().__init__(detail)
        self.status, self.detail = status, detail
        self.errors, self.headers = list(errors), list(headers)
        self.reasons = reasons

    def to_response(self, request_id: str) -> Response:
        """The problem as a response."""
        content: dict[str, Any] = {
            "type": "about:blank",
            "title": HTTPStatus(self.status).phrase,
            "status": self.status,
            "detail": self.detail,
            "request_id": request_id,
        }
        if self.errors:
            content["errors"] = self.errors
        body = json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()
        return Response(self.status, CONTENT_TYPE, body, self.headers)


def problem_from_validation(error: ValidationError) -> Problem:
    """What pydantic says of a body: 400 not JSON, 413 too many rows, 422 otherwise."""
    count = error.error_count()
    if count > MAX_ERRORS_READ:
        return _of_whole_body(f"{count} fields are missing, unknown or invalid", "many")
    problems = error.errors(include_url=False, include_input=False)
    kinds = {problem["type"] for problem in problems}
    if "json_invalid" in kinds:
        return _not_json(problems[0]["msg"])
    if "too_long" in kinds:
        what = "the batch holds more rows than the service takes"
        return Problem(413, what, reasons=["too_long"])
    return _of_fields(problems)


def _not_json(message: str) -> Problem:
    if "number out of range" in message:
        return _of_whole_body("a number has more digits than can be read", "digits")
    what = "the body is not valid JSON in UTF-8"
    if found := _BREAK.search(message):
        what += f": {found[1]} at line {found[2]}, column {found[3]} (in bytes)"
    return Problem(400, what, reasons=["json_invalid"])


def _of_fields(problems: Sequence[Any]) -> Problem:
    """Name the fields: all of a few, the first of many, and never more than some kilobytes."""
    invalid = [problem for problem in problems if problem["type"] != OTHERS]
    counted = sum(problem["ctx"]["count"] for problem in problems if problem["type"] == OTHERS)
    count = len(invalid) + counted
    many = count > MAX_ALL_NAMED
    errors = _name_fields(invalid[:FIRST_NAMED] if many else invalid)
    what = f"the body has {count} invalid field{'s' * (count > 1)}"
    if not errors:
        return _of_whole_body(what, "many")
    if len(errors) < count:
        what += f", of which the first {len(errors)} are named"
    reasons = ["many"] if many else [problem["type"] for problem in invalid]
    return Problem(422, what, errors, reasons=reasons)


def _name_fields(problems: Iterable[Any]) -> list[dict[str, str]]:
    errors, left = [], _MAX_NAMED_BYTES
    for problem in problems:
        field = ".".join(map(str, problem["loc"])) or "body"
        named = {
            "field": _cut(field, _MAX_FIELD_LETTERS),
            "message": _cut(problem["msg"], _MAX_MESSAGE_LETTERS),
        }
        left -= len(json.dumps(named, ensure_ascii=False).encode())
        if left < 0:
            break
        errors.append(named)
    return errors


def _cut(text: str, letters: int) -> str:
    return text if len(text) <= letters else f"{text[:letters]}…"


def _of_whole_body(what: str, reason: str) -> Problem:
    return Problem(422, what, [{"field": "body", "message": what}], reasons=[reason])
