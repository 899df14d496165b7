"""The counts of all workers as one text, in the form that Prometheus demands."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from prometheus_client.samples import Sample

from maas.serving.monitoring.collector import render_metrics
from maas.serving.monitoring.metrics_folder import use_folder
from tests.serving.monitoring.text import SECONDS, TOTAL, parse, value
from tests.workspace import PROJECT

IN_PROGRESS = "bentoml_service_request_in_progress"
ANSWERED = {"endpoint": "/predict", "http_response_code": "200", "service_version": "v3"}


class Workers:
    """Real processes that count in one folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.processes: list[subprocess.Popen[str]] = []

    def start(self, *durations: float) -> None:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.serving.monitoring.worker", *map(str, durations)],
            cwd=PROJECT,
            env=os.environ
            | {
                "PROMETHEUS_MULTIPROC_DIR": "/of/bentoml",  # BentoML sets it for its workers
                "MAAS_METRICS_DIR": str(self.folder),
            },
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.processes.append(process)

    def wait(self) -> None:
        for process in self.processes:
            assert process.stdout.readline() == "ready\n"

    def kill(self, process: subprocess.Popen[str]) -> None:
        process.kill()
        process.communicate()

    def stop(self) -> None:
        for process in self.processes:
            if process.poll() is None:
                self.kill(process)


@pytest.fixture(scope="module")
def workers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workers]:
    """Two live workers, and one that was killed; tests must not count in their folder."""
    workers = Workers(tmp_path_factory.mktemp("metrics"))
    workers.start(0.0004, 0.003)
    workers.start(0.003, 60)
    workers.start(0.2)
    try:
        workers.wait()
        workers.kill(workers.processes[2])
        yield workers
    finally:
        workers.stop()


@pytest.fixture
def text(workers: Workers, registry: None, monkeypatch: pytest.MonkeyPatch) -> bytes:  # noqa: ARG001
    monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", "")
    monkeypatch.setenv("MAAS_METRICS_DIR", str(workers.folder))
    use_folder()
    return render_metrics()


def test_the_answers_of_all_workers_are_added_up(text: bytes):
    assert value(text, TOTAL, **ANSWERED) == 5


def test_the_durations_of_all_workers_are_one_histogram(text: bytes):
    buckets = {s.labels["le"]: s.value for s in parse(text) if s.name == f"{SECONDS}_bucket"}
    assert buckets == {
        "0.0005": 1, "0.001": 1, "0.0025": 1, "0.005": 3, "0.01": 3, "0.025": 3, "0.1": 3,
        "0.5": 4, "2.5": 4, "10.0": 4, "+Inf": 5,
    }  # fmt: skip
    assert value(text, f"{SECONDS}_count", **ANSWERED) == 5
    assert value(text, f"{SECONDS}_sum", **ANSWERED) == pytest.approx(60.2064)


def test_the_requests_in_progress_of_a_dead_worker_are_dropped(text: bytes):
    assert value(text, IN_PROGRESS, endpoint="/model") == 2
    assert value(text, IN_PROGRESS, endpoint="/predict") == 0


def test_the_other_counts_of_a_dead_worker_stay(text: bytes):
    assert value(text, "maas_feature_out_of_range_total", feature="a") == 3 * 202
    assert value(text, "maas_model_info", version="3") == 1
    assert value(text, "maas_release") == 7


def histograms(samples: list[Sample]) -> dict[tuple, list[Sample]]:
    """The lines of each histogram with its labels, in the order of the text."""
    found: dict[tuple, list[Sample]] = {}
    for sample in samples:
        name, _, kind = sample.name.rpartition("_")
        if kind in ("bucket", "count", "sum"):
            others = {**sample.labels, "le": ""}
            found.setdefault((name, *sorted(others.items())), []).append(sample)
    return found


def test_buckets_come_in_order_and_add_up(text: bytes):
    found = histograms(parse(text))
    assert {key[0] for key in found} == {SECONDS, "maas_batch_rows", "maas_prediction_value"}
    for samples in found.values():
        *buckets, count, total = samples
        edges = [float(bucket.labels["le"]) for bucket in buckets]
        assert edges == sorted(set(edges))
        values = [bucket.value for bucket in buckets]
        assert values == sorted(values)
        assert (edges[-1], values[-1]) == (float("inf"), count.value)
        assert (count.name[-6:], total.name[-4:]) == ("_count", "_sum")


def test_the_lines_of_a_family_are_together_and_unique(text: bytes):
    lines = [line for line in text.decode().splitlines() if not line.startswith("#")]
    labelled = [line.rpartition(" ")[0] for line in lines]
    assert len(set(labelled)) == len(labelled)
    types = [line.split()[2] for line in text.decode().splitlines() if line.startswith("# TYPE")]
    assert len(set(types)) == len(types)


def test_batches_of_all_workers_are_added_up(text: bytes):
    assert value(text, "maas_batch_rows_bucket", le="1.0") == 0
    assert value(text, "maas_batch_rows_bucket", le="10.0") == 3
    assert value(text, "maas_batch_rows_bucket", le="1000.0") == 6
    assert value(text, "maas_batch_rows_sum") == 3 * 202


def test_no_process_number_is_a_label(text: bytes):
    assert not any("pid" in sample.labels for sample in parse(text))


def test_an_empty_folder_gives_a_text_without_answers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", str(tmp_path))
    assert parse(render_metrics()) == []
