"""One request: its id, its headers, and whether its client is still there."""

import asyncio
import re

import pytest

from maas.serving.http.request import Request, RequestIds
from tests.serving.asgi import DISCONNECT, Receive, make_request, make_scope, part

NEW_ID = re.compile(r"[0-9a-f]{32}")


@pytest.mark.parametrize("given", [b"a", b"A-1._~:+/=", b"x" * 128])
def test_a_valid_id_is_kept(given: bytes):
    assert RequestIds().choose({b"x-request-id": given}) == given.decode()


@pytest.mark.parametrize(
    "given",
    [
        b"", b"x" * 129, b"a b", b'a"b', b"a\\b", b"a\n", b"a\x00", b"\xc3\xa9", b"a,b", b"{a}",
        b"a, b", b"<a>", b"%00",
    ],
)  # fmt: skip
def test_an_invalid_id_is_replaced(given: bytes):
    assert NEW_ID.fullmatch(RequestIds().choose({b"x-request-id": given}))


def test_a_request_without_an_id_gets_a_new_one():
    assert NEW_ID.fullmatch(RequestIds().choose({}))


def test_new_ids_are_unique_within_a_process_and_between_processes():
    first, second = RequestIds(), RequestIds()
    chosen = [ids.choose({}) for ids in (first, second) for _ in range(1000)]
    assert len(set(chosen)) == 2000


def test_two_ids_are_one_invalid_id():
    request = make_request(headers=[(b"x-request-id", b"a"), (b"x-request-id", b"b")])
    assert NEW_ID.fullmatch(request.id)


def test_headers_with_one_name_are_joined_in_their_order():
    request = make_request(
        headers=[
            (b"x-api-key", b"a"),
            (b"accept", b"*/*"),
            (b"x-api-key", b"b"),
            (b"x-api-key", b"a"),
        ]
    )
    assert request.headers == {b"x-api-key": b"a, b, a", b"accept": b"*/*"}


def test_headers_with_different_names_are_left_as_they_are():
    headers = [(b"accept", b"*/*"), (b"x-request-id", b"r1")]
    request = make_request(headers=headers)
    assert request.headers == dict(headers)
    assert request.id == "r1"


def test_a_request_has_the_method_and_path_of_its_scope():
    scope, receive = make_scope(method="PUT", path="/é"), Receive()
    request = Request(scope, receive, RequestIds())
    assert (request.method, request.path, request.body_consumed) == ("PUT", "/é", False)
    assert (request.scope, request.receive) == (scope, receive)


@pytest.mark.parametrize(
    ("messages", "left"), [([DISCONNECT], True), ([part(b"more")], False), ([], False)]
)
def test_whether_the_client_left_is_known_without_waiting(messages: list, left: bool):
    async def ask() -> bool:
        async with asyncio.timeout(10):  # it fails then, instead of waiting for ever
            return await make_request(*messages).is_disconnected()

    assert asyncio.run(ask()) is left


def test_asking_whether_the_client_left_does_not_cancel_the_task():
    async def ask_twice() -> list[bool]:
        request = make_request()
        answers = [await request.is_disconnected()]
        await asyncio.sleep(0)
        request.receive.messages.append(DISCONNECT)
        return [*answers, await request.is_disconnected()]

    assert asyncio.run(ask_twice()) == [False, True]
