"""Waiting for a server: what it must answer, and how each failure is said."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, HTTPServer
from socket import create_server
from typing import Any

import pytest

from maas.commands import server_wait
from maas.commands.drift import ask_server
from maas.commands.server_wait import (
    KEY_VARIABLE,
    check_url,
    get,
    is_shadow,
    is_version,
    wait_for,
)
from maas.errors import InputError, ServeError
from maas.registry.version import Version

Answer = tuple[int, bytes]
Answers = Callable[[str, BaseHTTPRequestHandler], Answer]


@contextmanager
def serving(answer: Answers) -> Iterator[str]:
    """A server of plain HTTP, in a thread."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, body = answer(self.path, self)
            self.send_response(status)
            if 300 <= status < 400:
                self.send_header("Location", body.decode())
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.fixture(autouse=True)
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    """Limits that a test can wait for."""
    monkeypatch.setattr(server_wait, "LIMIT_S", 0.1)
    monkeypatch.setattr(server_wait, "_PAUSE_S", 0.01)
    monkeypatch.delenv(KEY_VARIABLE, raising=False)


def model(**content: Any) -> Answers:
    """Answer that it is ready, and with this model."""
    return lambda path, _: (200, json.dumps(content).encode() if path == "/model" else b"")


def test_the_version_and_its_digest_are_waited_for(first: Version, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(server_wait, "LIMIT_S", 30.0)
    asked = []

    def answer(path: str, _: object) -> Answer:
        asked.append(path)
        if len(asked) < 3:
            return 503, b"{}"
        version = 1 if len(asked) > 12 else 7
        return 200, json.dumps({"version": version, "digest": first.manifest.digest}).encode()

    with serving(answer) as url:
        assert wait_for(url, is_version(first), "v1") > 0
    assert asked[:2] == ["/readyz", "/readyz"]
    assert asked[-10:] == ["/readyz", "/model"] * 5  # five in a row


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (model(version=7, digest="sha256:0"), "it answers with v7"),
        (model(version=1, digest="sha256:0"), "it answers with v1"),
        (lambda *_: (503, b""), "/readyz answers 503"),
        (lambda path, _: (404 if path == "/model" else 200, b""), "/model answers 404"),
        (lambda *_: (200, b"<html>"), "/model is not JSON"),
        (lambda *_: (200, b"[1]"), "/model is not JSON of a model"),
        (lambda *_: (200, b"[" * 100_000), "/model is not JSON"),
    ],
)
def test_another_answer_ends_with_what_it_was(first: Version, answer: Answers, said: str):
    with serving(answer) as url, pytest.raises(ServeError) as caught:
        wait_for(url, is_version(first), "v1")
    line = f"{url}: does not answer with v1 after 0.1 s ({said}); look at its log"
    assert str(caught.value).startswith(line)
    assert caught.value.exit_code == 1


def test_a_server_that_cannot_be_reached_is_said(first: Version):
    with serving(model()) as url:
        pass
    for address in (url, "http://host.invalid"):
        with pytest.raises(ServeError, match="it cannot be reached: "):
            wait_for(address, is_version(first), "v1")


def test_a_key_is_taken_from_the_variable_alone(first: Version, monkeypatch: pytest.MonkeyPatch):
    def answer(path: str, request: BaseHTTPRequestHandler) -> Answer:
        if path == "/model" and request.headers.get("X-API-Key") != "secret":
            return 401, b""
        return model(version=1, digest=first.manifest.digest)(path, request)

    with serving(answer) as url:
        for key in (None, "other"):
            if key is not None:
                monkeypatch.setenv(KEY_VARIABLE, key)
            with pytest.raises(ServeError, match=f"asks for an API key .*; set {KEY_VARIABLE} to"):
                wait_for(url, is_version(first), "v1")
        monkeypatch.setenv(KEY_VARIABLE, "secret")
        wait_for(url, is_version(first), "v1")


def test_a_redirect_is_not_followed_with_the_key(first: Version, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv(KEY_VARIABLE, "secret")
    asked = []

    def other(path: str, request: BaseHTTPRequestHandler) -> Answer:
        asked.append(path)
        return model(version=1, digest=first.manifest.digest)(path, request)

    with (
        serving(other) as there,
        serving(lambda *_: (302, there.encode())) as url,
        pytest.raises(ServeError, match="/readyz answers 302"),
    ):
        wait_for(url, is_version(first), "v1")
    assert asked == []


def test_the_shadow_is_what_model_names(first: Version):
    assert is_shadow(first)({"shadow": {"version": 1}})
    assert not is_shadow(first)({"shadow": {"version": 2}})
    assert not is_shadow(first)({"shadow": None})
    assert is_shadow(None)({"shadow": None})
    assert is_shadow(None)({})
    assert not is_shadow(None)({"shadow": {"version": 2}})


@contextmanager
def dripping(start: bytes) -> Iterator[str]:
    """A server that never ends its answer, but goes on with it all the time."""
    done = threading.Event()

    def answer() -> None:
        with suppress(OSError), listener.accept()[0] as connection:
            connection.sendall(start)
            while not done.wait(0.01):
                connection.sendall(b"a")

    with create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=answer)
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        done.set()
        thread.join()


@pytest.mark.parametrize(
    "start",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nf0000\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Type: ",
        b"HTTP/1.1 200 ",
    ],
)
def test_an_answer_without_end_is_given_up(monkeypatch: pytest.MonkeyPatch, start: bytes):
    monkeypatch.setattr(server_wait, "ANSWER_S", 0.2)
    with (
        dripping(start) as url,
        pytest.raises(TimeoutError, match=r"^no whole answer within 0\.2 s$"),
    ):
        get(url)
    with dripping(start) as url, pytest.raises(ServeError, match="no whole answer within"):
        wait_for(url, lambda _: True, "v1")
    with dripping(start) as url, pytest.raises(ServeError, match="no whole answer within"):
        ask_server(url)


def test_an_answer_is_read_up_to_a_bound(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(server_wait, "MAX_BYTES", 9)
    with serving(lambda *_: (200, b"a" * 1000)) as url:
        assert get(url) == b"a" * 10


@pytest.mark.parametrize(
    "url", ["http://h", "https://h:8000", "http://h/prefix/", "http://[::1]:80", "http://127.0.0.1"]
)
def test_an_address_of_http_is_valid(url: str):
    assert check_url(url) == url.rstrip("/")


@pytest.mark.parametrize(
    "url",
    [
        "",
        "h",
        "h:8000",
        "file:///etc/passwd",
        "ftp://h",
        "http://",
        "http://h:x",
        "http://h:99999",
        "http://u:p@h",
        "http://h?a",
        "http://h#a",
        "http://h/a b",
        "http://h\n",
        "http://[h",
    ],
)
def test_another_address_is_refused(url: str):
    with pytest.raises(InputError, match="is not an address; write http://localhost:8000"):
        check_url(url)
