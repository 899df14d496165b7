"""Every request goes through the app: what it lets pass, what it refuses, what it sends."""

import asyncio
import json
import signal
from pathlib import Path
from typing import Any

import pytest

from maas.serving.http import body as body_module
from maas.serving.http.response import CLOSE, RETRY
from tests.serving.asgi import DISCONNECT, Receive, Send, make_scope, part
from tests.serving.tiny_service import EXAMPLE, VERSION, Client, ask, talk_to_app

pytestmark = pytest.mark.usefixtures("process")

NAMES = [(b"x-model-version", b"1"), (b"x-model-digest", VERSION.manifest.digest.encode())]
R1 = (b"x-request-id", b"r1")


def problem(send: Send) -> dict[str, Any]:
    assert dict(send.headers)[b"content-type"] == b"application/problem+json"
    content = json.loads(send.body)
    assert content["status"] == send.status
    return content


def test_a_prediction_is_answered_with_the_version_that_made_it():
    send = ask(headers=(R1,))
    content = {"input": json.loads(EXAMPLE), "prediction": "setosa", "model_version": 1}
    assert json.loads(send.body) == content
    assert send.status == 200
    length = b"%d" % len(send.body)
    content_headers = [(b"content-type", b"application/json"), (b"content-length", length)]
    assert send.headers == [*content_headers, R1, *NAMES]


def test_a_body_in_many_parts_is_one_body():
    parts = [part(EXAMPLE[index : index + 1], more=True) for index in range(len(EXAMPLE))]
    assert ask("/predict", *parts, part(b"")).status == 200


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "OPTIONS"])
def test_a_predict_route_takes_only_post(method: str):
    send = ask(method=method)
    assert problem(send)["status"] == 405
    assert (b"allow", b"POST") in send.headers
    assert CLOSE not in send.headers


@pytest.mark.parametrize(
    "content_type",
    [
        b"application/json", b"Application/JSON", b"application/json; charset=utf-8",
        b'application/json ;charset="UTF-8"', b"application/json;charset=utf-8;",
    ],
)  # fmt: skip
def test_a_body_that_is_sent_as_json_is_taken(content_type: bytes):
    assert ask(content_type=content_type).status == 200


@pytest.mark.parametrize(
    "content_type",
    [
        b"", b"text/plain", b"application/jsonx", b"application/json; charset=latin-1",
        b"application/json, application/json", b"text/json", b"application/json; version=1",
    ],
)  # fmt: skip
def test_a_body_that_is_sent_as_something_else_is_415(content_type: bytes):
    assert problem(ask(content_type=content_type))["status"] == 415


@pytest.mark.parametrize(
    ("encoding", "status"), [(b"identity", 200), (b"Identity", 200), (b"gzip", 415), (b"", 415)]
)
def test_a_body_that_is_encoded_is_415(encoding: bytes, status: int):
    assert ask(headers=((b"content-encoding", encoding),)).status == status


@pytest.mark.parametrize(("body", "status"), [(b"{", 400), (b"{}", 422)])
def test_a_body_that_is_not_valid_is_a_problem_with_the_request_s_id(body: bytes, status: int):
    send = ask("/predict", part(body), headers=(R1,))
    assert problem(send)["status"] == status
    assert problem(send)["request_id"] == "r1"
    assert R1 in send.headers


def test_a_key_is_needed_where_there_are_keys(tmp_path: Path):
    (tmp_path / "keys").write_text("the-key")
    key = (b"x-api-key", b"the-key")

    async def talk(client: Client) -> list[Send]:
        return [
            await client.send(),
            await client.get("/model"),
            await client.send(headers=(key,)),
            await client.get("/model", key),
            await client.get("/livez"),
        ]

    answers = talk_to_app(talk, tmp_path, api_keys_file="keys")
    assert [send.status for send in answers] == [401, 401, 200, 200, 200]
    assert (b"www-authenticate", b"Bearer") in answers[0].headers


PAGE = "https://app.example.com"
ORIGIN = (b"origin", PAGE.encode())
ALLOWED = (b"access-control-allow-origin", PAGE.encode())
ASKS = (b"access-control-request-method", b"POST")


