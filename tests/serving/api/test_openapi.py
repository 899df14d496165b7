"""docs.json says what the endpoints take and give, and which refusals there are."""

import json
from pathlib import Path
from typing import Any

import pytest
from openapi_spec_validator import validate

from maas.model.row import row_type
from maas.model.signature import Feature, Signature
from maas.registry.version import Version
from maas.serving.api.batch_type import batch_type
from maas.serving.api.endpoint import Endpoint
from maas.serving.api.openapi import build_openapi
from maas.serving.api.responses import (
    PredictBatchResponse,
    PredictProbaResponse,
    PredictResponse,
    label_type,
)
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
    assert document["info"]["title"] == "m"
    assert document["info"]["version"] == "v3"


def test_the_document_is_the_same_each_time(keyed: bool):
    assert build(keyed) == build(keyed)


def test_every_route_is_described_once(document: dict[str, Any]):
    methods = {path: set(item) for path, item in document["paths"].items()}
    predict = {"/predict": {"post"}, "/predict_batch": {"post"}}
    assert methods == {
        **predict,
        "/model": {"get"},
        "/drift": {"get"},
        **{path: {"get"} for path in PROBES},
    }
    names = [operation["operationId"] for operation in operations(document).values()]
    assert len(set(names)) == len(names)


CLASSES = [
    ("a",),
    ("a:b[1]", "x.y, z]", "virginica"),
    tuple(f"c{i}" for i in range(300)),
    (1, 2),
]


def classifier(number: int, classes: tuple[Any, ...]) -> dict[str, Any]:
    """The document of a classifier with every route that service.py has."""
    row = Feature(name="a", column="A", type="number", minimum=0.0, maximum=float(number))
    signature = Signature(
        features=(row,), target="t", task="classification", classes=classes, probabilities=True,
        example={"a": 0.5},
    )  # fmt: skip
    kind, label = row_type(signature), label_type(signature)
    rows = batch_type(kind, signature, 500)

    class Classifier:
        async def predict(self, row: kind, /) -> PredictResponse[kind, label]:
            """Predict one row."""

        async def predict_proba(self, row: kind, /) -> PredictProbaResponse[kind, label]:
            """Predict one row, with probabilities."""

        async def predict_batch(
            self, rows: rows, probabilities: bool = False
        ) -> PredictBatchResponse[label]:
            """Predict many rows."""

        async def predict_pair(self, first: kind, second: kind) -> list[label]:
            """Predict two rows.

            In their order.
            """

    names = ("predict", "predict_proba", "predict_batch", "predict_pair")
    endpoints = {f"/{name}": Endpoint(getattr(Classifier, name), Classifier()) for name in names}
    version = Version(
        number, Path("v"), make_manifest(signature=signature, metrics={"accuracy": 1.0})
    )
    document = json.loads(build_openapi(version, endpoints, keyed=False))
    validate(document)
    return document


@pytest.mark.parametrize("classes", CLASSES, ids=["one", "three", "many", "numbers"])
def test_schemas_have_short_names_whatever_the_classes_are(classes: tuple[Any, ...]):
    schemas = classifier(3, classes)["components"]["schemas"]
    ours = {
        name
        for name in schemas
        if name.startswith(("PredictP", "PredictR", "PredictB", "Row", "ModelR", "Problem"))
    }
    assert ours == {
        "Row", "PredictResponse", "PredictProbaResponse", "PredictBatchRequest",
        "PredictBatchResponse", "PredictPairRequest", "ModelResponse", "Problem",
    }  # fmt: skip
    for name, schema in schemas.items():
        assert schema.get("title", name) == name


def test_a_new_training_renames_nothing():
    before, after = classifier(3, ("a", "b")), classifier(4, ("a", "b", "c"))
    assert before["info"]["title"] == after["info"]["title"] == "m"
    assert (before["info"]["version"], after["info"]["version"]) == ("v3", "v4")
    assert before["components"]["schemas"].keys() == after["components"]["schemas"].keys()
    names = [
        {path: found["operationId"] for path, found in operations(document).items()}
        for document in (before, after)
    ]
    assert names[0] == names[1]
    assert names[0]["/predict_batch"] == "predict_batch"


def test_two_types_of_one_name_are_told_apart():
    class Two:
        async def one(self, row: Row, /) -> PredictResponse[Row, int]:
            """One."""

        async def other(self, row: Row, /) -> PredictResponse[Row, str]:
            """Other."""

    endpoints = {"/one": Endpoint(Two.one, Two()), "/other": Endpoint(Two.other, Two())}
    document = json.loads(build_openapi(VERSION, endpoints, keyed=False))
    validate(document)
    kinds = [
        resolve(
            document,
            operation["responses"]["200"]["content"]["application/json"]["schema"],
        )["properties"]["prediction"]["type"]
        for path, operation in operations(document).items()
        if path in endpoints
    ]
    assert kinds == ["integer", "string"]


def test_every_operation_has_a_tag_of_its_kind_and_says_what_it_does(document: dict[str, Any]):
    listed = {tag["name"] for tag in document["tags"]}
    tags = {path: found["tags"] for path, found in operations(document).items()}
    assert tags["/predict"] == tags["/predict_batch"] == ["predictions"]
    assert tags["/model"] == ["model"]
    assert {*map(tuple, (tags[path] for path in PROBES))} == {("operations",)}
    assert {name for names in tags.values() for name in names} == listed
    for operation in operations(document).values():
        assert len(operation["description"]) > 10
        assert "The same" not in operation["summary"] + operation["description"]


def test_a_description_is_the_whole_docstring():
    pair = operations(classifier(3, ("a", "b")))["/predict_pair"]
    assert pair["summary"] == "Predict two rows."
    assert pair["description"] == "Predict two rows.\n\nIn their order."


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
            for content in response["content"]:
                assert (content == "application/problem+json") is (status != "200")


@pytest.mark.parametrize(
    ("status", "header"), [("401", "WWW-Authenticate"), ("405", "Allow"), ("429", "Retry-After")]
)
def test_a_refusal_names_the_header_that_says_what_to_do(status: str, header: str):
    responses = operations(json.loads(build(keyed=True)))["/predict"]["responses"]
    assert [key for key in responses if header in responses[key]["headers"]] == [status]
