"""What a client does to its connection, with a real uvicorn on a real socket."""

import json
import re
import socket
from contextlib import suppress
from pathlib import Path

import pytest

from tests.server import wait_until
from tests.serving.live_server import LiveServer, serve_tiny
from tests.serving.monitoring.text import TOTAL, value
from tests.serving.tiny_service import EXAMPLE

pytestmark = pytest.mark.usefixtures("process")

LARGE = 70_000  # more than uvicorn reads before it waits for the app


def post(path: str, body: bytes = EXAMPLE, *lines: bytes) -> bytes:
    head = (b"POST %b HTTP/1.1" % path.encode(), b"Host: x", b"Content-Type: application/json")
    return b"\r\n".join((*head, b"Content-Length: %d" % len(body), *lines, b"", body))


def get(path: str) -> bytes:
    return b"GET %b HTTP/1.1\r\nHost: x\r\n\r\n" % path.encode()


def read_all(client: socket.socket) -> bytes:
    """All that the server sends until it closes."""
    received = b""
    with suppress(ConnectionResetError):
        while part := client.recv(65_536):
            received += part
    return received


def metric(server: LiveServer, name: str, **labels: str) -> float:
    with server.connect() as client:
        client.sendall(get("/metrics").replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))
        return value(read_all(client).partition(b"\r\n\r\n")[2], name, **labels) or 0


def logged_statuses(capfd: pytest.CaptureFixture[str], route: str) -> set[int]:
    lines = [line.split() for line in capfd.readouterr().err.splitlines() if "request=" in line]
    return {int(words[4]) for words in lines if words[3] == route}


@pytest.mark.parametrize(
    ("path", "requests"),
    [
        ("/predict", post("/predict")),
        ("/predict", post("/predict") * 3),
        ("/predict", post("/predict", EXAMPLE + b" " * LARGE)),
        ("/take_long", post("/take_long")),
        ("/take_long", post("/take_long") * 2),
        ("unmatched", post("/nothing", b" " * LARGE)),
        ("/metrics", get("/metrics") * 2),
    ],
)
def test_requests_before_garbage_are_those_of_a_client_that_left(
    path: str,
    requests: bytes,
    capfd: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
):
    with serve_tiny() as server:
        with server.connect() as client:
            client.sendall(requests + b"GARBAGE\r\n\r\n")
            assert read_all(client).startswith(b"HTTP/1.1 400 ")
        abandoned = "maas_requests_abandoned_total"
        wait_until(lambda: metric(server, abandoned, endpoint=path) == 1, "it is counted")
        assert metric(server, TOTAL, endpoint=path, http_response_code="499") == 1
    assert logged_statuses(capfd, path) - {200} == {499}
    assert caplog.messages == ["Invalid HTTP request received."]


def read_answer(client: socket.socket) -> tuple[int, bytes]:
    """The status and the head of the next answer; its body is read too."""
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        part = client.recv(1)
        assert part, "closed without an answer"
        head += part
    length = int(re.search(rb"content-length: (\d+)", head)[1])
    while length:
        length -= len(client.recv(length))
    return int(head.split()[1]), head


@pytest.mark.parametrize("sends_all_the_same", [True, False])
@pytest.mark.parametrize(
    ("path", "lines", "status"),
    [
        ("/predict", [], 401),
        ("/nothing", [], 404),
        ("/livez", [], 405),
        ("/predict", [b"X-API-Key: the-key", b"Content-Encoding: gzip"], 415),
    ],
)
def test_a_refused_client_that_waits_to_send_its_body_starts_a_new_connection(
    tmp_path: Path, path: str, lines: list[bytes], status: int, sends_all_the_same: bool
):
    (tmp_path / "keys").write_text("the-key")
    request = post(path, EXAMPLE, b"Expect: 100-continue", *lines)
    with serve_tiny(tmp_path, api_keys_file="keys") as server, server.connect() as client:
        client.sendall(request.removesuffix(EXAMPLE))
        answered, head = read_answer(client)
        assert (answered, b"connection: close" in head) == (status, True)
        if sends_all_the_same:
            client.sendall(EXAMPLE)
        client.shutdown(socket.SHUT_WR)
        assert client.recv(1) == b""


ROWS = b'{"rows": [%b]}' % b",".join([EXAMPLE] * 3000)


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/predict", b"{" + b" " * LARGE, 400),
        ("/count_rows", ROWS, 413),
        ("/predict", b"{}" + b" " * LARGE, 422),
        ("/fail", EXAMPLE + b" " * LARGE, 500),
    ],
)
def test_a_body_that_was_read_and_refused_keeps_the_connection(path: str, body: bytes, status: int):
    with serve_tiny() as server, server.connect() as client:
        for _ in range(2):
            client.sendall(post(path, body))
            answered, head = read_answer(client)
            assert (answered, b"connection:" in head) == (status, False)
        client.sendall(post("/predict"))
        assert read_answer(client)[0] == 200


