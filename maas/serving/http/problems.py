"""Errors as RFC 9457 problem documents."""

import json
from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

from pydantic import ValidationError

from maas.serving.http.response import Response
from maas.serving.http.types import Header

CONTENT_TYPE = b"application/problem+json"

# A body with more invalid fields gets their number alone.
_MAX_NAMED_FIELDS = 100


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
    if count > _MAX_NAMED_FIELDS:
        return _of_whole_body(f"{count} fields are missing, unknown or invalid", "many")
    problems = error.errors(include_url=False, include_input=False, include_context=False)
    kinds = {problem["type"] for problem in problems}
    if "json_invalid" in kinds and "number out of range" in problems[0]["msg"]:
        return _of_whole_body("a number has more digits than can be read", "digits")
    if "json_invalid" in kinds:
        return Problem(400, "the body is not valid JSON in UTF-8", reasons=["json_invalid"])
    if "too_long" in kinds:
        what = "the batch holds more rows than the service takes"
        return Problem(413, what, reasons=["too_long"])
    errors = [
        {"field": ".".join(map(str, problem["loc"])) or "body", "message": problem["msg"]}
        for problem in problems
    ]
    what = f"the body has {count} invalid field{'s' * (count > 1)}"
    return Problem(422, what, errors, reasons=[problem["type"] for problem in problems])


def _of_whole_body(what: str, reason: str) -> Problem:
    return Problem(422, what, [{"field": "body", "message": what}], reasons=[reason])
