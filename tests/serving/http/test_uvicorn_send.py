"""A response in one write is, byte for byte and in uvicorn's own state, what uvicorn would send."""

import asyncio
import logging
from collections.abc import Iterator
from typing import Any

import pytest
from uvicorn.config import Config
from uvicorn.protocols.http import httptools_impl
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle
from uvicorn.server import ServerState

from maas.serving.http import uvicorn_cycle
from maas.serving.http.held_bytes import HeldBytes
from maas.serving.http.request import ClientDisconnected
from maas.serving.http.response import CLOSE, JSON, Response
from maas.serving.http.unread import UnreadAnswers
from maas.serving.http.uvicorn_cycle import is_uvicorn_known
from maas.serving.http.uvicorn_send import ResponseSender, end_response

SENDER = ResponseSender(UnreadAnswers(10, HeldBytes(1_000_000)))
send_response, start_response = SENDER.send, SENDER.start

BODY = b'{"a": 1}'
POST = b"POST /predict HTTP/1.1\r\nHost: x\r\nContent-Length: 8\r\n%b\r\n" + BODY
REQUESTS = {
    "keep-alive": [POST % b""],
    "close": [POST % b"Connection: close\r\n"],
    "HTTP/1.0": [POST.replace(b"HTTP/1.1", b"HTTP/1.0") % b""],
    "HEAD": [b"HEAD / HTTP/1.1\r\nHost: x\r\n\r\n"],
    "pipelined": [POST % b"", POST % b"X-Request-ID: 2\r\n", POST % b"Connection: close\r\n"],
    "pipelined in one packet": [(POST % b"") * 3],
    "expect": [POST.removesuffix(BODY) % b"Expect: 100-continue\r\n", BODY],
    "a body that is not read": [POST.removesuffix(BODY) % b"", BODY, POST % b""],
}


class Transport(asyncio.Transport):
    """Keeps what is written."""

    def __init__(self) -> None:
        super().__init__()
        self.written = b""
        self.closing = False

    def write(self, data: Any) -> None:
        self.written += data

    def is_closing(self) -> bool:
        return self.closing

    def close(self) -> None:
        self.closing = True

    def get_extra_info(self, _: str, default: Any = None) -> Any:
        return default

    def pause_reading(self) -> None: ...

    def resume_reading(self) -> None: ...


async def send_as_uvicorn_does(send: Any, status: int, headers: Any, body: bytes) -> None:
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def play(respond: Any, packets: list[bytes], response: Response, event: str = "") -> Any:
    """Send packets to uvicorn's protocol; give the bytes it writes, and each cycle's state."""
    cycles: list[RequestResponseCycle] = []
    transport = Transport()

    async def app(_scope: Any, _receive: Any, send: Any) -> None:
        cycles.append(send.__self__)
        if event == "the writer is paused":
            protocol.pause_writing()
            asyncio.get_running_loop().call_soon(protocol.resume_writing)
        if event == "the transport is closed":
            transport.close()
        if event == "the client has left":
            protocol.connection_lost(None)
        await respond(send, response.status, response.head("id", ()), response.body)

    config = Config(app, log_config=None)
    config.load()
    protocol = HttpToolsProtocol(config, ServerState(), {})
    protocol.connection_made(transport)
    for packet in packets:
        if transport.closing:
            break  # a real one delivers nothing more
        protocol.data_received(packet)
        for _ in range(10):
            await asyncio.sleep(0)
    if protocol.timeout_keep_alive_task is not None:
        protocol.timeout_keep_alive_task.cancel()
    return transport.written, transport.closing, [state(cycle) for cycle in cycles]


def state(cycle: RequestResponseCycle) -> dict[str, Any]:
    """What a cycle holds, its objects by what they say."""
    kept = {name: value for name, value in vars(cycle).items() if name not in OBJECTS}
    return kept | {"event": cycle.message_event.is_set(), "paused": cycle.flow.write_paused}


OBJECTS = {
    "access_logger", "flow", "logger", "message_event", "on_response", "scope", "transport",
}  # fmt: skip
RESPONSES = {
    "200": Response(200, JSON, b'{"prediction": 1}'),
    "empty": Response(200, JSON, b""),
    "304": Response(304, b"", b"", [(b"etag", b"x")]),
    "200 and large": Response(200, JSON, b"x" * 70_000),
    "408 and close": Response(408, JSON, b"{}", [CLOSE]),
}


