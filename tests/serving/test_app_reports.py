"""What the app counts and logs of the requests it answers."""

import asyncio
from typing import Any

import pytest

from maas.serving.http.types import Message
from tests.serving.asgi import DISCONNECT, Send, part
from tests.serving.monitoring.text import TOTAL, parse, value
from tests.serving.tiny_service import EXAMPLE, Client, talk_to_app

pytestmark = pytest.mark.usefixtures("process")

R1 = (b"x-request-id", b"r1")


@pytest.mark.parametrize(
    ("path", "messages"),
    [
        ("/predict", [DISCONNECT]),
        ("/predict", [part(b"{", more=True), DISCONNECT]),
        ("/take_long", [part(EXAMPLE), DISCONNECT]),
    ],
)
def test_a_client_that_left_is_sent_nothing_and_counted(path: str, messages: list):
    async def talk(client: Client) -> tuple[Send, Send]:
        return await client.send(path, *messages), await client.get("/metrics")

    send, metrics = talk_to_app(talk)
    assert send.messages == []
    assert value(metrics.body, "maas_requests_abandoned_total", endpoint=path) == 1
    assert value(metrics.body, TOTAL, endpoint=path, http_response_code="499") == 1


def test_paths_and_reasons_are_counted_under_few_names():
    async def talk(client: Client) -> Send:
        for index in range(50):
            await client.get(f"/path/{index}")
            await client.get(f"/static_content/{index}.js")
        await client.send("/predict", part(b'{"feature1": "x", "feature3": 1}'))
        return await client.get("/metrics")

    text = talk_to_app(talk).body
    assert value(text, TOTAL, endpoint="unmatched", http_response_code="404") == 50
    assert value(text, TOTAL, endpoint="/static_content/", http_response_code="200") == 50
    wrong = {s.labels["reason"] for s in parse(text) if s.name == "maas_validation_failures_total"}
    assert wrong == {"float_type", "missing", "extra_forbidden"}
    assert b"/path/" not in text


def test_a_request_in_progress_is_counted_until_it_is_answered():
    name = "bentoml_service_request_in_progress"

    async def talk(client: Client) -> list[float | None]:
        messages: asyncio.Queue[Any] = asyncio.Queue()
        waiting = asyncio.create_task(client.send(receive=messages.get))
        await asyncio.sleep(0)
        during = await client.get("/metrics")
        messages.put_nowait(part(EXAMPLE))
        await waiting
        after = await client.get("/metrics")
        return [value(send.body, name, endpoint="/predict") for send in (during, after)]

    assert talk_to_app(talk) == [1, 0]


@pytest.mark.parametrize(
    ("config", "lines"),
    [
        ({"access_log": True}, 2),
        ({"access_log": False}, 0),
        ({"access_log": True, "log_level": "WARNING"}, 0),
    ],
)
def test_each_request_is_a_line_in_the_log(
    config: dict, lines: int, capfd: pytest.CaptureFixture[str]
):
    async def talk(client: Client) -> None:
        await client.send(headers=(R1,))
        await client.get("/no/such/path", R1)

    talk_to_app(talk, **config)
    found = [line for line in capfd.readouterr().err.splitlines() if "request=r1" in line]
    assert len(found) == lines
    if found:
        assert "INFO POST /predict 200" in found[0]
        assert "INFO GET unmatched 404" in found[1]


def test_a_refused_request_is_counted_before_the_rest_of_its_body_is_awaited():
    async def talk(client: Client) -> list[float | None]:
        counted = []

        async def receive() -> Message:
            await asyncio.sleep(0)  # counts are written in the next turn
            metrics = (await client.get("/metrics")).body
            counted.append(value(metrics, TOTAL, endpoint="unmatched", http_response_code="404"))
            return part(b"")

        headers = ((b"transfer-encoding", b"chunked"),)
        await client.send("/nothing", receive=receive, headers=headers)
        return counted

    assert talk_to_app(talk) == [1]
