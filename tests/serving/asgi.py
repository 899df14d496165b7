"""What stands for the server: it gives the messages of a request, and keeps what is sent."""

import asyncio
from collections.abc import Sequence
from typing import Any

from maas.serving.http import types
from maas.serving.http.request import Request, RequestIds
from maas.serving.http.types import Header, Message

DISCONNECT = {"type": "http.disconnect"}


def part(body: bytes, more: bool = False) -> Message:
    return {"type": "http.request", "body": body, "more_body": more}


class Receive:
    """Gives messages one by one, then waits for ever, as for a client that says nothing."""

    def __init__(self, *messages: Message) -> None:
        self.messages = list(messages)
        self.calls = 0

    async def __call__(self) -> Message:
        self.calls += 1
        if not self.messages:
            await asyncio.get_running_loop().create_future()
        return self.messages.pop(0)


class Send:
    """Keeps the messages that are sent."""

    def __init__(self) -> None:
        self.messages: list[Message] = []

    async def __call__(self, message: Message) -> None:
        self.messages.append(message)

    @property
    def status(self) -> int:
        return self.messages[0]["status"]

    @property
    def headers(self) -> list[Header]:
        return self.messages[0]["headers"]

    @property
    def body(self) -> bytes:
        return b"".join(message["body"] for message in self.messages[1:])


def make_scope(
    headers: Sequence[Header] = (), method: str = "POST", path: str = "/predict"
) -> dict[str, Any]:
    return {"type": "http", "method": method, "path": path, "headers": list(headers)}


def make_request(
    *messages: Message,
    headers: Sequence[Header] = (),
    method: str = "POST",
    path: str = "/predict",
    receive: types.Receive | None = None,
) -> Request:
    receive = receive or Receive(*messages)
    return Request(make_scope(headers, method, path), receive, RequestIds())
