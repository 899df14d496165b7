"""Everything hostile that a client can send, and the answer it must get: `pytest -m attack`."""

import contextlib
import gzip
import io
import json
import pickle
import random
import threading
import time
from pathlib import Path

import httpx
import psutil
import pytest

from tests.raw_http import Answer, ask, chunked, connect, head, read, request
from tests.server import Serve, Server, wait_until
from tests.suite_size import choose
from tests.workspace import Workspace

pytestmark = pytest.mark.attack

EXAMPLES = choose(15, 50, 2000)
FLOOD = choose(1000, 3000, 10_000)
GARBAGE = choose(200, 500, 5000)
UNREAD = choose(20, 60, 150)
MEGABYTES = choose(40, 100, 100)

ROW = b'{"feature1": 1.5, "feature2": 0.3}'
LIMIT = 1_000_000


@pytest.fixture(scope="module")
def server(trained: Workspace, serve: Serve) -> Server:
    extra = {"MAX_BODY_BYTES": str(LIMIT), "BODY_TIMEOUT_S": "2"}
    return serve(trained, extra=extra)


@pytest.fixture(autouse=True)
def survives(server: Server):
    """After every attack the same worker answers, nothing failed, no value is in the log."""
    before = worker(server).pid
    yield
    answer = ask(server, request(ROW))
    assert (answer.status, answer.json()["prediction"]) == (200, "setosa")
    assert worker(server).pid == before
    log = server.log.read_text()
    assert "Traceback" not in log
    assert "s3cr3t" not in log


def worker(server: Server) -> psutil.Process:
    (found,) = server.workers()
    return found


def memory(server: Server) -> int:
    return worker(server).memory_info().rss


def pickled() -> bytes:
    return pickle.dumps({"feature1": 1, "feature2": "s3cr3t"})


MULTIPART = b'--b\r\nContent-Disposition: form-data; name="feature1"\r\n\r\n1\r\n--b--\r\n'
BODIES: dict[str, tuple[bytes, dict[str, str | None], int]] = {
    "nested arrays": (b"[" * 100_000, {}, 400),
    "nested and closed": (b"[" * 100_000 + b"]" * 100_000, {}, 400),
    "nested objects": (b'{"feature1":' * 50_000 + b"1" + b"}" * 50_000, {}, 400),
    "nested in a batch": (b'{"rows":' + b"[" * 5000 + b"]" * 5000 + b"}", {}, 400),
    "a million digits": (b'{"feature1": ' + b"9" * 900_000 + b', "feature2": 1}', {}, 422),
    "4300 digits": (b'{"feature1": ' + b"9" * 4301 + b', "feature2": 1}', {}, 422),
    "many decimals": (b'{"feature1": 0.' + b"1" * 800_000 + b', "feature2": 1}', {}, 200),
    "exponent": (b'{"feature1": 1e999999, "feature2": 1}', {}, 422),
    "tiny exponent": (b'{"feature1": 1e-999999, "feature2": 1}', {}, 200),
    "NaN": (b'{"feature1": NaN, "feature2": 1}', {}, 422),
    "Infinity": (b'{"feature1": -Infinity, "feature2": 1}', {}, 422),
    "lone surrogate": (b'{"feature1": "\\ud800 s3cr3t", "feature2": 1}', {}, 400),
    "lone surrogate as key": (b'{"\\ud800": 1}', {}, 400),
    "surrogate in bytes": (b'{"feature1": "\xed\xa0\x80"}', {}, 400),
    "overlong": (b'{"feature1": "\xc0\xaf"}', {}, 400),
    "NUL": (b'{"feature1": "\x00"}', {}, 400),
    "escaped NUL": (b'{"feature1": "\\u0000 s3cr3t", "feature2": 1}', {}, 422),
    "BOM": (b"\xef\xbb\xbf" + ROW, {}, 400),
    "UTF-16": (ROW.decode().encode("utf-16"), {}, 400),
    "UTF-32": (ROW.decode().encode("utf-32"), {}, 400),
    "UTF-16 as declared": (
        ROW.decode().encode("utf-16"), {"Content_Type": "application/json; charset=utf-16"}, 415
    ),
    "empty": (b"", {}, 400),
    "spaces": (b" " * 1000, {}, 400),
    "two documents": (ROW + ROW, {}, 400),
    "trailing comma": (ROW[:-1] + b",}", {}, 400),
    "comment": (ROW + b"// s3cr3t", {}, 400),
    "single quotes": (ROW.replace(b'"', b"'"), {}, 400),
    "duplicate key, the last wins": (b'{"feature1": "s3cr3t", ' + ROW[1:], {}, 200),
    "prototype": (b'{"__proto__": {"feature1": 1}, "constructor": 1}', {}, 422),
    "a list": (b"[" + ROW + b"]", {}, 422),
    "null": (b"null", {}, 422),
    "true": (b'{"feature1": true, "feature2": 1}', {}, 422),
    "text": (b'{"feature1": "s3cr3t", "feature2": 1}', {}, 422),
    "60 000 unknown keys": (json.dumps({str(i): 1 for i in range(60_000)}).encode(), {}, 422),
    "gzip": (gzip.compress(ROW), {"Content_Encoding": "gzip"}, 415),
    "gzip unsaid": (gzip.compress(ROW), {}, 400),
    "zip bomb": (gzip.compress(bytes(50_000_000)), {"Content_Encoding": "gzip"}, 415),
    "identity": (ROW, {"Content_Encoding": "identity"}, 200),
    "two encodings": (ROW, {"Content_Encoding": "gzip, br"}, 415),
    "pickle": (pickled(), {"Content_Type": "application/vnd.bentoml+pickle"}, 415),
    "pickle unsaid": (pickled(), {}, 400),
    "multipart": (MULTIPART, {"Content_Type": "multipart/form-data; boundary=b"}, 415),
    "multipart without boundary": (MULTIPART, {"Content_Type": "multipart/form-data"}, 415),
    "form": (b"feature1=1", {"Content_Type": "application/x-www-form-urlencoded"}, 415),
    "msgpack": (b"\x81\xa8feature1\x01", {"Content_Type": "application/msgpack"}, 415),
    "no type": (ROW, {"Content_Type": None}, 415),
    "empty type": (ROW, {"Content_Type": ""}, 415),
    "two types": (ROW, {"Content_Type": "application/json, text/plain"}, 415),
    "json-like type": (ROW, {"Content_Type": "application/jsonp"}, 415),
    "type with a long gap": (ROW, {"Content_Type": "application/json" + " " * 60_000 + "x"}, 415),
    "type with gaps": (ROW, {"Content_Type": "application/json" + " ;" * 30_000}, 415),
    "type and charset": (ROW, {"Content_Type": "application/json ; charset=UTF-8 ;"}, 200),
    "long type": (ROW, {"Content_Type": "application/json;" + " " * 50_000}, 200),
    "over the limit": (b" " * (LIMIT + 1), {}, 413),
    "at the limit": (ROW + b" " * (LIMIT - len(ROW)), {}, 200),
    "negative length": (ROW, {"Content_Length": "-1"}, 400),
    "length in words": (ROW, {"Content_Length": "many"}, 400),
    "length beyond all": (ROW, {"Content_Length": "9" * 30}, 400),
    "huge length": (ROW, {"Content_Length": str(10**15)}, 413),
    "length and chunked": (ROW, {"Transfer_Encoding": "chunked"}, 400),
}  # fmt: skip


