"""docs.json: the OpenAPI document, from the same types that parse and answer."""

from collections.abc import Mapping
from typing import Any

from pydantic import TypeAdapter

from maas.registry.manifest import canonical_json
from maas.serving.answers import ServedModel
from maas.serving.endpoints import Endpoint
from maas.serving.served import Served

_PROBLEM = {
    "type": "object",
    "title": "Problem",
    "description": "RFC 9457 problem details.",
    "required": ["type", "title", "status", "detail", "request_id"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "request_id": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["field", "message"],
                "properties": {"field": {"type": "string"}, "message": {"type": "string"}},
            },
        },
    },
}
_HEADERS = {
    "X-Model-Version": {"schema": {"type": "string"}},
    "X-Model-Digest": {"schema": {"type": "string"}},
    "X-Request-ID": {"schema": {"type": "string"}},
}
_STATUSES = {
    "400": "The body is no JSON, or not in UTF-8.",
    "405": "The method is not allowed here.",
    "413": "The body, or the batch, is too large.",
    "415": "The body is not sent as application/json, or is encoded.",
    "422": "The body does not fit: `errors` names the fields.",
    "500": "The service failed; its log has the request id.",
}
_TEMPLATE = "#/components/schemas/{model}"


def build_openapi(served: Served, endpoints: Mapping[str, Endpoint]) -> bytes:
    """Build the document for the predict routes and /model."""
    inputs = [(path, "validation", endpoint.body) for path, endpoint in endpoints.items()]
    outputs = [
        (path, "serialization", endpoint.answer_type) for path, endpoint in endpoints.items()
    ]
    model = [("/model", "serialization", TypeAdapter(ServedModel))]
    found, definitions = TypeAdapter.json_schemas(
        [*inputs, *outputs, *model],  # type: ignore[list-item]
        ref_template=_TEMPLATE,
    )
    paths: dict[str, Any] = {
        path: {"post": _operation(path, endpoint, found)} for path, endpoint in endpoints.items()
    }
    paths["/model"] = {
        "get": {
            "operationId": "model",
            "summary": "The manifest of the served version.",
            "responses": _responses(found["/model", "serialization"], {"405": _STATUSES["405"]}),
        }
    }
    schemas = {**definitions.get("$defs", {}), "Problem": _PROBLEM}
    return canonical_json(
        {
            "openapi": "3.1.0",
            "info": {"title": served.version.tag, "version": served.version.label},
            "paths": paths,
            "components": {"schemas": schemas},
        }
    )


def _operation(path: str, endpoint: Endpoint, found: Mapping[Any, Any]) -> dict[str, Any]:
    return {
        "operationId": path.strip("/"),
        "summary": endpoint.summary,
        "requestBody": {
            "required": True,
            "content": {"application/json": {"schema": found[path, "validation"]}},
        },
        "responses": _responses(found[path, "serialization"], _STATUSES),
    }


def _responses(schema: Any, statuses: Mapping[str, str]) -> dict[str, Any]:
    problem = {"application/problem+json": {"schema": {"$ref": _TEMPLATE.format(model="Problem")}}}
    answers = {
        "200": {
            "description": "The answer.",
            "headers": _HEADERS,
            "content": {"application/json": {"schema": schema}},
        }
    }
    for status, description in statuses.items():
        answers[status] = {"description": description, "headers": _HEADERS, "content": problem}
    return answers
