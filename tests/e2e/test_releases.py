"""A running service follows the ledger: no answer is lost, and each is of one version alone."""

import os
import random
import shutil
import signal
import time
from pathlib import Path

import pytest

from maas.registry.ledger import LEDGER
from maas.registry.version import Version
from tests.checked_load import LABELS, ROW, WITH_GAP, Load, load_on, publish
from tests.releases import release, write_ledger
from tests.samples import damage
from tests.server import Serve, Server, wait_until
from tests.suite_size import choose, waits_long
from tests.workspace import Workspace

pytestmark = pytest.mark.release

QUICK = {"FOLLOW_S": "0.05", "ACCESS_LOG": "false"}


def publish_all(models: Path) -> list[Version]:
    """Two versions of equal signatures, and two of others: another row type, another task."""
    return [
        publish(models, 1),
        publish(models, 2),
        publish(models, 3, WITH_GAP),
        publish(models, 4, LABELS),
    ]


def port_of(server: Server) -> int:
    return int(server.url.rpartition(":")[2])


def reached(server: Server, number: int) -> bool:
    """Whether every worker serves a release."""
    return server.metric("maas_release") == number


def check(load: Load, cut: int = 0) -> None:
    """Every answer is of one version; none is lost but those that a killed worker had begun."""
    assert load.problems == []
    assert load.cut <= cut
    assert load.sent - sum(load.answers.values()) <= cut


@pytest.mark.parametrize("workers", [1, 2])
def test_swaps_under_load_lose_nothing_and_mix_nothing(
    workspace: Workspace, serve: Serve, workers: int
):
    versions = publish_all(workspace.models)
    release(workspace.models, versions[0])
    server = serve(workspace, extra=QUICK | {"WORKERS": str(workers)})
    rng = random.Random(0)
    with load_on(port_of(server), versions, per=20) as load:
        for _ in range(choose(6, 20, 300)):
            entry = release(workspace.models, rng.choice(versions))
            wait_until(lambda number=entry.release: reached(server, number), "all workers swap")
            time.sleep(rng.choice([0, 0.05, 0.1]))
    check(load)
    assert sum(load.answers.values()) > 100
    assert server.metric("maas_release_failures_total") == 0
    assert "Traceback" not in server.log.read_text()
    model = server.client.get("/model").json()
    assert model["release"]["release"] == entry.release
    assert f"(r{entry.release} by someone@here: a test)" in server.log.read_text()


@waits_long
def test_workers_that_are_killed_between_swaps_come_back_with_what_is_live(
    workspace: Workspace, serve: Serve
):
    versions = publish_all(workspace.models)
    release(workspace.models, versions[0])
    server = serve(workspace, extra=QUICK | {"WORKERS": "2"})
    wait_until(lambda: count_starts(server) == 2, "both workers start")
    rng, kills, swaps = random.Random(1), choose(1, 2, 15), choose(5, 10, 20)
    with load_on(port_of(server), versions, per=20) as load:
        for kill in range(1, kills + 1):
            os.kill(rng.choice(server.workers()).pid, signal.SIGKILL)
            for _ in range(swaps):
                entry = release(workspace.models, rng.choice(versions))
                time.sleep(0.1)
            wait_until(lambda started=2 + kill: count_starts(server) == started, "another starts")
            wait_until(lambda number=entry.release: reached(server, number), "all workers swap")
    check(load, cut=4 * kills)
    assert server.log.read_text().count("cannot be served") == 0


def count_starts(server: Server) -> int:
    return server.log.read_text().count("initialized")


