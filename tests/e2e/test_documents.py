"""What describes the service: /model, the OpenAPI document, probes and BentoML's UI."""

from html.parser import HTMLParser

import pytest
from openapi_spec_validator import validate

from maas.registry.version import Version
from tests.server import Server


def test_model_gives_the_manifest_of_the_served_version(server: Server, first: Version):
    answer = server.client.get("/model").json()
    manifest = first.manifest.model_dump(mode="json")
    assert {key: answer[key] for key in manifest} == manifest
    assert (answer["version"], answer["tag"]) == (1, "model_service:v1")
    assert answer["app_env"] == "prod"


def test_the_document_is_valid_and_names_every_status_and_header(server: Server):
    document = server.client.get("/docs.json").json()
    validate(document)
    assert set(document["paths"]) == {
        "/predict", "/predict_proba", "/predict_batch", "/model",
        "/drift", "/livez", "/readyz", "/healthz", "/metrics",
    }  # fmt: skip
    responses = document["paths"]["/predict"]["post"]["responses"]
    assert set(responses) == {"200", "400", "405", "408", "413", "415", "422", "429", "500"}
    assert document["paths"]["/predict"]["post"]["requestBody"]["required"] is True
    for response in responses.values():
        assert {"X-Model-Version", "X-Model-Digest", "X-Request-ID"} <= set(response["headers"])
    assert "Retry-After" in responses["429"]["headers"]
    assert "Allow" in responses["405"]["headers"]
    assert document["components"]["schemas"]["Row"]["additionalProperties"] is False
    assert (document["info"]["title"], document["info"]["version"]) == ("model_service", "v1")
    assert set(document["components"]["schemas"]) == {
        "Row", "PredictResponse", "PredictProbaResponse", "PredictBatchRequest",
        "PredictBatchResponse", "ModelResponse", "Problem",
        "ReleaseResponse", "ShadowResponse", "DriftReport", "FeatureDrift", "PredictionDrift",
        "DataRecord", "Feature", "FileRecord", "HeldOutRecord", "LeftOutRecord", "ParityRecord",
        "Signature",
        "WarningRecord",
    }  # fmt: skip


@pytest.mark.parametrize("path", ["/docs", "/docs.json", "/schema.json", "/livez", "/readyz"])
def test_bentoml_s_own_routes_work_behind_the_app(server: Server, path: str):
    assert server.client.get(path).status_code == 200


def test_documents_answer_head_without_a_body(server: Server):
    for path in ("/model", "/docs.json", "/metrics", "/livez"):
        answer = server.client.head(path)
        assert (answer.status_code, answer.content) == (200, b"")


def test_bentoml_s_ui_works(server: Server):
    page = server.client.get("/docs")
    assert "text/html" in page.headers["content-type"]
    assert "static_content" in page.text
    assert "docs.json" in server.client.get("/static_content/swagger-initializer.js").text
    assert server.client.get("/static_content/swagger-ui.css").status_code == 200


class Loaded(HTMLParser):
    """What a page loads: (directive of the policy, address), and the scripts written in it."""

    def __init__(self) -> None:
        super().__init__()
        self.addresses: list[tuple[str, str]] = []
        self.inline: list[str] = []
        self._in_script = False

    def handle_starttag(self, tag: str, attrs: list) -> None:
        given = dict(attrs)
        self._in_script = tag == "script" and "src" not in given
        match tag:
            case "script" if "src" in given:
                self.addresses.append(("script-src", given["src"]))
            case "link":
                kind = "style-src" if given["rel"] == "stylesheet" else "img-src"
                self.addresses.append((kind, given["href"]))
            case "iframe":
                self.addresses.append(("frame-src", given["src"]))

    def handle_data(self, data: str) -> None:
        if self._in_script and data.strip():
            self.inline.append(data)


def test_the_policy_of_bentoml_s_ui_lets_it_work_and_forbids_all_from_elsewhere(server: Server):
    page = server.client.get("/docs")
    policy = page.headers["content-security-policy"]
    allowed = {name: sources for name, *sources in map(str.split, policy.split(";"))}
    loaded = Loaded()
    loaded.feed(page.text)
    own = [(kind, address) for kind, address in loaded.addresses if "//" not in address]
    assert len(own) >= 5
    for kind, address in own:
        assert "'self'" in allowed[kind]
        assert server.client.get(address.removeprefix(".")).status_code == 200
    for kind, _ in set(loaded.addresses) - set(own):
        assert kind not in allowed  # and so default-src counts
    assert allowed["default-src"] == ["'none'"]
    # The one script in the page is what loads from elsewhere; no other is forbidden with it.
    assert all("googletagmanager" in script for script in loaded.inline)
    assert allowed["script-src"] == allowed["connect-src"] == ["'self'"]
