"""The line of a request, exactly, and what happens where it cannot be written."""

import asyncio
import contextlib
import json
import os
import socket
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from maas.config.service_config import Env
from maas.serving.http import access_log
from maas.serving.http.access_log import AccessLog, trace_id
from tests.serving.asgi import make_request

TRACE = "0af7651916cd43dd8448eb211c80319c"
PARENT = f"00-{TRACE}-b7ad6b7169203331-01".encode()
TIME = 1767323045.25
DEV = "2026-01-02T03:04:05.250Z INFO POST /predict 200 1.23ms v3 request=r1"
STDERR = 2


@pytest.fixture(autouse=True)
def fixed_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(access_log, "time", lambda: TIME)


def record(log: AccessLog, id_: str = "r1", traceparent: bytes = b"") -> None:
    headers = [(b"x-request-id", id_.encode())]
    if traceparent:
        headers.append((b"traceparent", traceparent))
    log.record(make_request(headers=headers), "/predict", 200, 0.0012345, 3)


def write(env: Env, *records: Callable[[AccessLog], Any]) -> list[dict[str, Any]]:
    """Record requests, each in a turn of its own; give what the event loop complained about."""
    complaints: list[dict[str, Any]] = []

    async def run() -> None:
        loop, log = asyncio.get_running_loop(), AccessLog(env)
        loop.set_exception_handler(lambda _, context: complaints.append(context))
        for make_record in records:
            make_record(log)
            await asyncio.sleep(0)

    asyncio.run(run())
    return complaints


@contextlib.contextmanager
def stderr_to(descriptor: int) -> Iterator[None]:
    kept = os.dup(STDERR)
    os.dup2(descriptor, STDERR)
    try:
        yield
    finally:
        os.dup2(kept, STDERR)
        os.close(kept)


def test_the_line_for_people(capfd: pytest.CaptureFixture[str]):
    write("dev", record)
    assert capfd.readouterr().err == f"{DEV}\n"


def test_the_line_for_people_with_a_trace_id(capfd: pytest.CaptureFixture[str]):
    write("dev", lambda log: record(log, traceparent=PARENT))
    assert capfd.readouterr().err == f"{DEV} trace={TRACE}\n"


@pytest.mark.parametrize(("traceparent", "trace"), [(b"", None), (PARENT, TRACE)])
def test_the_line_for_machines(
    capfd: pytest.CaptureFixture[str], traceparent: bytes, trace: str | None
):
    write("prod", lambda log: record(log, traceparent=traceparent))
    line = capfd.readouterr().err
    assert line.endswith("\n")
    assert json.loads(line) == {
        "time": "2026-01-02T03:04:05.250Z",
        "level": "INFO",
        "message": "request",
        "method": "POST",
        "route": "/predict",
        "status": 200,
        "duration_ms": 1.234,
        "model_version": 3,
        "request_id": "r1",
        "trace_id": trace,
    }


def test_the_stamp_goes_on_within_a_second_and_into_the_next(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    times = iter([TIME, TIME + 0.5, TIME + 0.75, TIME + 55])
    monkeypatch.setattr(access_log, "time", lambda: next(times))
    write("dev", *[record] * 4)
    stamps = [line.split()[0] for line in capfd.readouterr().err.splitlines()]
    assert stamps == [
        "2026-01-02T03:04:05.250Z",
        "2026-01-02T03:04:05.750Z",
        "2026-01-02T03:04:06.000Z",
        "2026-01-02T03:05:00.250Z",
    ]


@pytest.mark.parametrize("given", [PARENT, PARENT[:-2] + b"00", b"01" + PARENT[2:] + b"-more"])
def test_the_trace_id_of_a_valid_header(given: bytes):
    assert trace_id({b"traceparent": given}) == TRACE


@pytest.mark.parametrize(
    "given",
    [
        b"",
        b"x",
        PARENT.upper(),
        PARENT[:-1],
        PARENT + b"1",
        PARENT[3:],
        b" " + PARENT,
        PARENT + b"\n",
        PARENT.replace(TRACE.encode(), b"0" * 32),
        PARENT.replace(b"-", b"_"),
        PARENT + b", " + PARENT,
        b"\xff" * 55,
        b"ff" + PARENT[2:],
        PARENT[:36] + b"0" * 16 + PARENT[52:],
        PARENT + b"-",
        PARENT + b"-more",
    ],
)
def test_an_invalid_header_gives_no_trace_id(given: bytes):
    assert trace_id({b"traceparent": given}) is None


def test_no_header_gives_no_trace_id():
    assert trace_id({}) is None


def test_the_lines_of_one_turn_are_one_write():
    reader, writer = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    with reader, writer:  # a datagram is what one call wrote
        with stderr_to(writer.fileno()):
            write("dev", lambda log: [record(log, id_) for id_ in "abc"], record)
        reader.setblocking(False)
        written = [reader.recv(10_000).decode() for _ in range(2)]
        with pytest.raises(BlockingIOError):
            reader.recv(1)
    ids = [[line.split("request=")[1] for line in text.splitlines()] for text in written]
    assert ids == [["a", "b", "c"], ["r1"]]


def test_nothing_is_written_before_the_turn_ends():
    reader, writer = os.pipe()
    os.set_blocking(reader, False)

    def record_and_look(log: AccessLog) -> None:
        record(log)
        with pytest.raises(BlockingIOError):
            os.read(reader, 1)

    try:
        with stderr_to(writer):
            write("dev", record_and_look)
        assert os.read(reader, 10_000).decode() == f"{DEV}\n"
    finally:
        os.close(reader)
        os.close(writer)


def test_a_broken_stderr_loses_its_lines_and_nothing_else(capfd: pytest.CaptureFixture[str]):
    reader, writer = os.pipe()
    os.close(reader)
    kept = os.dup(STDERR)

    def break_stderr(log: AccessLog) -> None:
        os.dup2(writer, STDERR)
        record(log, "lost")

    def repair_stderr(log: AccessLog) -> None:
        os.dup2(kept, STDERR)
        record(log, "kept")

    try:
        complaints = write("dev", break_stderr, repair_stderr)
    finally:
        os.dup2(kept, STDERR)
        os.close(kept)
        os.close(writer)
    assert complaints == []
    assert capfd.readouterr().err == DEV.replace("r1", "kept") + "\n"
