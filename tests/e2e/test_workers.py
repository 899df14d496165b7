"""Several workers: they count together, and a killed one comes back with the same version."""

import os
import signal

import httpx

from maas.registry.version import Version
from tests.server import Serve, wait_ready, wait_until
from tests.suite_size import waits_long
from tests.workspace import Workspace

ROW = {"feature1": 1.5, "feature2": 0.3}


def test_several_workers_count_together_and_a_killed_one_comes_back_the_same(
    own: Workspace, serve: Serve, second: Version
):
    server = serve(own, extra={"WORKERS": "2"})
    assert len(server.workers()) == 2
    own.publish(second)  # a newer latest
    answered_by: set[str] = set()

    def ask_some(count: int) -> None:
        limits = httpx.Limits(max_keepalive_connections=0)  # any worker may accept a new one
        with httpx.Client(base_url=server.url, verify=False, limits=limits) as client:
            for _ in range(count):
                answer = client.post("/predict", json=ROW)
                assert answer.json()["model_version"] == 1
                answered_by.add(answer.headers["x-request-id"][:20])

    def count() -> float:
        name = "bentoml_service_request_total"
        return server.metric(name, endpoint="/predict", http_response_code="200")

    asked = 0
    while len(answered_by) < 2 and asked < 3000:
        ask_some(20)
        asked += 20
    assert len(answered_by) == 2
    assert count() == asked
    os.kill(server.workers()[0].pid, signal.SIGKILL)
    wait_until(
        lambda: len(server.workers()) == 2 and server.log.read_text().count("initialized") == 3,
        "another worker has started",
    )
    after = 0
    while len(answered_by) < 3 and after < 3000:
        ask_some(20)
        after += 20
    assert len(answered_by) == 3
    assert count() == asked + after
    assert server.metric("maas_model_info", version="1") == 1
    assert server.metric("bentoml_service_request_in_progress", endpoint="/predict") == 0


@waits_long
def test_a_worker_that_cannot_start_says_why_once_and_starts_when_it_can(
    own: Workspace, serve: Serve
):
    server = serve(own)
    (own.models / "v1").rename(own.folder / "gone")
    server.workers()[0].kill()
    log = server.log_after("a worker cannot start, and is started again until it can: ", 60)
    assert "no such version" in log
    started = len(log)
    wait_until(lambda: server.workers(), "another worker is started", 60)
    wait_until(lambda: not server.workers(), "it fails too", 60)
    assert server.log.read_text()[started:].count("cannot start") == 0
    assert "Traceback" not in server.log.read_text()
    (own.folder / "gone").rename(own.models / "v1")
    wait_ready(server)