def test_a_damaged_version_and_a_damaged_ledger_change_nothing(workspace: Workspace, serve: Serve):
    models = workspace.models
    versions = publish_all(models)
    release(models, versions[0])
    server = serve(workspace, extra=QUICK)
    with load_on(port_of(server), versions[:1]) as load:
        damage(versions[1].path / "model.onnx", b"x")
        release(models, versions[1])
        server.log_after("ERROR] [entry_service:m:1] release r2 cannot be served")
        whole = (models / LEDGER).read_bytes()
        write_ledger(models, whole.replace(b"someone", b"someother"))
        server.log_after("the ledger cannot be followed")
        shutil.rmtree(versions[0].path)  # what is live is in memory
        assert server.metric("maas_release_failures_total") == 2
        assert server.client.get("/readyz").status_code == 200
    check(load)
    assert server.log.read_text().count("] [entry_service:m:1] release r2 cannot") == 1
    write_ledger(models, whole)
    release(models, versions[3])
    wait_until(lambda: reached(server, 3), "the restored ledger is followed")
    assert server.post("/predict_proba", ROW).json()["prediction"] == "yes"


@waits_long
def test_a_replaced_worker_takes_the_newest_release_that_can_be_served(
    workspace: Workspace, serve: Serve
):
    models = workspace.models
    versions = publish_all(models)
    release(models, versions[0])
    server = serve(workspace, extra=QUICK)
    release(models, versions[1])
    wait_until(lambda: reached(server, 2), "v2 is live")
    shutil.rmtree(versions[1].path)
    write_ledger(models, b"[]")
    server.workers()[0].kill()
    server.log_after("this worker serves m:v1 of release r1: ", 60)
    wait_until(lambda: server.workers() and answers(server) == 1, "it answers", 60)
    assert "Traceback" not in server.log.read_text()


def answers(server: Server) -> int | None:
    """The version that answers, if one does."""
    import httpx

    try:
        return server.post("/predict", ROW).json()["model_version"]
    except httpx.TransportError:
        return None


CLIENT = """
import bentoml, sys
with bentoml.SyncHTTPClient(sys.argv[1]) as client:
    print(client.predict_proba({"n0": float(sys.argv[2])})["prediction"])
"""


def test_clients_see_the_types_of_what_is_live(workspace: Workspace, serve: Serve):
    versions = publish_all(workspace.models)
    release(workspace.models, versions[0])
    server = serve(workspace, extra=QUICK)
    release(workspace.models, versions[3])
    wait_until(lambda: reached(server, 2), "another is live")
    done = workspace.run("-c", CLIENT, server.url, str(ROW["n0"]))
    assert done.stdout == "yes\n", done.stderr
    document = server.client.get("/docs.json").json()
    assert set(document["paths"]) >= {"/predict", "/predict_proba", "/predict_batch"}
    schema = document["components"]["schemas"]["PredictResponse"]["properties"]["prediction"]
    assert schema["enum"] == ["no", "yes"]
    routes = [route["route"] for route in server.client.get("/schema.json").json()["routes"]]
    assert "/predict_proba" in routes


def test_the_start_names_the_release_and_a_chosen_version_follows_nothing(
    workspace: Workspace, serve: Serve
):
    versions = publish_all(workspace.models)
    release(workspace.models, versions[0])
    log = serve(workspace, extra=QUICK).log.read_text()
    assert f"serving m:v1 {versions[0].manifest.digest} release r1 on 127.0.0.1" in log

    server = serve(workspace, extra=QUICK | {"MODEL_VERSION": "2"})
    assert server.log.read_text().count("v1 is live (release r1) and is not followed") == 1
    release(workspace.models, versions[2])
    time.sleep(0.3)
    model = server.client.get("/model").json()
    assert (model["version"], model["release"]) == (2, None)


def test_a_shadow_is_scored_by_every_worker(workspace: Workspace, serve: Serve):
    versions = publish_all(workspace.models)
    release(workspace.models, versions[0])
    release(workspace.models, versions[1], "shadow")
    server = serve(workspace, extra=QUICK | {"WORKERS": "2"})
    wait_until(lambda: server.log.read_text().count("is scored beside m:v1 (r2)") == 2, "shadows")
    for _ in range(20):
        assert server.post("/predict", ROW).json()["prediction"] == 2
    wait_until(lambda: server.metric("maas_shadow_rows_total") == 20, "rows are scored", 10)
    assert server.client.get("/model").json()["shadow"]["version"] == 2
