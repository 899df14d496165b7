"""docs.json: the OpenAPI document, from the same types that parse and answer."""

from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import TypeAdapter
from pydantic.json_schema import GenerateJsonSchema

from maas.drift.record import DriftReport
from maas.registry.manifest import canonical_json
from maas.registry.version import Version
from maas.serving.api.endpoint import Endpoint
from maas.serving.api.responses import ModelResponse
from maas.serving.http.response import ARROW

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
    "400": "The body is not valid JSON in UTF-8, or no Arrow stream where it is sent as one.",
    "401": "A key is missing or wrong (only where keys are configured).",
    "404": "There is nothing here for the served version.",
    "405": "The method is not allowed here.",
    "408": "The body did not arrive in time.",
    "413": "The body, or the batch, is too large.",
    "415": "The body is not sent as a content type that is taken here, or is encoded.",
    "422": "The body does not fit: `errors` names the fields.",
    "429": "Too many requests at once.",
    "500": "The service failed; its log has the request id.",
    "503": "The service is stopping, or not ready yet.",
}
_PREDICT_STATUSES = [status for status in _STATUSES if status not in ("404", "503")]
_TEXT_ROUTES = {
    "/livez": (
        "Whether the process lives",
        "200 as long as the process answers. Restart it where it does not.",
    ),
    "/healthz": (
        "Whether the process answers",
        "200 as long as the process answers, as /livez: for tools that ask under this name.",
    ),
    "/readyz": (
        "Whether requests may be sent",
        "200 once the model is loaded, checked and warm, until the service is told to stop.",
    ),
    "/metrics": (
        "Metrics for Prometheus",
        "Counts of requests, predictions and unusual values, in Prometheus' text format.",
    ),
}
_DRIFT = (
    "Per feature and for the predictions: the population stability index less its bias, its limit "
    "for this number of rows, and the Jensen-Shannon divergence. 404 where the version's reference "
    "cannot be used."
)
_TAGS = {
    "predictions": "What the model answers.",
    "model": "What is served.",
    "operations": "Probes and metrics, for who runs the service.",
}
_SECURITY = {
    "bearer": {"type": "http", "scheme": "bearer"},
    "header": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
}
_ARROW_CONTENT = {ARROW.decode(): {"schema": {"type": "string", "format": "binary"}}}
_TEMPLATE = "#/components/schemas/{model}"


class _ShortNames(GenerateJsonSchema):
    """Names a generic type's schema without its parameters: clients are generated from it."""

    def normalize_name(self, name: str) -> str:
        """Make `PredictResponse` of `PredictResponse[Row, Literal['setosa', …]]`.

        A name with an id (`PredictResponse:123[…]`) tells two types apart, and is left as it is.
        """
        short = name.partition("[")[0]
        return super().normalize_name(name if ":" in short else short)


def build_openapi(version: Version, endpoints: Mapping[str, Endpoint], keyed: bool) -> bytes:
    """Build the document for the predict routes, /model, /drift, the probes and /metrics.

    Args:
        version: the served one.
        endpoints: by path.
        keyed: whether requests need a key.
    """
    inputs = [(path, "validation", endpoint.body) for path, endpoint in endpoints.items()]
    outputs = [
        (path, "serialization", endpoint.response_type) for path, endpoint in endpoints.items()
    ]
    model = [
        ("/model", "serialization", TypeAdapter(ModelResponse)),
        ("/drift", "serialization", TypeAdapter(DriftReport)),
    ]
    schemas, definitions = TypeAdapter.json_schemas(
        [*inputs, *outputs, *model],  # type: ignore[list-item]
        ref_template=_TEMPLATE,
        schema_generator=_ShortNames,
    )
    paths: dict[str, Any] = {
        path: {"post": _operation(path, endpoint, schemas, keyed)}
        for path, endpoint in endpoints.items()
    }
    paths |= _info_routes(schemas, keyed)
    shared = {**definitions.get("$defs", {}), "Problem": _PROBLEM}
    components = {"schemas": shared} | ({"securitySchemes": _SECURITY} if keyed else {})
    return canonical_json(
        {
            "openapi": "3.1.0",
            "info": _info(version),
            "tags": [{"name": name, "description": what} for name, what in _TAGS.items()],
            "paths": paths,
            "components": components,
        }
    )


def _info(version: Version) -> dict[str, Any]:
    """The title names the model alone: generated clients are called by it, whatever its version."""
    manifest = version.manifest
    return {
        "title": manifest.model_name,
        "version": version.label,
        "description": f"Predicts {manifest.signature.target!r} ({manifest.signature.task}).",
    }


def _info_routes(schemas: Mapping[Any, Any], keyed: bool) -> dict[str, Any]:
    """What is answered without the model."""
    routes: dict[str, Any] = {
        "/model": {
            "operationId": "model",
            "tags": ["model"],
            "summary": "The manifest of the served version",
            "description": "Config, data, metrics, signature and file hashes, and the digest.",
            "responses": _responses(
                _json(schemas["/model", "serialization"]), ("401", "405"), keyed
            ),
            **_secured(keyed),
        },
        "/drift": {
            "operationId": "drift",
            "tags": ["model"],
            "summary": "How the rows of the last 24 hours differ from the training rows",
            "description": _DRIFT,
            "responses": _responses(
                _json(schemas["/drift", "serialization"]), ("401", "404", "405"), keyed
            ),
            **_secured(keyed),
        },
    }
    text = {"text/plain": {"schema": {"type": "string"}}}
    for path, (summary, description) in _TEXT_ROUTES.items():
        statuses = ("405", "503") if path == "/readyz" else ("405",)
        routes[path] = {
            "operationId": path.strip("/"),
            "tags": ["operations"],
            "summary": summary,
            "description": description,
            "responses": _responses(text, statuses, keyed),
        }
    return {path: {"get": operation} for path, operation in routes.items()}


def _operation(
    path: str, endpoint: Endpoint, schemas: Mapping[Any, Any], keyed: bool
) -> dict[str, Any]:
    body, answer = _json(schemas[path, "validation"]), _json(schemas[path, "serialization"])
    if endpoint.takes_arrow:
        body |= _ARROW_CONTENT
    if endpoint.gives_arrow:
        answer |= _ARROW_CONTENT
    return {
        "operationId": path.strip("/"),
        "tags": ["predictions"],
        "summary": endpoint.summary,
        "description": endpoint.description,
        **_query(endpoint),
        "requestBody": {"required": True, "content": body},
        "responses": _responses(answer, _PREDICT_STATUSES, keyed),
        **_secured(keyed),
    }


def _query(endpoint: Endpoint) -> dict[str, Any]:
    """What goes with a batch as Arrow: the parameters that JSON has beside its rows."""
    if not endpoint.takes_arrow:
        return {}
    fields = endpoint.body.json_schema()["properties"]
    parameters = [
        {
            "name": name,
            "in": "query",
            "description": "For a batch as Arrow. What a body as JSON says goes first.",
            "schema": schema,
        }
        for name, schema in fields.items()
        if name != endpoint.stream_name
    ]
    return {"parameters": parameters} if parameters else {}


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
