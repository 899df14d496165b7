"""A version as it is served: its documents, its headers and its endpoints."""

import json
from types import SimpleNamespace
from typing import Any

import pytest

from maas.config.service_config import ServiceConfig
from maas.registry.version import Version
from maas.serving.monitoring.request_metrics import RequestMetrics
from maas.serving.served_version import ServedVersion, make_endpoints, serve_version
from tests.serving.tiny_service import METHODS, SERVICE, VERSION, Service


@pytest.fixture
def metrics(registry: None) -> RequestMetrics:  # noqa: ARG001
    return RequestMetrics([])


def serve(
    metrics: RequestMetrics, version: Version = VERSION, service: Any = SERVICE, **config: Any
) -> ServedVersion:
    instance, settings = Service(), ServiceConfig(**config)
    endpoints = make_endpoints(service, instance)
    return serve_version(version, service, instance, endpoints, metrics, settings)


@pytest.fixture
def served(metrics: RequestMetrics) -> ServedVersion:
    return serve(metrics, app_env="prod")


def test_the_document_of_the_model_is_its_manifest_as_it_was_published(served: ServedVersion):
    manifest = json.loads((VERSION.path / "manifest.json").read_bytes())
    own = {"version": 1, "tag": "model_service:v1", "app_env": "prod"}
    own |= {"release": None, "shadow": None}
    assert json.loads(served.document("/model")) == manifest | own


def test_a_document_is_made_once(served: ServedVersion):
    for route in ("/model", "/docs.json", "/schema.json"):
        assert served.document(route) is served.document(route)
    with pytest.raises(KeyError, match="/other"):
        served.document("/other")


@pytest.mark.parametrize("keyed", [True, False])
def test_the_documentation_is_that_of_the_routes_and_their_keys(
    metrics: RequestMetrics, keyed: bool
):
    served = serve(metrics, api_keys_file="keys" if keyed else None)
    document = json.loads(served.document("/docs.json"))
    assert set(METHODS) <= set(document["paths"])
    assert ("401" in document["paths"]["/predict"]["post"]["responses"]) == keyed


def test_the_schema_for_clients_is_what_bentoml_says(metrics: RequestMetrics):
    service = SimpleNamespace(apis=SERVICE.apis, schema=lambda: {"name": "é", "routes": [1, 2]})
    served = serve(metrics, service=service)
    assert served.document("/schema.json") == '{"name":"é","routes":[1,2]}'.encode()


def test_every_answer_names_the_version_and_its_digest(metrics: RequestMetrics):
    version = Version(12, VERSION.path, VERSION.manifest)
    served = serve(metrics, version)
    assert dict(served.headers) == {
        b"x-model-version": b"12",
        b"x-model-digest": VERSION.manifest.digest.encode(),
    }


def test_each_method_is_an_endpoint_of_the_instance(served: ServedVersion):
    assert set(served.endpoints) == set(METHODS)
    assert served.endpoints["/predict"].response_type.json_schema()["title"].startswith("Predict")