def test_a_web_page_may_read_every_answer_errors_included(tmp_path: Path):
    (tmp_path / "keys").write_text("the-key")
    key = (b"x-api-key", b"the-key")

    async def talk(client: Client) -> list[Send]:
        return [
            await client.send(headers=(key, ORIGIN)),
            await client.send(headers=(ORIGIN,)),
            await client.send("/predict", part(b"{"), headers=(key, ORIGIN)),
            await client.send("/predict", part(b"{}"), headers=(key, ORIGIN)),
            await client.send("/fail", headers=(key, ORIGIN)),
            await client.send(method="DELETE", headers=(key, ORIGIN)),
            await client.get("/model", key, ORIGIN),
            await client.get("/docs.json", ORIGIN),
        ]

    answers = talk_to_app(talk, tmp_path, api_keys_file="keys", cors_origins=(PAGE,))
    assert [send.status for send in answers] == [200, 401, 400, 422, 500, 405, 200, 200]
    for send in answers:
        assert send.headers.count(ALLOWED) == 1
        assert (b"vary", b"Origin") in send.headers
        assert any(name == b"access-control-expose-headers" for name, _ in send.headers)


def test_a_preflight_needs_no_key_and_no_slot(tmp_path: Path):
    (tmp_path / "keys").write_text("the-key")

    async def talk(client: Client) -> list[Send]:
        return [
            await client.send(path, part(b""), method="OPTIONS", headers=(ORIGIN, ASKS, R1))
            for path in ("/predict", "/model", "/docs.json")
        ]

    for send in talk_to_app(talk, tmp_path, api_keys_file="keys", cors_origins=("*",)):
        assert (send.status, send.body) == (204, b"")
        assert (b"access-control-allow-origin", b"*") in send.headers
        assert R1 in send.headers
        assert not any(name in (b"content-length", b"content-type") for name, _ in send.headers)


@pytest.mark.parametrize("config", [{}, {"cors_origins": ()}, {"cors_origins": ("https://b",)}])
def test_a_page_that_is_not_listed_gets_nothing(config: dict):
    async def talk(client: Client) -> list[Send]:
        return [
            await client.send(headers=(ORIGIN,)),
            await client.send("/predict", part(b""), method="OPTIONS", headers=(ORIGIN, ASKS)),
        ]

    answers = talk_to_app(talk, **config)
    assert [send.status for send in answers] == [200, 405]
    for send in answers:
        assert not any(name.startswith(b"access-control-") for name, _ in send.headers)
        assert ((b"vary", b"Origin") in send.headers) is bool(config.get("cors_origins"))


def test_more_requests_than_are_allowed_at_once_are_429():
    async def talk(client: Client) -> list[Send]:
        first = asyncio.create_task(client.send("/take_long"))
        await asyncio.sleep(0)
        refused = await client.send(headers=(ORIGIN,))
        return [refused, await first, await client.send()]

    refused, *answered = talk_to_app(talk, max_concurrency=1, cors_origins=(PAGE,))
    assert problem(refused)["status"] == 429
    assert ALLOWED in refused.headers
    assert RETRY in refused.headers
    assert CLOSE not in refused.headers
    assert [send.status for send in answered] == [200, 200]


def test_requests_whose_bodies_have_not_arrived_are_not_counted_as_at_once():
    async def talk(client: Client) -> list[Send]:
        messages: asyncio.Queue[Any] = asyncio.Queue()
        waiting = [asyncio.create_task(client.send(receive=messages.get)) for _ in range(10)]
        await asyncio.sleep(0)
        answers = [await client.send()]
        for _ in waiting:
            messages.put_nowait(part(EXAMPLE))
        return [*answers, *await asyncio.gather(*waiting)]

    assert [send.status for send in talk_to_app(talk, max_concurrency=1)] == [200] * 11


@pytest.mark.parametrize("ends", [EXAMPLE, b"{", DISCONNECT])
def test_the_body_for_which_there_is_no_room_beside_the_others_is_429(ends: Any):
    limit = len(EXAMPLE) + 10

    async def talk(client: Client) -> list[Send]:
        messages: asyncio.Queue[Any] = asyncio.Queue()
        slow = asyncio.create_task(client.send(receive=messages.get))
        messages.put_nowait(part(b" " * 11, more=True))
        await asyncio.sleep(0)
        refused = await client.send()
        await asyncio.sleep(0)
        messages.put_nowait(ends if ends is DISCONNECT else part(ends[: limit - 11]))
        await slow
        return [refused, await client.send()]

    refused, answered = talk_to_app(talk, max_body_bytes=limit, max_held_bytes=limit)
    assert problem(refused)["status"] == 429
    assert RETRY in refused.headers
    assert CLOSE not in refused.headers  # its body was read
    assert answered.status == 200


