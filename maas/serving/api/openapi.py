"""docs.json: the OpenAPI document, from the same types that parse and answer."""

from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import TypeAdapter

from maas.registry.manifest import canonical_json
from maas.registry.version import Version
from maas.serving.api.endpoint import Endpoint
from maas.serving.api.responses import ModelResponse

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


def _header(description: str, **schema: Any) -> dict[str, Any]:
    return {"description": description, "required": True, "schema": {"type": "string", **schema}}


_HEADERS = {
    "X-Model-Version": _header("Number of the served version.", pattern="^[1-9][0-9]*$"),
    "X-Model-Digest": _header("Digest of its manifest.", pattern="^sha256:[0-9a-f]{64}$"),
    "X-Request-ID": _header("The request's own id if it was valid, else a new one."),
}
_OWN_HEADERS = {
    "401": {"WWW-Authenticate": _header("How to send a key.")},
    "405": {"Allow": _header("The methods that are allowed.")},
    "429": {"Retry-After": _header("Seconds to wait.", pattern="^[0-9]+$")},
}
_STATUSES = {
    "400": "The body is not valid JSON in UTF-8.",
    "401": "A key is missing or wrong (only where keys are configured).",
    "405": "The method is not allowed here.",
    "408": "The body did not arrive in time.",
    "413": "The body, or the batch, is too large.",
    "415": "The body is not sent as application/json, or is encoded.",
    "422": "The body does not fit: `errors` names the fields.",
    "429": "Too many requests at once.",
    "500": "The service failed; its log has the request id.",
    "503": "The service is stopping.",
}
_PREDICT_STATUSES = [status for status in _STATUSES if status != "503"]
_TEXT_ROUTES = {
    "/livez": "The process answers.",
    "/healthz": "The same.",
    "/readyz": "The model is loaded and warm, and the service is not stopping.",
    "/metrics": "Metrics in Prometheus' text format.",
}
_SECURITY = {
    "bearer": {"type": "http", "scheme": "bearer"},
    "header": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
}
_TEMPLATE = "#/components/schemas/{model}"


def build_openapi(version: Version, endpoints: Mapping[str, Endpoint], keyed: bool) -> bytes:
    """Build the document for the predict routes, /model, the probes and /metrics.

    Args:
        version: the served one.
        endpoints: by path.
        keyed: whether requests need a key.
    """
    inputs = [(path, "validation", endpoint.body) for path, endpoint in endpoints.items()]
    outputs = [
        (path, "serialization", endpoint.response_type) for path, endpoint in endpoints.items()
    ]
    model = [("/model", "serialization", TypeAdapter(ModelResponse))]
    schemas, definitions = TypeAdapter.json_schemas(
        [*inputs, *outputs, *model],  # type: ignore[list-item]
        ref_template=_TEMPLATE,
    )
    paths: dict[str, Any] = {
        path: {"post": _operation(path, endpoint, schemas, keyed)}
        for path, endpoint in endpoints.items()
    }
    paths |= _info_routes(schemas["/model", "serialization"], keyed)
    shared = {**definitions.get("$defs", {}), "Problem": _PROBLEM}
    components = {"schemas": shared} | ({"securitySchemes": _SECURITY} if keyed else {})
    return canonical_json(
        {
            "openapi": "3.1.0",
            "info": {"title": version.tag, "version": version.label},
            "paths": paths,
            "components": components,
        }
    )


def _info_routes(model: Any, keyed: bool) -> dict[str, Any]:
    """What is answered without the model."""
    content = _json(model)
    routes: dict[str, Any] = {
        "/model": {
            "operationId": "model",
            "summary": "The manifest of the served version.",
            "responses": _responses(content, ("401", "405"), keyed),
            **_secured(keyed),
        }
    }
    text = {"text/plain": {"schema": {"type": "string"}}}
    for path, summary in _TEXT_ROUTES.items():
        statuses = ("405", "503") if path == "/readyz" else ("405",)
        routes[path] = {
            "operationId": path.strip("/"),
            "summary": summary,
            "responses": _responses(text, statuses, keyed),
        }
    return {path: {"get": operation} for path, operation in routes.items()}


def _operation(
    path: str, endpoint: Endpoint, schemas: Mapping[Any, Any], keyed: bool
) -> dict[str, Any]:
    return {
        "operationId": path.strip("/"),
        "summary": endpoint.summary,
        "requestBody": {"required": True, "content": _json(schemas[path, "validation"])},
        "responses": _responses(_json(schemas[path, "serialization"]), _PREDICT_STATUSES, keyed),
        **_secured(keyed),
    }


def _secured(keyed: bool) -> dict[str, Any]:
    return {"security": [{name: []} for name in _SECURITY]} if keyed else {}


def _json(schema: Any) -> dict[str, Any]:
    return {"application/json": {"schema": schema}}


def _responses(content: dict[str, Any], statuses: Iterable[str], keyed: bool) -> dict[str, Any]:
    answers = {"200": {"description": "The answer.", "headers": _HEADERS, "content": content}}
    for status in statuses:
        if keyed or status != "401":
            answers[status] = _refusal(status)
    return answers


def _refusal(status: str) -> dict[str, Any]:
    return {
        "description": _STATUSES[status],
        "headers": _HEADERS | _OWN_HEADERS.get(status, {}),
        "content": {
            "application/problem+json": {"schema": {"$ref": _TEMPLATE.format(model="Problem")}}
        },
    }
