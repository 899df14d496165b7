"""A body is read to its end, or refused where it is too large or too late."""

import asyncio
from collections.abc import Awaitable, Coroutine, Iterator
from contextlib import suppress
from typing import Any

import pytest

from maas.serving.http import body as body_module
from maas.serving.http.body import BodyReader, discard_body, must_close
from maas.serving.http.held_bytes import HeldBytes
from maas.serving.http.problems import Problem
from maas.serving.http.request import ClientDisconnected, Request
from maas.serving.http.response import CLOSE, RETRY
from maas.serving.http.types import Message
from tests.serving.asgi import DISCONNECT, Receive, make_request, part

# Short, because the reader's watch looks at its deadlines four times within one.
TIMEOUT_S = 0.04


def read(request: Request, max_bytes: int = 10) -> bytes:
    return asyncio.run(BodyReader(max_bytes, 10, HeldBytes(1000)).read(request))


def refusal(request: Request, max_bytes: int = 10) -> Problem:
    with pytest.raises(Problem) as raised:
        read(request, max_bytes)
    return raised.value


@pytest.mark.parametrize(
    ("messages", "body"),
    [
        ([part(b"")], b""),
        ([part(b"abc")], b"abc"),
        ([{"type": "http.request"}], b""),
        ([part(b"a", more=True), part(b"", more=True), part(b"bc")], b"abc"),
        ([part(b"a", more=True), {"type": "http.request"}], b"a"),
    ],
)
def test_a_body_is_read_to_its_end(messages: list, body: bytes):
    request = make_request(*messages)
    assert read(request) == body
    assert request.body_consumed
    assert request.receive.messages == []


@pytest.mark.parametrize("sizes", [[10], [4, 6], [10, 0], [0, 10]])
def test_a_body_of_exactly_the_limit_is_read(sizes: list[int]):
    parts = [part(b"x" * size, more=True) for size in sizes]
    assert read(make_request(*parts, part(b""))) == b"x" * 10


@pytest.mark.parametrize("sizes", [[11], [4, 7], [10, 1], [10, 0, 1]])
def test_a_body_one_byte_above_the_limit_is_refused_with_413(sizes: list[int]):
    request = make_request(*[part(b"x" * size, more=True) for size in sizes], part(b""))
    problem = refusal(request)
    assert (problem.status, problem.detail) == (413, "the body is larger than 10 bytes")
    assert problem.headers == [CLOSE]
    assert not request.body_consumed


def test_a_body_that_says_it_is_too_large_is_refused_unread():
    request = make_request(part(b"x"), headers=[(b"content-length", b"11")])
    assert refusal(request).status == 413
    assert request.receive.calls == 0
    assert not request.body_consumed


def test_a_body_that_says_it_has_the_limit_is_read():
    assert read(make_request(part(b"x"), headers=[(b"content-length", b"10")])) == b"x"


@pytest.mark.parametrize("before", [[], [part(b"a", more=True)]])
def test_a_client_that_leaves_ends_the_reading(before: list):
    request = make_request(*before, DISCONNECT)
    with pytest.raises(ClientDisconnected):
        read(request)
    assert not request.body_consumed


