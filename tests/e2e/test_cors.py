"""A web page calls the service, as a browser does."""

import pytest

from tests.server import Serve, Server
from tests.workspace import Workspace

PAGE = "https://app.example.com"
ROW = {"feature1": 1.5, "feature2": 0.3}
ASKS = {"access-control-request-method": "POST", "access-control-request-headers": "content-type"}


@pytest.fixture(scope="module")
def open_to_a_page(serve: Serve, trained: Workspace) -> Server:
    return serve(trained, extra={"CORS_ORIGINS": f"http://localhost:3000,{PAGE}"})


@pytest.mark.parametrize("path", ["/predict", "/predict_proba", "/predict_batch"])
def test_a_preflight_and_the_request_after_it(open_to_a_page: Server, path: str):
    client = open_to_a_page.client
    asked = client.options(path, headers={"origin": PAGE, **ASKS})
    assert (asked.status_code, asked.content) == (204, b"")
    assert asked.headers["access-control-allow-origin"] == PAGE
    assert "POST" in asked.headers["access-control-allow-methods"]
    assert "content-type" in asked.headers["access-control-allow-headers"].lower()
    assert "transfer-encoding" not in asked.headers
    body = {"rows": [ROW]} if path == "/predict_batch" else ROW
    for sent, status in ((body, 200), ({}, 422)):
        answer = client.post(path, json=sent, headers={"origin": PAGE})
        assert answer.status_code == status
        assert answer.headers["access-control-allow-origin"] == PAGE
        assert answer.headers["vary"] == "Origin"


def test_a_page_that_is_not_listed_is_not_let_in(open_to_a_page: Server):
    client = open_to_a_page.client
    asked = client.options("/predict", headers={"origin": "https://evil.example", **ASKS})
    assert asked.status_code == 405
    answer = client.post("/predict", json=ROW, headers={"origin": "https://evil.example"})
    for refused in (asked, answer):
        assert "access-control-allow-origin" not in refused.headers


def test_without_the_setting_nothing_is_said(server: Server):
    asked = server.client.options("/predict", headers={"origin": PAGE, **ASKS})
    assert asked.status_code == 405
    answer = server.post("/predict", ROW, headers={"origin": PAGE})
    assert not [name for name in answer.headers if name.startswith(("access-control", "vary"))]
