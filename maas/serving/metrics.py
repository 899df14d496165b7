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
from collections import Counter as Tally
from collections.abc import Iterable, Iterator
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
from prometheus_client.metrics_core import CounterMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead
from prometheus_client.registry import Collector

from maas.serving.served import Served

UNMATCHED = "unmatched"
"""The endpoint of every path that is none."""

_SECONDS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
_DURATION = "bentoml_service_request_duration_seconds"
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
        routes: every endpoint that can be asked for.
    """

    def __init__(self, served: Served, routes: Iterable[str]) -> None:
        if own := os.environ.get(_OWN_DIR):
            os.environ[_DIR] = own
        _forget_dead()
        names = {"service_name": served.service_name, "service_version": served.version.label}
        self._names = names
        self._duration = Histogram(
            _DURATION,
            "Seconds from the request's head to the answer's end",
            ["endpoint", *names, "http_response_code"],
            buckets=_SECONDS,
        )
        in_progress = Gauge(
            "bentoml_service_request_in_progress",
            "Requests that are being answered now",
            ["endpoint", *names],
            multiprocess_mode="livesum",
        )
        self._in_progress = {
            route: in_progress.labels(endpoint=route, **names) for route in (*routes, UNMATCHED)
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
        self._answered: dict[tuple[str, int], Histogram] = {}
        for route in routes:
            self._child(route, 200)  # so that a rate starts at nought

    def answered(self, route: str, status: int, seconds: float) -> None:
        """Count an answer."""
        child = self._answered.get((route, status)) or self._child(route, status)
        child.observe(seconds)

    def abandoned(self, route: str) -> None:
        """Count a client that left."""
        self._abandoned.labels(route).inc()

    def refused(self, route: str, reasons: Iterable[str]) -> None:
        """Count what was wrong with a request."""
        for reason in reasons:
            self._failures.labels(route, reason).inc()

    def set_in_progress(self, counts: Tally[str]) -> None:
        """Say how many requests are being answered here, by endpoint."""
        for route, child in self._in_progress.items():
            child.set(counts[route])

    def render(self) -> bytes:
        """The text that Prometheus reads, over all workers."""
        registry = CollectorRegistry()
        registry.register(_Together())
        return generate_latest(registry)

    def _child(self, route: str, status: int) -> Histogram:
        child = self._duration.labels(endpoint=route, http_response_code=str(status), **self._names)
        self._answered[route, status] = child
        return child


class _Together(Collector):
    """All workers' counts, or this one's where there is no folder to share."""

    def __init__(self) -> None:
        self._source: Collector | CollectorRegistry = REGISTRY
        if os.environ.get(_DIR):
            self._source = MultiProcessCollector(None)  # type: ignore[no-untyped-call]

    def collect(self) -> Iterator[Metric]:
        """The families, with the requests' total taken from their durations."""
        for family in self._source.collect():
            if family.type == "histogram":  # buckets first, as the format wants it
                family.samples.sort(key=lambda s: (_apart(s.labels), _order(s.name, s.labels)))
            yield family
            if family.name == _DURATION:
                yield _total(family)


def _total(durations: Metric) -> Metric:
    counts = [sample for sample in durations.samples if sample.name.endswith("_count")]
    labels = list(counts[0].labels) if counts else []
    family = CounterMetricFamily("bentoml_service_request", "Requests answered", labels=labels)
    for sample in counts:
        family.add_metric([sample.labels[name] for name in labels], sample.value)
    return family


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