@pytest.mark.parametrize("name", BODIES)
def test_a_hostile_body_gets_its_status(server: Server, name: str):
    body, headers, status = BODIES[name]
    answer = ask(server, request(body, **headers))
    assert answer.status == status, answer.body[:300]
    if answer.headers.get("content-type") == "application/problem+json":
        assert answer.json()["status"] == status
        assert b"s3cr3t" not in answer.body
        assert len(answer.body) < 50_000


@pytest.mark.parametrize(
    ("parts", "status"),
    [
        ([request(ROW, X_Request_ID="a" * 100_000)], 200),
        ([request(ROW, **{f"X_{i}": "v" for i in range(10_000)})], 200),
        ([request(ROW, X_Long="v" * 1_000_000)], 200),
        ([request(ROW, path="/predict?" + "q" * 60_000)], 200),
        ([request(ROW, path="/" + "p" * 60_000)], 404),
        ([request(ROW, path="/predict?" + "q" * 1_000_000)], 400),
        ([request(ROW, path="/%2e%2e/%2e%2e/etc/passwd")], 404),
        ([request(ROW, path="/static_content/%2e%2e/%2e%2e/%2e%2e/app.py")], 405),
        ([head("/static_content/../../../app.py", "GET")], 404),
        ([request(ROW, path="*")], 404),
        ([request(ROW, path="http://elsewhere/predict")], 200),
        ([request(ROW, path="/pre\x00dict")], 400),
        ([request(ROW, content_type="text/plain")], 415),
        ([request(ROW, Content_Encoding="gzip", content_encoding="identity")], 415),
        ([head("/static_content/nope", "GET")], 404),
        ([head("/static_content/" + "n" * 5000, "GET")], 404),
        ([b"GARBAGE\r\n\r\n"], 400),
        ([b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(100)], 400),
        ([b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"], 400),
        ([head(method="BREW", Content_Length="0")], 400),
        ([head("x:1", method="CONNECT", Content_Length="0")], 400),
        ([head(version="9.9", Content_Length="0")], 400),
        ([request(ROW, Expect="100-continue", Content_Length=str(LIMIT * 5))], 413),
        ([request(ROW, Upgrade="websocket", Connection="Upgrade")], 400),
        ([request(ROW, Upgrade="h2c", Connection="Upgrade, HTTP2-Settings")], 400),
        ([head(Transfer_Encoding="chunked"), *chunked([ROW[:9], ROW[9:]])], 200),
        ([head(Transfer_Encoding="chunked"), b"zz\r\n"], 400),
        ([head(Transfer_Encoding="gzip, chunked"), *chunked([gzip.compress(ROW)])], 400),
        ([request(ROW)[:30], 0.05, request(ROW)[30:90], 0.05, request(ROW)[90:]], 200),
    ],
)
def test_a_hostile_request_gets_its_status(server: Server, parts: list[bytes | float], status: int):
    assert ask(server, *parts).status == status


@pytest.mark.parametrize("headers", [{"version": "1.0"}, {"Connection": "close"}])
def test_who_wants_no_more_is_answered_and_closed(server: Server, headers: dict[str, str]):
    with connect(server) as connection:
        connection.sendall(head(Content_Length=str(len(ROW)), **headers) + ROW)
        answer = read(connection)
        assert (answer.status, answer.headers["connection"]) == (200, "close")
        assert connection.recv(1) == b""


def test_pipelined_requests_are_answered_in_order(server: Server):
    with connect(server) as connection:
        ids = [f"pipelined-{index}" for index in range(50)]
        bodies = [ROW if index % 3 else b"{" for index in range(50)]
        both = zip(ids, bodies, strict=True)
        connection.sendall(b"".join(request(body, X_Request_ID=i) for i, body in both))
        file = connection.makefile("rb")
        for i, body in zip(ids, bodies, strict=True):
            answer = read_from(file)
            assert (answer.headers["x-request-id"], answer.status) == (
                i, 200 if body == ROW else 400,
            )  # fmt: skip


ABANDONED = "maas_requests_abandoned_total"


def test_who_does_not_read_is_not_answered_into_memory_and_is_cut(server: Server):
    gone = server.metric(ABANDONED, endpoint="/docs.json")
    question = head("/docs.json", "GET")
    size = len(ask(server, question).body)
    before, asked = memory(server), 0
    with connect(server) as connection:
        connection.settimeout(2)
        with contextlib.suppress(TimeoutError, ConnectionError):
            while asked < 40_000_000 / size:
                connection.sendall(question)
                asked += 1
        assert memory(server) - before < 20_000_000
        wait_until(lambda: server.metric(ABANDONED, endpoint="/docs.json") > gone, "it is cut")


def test_who_does_not_read_large_answers_is_cut_and_what_they_held_is_free(server: Server):
    gone = server.metric(ABANDONED, endpoint="/predict_batch")
    batch = json.dumps({"rows": [json.loads(ROW)] * 10_000, "probabilities": True}).encode()
    with contextlib.ExitStack() as stack:
        for _ in range(UNREAD):
            connection = stack.enter_context(connect(server, receive_buffer=4096))
            connection.sendall(request(batch, path="/predict_batch"))
        wait_until(
            lambda: server.metric(ABANDONED, endpoint="/predict_batch") == gone + UNREAD,
            "all are cut",
        )
    assert ask(server, request(batch, path="/predict_batch")).status == 200


def read_from(file: io.BufferedReader) -> Answer:
    status = int(file.readline().split()[1])
    headers = {}
    while header := file.readline().strip():
        name, _, value = header.decode().partition(":")
        headers[name.lower()] = value.strip()
    return Answer(status, headers, file.read(int(headers["content-length"])))


@pytest.mark.parametrize("path", ["/predict", "/nothing", "/predict_batch"])
@pytest.mark.parametrize("declared", [True, False], ids=["declared", "chunked"])
def test_memory_does_not_grow_with_a_body(server: Server, path: str, declared: bool):
    ask(server, request(b" " * (LIMIT + 1)))
    before, peak = memory(server), 0
    block = b" " * 1_000_000
    with connect(server) as connection:
        try:
            if declared:
                connection.sendall(head(path, Content_Length=str(MEGABYTES * len(block))))
            else:
                connection.sendall(head(path, Transfer_Encoding="chunked"))
            for _ in range(MEGABYTES):
                piece = block if declared else b"%x\r\n%s\r\n" % (len(block), block)
                connection.sendall(piece)
                peak = max(peak, memory(server))
        except (BrokenPipeError, ConnectionResetError):
            pass
        answer = read(connection)
    assert answer.status == (404 if path == "/nothing" else 413)
    assert answer.headers["connection"] == "close"
    assert peak - before < 20_000_000


def test_an_endless_body_ends(server: Server):
    started = time.monotonic()
    with connect(server) as connection:
        connection.sendall(head(Transfer_Encoding="chunked"))
        try:
            while time.monotonic() - started < 30:
                connection.sendall(b"1\r\n \r\n")
                time.sleep(0.01)
        except (BrokenPipeError, ConnectionResetError):
            return
    pytest.fail("the service read on")


def test_bodies_that_trickle_are_408(server: Server):
    answers: list[int] = []

    def trickle() -> None:
        body = [part for byte in ROW[:20] for part in (bytes([byte]), 0.2)]
        answers.append(ask(server, head(Content_Length=str(len(ROW))), *body).status)

    threads = [threading.Thread(target=trickle) for _ in range(20)]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        assert ask(server, request(ROW)).status == 200
        time.sleep(0.05)
    assert answers == [408] * 20


def test_clients_that_leave_mid_body_and_mid_answer_leave_nothing(server: Server):
    batch = json.dumps({"rows": [json.loads(ROW)] * 10_000, "probabilities": True}).encode()
    assert len(batch) < LIMIT
    for turn in range(60):
        with connect(server) as connection:
            match turn % 3:
                case 0:
                    connection.sendall(head(Content_Length="99") + b"{")
                case 1:
                    connection.sendall(request(batch, path="/predict_batch"))
                case _:
                    connection.sendall(request(batch, path="/predict_batch"))
                    connection.recv(100)
    name = "bentoml_service_request_in_progress"
    for path in ("/predict", "/predict_batch"):
        wait_until(lambda: server.metric(name, endpoint=path) == 0, f"{path} is free")  # noqa: B023


def test_a_flood_of_paths_methods_and_ids_leaves_metrics_and_memory_small(server: Server):
    methods = ("GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS")

    def flood(start: int) -> None:
        with httpx.Client(base_url=server.url, verify=False) as client:
            for index in range(start, start + FLOOD // 4):
                headers = {"X-Request-ID": f"id-{index}", f"X-{index}": "1"}
                method = methods[index % len(methods)]
                client.request(method, f"/bad/{index}/{'x' * (index % 50)}", headers=headers)

    flood(-100)
    before = memory(server)
    threads = [threading.Thread(target=flood, args=(turn * FLOOD,)) for turn in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(server.client.get("/metrics").content) < 100_000
    assert memory(server) - before < 20_000_000


def test_random_garbage_never_gets_a_5xx(server: Server):
    rng = random.Random(5)
    seeds = [ROW, b'{"rows": [' + ROW + b'], "probabilities": true}', b"[]", b'"\\u12', b"-0.0e+1"]
    for _ in range(GARBAGE):
        body = bytearray(rng.choice(seeds))
        for _ in range(rng.randrange(1, 8)):
            place = rng.randrange(len(body) + 1)
            match rng.randrange(3):
                case 0:
                    body[place:place] = rng.randbytes(rng.randrange(1, 4))
                case 1:
                    del body[place : place + rng.randrange(1, 6)]
                case _:
                    body[place:place] = rng.choice([b"{", b"}", b"[", b'"', b"\\", b"1e9", b"null"])
        path = rng.choice(["/predict", "/predict_proba", "/predict_batch"])
        answer = server.client.post(
            path, content=bytes(body), headers={"content-type": "application/json"}
        )
        assert answer.status_code in (200, 400, 422), (bytes(body), answer.text)


def test_random_bytes_on_the_wire_get_400_or_are_closed(server: Server):
    rng = random.Random(6)
    for _ in range(GARBAGE // 10):
        raw = bytearray(request(ROW))
        for _ in range(rng.randrange(1, 10)):
            raw[rng.randrange(len(raw))] = rng.randrange(256)
        with connect(server) as connection:
            connection.settimeout(5)
            connection.sendall(bytes(raw))
            connection.shutdown(1)
            answer = read(connection)
        assert answer.status in (0, 200, 400, 404, 405, 408, 413, 415, 422), bytes(raw)


@pytest.mark.parametrize("keyed", choose([True], [True, False], [True, False]))
def test_schemathesis_finds_nothing(trained: Workspace, serve: Serve, keyed: bool, tmp_path: Path):
    pytest.importorskip("schemathesis", reason="in requirements/dev.txt only")
    options = ["--header", "X-API-Key: a-key"] if keyed else []
    extra = {}
    if keyed:
        (tmp_path / "keys").write_text("a-key\n")
        extra = {"API_KEYS_FILE": str(tmp_path / "keys")}
    server = serve(trained, extra=extra)
    done = trained.run(
        "-m", "schemathesis.cli", "run", f"{server.url}/docs.json", "--checks", "all",
        "--max-examples", str(EXAMPLES), "--no-color", *options, cwd=tmp_path, timeout=1200,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-3000:]
    assert "No issues found" in done.stdout
