"""API keys: what needs one, and how they change while the service runs."""

import json
from pathlib import Path

import pytest
from openapi_spec_validator import validate

from tests.raw_http import ask, head, request
from tests.server import Serve, Server
from tests.workspace import Workspace

ROW = {"feature1": 1.5, "feature2": 0.3}
BODY = json.dumps(ROW).encode()


@pytest.fixture(scope="module")
def keyed(trained: Workspace, serve: Serve, tmp_path_factory: pytest.TempPathFactory):
    path = tmp_path_factory.mktemp("keys") / "keys"
    path.write_text("first-key\n\n second-key \n")
    return serve(trained, extra={"API_KEYS_FILE": str(path)}), path


def test_keys_open_predict_and_model_and_nothing_else_needs_one(keyed: tuple[Server, Path]):
    server, _ = keyed
    for headers in (
        {},
        {"X-API-Key": "wrong"},
        {"X-API-Key": ""},
        {"Authorization": "Bearer"},
        {"Authorization": "Basic first-key"},
        {"Authorization": "Bearer first-ke"},
        {"Authorization": "first-key"},
        {"Authorization": "Bearer wrong", "X-API-Key": "first-key"},
        {"Authorization": "Bearer first-key", "X-API-Key": "wrong"},
    ):
        for ask_it in (
            lambda h: server.post("/predict", ROW, headers=h),
            lambda h: server.client.get("/model", headers=h),
        ):
            answer = ask_it(headers)
            assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")
    for headers in (
        {"X-API-Key": "second-key"},
        {"Authorization": "Bearer first-key"},
        {"authorization": "bearer first-key"},
    ):
        assert server.post("/predict", ROW, headers=headers).status_code == 200
        assert server.client.get("/model", headers=headers).status_code == 200
    for path in (
        "/livez",
        "/readyz",
        "/healthz",
        "/metrics",
        "/docs.json",
        "/schema.json",
        "/",
        "/docs",
    ):
        assert server.client.get(path).status_code == 200


def test_a_wrong_key_is_not_hidden_by_a_right_one(keyed: tuple[Server, Path]):
    server, _ = keyed
    for name, wrong, right in (
        ("X-API-Key", "wrong", "first-key"),
        ("Authorization", "Bearer wrong", "Bearer first-key"),
    ):
        for pair in ((wrong, right), (right, wrong), (right, right)):
            lines = {name: pair[0], name.lower(): pair[1]}
            assert ask(server, request(BODY, **lines)).status == 401


def test_a_key_among_the_trailers_is_none(keyed: tuple[Server, Path]):
    server, _ = keyed
    start = head("/predict", Transfer_Encoding="chunked")
    body = b"%x\r\n%s\r\n0\r\n" % (len(BODY), BODY)
    assert ask(server, start + body + b"X-API-Key: first-key\r\n\r\n").status == 401
    start = head("/predict", Transfer_Encoding="chunked", X_API_Key="first-key")
    assert ask(server, start + body + b"X-API-Key: wrong\r\n\r\n").status == 200


def test_keys_are_read_again_when_the_file_changes(keyed: tuple[Server, Path]):
    server, path = keyed

    def status(key: str) -> int:
        return server.post("/predict", ROW, headers={"X-API-Key": key}).status_code

    before = path.read_text()
    path.write_text("third-key\n")
    assert (status("third-key"), status("second-key")) == (200, 401)
    path.unlink()
    assert status("third-key") == 200
    path.write_text("\ufeff" + before, encoding="utf-8")
    assert status("first-key") == 200
    path.write_text(before)
    assert (status("third-key"), status("second-key")) == (401, 200)


def test_keys_are_in_the_documents_and_never_in_the_log(keyed: tuple[Server, Path]):
    server, _ = keyed
    document = server.client.get("/docs.json").json()
    validate(document)
    operation = document["paths"]["/predict"]["post"]
    assert operation["security"] == [{"bearer": []}, {"header": []}]
    assert "401" in operation["responses"]
    server.post("/predict", ROW, headers={"X-Request-ID": "the-last"})
    log = server.log_after("the-last")
    assert "keys on" in log
    for word in ("first-key", "second-key", "third-key", "wrong"):
        assert word not in log
