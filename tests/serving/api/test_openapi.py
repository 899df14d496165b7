"""docs.json says what the endpoints take and give, and which refusals there are."""

import json
from pathlib import Path
from typing import Any

import pytest
from openapi_spec_validator import validate

from maas.model.row import row_type
from maas.registry.version import Version
from maas.serving.api.batch_type import batch_type
from maas.serving.api.endpoint import Endpoint
from maas.serving.api.openapi import build_openapi
from maas.serving.api.responses import PredictBatchResponse, PredictResponse, label_type
from tests.samples import make_manifest

VERSION = Version(3, Path("v3"), make_manifest())
SIGNATURE = VERSION.manifest.signature
Row, Label = row_type(SIGNATURE), label_type(SIGNATURE)
Rows = batch_type(Row, SIGNATURE, 500)
PROBES = {"/livez", "/healthz", "/readyz", "/metrics"}


class Service:
    async def predict(self, row: Row, /) -> PredictResponse[Row, Label]:
        """Predict one row."""

    async def predict_batch(
        self, rows: Rows, probabilities: bool = False
    ) -> PredictBatchResponse[Label]:
        """Predict many rows."""


def build(keyed: bool) -> bytes:
    methods = {"/predict": Service.predict, "/predict_batch": Service.predict_batch}
    endpoints = {path: Endpoint(method, Service()) for path, method in methods.items()}
    return build_openapi(VERSION, endpoints, keyed)


@pytest.fixture(params=[False, True], ids=["open", "keyed"])
def keyed(request: pytest.FixtureRequest) -> bool:
    return request.param


@pytest.fixture
def document(keyed: bool) -> dict[str, Any]:
    return json.loads(build(keyed))


def operations(document: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {path: next(iter(item.values())) for path, item in document["paths"].items()}


def test_the_document_is_valid(document: dict[str, Any]):
    validate(document)
    assert document["info"] == {"title": "m:v3", "version": "v3"}


def test_the_document_is_the_same_each_time(keyed: bool):
    assert build(keyed) == build(keyed)


def test_every_route_is_described_once(document: dict[str, Any]):
    methods = {path: set(item) for path, item in document["paths"].items()}
    predict = {"/predict": {"post"}, "/predict_batch": {"post"}}
    assert methods == {**predict, "/model": {"get"}, **{path: {"get"} for path in PROBES}}
    names = [operation["operationId"] for operation in operations(document).values()]
    assert len(set(names)) == len(names)


def test_the_body_is_the_type_of_the_method(document: dict[str, Any]):
    found = operations(document)
    body = found["/predict"]["requestBody"]["content"]["application/json"]["schema"]
    assert resolve(document, body)["required"] == ["a"]
    batch = found["/predict_batch"]["requestBody"]["content"]["application/json"]["schema"]
    properties = resolve(document, batch)["properties"]
    assert properties["rows"]["description"] == "At most 500 rows."
    assert "maxItems" not in properties["rows"]
    assert properties["probabilities"]["default"] is False
    assert found["/predict"]["summary"] == "Predict one row."


def resolve(document: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    if "$ref" not in schema:
        return schema
    return document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]


def test_the_answer_is_the_type_that_the_method_returns(document: dict[str, Any]):
    answer = operations(document)["/predict"]["responses"]["200"]
    schema = resolve(document, answer["content"]["application/json"]["schema"])
    assert set(schema["required"]) == {"input", "prediction", "model_version"}


def test_keys_are_asked_for_only_where_there_are_any(document: dict[str, Any], keyed: bool):
    assert ("securitySchemes" in document["components"]) is keyed
    for path, operation in operations(document).items():
        needs_key = keyed and path not in PROBES
        assert ("security" in operation) is needs_key
        assert ("401" in operation["responses"]) is needs_key


def test_the_refusals_of_a_predict_route_are_named(document: dict[str, Any], keyed: bool):
    refusals = {"400", "405", "408", "413", "415", "422", "429", "500"} | (
        {"401"} if keyed else set()
    )
    for path in ("/predict", "/predict_batch"):
        assert set(operations(document)[path]["responses"]) == {"200", *refusals}


def test_only_readyz_says_that_the_service_stops(document: dict[str, Any]):
    stopping = [
        path for path, operation in operations(document).items() if "503" in operation["responses"]
    ]
    assert stopping == ["/readyz"]


def test_every_refusal_is_a_problem_and_every_answer_names_the_version(document: dict[str, Any]):
    for operation in operations(document).values():
        for status, response in operation["responses"].items():
            assert {"X-Model-Version", "X-Model-Digest", "X-Request-ID"} <= set(response["headers"])
            (content,) = response["content"]
            assert (content == "application/problem+json") is (status != "200")


@pytest.mark.parametrize(
    ("status", "header"), [("401", "WWW-Authenticate"), ("405", "Allow"), ("429", "Retry-After")]
)
def test_a_refusal_names_the_header_that_says_what_to_do(status: str, header: str):
    responses = operations(json.loads(build(keyed=True)))["/predict"]["responses"]
    assert [key for key in responses if header in responses[key]["headers"]] == [status]
