"""The status of every request that is not a valid one."""

import json
import threading

import pytest

from tests.raw_http import Answer, ask, connect, head, read
from tests.server import Server, wait_until

ROW = {"feature1": 1.5, "feature2": 0.3}
IN_PROGRESS = "bentoml_service_request_in_progress"


@pytest.mark.parametrize("path", ["/nothing", "/predict/", "/predict/1", "/model/x", "/%00"])
@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
def test_an_unknown_path_is_a_404_problem(server: Server, path: str, method: str):
    answer = server.client.request(method, path)
    assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")
    assert answer.json()["request_id"] == answer.headers["x-request-id"]


def test_a_missing_file_of_the_ui_is_a_404_problem(server: Server):
    answer = server.client.get("/static_content/nope")
    assert (answer.status_code, answer.json()["status"]) == (404, 404)
    assert answer.headers["x-model-version"] == "1"


@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE", "OPTIONS", "HEAD", "TRACE"])
def test_a_wrong_method_is_a_405_problem(server: Server, method: str):
    for path in ("/predict", "/predict_batch"):
        answer = server.client.request(method, path)
        assert (answer.status_code, answer.headers["allow"]) == (405, "POST")
        if method != "HEAD":
            assert answer.json()["status"] == 405


@pytest.mark.parametrize("method", ["POST", "DELETE"])
def test_documents_and_probes_are_only_read(server: Server, method: str):
    for path in (
        "/model",
        "/readyz",
        "/metrics",
        "/",
        "/page/drift",
        "/docs",
        "/docs.json",
        "/schema.json",
    ):
        answer = server.client.request(method, path)
        assert (answer.status_code, answer.headers["allow"]) == (405, "GET, HEAD")


@pytest.mark.parametrize(
    ("content", "kind", "status"),
    [
        (b"{", "application/json", 400),
        (b"", "application/json", 400),
        (b'{"feature1": "\xff"}', "application/json", 400),
        (b'{"feature1": NaN, "feature2": 1}', "application/json", 422),
        (b"null", "application/json", 422),
        (b"feature1=1", "application/x-www-form-urlencoded", 415),
        (b"{}", "text/json", 415),
        (b"{}", None, 415),
        (b" " * 100_001, "application/json", 413),
        (json.dumps({"rows": [ROW] * 201}).encode(), "application/json", 422),
        (json.dumps(ROW).encode(), "Application/JSON; charset=UTF-8", 200),
    ],
)
def test_a_body_gets_its_status(server: Server, content: bytes, kind: str | None, status: int):
    headers = {"content-type": kind} if kind else {}
    answer = server.client.post("/predict", content=content, headers=headers)
    assert answer.status_code == status


def test_a_content_encoding_is_415(server: Server):
    answer = server.post("/predict", ROW, headers={"content-encoding": "gzip"})
    assert answer.status_code == 415


def test_chunked_bodies_meet_the_same_limit(server: Server):
    chunks = (b" " * 1000 for _ in range(200))
    answer = server.client.post(
        "/predict", content=chunks, headers={"content-type": "application/json"}
    )
    assert answer.status_code == 413


def test_a_batch_over_the_limit_is_413(server: Server):
    assert server.post("/predict_batch", {"rows": [ROW] * 200}).status_code == 200
    assert server.post("/predict_batch", {"rows": [ROW] * 201}).status_code == 413


def test_a_slow_body_is_408_and_others_are_answered_meanwhile(server: Server):
    answers: list[Answer] = []
    slow = threading.Thread(
        target=lambda: answers.append(ask(server, head(Content_Length="99"), b"{", 0.5, b'"'))
    )
    slow.start()
    while slow.is_alive():
        assert server.post("/predict", ROW).status_code == 200
    assert answers[0].status == answers[0].json()["status"] == 408
    assert answers[0].headers["connection"] == "close"


def test_slow_clients_take_no_place_from_others(server: Server):
    waiting = [connect(server) for _ in range(6)]  # more than may be answered at once
    for connection in waiting:
        connection.sendall(head(Content_Length="99") + b"{")
    wait_until(lambda: server.metric(IN_PROGRESS, endpoint="/predict") == 6, "six in progress")
    assert server.post("/predict", ROW).status_code == 200
    for connection in waiting:
        connection.close()
    wait_until(lambda: server.metric(IN_PROGRESS, endpoint="/predict") == 0, "all have left")


def test_bodies_beyond_the_bound_are_429_with_retry_after_and_spare_the_probes(server: Server):
    waiting = [connect(server) for _ in range(4)]
    for connection in waiting:  # three fit
        connection.sendall(head(Content_Length="99999") + b" " * 90_000)
    for path in ("/readyz", "/livez", "/metrics", "/model", "/docs.json"):
        assert server.client.get(path).status_code == 200
    answers = sorted((read(connection) for connection in waiting), key=lambda a: a.status)
    assert [answer.status for answer in answers] == [408, 408, 408, 429]
    assert answers[-1].headers["retry-after"] == "1"
    assert answers[-1].json()["title"] == "Too Many Requests"
    for connection in waiting:
        connection.close()
    assert server.post("/predict", ROW).status_code == 200