@pytest.mark.parametrize("response", RESPONSES)
@pytest.mark.parametrize("request_", REQUESTS)
def test_bytes_and_state_are_uvicorn_s_own(request_: str, response: str):
    played = [
        asyncio.run(play(respond, REQUESTS[request_], RESPONSES[response]))
        for respond in (send_as_uvicorn_does, send_response)
    ]
    assert played[0] == played[1]
    assert played[0][0].startswith(b"HTTP/1.1 " + response[:3].replace("emp", "200").encode())


def test_a_client_that_reads_slowly_is_left_to_uvicorn():
    played = [
        asyncio.run(play(respond, REQUESTS["keep-alive"], RESPONSES["200"], "the writer is paused"))
        for respond in (send_as_uvicorn_does, send_response)
    ]
    assert played[0] == played[1]


@pytest.mark.parametrize("sending", [send_response, start_response])
@pytest.mark.parametrize("event", ["the transport is closed", "the client has left"])
def test_a_client_that_left_is_sent_nothing_and_uvicorn_is_told(
    event: str, sending: Any, caplog: pytest.LogCaptureFixture
):
    raised = []

    async def respond(*args: Any) -> None:
        try:
            await sending(*args)
        except ClientDisconnected as error:
            raised.append(error)

    written, _, (state,) = asyncio.run(
        play(respond, REQUESTS["keep-alive"], RESPONSES["200"], event)
    )
    assert (written, len(raised), state["disconnected"]) == (b"", 1, True)
    assert caplog.messages == []  # of an app that did not answer


def test_a_client_that_leaves_while_it_reads_slowly_is_sent_nothing():
    async def leave(send: Any, *response: Any) -> None:
        cycle = send.__self__
        cycle.flow.pause_writing()
        asyncio.get_running_loop().call_soon(cycle.transport.close)
        asyncio.get_running_loop().call_soon(cycle.flow.resume_writing)
        with pytest.raises(ClientDisconnected):
            await send_response(send, *response)

    written, _, _ = asyncio.run(play(leave, REQUESTS["pipelined"], RESPONSES["200"]))
    assert written == b""


def test_a_server_that_says_so_by_an_error_has_lost_the_client():
    async def send(_: object) -> None:
        raise BrokenPipeError

    with pytest.raises(ClientDisconnected):
        asyncio.run(send_response(send, 200, [], b""))


@pytest.mark.parametrize("leaves", [True, False])
def test_a_started_response_is_complete_for_the_client_and_ended_once(leaves: bool):
    seen = []

    async def respond(send: Any, *response: Any) -> None:
        await start_response(send, *response)
        transport = send.__self__.transport
        seen.append(transport.written)
        if leaves:
            transport.close()
        await end_response(send)

    written, _, (state,) = asyncio.run(play(respond, REQUESTS["keep-alive"], RESPONSES["200"]))
    assert seen == [written]
    assert written.endswith(RESPONSES["200"].body)
    assert state["response_complete"] is not leaves


def test_a_usual_response_is_one_write(monkeypatch: pytest.MonkeyPatch):
    writes = []
    monkeypatch.setattr(Transport, "write", lambda _, data: writes.append(data))
    asyncio.run(play(send_response, REQUESTS["keep-alive"], RESPONSES["200"]))
    assert len(writes) == 1


@pytest.fixture
def forgetful() -> Iterator[None]:
    is_uvicorn_known.cache_clear()
    yield
    is_uvicorn_known.cache_clear()


@pytest.mark.usefixtures("forgetful")
def test_another_uvicorn_gets_plain_messages_and_one_warning(
    monkeypatch: pytest.MonkeyPatch,
):
    class Renamed(RequestResponseCycle):
        def __init__(self, **arguments: Any) -> None:
            vars(self).update(RequestResponseCycle(**arguments).__dict__)

    monkeypatch.setattr(httptools_impl, "RequestResponseCycle", Renamed)
    monkeypatch.setattr(uvicorn_cycle, "_CYCLE", Renamed)
    records: list[logging.LogRecord] = []
    handler = logging.Handler()
    handler.emit = records.append
    uvicorn_cycle.log.addHandler(handler)
    try:
        played = [
            asyncio.run(play(respond, REQUESTS["pipelined"], RESPONSES["200"]))
            for respond in (send_as_uvicorn_does, send_response)
        ]
    finally:
        uvicorn_cycle.log.removeHandler(handler)
    assert played[0] == played[1]
    (record,) = records
    assert "keeps no chunked_encoding, default_headers" in record.getMessage()


def test_the_uvicorn_that_is_locked_is_known():
    assert is_uvicorn_known()
