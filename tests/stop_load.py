"""Clients that go on asking while a service stops, and count what became of each request.

A request is lost if it was sent on a connection that was established, and has no whole answer.
A connection that is refused carried none.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

BODY = b'{"feature1": 1.5, "feature2": 0.3}'
_HEAD = "POST /predict HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
_HEAD += "Content-Length: {}\r\n{}\r\n"
_CONNECT_S, _ANSWER_S = 5, 30

Connection = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@dataclass
class Counts:
    """What became of the requests of all clients."""

    answered: int = 0
    refused: int = 0
    lost: int = 0
    statuses: set[int] = field(default_factory=set)
    problems: set[str] = field(default_factory=set)


async def ask_while(host: str, port: int, stop: Callable[[], object], clients: int = 32) -> Counts:
    """Ask with many clients, a quarter of which keep their connections, while something stops.

    Args:
        host: of the service, which answers already.
        port: of the service.
        stop: stops the service and waits for its end; called in a thread after a second of load.
        clients: that ask at the same time.
    """
    counts, ended = Counts(), asyncio.Event()
    asking = [
        asyncio.create_task(keep_asking(host, port, counts, ended, kept=number % 4 == 0))
        for number in range(clients)
    ]
    await asyncio.sleep(1)
    await asyncio.to_thread(stop)
    ended.set()
    await asyncio.gather(*asking)
    return counts


async def keep_asking(
    host: str, port: int, counts: Counts, ended: asyncio.Event, kept: bool
) -> None:
    """Ask without a pause; a kept connection is used until an answer says that it closes."""
    connection: Connection | None = None
    while not ended.is_set():
        try:
            connection = connection or await _connect(host, port)
        except (OSError, TimeoutError):
            counts.refused += 1
            await asyncio.sleep(0.05)
            continue
        try:
            status, closes = await _exchange(connection, kept)
        except (OSError, EOFError, TimeoutError) as error:
            counts.lost += 1
            counts.problems.add(repr(error))
            closes = True
        else:
            counts.answered += 1
            counts.statuses.add(status)
        if closes or not kept:
            connection[1].close()
            connection = None
    if connection is not None:
        connection[1].close()


async def ask(host: str, port: int) -> int:
    """The status of one request on a connection of its own; 0 without an answer."""
    try:
        connection = await _connect(host, port)
        try:
            return (await _exchange(connection, kept=False))[0]
        finally:
            connection[1].close()
    except (OSError, EOFError, TimeoutError):
        return 0


async def _connect(host: str, port: int) -> Connection:
    return await asyncio.wait_for(asyncio.open_connection(host, port), _CONNECT_S)


async def _exchange(connection: Connection, kept: bool) -> tuple[int, bool]:
    """Send a request and read its answer; give the status, and whether the connection closes."""
    reader, writer = connection
    writer.write(_HEAD.format(len(BODY), "" if kept else "Connection: close\r\n").encode() + BODY)
    async with asyncio.timeout(_ANSWER_S):
        head = (await reader.readuntil(b"\r\n\r\n")).lower()
        length = head.partition(b"content-length: ")[2].partition(b"\r\n")[0]
        await reader.readexactly(int(length))
    return int(head.split()[1]), b"connection: close" in head