class Clock:
    """Time that passes when a test says so, whatever else the machine does."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Iterator[Clock]:
    clock = Clock()
    monkeypatch.setattr(body_module, "monotonic", clock)
    return clock


async def watched(bodies: BodyReader, test: Coroutine[Any, Any, Any]) -> Any:
    watch = asyncio.create_task(bodies.watch())
    try:
        return await test
    finally:
        watch.cancel()


async def problem_of(reading: Awaitable[bytes]) -> Problem | bytes:
    try:
        return await reading
    except Problem as problem:
        return problem


@pytest.mark.parametrize("before", [[], [part(b"a", more=True)]])
def test_a_late_body_is_refused_with_408(before: list):
    bodies = BodyReader(10, TIMEOUT_S, HeldBytes(1000))
    request = make_request(*before)
    problem = asyncio.run(watched(bodies, problem_of(bodies.read(request))))
    assert isinstance(problem, Problem)
    assert (problem.status, problem.headers) == (408, [CLOSE])
    assert problem.detail == "the body did not arrive within 0.04 s"
    assert not request.body_consumed


def test_the_task_of_a_late_body_goes_on_and_reads_the_next_one():
    bodies = BodyReader(10, TIMEOUT_S, HeldBytes(1000))

    async def read_twice() -> tuple[Problem | bytes, int, bytes]:
        late = await problem_of(bodies.read(make_request()))
        cancelling = asyncio.current_task().cancelling()
        await asyncio.sleep(0)
        return late, cancelling, await bodies.read(make_request(part(b"next")))

    late, cancelling, body = asyncio.run(watched(bodies, read_twice()))
    assert isinstance(late, Problem)
    assert (cancelling, body) == (0, b"next")


def test_a_late_body_leaves_the_others_alone(clock: Clock):
    bodies = BodyReader(10, TIMEOUT_S, HeldBytes(1000))

    async def read_two() -> tuple[Problem | bytes, Problem | bytes]:
        messages: asyncio.Queue[Message] = asyncio.Queue()
        first = asyncio.create_task(problem_of(bodies.read(make_request())))
        await asyncio.sleep(0)
        clock.now += TIMEOUT_S * 0.75
        second = asyncio.create_task(problem_of(bodies.read(make_request(receive=messages.get))))
        await asyncio.sleep(0)
        clock.now += TIMEOUT_S * 0.75
        late = await first
        await asyncio.sleep(TIMEOUT_S)  # the deadlines are looked at again
        messages.put_nowait(part(b"in time"))
        return late, await second

    late, body = asyncio.run(watched(bodies, read_two()))
    assert isinstance(late, Problem)
    assert body == b"in time"


def test_a_body_that_arrives_in_time_is_not_interrupted_later(clock: Clock):
    bodies = BodyReader(10, TIMEOUT_S, HeldBytes(1000))

    async def read_then_wait() -> bytes:
        body = await bodies.read(make_request(part(b"a")))
        clock.now += 10
        await asyncio.sleep(TIMEOUT_S)
        return body

    assert asyncio.run(watched(bodies, read_then_wait())) == b"a"


def test_a_cancellation_that_is_not_the_deadline_is_passed_on():
    bodies = BodyReader(10, 10, HeldBytes(1000))

    async def cancel() -> Any:
        reading = asyncio.create_task(bodies.read(make_request()))
        await asyncio.sleep(0)
        reading.cancel()
        (outcome,) = await asyncio.gather(reading, return_exceptions=True)
        return outcome

    assert isinstance(asyncio.run(watched(bodies, cancel())), asyncio.CancelledError)


def test_a_cancellation_at_the_moment_of_the_deadline_is_passed_on(clock: Clock):
    bodies = BodyReader(10, TIMEOUT_S, HeldBytes(1000))

    async def cancel() -> Any:
        reading = asyncio.create_task(bodies.read(make_request()))
        await asyncio.sleep(0)
        clock.now += TIMEOUT_S
        while not reading.cancelling():
            await asyncio.sleep(0)
        reading.cancel()
        (outcome,) = await asyncio.gather(reading, return_exceptions=True)
        return outcome

    assert isinstance(asyncio.run(watched(bodies, cancel())), asyncio.CancelledError)


LIMIT = 65_536


@pytest.mark.parametrize(
    ("headers", "closes"),
    [
        ({}, False),
        ({b"content-length": b"0"}, False),
        ({b"content-length": b"%d" % LIMIT}, False),
        ({b"content-length": b"%d" % (LIMIT + 1)}, True),
        ({b"transfer-encoding": b"chunked"}, True),
        ({b"expect": b"100-continue"}, False),
        ({b"expect": b"100-continue", b"content-length": b"0"}, False),
        ({b"expect": b"100-continue", b"content-length": b"1"}, True),
    ],
)
def test_an_unread_body_that_is_large_of_unknown_size_or_only_announced_closes_the_connection(
    headers: dict, closes: bool
):
    assert must_close(headers) is closes


@pytest.mark.parametrize(
    ("messages", "left"),
    [
        ([part(b"a", more=True), part(b"b"), part(b"of the next request")], 1),
        ([part(b"a", more=True), DISCONNECT, DISCONNECT], 1),
        ([DISCONNECT], 0),
    ],
)
def test_the_rest_of_a_body_is_dropped_up_to_its_end(messages: list, left: int):
    receive = Receive(*messages)
    asyncio.run(discard_body(receive))
    assert len(receive.messages) == left


def test_the_rest_of_a_body_is_awaited_for_a_while_only(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(body_module, "_DISCARD_S", 0.02)
    receive = Receive(part(b"a", more=True))
    asyncio.run(discard_body(receive))
    assert receive.calls == 2


@pytest.mark.parametrize(
    ("messages", "left"),
    [
        ([part(b"abc")], 7),
        ([part(b"a", more=True), part(b"bc")], 7),
        ([part(b"x" * 11)], 10),
        ([part(b"x", more=True), part(b"x" * 10)], 10),
        ([part(b"x", more=True), DISCONNECT], 10),
        ([DISCONNECT], 10),
        ([part(b"x", more=True)], 10),
    ],
)
def test_bytes_are_held_as_they_arrive_and_released_where_reading_fails(messages: list, left: int):
    held = HeldBytes(10)
    bodies = BodyReader(10, TIMEOUT_S, held)
    headers = [(b"content-length", b"10")]  # declared, and not believed
    reading = bodies.read(make_request(*messages, headers=headers))
    with suppress(Problem, ClientDisconnected):
        asyncio.run(watched(bodies, reading))
    assert not held.take(left + 1)
    assert held.take(left)


@pytest.mark.parametrize("complete", [True, False])
def test_a_body_without_room_is_429_and_known_to_be_read_if_it_was(complete: bool):
    held = HeldBytes(10)
    held.take(8)
    request = make_request(part(b"a", more=True), part(b"bc", more=not complete))
    with pytest.raises(Problem) as raised:
        asyncio.run(BodyReader(10, 10, held).read(request))
    assert (raised.value.status, raised.value.headers) == (429, [RETRY])
    assert request.body_consumed is complete
    assert held.take(2)
