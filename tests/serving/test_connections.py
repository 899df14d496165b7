"""What a client does to its connection, with a real uvicorn on a real socket."""

import socket
from contextlib import suppress

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
