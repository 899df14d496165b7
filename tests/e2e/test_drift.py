"""Drift over the workers of a real service: counts, a killed worker, a release, keys."""

import contextlib
import os
import random
import signal
from pathlib import Path
from typing import Any

import httpx

from maas.commands import server_wait
from maas.registry.registry import Registry
from maas.registry.version import Version
from tests.releases import release
from tests.server import Serve, Server, wait_until
from tests.workspace import Workspace

USUAL = [
    (1.4, 0.2, "setosa"), (1.5, 0.2, "setosa"), (1.3, 0.3, "setosa"), (1.6, 0.4, "setosa"),
    (4.5, 1.5, "versicolor"), (4.0, 1.3, "versicolor"), (4.7, 1.4, "versicolor"),
    (5.1, 1.9, "virginica"), (5.8, 2.2, "virginica"), (6.0, 2.5, "virginica"),
]  # fmt: skip


def drift(server: Server, **headers: str) -> dict[str, Any]:
    answer = server.client.get("/drift", headers=headers)
    assert answer.status_code == 200
    document: dict[str, Any] = answer.json()
    return document


def ask(server: Server, count: int, shift: float) -> set[str]:
    """Predict rows over connections of their own; give the workers that answered."""
    limits = httpx.Limits(max_keepalive_connections=0)
    workers = set()
    with httpx.Client(base_url=server.url, verify=False, limits=limits) as client:
        for _ in range(count):
            length, width, _ = random.choice(USUAL)
            row = {"feature1": length + shift, "feature2": width}
            answer = client.post("/predict", json=row)
            assert answer.status_code == 200
            workers.add(answer.headers["x-request-id"][:20])
    return workers


def wait_for_rows(server: Server, rows: int) -> dict[str, Any]:
    """The report as soon as all workers have counted what they answered."""
    wait_until(lambda: drift(server)["rows"] >= rows, f"{rows} rows are counted", 20)
    return drift(server)


def test_shifted_rows_drift_and_a_release_begins_again(
    own: Workspace, serve: Serve, second: Version
):
    own.publish(second)
    release(own.models, Registry(own.models).open(1))
    server = serve(own, extra={"WORKERS": "2", "FOLLOW_S": "0.1"})
    first = drift(server)
    assert (first["version"], first["rows"], first["verdict"]) == (1, 0, "too few rows")
    asked, workers = 0, set()
    while (len(workers) < 2 and asked < 3000) or asked < 300:
        workers |= ask(server, 100, shift=3)
        asked += 100
    assert len(workers) == 2
    found = wait_for_rows(server, asked)
    assert (found["rows"], found["verdict"]) == (asked, "drift")
    assert found["features"]["feature1"]["verdict"] == "drift"
    assert found["since"] == first["since"]
    assert server.metric("maas_feature_drift", feature="feature1") > 1
    assert server.metric("maas_drift_rows") == asked

    os.kill(server.workers()[0].pid, signal.SIGKILL)
    with contextlib.suppress(httpx.TransportError):  # a connection to the one that was killed
        assert drift(server)["rows"] == asked
    wait_until(
        lambda: server.log.read_text().count("initialized") == 3 and len(server.workers()) == 2,
        "another worker has started",
    )
    ask(server, 50, shift=3)
    found = wait_for_rows(server, asked + 50)
    assert (found["rows"], found["since"]) == (asked + 50, first["since"])

    release(own.models, Registry(own.models).open(2))
    wait_until(lambda: drift(server)["version"] == 2, "v2 is live")
    server_wait.wait_for(server.url, server_wait.is_version(Registry(own.models).open(2)), "v2")
    found = drift(server)
    assert (found["digest"], found["rows"]) == (second.manifest.digest, 0)


def test_with_keys_drift_needs_one(own: Workspace, serve: Serve, tmp_path: Path):
    keys = tmp_path / "keys"
    keys.write_text("a-key\n")
    server = serve(own, extra={"API_KEYS_FILE": str(keys)})
    answer = server.client.get("/drift")
    assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")
    headers = {"X-API-Key": "a-key"}
    rows = [{"feature1": length, "feature2": width} for length, width, _ in USUAL * 15]
    assert server.post("/predict_batch", {"rows": rows}, headers=headers).status_code == 200
    found = drift(server, **headers)
    assert (found["rows"], found["features"]["feature2"]["unseen_rate"]) == (150, 0)
    done = own.maas("drift", "--url", server.url, extra={server_wait.KEY_VARIABLE: "a-key"})
    assert done.returncode == 0
    assert "150 rows since " in done.stdout
