"""Trailers are no headers, in uvicorn's own protocol."""

import asyncio
import logging
from collections.abc import Iterator
from typing import Any

import pytest
from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

from maas.serving.http.uvicorn_headers import keep_trailers_apart
from tests.serving.http.test_uvicorn_send import Transport

HEAD = b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nTrailer: X-API-Key\r\n\r\n"
BODY = b"2\r\n{}\r\n0\r\nX-API-Key: secret\r\nExpect: 100-continue\r\n\r\n"
PLAIN = b"GET / HTTP/1.1\r\nHost: y\r\nX-API-Key: right\r\n\r\n"


@pytest.fixture
def original() -> Iterator[None]:
    kept = HttpToolsProtocol.on_headers_complete
    yield
    HttpToolsProtocol.on_headers_complete = kept


def headers_of(*packets: bytes) -> list[list[tuple[bytes, bytes]]]:
    """The headers that an app is given for each request of some packets."""
    given: list[Any] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        while (await receive()).get("more_body"):
            pass
        given.append(list(scope["headers"]))
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    async def run() -> None:
        config = Config(app, log_config=None)
        config.load()
        protocol = HttpToolsProtocol(config, ServerState(), {})
        protocol.connection_made(Transport())
        for packet in packets:
            protocol.data_received(packet)
            for _ in range(20):
                await asyncio.sleep(0)
        if protocol.timeout_keep_alive_task is not None:
            protocol.timeout_keep_alive_task.cancel()

    asyncio.run(run())
    return given


@pytest.mark.usefixtures("original")
@pytest.mark.parametrize("packets", [[HEAD + BODY], [HEAD, BODY], [HEAD + BODY + PLAIN]])
def test_trailers_are_not_among_the_headers(packets: list[bytes]):
    keep_trailers_apart()
    keep_trailers_apart()
    found = headers_of(*packets)
    assert [name for name, _ in found[0]] == [b"host", b"transfer-encoding", b"trailer"]
    if len(found) == 2:
        assert found[1] == [(b"host", b"y"), (b"x-api-key", b"right")]


@pytest.mark.usefixtures("original")
def test_another_uvicorn_is_left_alone_with_a_warning(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    kept = HttpToolsProtocol.on_headers_complete
    monkeypatch.delattr(HttpToolsProtocol, "on_message_begin")
    with caplog.at_level(logging.WARNING, "bentoml.maas"):
        keep_trailers_apart()
    assert HttpToolsProtocol.on_headers_complete is kept
    assert "trailers count as headers" in caplog.text