def handshake(path: str, *lines: bytes) -> bytes:
    upgrade = (b"Connection: Upgrade", b"Upgrade: websocket", b"Sec-WebSocket-Version: 13")
    key = b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="
    return get(path).replace(b"\r\n\r\n", b"\r\n".join((b"", *upgrade, key, *lines, b"", b"")))


@pytest.mark.parametrize("path", ["/predict", "/nothing", "/livez"])
def test_a_websocket_s_handshake_is_a_404_problem(path: str, capfd: pytest.CaptureFixture[str]):
    with serve_tiny() as server, server.connect() as client:
        client.sendall(handshake(path, b"X-Request-ID: r1"))
        answer = read_all(client)
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 404 ")
    assert b"content-type: application/problem+json" in head
    assert b"x-request-id: r1" in head
    assert json.loads(body)["status"] == 404
    assert logged_statuses(capfd, "unmatched") == {404}


@pytest.mark.parametrize("protocol", [b"h2c", b"anything"])
@pytest.mark.parametrize("together", [True, False], ids=["at once", "the body later"])
def test_a_body_is_lost_with_any_upgrade_and_the_answer_says_so(protocol: bytes, together: bool):
    request = post("/predict", EXAMPLE, b"Connection: keep-alive, Upgrade", b"Upgrade: " + protocol)
    with serve_tiny() as server, server.connect() as client:
        client.sendall(request if together else request.removesuffix(EXAMPLE))
        status, head = read_answer(client)
        assert (status, b"connection: close" in head) == (400, True)
        assert b"application/problem+json" in head


def test_an_upgrade_that_the_connection_does_not_name_changes_nothing():
    with serve_tiny() as server, server.connect() as client:
        client.sendall(post("/predict", EXAMPLE, b"Upgrade: h2c"))
        assert read_answer(client)[0] == 200


ABANDONED = "maas_requests_abandoned_total"
IN_PROGRESS = "bentoml_service_request_in_progress"


def test_an_answer_that_is_read_slowly_is_read_whole():
    with serve_tiny(body_timeout_s=3600) as server, server.connect(4096) as client:
        client.sendall(post("/say_much") * 2)
        wait_until(lambda: metric(server, IN_PROGRESS, endpoint="/say_much") == 1, "it is unread")
        for _ in range(2):
            status, head = read_answer(client)
            assert (status, b"content-length: 1000002" in head) == (200, True)


@pytest.mark.parametrize("path", ["/say_much", "/predict"])
@pytest.mark.parametrize("lines", [(), (b"Connection: close",)])
def test_who_does_not_read_the_answer_in_time_has_left(
    path: str, lines: tuple, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
):
    much = post("/say_much", EXAMPLE, *lines) if path == "/say_much" else post(path) * 3000
    with serve_tiny(body_timeout_s=0.2) as server, server.connect(4096) as client:
        with suppress(ConnectionError):
            client.sendall(much)
        wait_until(lambda: metric(server, ABANDONED, endpoint=path) == 1, "it is counted")
        assert metric(server, IN_PROGRESS, endpoint=path) == 0
        assert len(read_all(client)) < 1_000_000
    assert 499 in logged_statuses(capfd, path)
    assert caplog.messages == []


def test_the_answer_for_which_there_is_no_room_beside_the_unread_ones_is_dropped():
    limits = {"max_body_bytes": 1_500_000, "max_held_bytes": 1_500_000, "body_timeout_s": 3600}
    with serve_tiny(**limits) as server, server.connect(4096) as first:
        first.sendall(post("/say_much"))
        wait_until(lambda: metric(server, IN_PROGRESS, endpoint="/say_much") == 1, "it is unread")
        with server.connect(4096) as second:
            second.sendall(post("/say_much"))
            wait_until(lambda: metric(server, ABANDONED, endpoint="/say_much") == 1, "it is cut")
            assert len(read_all(second)) < 1_000_000
        with server.connect() as third:
            third.sendall(post("/predict", EXAMPLE + b" " * 900_000))
            assert read_answer(third)[0] == 429
        assert read_answer(first)[0] == 200
        first.sendall(post("/predict", EXAMPLE + b" " * 900_000))
        assert read_answer(first)[0] == 200


def test_who_closes_its_sending_side_before_the_answer_has_left(
    capfd: pytest.CaptureFixture[str],
):
    """uvicorn closes at the end of what it reads (`eof_received`), and tells no app of a half."""
    with serve_tiny() as server, server.connect() as client:
        client.sendall(post("/take_long"))
        client.shutdown(socket.SHUT_WR)
        assert read_all(client) == b""
        wait_until(lambda: metric(server, ABANDONED, endpoint="/take_long") == 1, "it is counted")
    assert logged_statuses(capfd, "/take_long") == {499}
