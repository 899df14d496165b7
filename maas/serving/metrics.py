"""What Prometheus reads at /metrics: BentoML's names with bounded labels, and the model's own.

Each worker writes its counts to files of its own in one folder; whichever worker is asked
adds them all up. Counts of a worker that died stay.
"""

import atexit
import contextlib
import os
import re
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path

import psutil
from prometheus_client import (
    REGISTRY,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    generate_latest,
)
from prometheus_client.metrics_core import Metric
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead
from prometheus_client.registry import Collector
from prometheus_client.samples import Sample

from maas.serving.served import Served

UNMATCHED = "unmatched"
"""The endpoint of every path that is none."""

_SECONDS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.1, 0.5, 2.5, 10)
_DURATION = "bentoml_service_request_duration_seconds"
_TOTAL = "bentoml_service_request"
_STATUS = "http_response_code"
_DIR, _OWN_DIR = "PROMETHEUS_MULTIPROC_DIR", "MAAS_METRICS_DIR"


def share_metrics() -> None:
    """Give the workers that this process starts a folder to count in.

    BentoML's own is one per BENTOML_HOME, and emptied by the next server that starts there.
    """
    folder = tempfile.mkdtemp(prefix="maas-metrics-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    os.environ[_OWN_DIR] = folder


class RequestMetrics:
    """Counts requests.

    Args:
        served: what the labels name.
        predicting: the endpoints whose durations are measured.
        routes: every other endpoint that can be asked for.
    """

    def __init__(self, served: Served, predicting: Iterable[str], routes: Iterable[str]) -> None:
        if own := os.environ.get(_OWN_DIR):
            os.environ[_DIR] = own
        _forget_dead()
        names = {"service_name": served.service_name, "service_version": served.version.label}
        self._names = names
        self._duration = Histogram(
            _DURATION,
            "Seconds from the request's head to the answer's end",
            ["endpoint", *names, _STATUS],
            buckets=_SECONDS,
        )
        # Of measured requests the total is taken from their durations: one count less to write.
        self._total = Counter(_TOTAL, "Requests answered", ["endpoint", *names, _STATUS])
        in_progress = Gauge(
            "bentoml_service_request_in_progress",
            "Requests that are being answered now",
            ["endpoint", *names],
            multiprocess_mode="livesum",
        )
        self._in_progress = {
            route: in_progress.labels(endpoint=route, **names)
            for route in (*predicting, *routes, UNMATCHED)
        }
        self._abandoned = Counter(
            "maas_requests_abandoned",
            "Requests whose client left before the answer",
            ["endpoint"],
        )
        self._failures = Counter(
            "maas_validation_failures",
            "What was wrong with refused requests",
            ["endpoint", "reason"],
        )
        info = Gauge(
            "maas_model_info",
            "The served version",
            ["name", "version", "digest"],
            multiprocess_mode="max",
        )
        manifest = served.version.manifest
        info.labels(manifest.model_name, str(served.version.number), manifest.digest).set(1)
        self._predicting = set(predicting)
        self._answered: dict[tuple[str, int], Callable[[float], None]] = {}
        for route in self._predicting:
            self._child(route, 200)  # so that a rate starts at nought

    def answered(self, route: str, status: int, seconds: float) -> None:
        """Count an answer."""
        count = self._answered.get((route, status)) or self._child(route, status)
        count(seconds)

    def abandoned(self, route: str) -> None:
        """Count a client that left."""
        self._abandoned.labels(route).inc()

    def refused(self, route: str, reasons: Iterable[str]) -> None:
        """Count what was wrong with a request."""
        for reason in reasons:
            self._failures.labels(route, reason).inc()

    def set_in_progress(self, counts: Mapping[str, int]) -> None:
        """Say how many requests are being answered here, by endpoint."""
        for route, child in self._in_progress.items():
            child.set(counts[route])

    def render(self) -> bytes:
        """The text that Prometheus reads, over all workers."""
        registry = CollectorRegistry()
        registry.register(_Together())
        return generate_latest(registry)

    def _child(self, route: str, status: int) -> Callable[[float], None]:
        labels = {"endpoint": route, _STATUS: str(status), **self._names}
        if route in self._predicting:
            count: Callable[[float], None] = self._duration.labels(**labels).observe
        else:
            total = self._total.labels(**labels)
            count = lambda _: total.inc()  # noqa: E731
        self._answered[route, status] = count
        return count


class _Together(Collector):
    """All workers' counts, or this one's where there is no folder to share."""

    def __init__(self) -> None:
        self._source: Collector | CollectorRegistry = REGISTRY
        if os.environ.get(_DIR):
            self._source = MultiProcessCollector(None)  # type: ignore[no-untyped-call]

    def collect(self) -> Iterator[Metric]:
        """The families, with the total of measured requests taken from their durations."""
        measured: list[Sample] = []
        total = Metric(_TOTAL, "Requests answered", "counter")
        for family in self._source.collect():
            if family.name == _TOTAL:
                total = family
                continue
            if family.type == "histogram":  # buckets first, as the format wants it
                family.samples.sort(key=lambda s: (_apart(s.labels), _order(s.name, s.labels)))
            if family.name == _DURATION:
                measured = [s for s in family.samples if s.name.endswith("_count")]
            yield family
        for sample in measured:
            total.add_sample(f"{_TOTAL}_total", sample.labels, sample.value)
        yield total


def _apart(labels: dict[str, str]) -> tuple[tuple[str, str], ...]:
    return tuple(sorted((name, value) for name, value in labels.items() if name != "le"))


def _order(name: str, labels: dict[str, str]) -> tuple[int, float]:
    if name.endswith("_bucket"):
        return 0, float(labels["le"])
    return (1 if name.endswith("_count") else 2), 0.0


def _forget_dead() -> None:
    """Drop the gauges of workers that were killed: nothing else would."""
    folder = os.environ.get(_DIR)
    for file in Path(folder).glob("gauge_live*_*.db") if folder else ():
        match = re.search(r"_(\d+)\.db$", file.name)
        if match and not psutil.pid_exists(int(match[1])):
            with contextlib.suppress(FileNotFoundError):
                mark_process_dead(int(match[1]))  # type: ignore[no-untyped-call]
