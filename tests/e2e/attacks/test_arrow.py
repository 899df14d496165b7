"""Everything hostile that a client can send as an Arrow stream: `pytest -m attack`."""

import random
import struct
import threading
import time
from typing import Any

import psutil
import pyarrow as pa
import pytest

from tests.server import Serve, Server
from tests.serving.api.arrow.streams import CONTENT_TYPE, alter, declare, every_type, write
from tests.suite_size import choose
from tests.workspace import Workspace

pytestmark = pytest.mark.attack

ALTERED = choose(300, 600, 30_000)
LIMIT = 4_000_000
ROW = {"feature1": 1.5, "feature2": 0.3}
TABLE = pa.Table.from_pylist([ROW] * 20)


@pytest.fixture(scope="module")
def server(trained: Workspace, serve: Serve) -> Server:
    return serve(trained, extra={"MAX_BODY_BYTES": str(LIMIT)})


@pytest.fixture(autouse=True)
def survives(server: Server):
    """After every attack the same worker answers, nothing failed, and it is not larger."""
    before = worker(server)
    pid, size = before.pid, before.memory_info().rss
    yield
    assert server.post("/predict", ROW).json()["prediction"] == "setosa"
    assert worker(server).pid == pid
    assert worker(server).memory_info().rss - size < 150_000_000
    assert "Traceback" not in server.log.read_text()


def worker(server: Server) -> psutil.Process:
    (found,) = server.workers()
    return found


def send(server: Server, stream: bytes) -> int:
    headers = {"content-type": CONTENT_TYPE, "accept": CONTENT_TYPE}
    answer = server.client.post("/predict_batch", content=stream, headers=headers, timeout=60)
    return answer.status_code


def test_altered_streams_get_a_status_and_never_a_5xx(server: Server):
    seeds = [write(TABLE, 7), write(every_type(), 5), write(TABLE.append_column("s", TABLE[0]))]
    given: dict[int, int] = {}
    for number in range(ALTERED):
        rng = random.Random(number)
        stream = alter(rng.choice(seeds), rng)
        status = send(server, stream)
        assert status in (200, 400, 413, 422), number
        given[status] = given.get(status, 0) + 1
    assert {200, 400, 422} <= set(given)


def nulls(columns: int, rows: int) -> bytes:
    names = ["feature1", "feature2", *(f"more{index}" for index in range(columns - 2))]
    return declare(rows, names[:columns])


def repeat(stream: bytes, times: int) -> bytes:
    """The stream with its only batch many times."""
    schema = len(bytes(pa.ipc.open_stream(stream).schema.serialize()))
    return stream[:schema] + stream[schema:-8] * times + stream[-8:]


def pad(table: Any, size: int) -> Any:
    return table.replace_schema_metadata({b"note": b"x" * size})


TINY = write(TABLE.slice(0, 1))
EMPTY = write(TABLE.slice(0, 1)).replace(struct.pack("<q", 1), struct.pack("<q", 0))
ATTACKS: dict[str, tuple[bytes, set[int]]] = {
    "2^63 - 1 rows of no feature": (declare(2**63 - 1, ["x"]), {413}),
    "2^40 rows of nulls": (nulls(2, 2**40), {413}),
    "as many rows as may be, of nulls": (nulls(2, 10_000), {422}),
    "10 000 rows in very many columns": (nulls(15_000, 10_000), {422}),
    "more columns than may be": (nulls(30_000, 1), {400}),
    "10 000 batches of one row": (repeat(TINY, 10_000), {200}),
    "very many batches without a row": (repeat(EMPTY, LIMIT // len(EMPTY)), {200, 400}),
    "huge metadata": (write(pad(TABLE, LIMIT - 10_000)), {200}),
    "a long name": (write(pa.table({"x" * (LIMIT - 10_000): [1]})), {422}),
    "zeros": (bytes(LIMIT), {400}),
    "marks": (b"\xff" * LIMIT, {400}),
    "a decompression bomb": (
        write(pa.table({"feature1": [0.0] * 9999, "feature2": [0.0] * 9999}), compression="zstd"),
        {400},
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", ATTACKS)
def test_a_hostile_stream_gets_its_status_soon_and_holds_nobody_up(server: Server, name: str):
    stream, statuses = ATTACKS[name]
    assert len(stream) <= LIMIT
    given: list[int] = []
    thread = threading.Thread(target=lambda: given.append(send(server, stream)))
    thread.start()
    while thread.is_alive():
        assert server.post("/predict", ROW).status_code == 200
        time.sleep(0.01)
    assert set(given) <= statuses
    assert given
