"""How a service stops: not ready at once, answering for a while, then gone."""

import json
import signal
import subprocess
import sys
import threading
import time

import httpx
import psutil

from tests.raw_http import connect, head, read
from tests.server import Serve, Server, wait_until
from tests.workspace import Workspace

ROW = {"feature1": 1.5, "feature2": 0.3}
BODY = json.dumps(ROW).encode()


class Load(threading.Thread):
    """Asks again and again, until it is told to end or the service is gone."""

    def __init__(self, server: Server, ended: threading.Event) -> None:
        super().__init__()
        self.url, self.ended = server.url, ended
        self.statuses: list[int] = []
        self.problems: list[str] = []
        self.start()

    def run(self) -> None:
        with httpx.Client(base_url=self.url, verify=False, timeout=30) as client:
            while not self.ended.is_set():
                try:
                    self.statuses.append(client.post("/predict", json=ROW).status_code)
                except httpx.ConnectError:
                    return
                except httpx.TransportError as error:
                    # Elsewhere the kernel resets what no worker has accepted at the very end.
                    if sys.platform == "linux" or not is_gone(client):
                        self.problems.append(f"{error!r} on a connection that was established")
                    return


def is_gone(client: httpx.Client) -> bool:
    try:
        client.get("/livez")
    except httpx.TransportError:
        return True
    return False


def test_sigterm_turns_readyz_at_once_and_loses_no_request_and_a_second_one_is_immediate(
    trained: Workspace, serve: Serve
):
    server = serve(trained, extra={"DRAIN_S": "60"})
    ended = threading.Event()
    loads = [Load(server, ended) for _ in range(8)]
    wait_until(lambda: all(load.statuses for load in loads), "every client was answered")
    server.process.send_signal(signal.SIGTERM)
    with httpx.Client(base_url=server.url, verify=False) as client:
        wait_until(lambda: client.get("/readyz").status_code == 503, "readyz is 503", 30)
        assert client.get("/readyz").headers["connection"] == "close"
        assert client.post("/predict", json=ROW).headers["connection"] == "close"
        answer = client.get("/livez")
        assert (answer.status_code, answer.headers["connection"]) == (200, "close")
        answer = client.post("/nothing", content=b" " * 100_000)
        assert answer.headers.get_list("connection") == ["close"]
    before = [len(load.statuses) for load in loads]
    wait_until(
        lambda: all(len(load.statuses) > n for load, n in zip(loads, before, strict=True)),
        "every client is still answered",
    )
    ended.set()
    for load in loads:
        load.join()
    assert server.process.poll() is None
    assert {status for load in loads for status in load.statuses} == {200}
    assert [load.problems for load in loads] == [[]] * len(loads)
    wait_until(lambda: ended_by_another_sigterm(server), "a second signal ends it", 30)
    # A further one may meet a process that no longer handles it.
    assert server.process.returncode in (0, -signal.SIGTERM)


def ended_by_another_sigterm(server: Server) -> bool:
    """Send SIGTERM, and give whether the server ends; within a second it counts as the first."""
    server.process.send_signal(signal.SIGTERM)
    try:
        server.process.wait(2)
    except subprocess.TimeoutExpired:
        return False
    return True


def test_all_processes_told_at_once_drain_as_one_that_is_told(trained: Workspace, serve: Serve):
    """As systemd and supervisord do; circus then passes its own SIGTERM on to the workers."""
    server = serve(trained, extra={"DRAIN_S": "2", "WORKERS": "2"})
    wait_until(lambda: server.log.read_text().count("initialized") == 2, "both workers run")
    ended = threading.Event()
    loads = [Load(server, ended) for _ in range(8)]
    wait_until(lambda: all(load.statuses for load in loads), "every client was answered")
    for process in (psutil.Process(server.process.pid), *server.workers()):
        process.send_signal(signal.SIGTERM)
    before = [len(load.statuses) for load in loads]
    wait_until(
        lambda: all(len(load.statuses) > n for load, n in zip(loads, before, strict=True)),
        "every client is still answered",
    )
    for load in loads:
        load.join()
    assert server.process.wait(30) == 0
    assert {status for load in loads for status in load.statuses} == {200}
    assert [load.problems for load in loads] == [[]] * len(loads)
    assert server.log.read_text().count("answering for 2 s") == 2


def test_the_one_worker_that_is_told_to_stop_leaves_new_connections_to_the_other(
    trained: Workspace, serve: Serve
):
    """The socket is the other's too: nothing that one worker does may end it."""
    server = serve(trained, extra={"WORKERS": "2"})
    wait_until(lambda: server.log.read_text().count("initialized") == 2, "both workers run")
    stopped, kept = server.workers()
    stopped.send_signal(signal.SIGTERM)
    stopped.wait(30)
    assert server.client.post("/predict", json=ROW).status_code == 200
    assert kept.is_running()


def has_ended(process: psutil.Process) -> bool:
    """Whether it is gone, or has ended where nobody looks after orphans, as in a container."""
    try:
        return process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def test_workers_stop_when_the_process_that_started_them_is_killed(
    trained: Workspace, serve: Serve
):
    server = serve(trained)
    (worker,) = server.workers()
    server.process.kill()
    server.process.wait()
    wait_until(lambda: has_ended(worker), "the worker stops")
    assert "the process that started this worker is gone" in server.log.read_text()


def test_at_the_end_what_was_accepted_is_answered_and_the_process_ends_with_0(
    trained: Workspace, serve: Serve
):
    server = serve(trained, extra={"DRAIN_S": "0.2", "BODY_TIMEOUT_S": "60"})
    ended = threading.Event()
    loads = [Load(server, ended) for _ in range(4)]
    with connect(server) as connection:
        connection.sendall(head(Content_Length=str(len(BODY))) + BODY[:5])
        waits = "bentoml_service_request_in_progress"
        wait_until(lambda: server.metric(waits, endpoint="/predict") >= 1, "the request waits")
        server.client.close()
        server.process.send_signal(signal.SIGTERM)
        time.sleep(1.2)  # the listener is closed by now, on all but a very busy machine
        connection.sendall(BODY[5:])
        assert read(connection).status == 200
    assert server.process.wait(30) == 0
    for load in loads:
        load.join()
    assert {status for load in loads for status in load.statuses} == {200}
    assert [load.problems for load in loads] == [[]] * len(loads)