def test_the_rest_of_a_body_that_is_too_large_is_dropped_before_the_answer_ends():
    receive = Receive(part(b"x", more=True), part(b"x", more=True), part(b"x"), part(b"next"))
    send = talk_to_app(
        lambda client: client.send(receive=receive, headers=((b"content-length", b"100000"),)),
        max_body_bytes=1000,
    )
    assert problem(send)["status"] == 413
    assert send.headers.count(CLOSE) == 1
    assert [message.get("more_body", False) for message in send.messages[1:]] == [True, False]
    assert receive.messages == [part(b"next")]


def test_a_client_that_waits_to_send_its_body_is_refused_before_anything_is_awaited():
    class Counting(Receive):
        async def __call__(self) -> Any:
            complete.append(len(send.body))
            return await super().__call__()

    send, complete = Send(), []
    headers = ((b"content-length", b"100"), (b"expect", b"100-continue"))
    receive = Counting(DISCONNECT)

    async def talk(client: Client) -> None:
        scope = make_scope([(b"content-type", b"text/plain"), *headers])
        await client.app(scope, receive, send)

    talk_to_app(talk)
    assert problem(send)["status"] == 415
    assert CLOSE in send.headers
    assert complete == [len(send.body)]


@pytest.mark.parametrize(
    ("header", "closes"),
    [
        ((b"content-length", b"65536"), False),
        ((b"content-length", b"65537"), True),
        ((b"transfer-encoding", b"chunked"), True),
    ],
)
def test_a_connection_whose_large_body_was_not_read_is_closed(header: tuple, closes: bool):
    send = ask("/no/such/path", part(b"x"), headers=(header,))
    assert problem(send)["status"] == 404
    assert (CLOSE in send.headers) is closes


def test_a_late_body_is_408(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(body_module, "_DISCARD_S", 0.02)
    send = talk_to_app(lambda client: client.send(receive=Receive()), body_timeout_s=0.04)
    assert problem(send)["status"] == 408
    assert send.headers.count(CLOSE) == 1


def test_an_error_of_a_method_is_500_and_only_the_log_says_more(logged: list[str]):
    send = ask("/fail", headers=(R1,))
    assert problem(send)["detail"] == "the service failed; its log has the request id"
    assert b"inner" not in send.body
    assert "ERROR request r1 failed in /fail" in logged


def test_a_slow_answer_is_sent_to_a_client_that_is_there():
    assert ask("/take_long").status == 200


@pytest.mark.parametrize(
    ("path", "content_type", "start"),
    [
        ("/model", b"application/json", b'{"schema_version":1'),
        ("/docs.json", b"application/json", b'{"components"'),
        ("/schema.json", b"application/json", b'{"name":"tiny"}'),
        ("/metrics", b"text/plain; version=0.0.4; charset=utf-8", b"# HELP"),
        ("/readyz", b"text/plain", b"bentoml"),
    ],
)
def test_what_needs_no_model_is_answered_with_the_version(
    path: str, content_type: bytes, start: bytes
):
    send = talk_to_app(lambda client: client.get(path, R1))
    assert (send.status, dict(send.headers)[b"content-type"]) == (200, content_type)
    assert send.body.startswith(start)
    assert send.headers[2:] == [R1, *NAMES]


def test_a_websocket_is_a_404_problem():
    async def talk(client: Client) -> Send:
        send = Send()
        scope = make_scope([R1], path="/predict") | {"type": "websocket"}
        del scope["method"]  # as there is none in ASGI
        scope["extensions"] = {"websocket.http.response": {}}
        await client.app(scope, Receive({"type": "websocket.connect"}), send)
        return send

    send = talk_to_app(talk)
    assert [message["type"] for message in send.messages] == [
        "websocket.http.response.start", "websocket.http.response.body",
    ]  # fmt: skip
    assert problem(send)["detail"] == "there is no WebSocket under any path"
    assert (send.status, problem(send)["request_id"]) == (404, "r1")


def test_a_websocket_is_closed_where_the_server_takes_no_other_answer():
    async def talk(client: Client) -> Send:
        send = Send()
        await client.app({"type": "websocket"}, Receive(), send)
        return send

    assert talk_to_app(talk).messages == [{"type": "websocket.close"}]


class Server:
    """As much of uvicorn's server as draining knows."""

    should_exit = False

    def handle_exit(self, *_: object) -> None: ...


def test_a_service_that_stops_is_not_ready_and_answers_for_a_while():
    signal.signal(signal.SIGTERM, Server().handle_exit)

    async def talk(client: Client) -> list[Send]:
        signal.raise_signal(signal.SIGTERM)
        return [await client.get("/readyz"), await client.get("/livez"), await client.send()]

    answers = talk_to_app(talk, drain_s=60)
    assert [send.status for send in answers] == [503, 200, 200]
    assert all(send.headers.count(CLOSE) == 1 for send in answers)
