"""What /metrics counts."""

import contextlib
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from maas.registry.version import Version
from tests.raw_http import connect, head
from tests.server import Serve, Server, free_port, wait_ready, wait_until
from tests.small_disk import small_disk
from tests.suite_size import waits_long
from tests.workspace import Workspace

ROW = {"feature1": 1.5, "feature2": 0.3}
IN_PROGRESS = "bentoml_service_request_in_progress"


def test_requests_are_counted_under_bounded_labels(server: Server):
    name = "bentoml_service_request_total"
    before = server.metric(name, endpoint="/predict", http_response_code="200")
    for _ in range(5):
        server.post("/predict", ROW)
    assert server.metric(name, endpoint="/predict", http_response_code="200") == before + 5
    unmatched = server.metric(name, endpoint="unmatched", http_response_code="404")
    for index in range(50):
        server.client.get(f"/path/{index}")
    assert server.metric(name, endpoint="unmatched", http_response_code="404") == unmatched + 50
    text = server.client.get("/metrics").text
    assert "/path/" not in text
    assert len(text) < 100_000


def test_the_model_s_metrics_count_answers_ranges_and_failures(server: Server, first: Version):
    digest = first.manifest.digest
    info = server.metric("maas_model_info", name="model_service", version="1", digest=digest)
    assert info == 1
    names = {
        "maas_predictions_total": {"label": "setosa"},
        "maas_feature_out_of_range_total": {"feature": "feature1"},
        "maas_validation_failures_total": {"endpoint": "/predict", "reason": "missing"},
        "maas_batch_rows_count": {},
        "maas_batch_rows_sum": {},
    }
    before = {name: server.metric(name, **labels) for name, labels in names.items()}
    server.post("/predict", ROW)
    server.post("/predict", {"feature1": 900, "feature2": 0.2})
    server.post("/predict", {"feature1": 1.4})
    server.post("/predict_batch", {"rows": [ROW, ROW, {"feature1": -5, "feature2": 0.2}]})
    after = {name: server.metric(name, **labels) - before[name] for name, labels in names.items()}
    assert after["maas_feature_out_of_range_total"] == 2
    assert after["maas_predictions_total"] >= 4
    assert after["maas_validation_failures_total"] == 1
    assert (after["maas_batch_rows_count"], after["maas_batch_rows_sum"]) == (1, 3)


def test_who_leaves_is_counted_and_logged(server: Server):
    name = "maas_requests_abandoned_total"
    before = server.metric(name, endpoint="/predict")
    with connect(server) as connection:
        connection.sendall(head(Content_Length="99") + b"{")
        wait_until(lambda: server.metric(IN_PROGRESS, endpoint="/predict") == 1, "it waits")
    wait_until(lambda: server.metric(name, endpoint="/predict") == before + 1, "it is counted")
    assert '"status":499' in server.log_after('"status":499')
    assert server.metric(IN_PROGRESS, endpoint="/predict") == 0


@pytest.fixture
def mixed(workspace: Workspace) -> Path:
    """A config of a regression on an integer, a category, a boolean and a number."""
    rows = (f"{i},{'ab'[i % 2]},{i % 2 == 0},{100 + i},{i * 2 + i % 2}" for i in range(60))
    table = "\n".join(["x,kind,flag,z,y", *rows, ""])
    (workspace.folder / "table.csv").write_text(table)
    path = workspace.folder / "mixed.yaml"
    path.write_text(
        "{model_name: mixed, data: {source: table.csv, target: y}, estimator: {name: Ridge},"
        " preprocessing: {unknown: ignore}}"
    )
    return path


def test_a_regression_s_values_and_unseen_categories_are_counted(
    workspace: Workspace, serve: Serve, mixed: Path
):
    workspace.train_here(config=mixed)
    server = serve(workspace)
    row = {"x": 3, "kind": "a", "flag": True, "z": 120}
    unlike = [{"kind": "never"}, {"kind": "seen", "z": 99}, {"z": 160}]
    for change in ({}, *unlike):
        assert server.post("/predict", row | change).status_code == 200
    assert server.post("/predict_batch", {"rows": [row | c for c in unlike]}).status_code == 200
    assert server.metric("maas_prediction_value_count") == 7
    assert server.metric("maas_feature_unseen_total", feature="kind") == 4
    assert server.metric("maas_feature_out_of_range_total", feature="x") == 0
    assert server.metric("maas_feature_out_of_range_total", feature="z") == 4


def metrics_folder(server: Server) -> Path:
    (worker,) = server.workers()
    return Path(worker.environ()["MAAS_METRICS_DIR"])


@waits_long
def test_a_metrics_folder_that_is_removed_is_made_again_with_its_counts(
    trained: Workspace, serve: Serve
):
    server = serve(trained)
    name = "bentoml_service_request_total"
    server.post("/predict", ROW)
    folder = metrics_folder(server)
    shutil.rmtree(folder)
    server.post("/predict", ROW)
    assert server.client.get("/metrics").status_code == 200
    assert server.metric(name, endpoint="/predict") == 2
    shutil.rmtree(folder)
    killed = server.workers()
    killed[0].kill()
    wait_until(lambda: server.workers() not in (killed, []), "another worker is started")
    wait_ready(server)
    server.post("/predict", ROW)
    assert server.metric(name, endpoint="/predict") >= 1


@pytest.fixture(name="small_disk")
def mounted(tmp_path: Path) -> Iterator[Path]:
    with small_disk(tmp_path / "small", "1m", "the unit tests limit the size of files") as folder:
        yield folder


def fill(folder: Path, leave: int = 0) -> None:
    """Fill a disk, but for some bytes."""
    filler = folder / "filler"
    with contextlib.suppress(OSError), filler.open("wb", buffering=0) as file:
        while True:
            file.write(bytes(4096))
    os.truncate(filler, filler.stat().st_size - leave)


@waits_long
def test_a_full_disk_of_metrics_kills_no_worker(trained: Workspace, serve: Serve, small_disk: Path):
    server = serve(trained, extra={"TMPDIR": str(small_disk)})
    before = server.workers()
    fill(small_disk)
    for index in range(30):  # each a new name that is counted, or a refusal
        assert server.post("/predict", {}).status_code == 422
        assert server.client.get(f"/nothing/{index}").status_code == 404
        assert server.post("/predict", ROW).status_code == 200
    assert server.workers() == before
    assert server.client.get("/metrics").status_code == 200
    before[0].kill()  # its replacement finds no room at all
    wait_until(lambda: server.workers() not in (before, []), "another worker is started")
    wait_ready(server)
    for _ in range(30):
        assert server.post("/predict", {}).status_code == 422
    assert server.client.get("/metrics").status_code == 200
    assert "no room for metrics (No space left on device)" in server.log.read_text()


def test_a_disk_without_room_for_the_metrics_refuses_to_serve(trained: Workspace, small_disk: Path):
    fill(small_disk, leave=65_536)  # a folder without any room is passed over by Python's tempfile
    extra = {"TMPDIR": str(small_disk), "PORT": str(free_port())}
    done = trained.bentoml("serve", extra=extra, timeout=60)
    text = done.stdout + done.stderr
    assert done.returncode == 1
    assert "cannot hold the metrics (No space left on device)" in text
    assert "Traceback" not in text
