"""What Prometheus reads at /metrics: BentoML's names with bounded labels, and the model's own.

Each worker writes its counts to files of its own in one folder; whichever worker is asked
adds them all up. Counts of a worker that died stay.
"""

import asyncio
import atexit
import contextlib
import os
import re
import shutil
import tempfile
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from itertools import accumulate
from pathlib import Path

import psutil
from prometheus_client import REGISTRY, CollectorRegistry, Counter, Gauge, generate_latest
from prometheus_client.metrics_core import CounterMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead
from prometheus_client.registry import Collector
from prometheus_client.samples import Sample

from maas.serving.process.deployment import Served

UNMATCHED = "unmatched"
"""The endpoint of every path that is none."""

_SECONDS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.1, 0.5, 2.5, 10.0)
_EDGES = (*map(str, _SECONDS), "+Inf")
_UNTIMED = ""
_DURATION = "bentoml_service_request_duration_seconds"
_TOTAL = "bentoml_service_request"
_ANSWERS, _ANSWER_SECONDS = "maas_answers", "maas_answer_seconds"
_STATUS = "http_response_code"
_DIR, _OWN_DIR = "PROMETHEUS_MULTIPROC_DIR", "MAAS_METRICS_DIR"


class Pending:
    """Increments that are written when the event loop has done its turn, equal ones together.

    A write to a counter that workers share is dear beside the rest of a request.
    """

    def __init__(self) -> None:
        self._amounts: dict[Counter, float] = {}

    def add(self, counter: Counter, amount: float = 1) -> None:
        """Increment a counter soon; call it in the event loop's thread."""
        if counter in self._amounts:
            self._amounts[counter] += amount
        else:
            if not self._amounts:
                asyncio.get_running_loop().call_soon(self._write)
            self._amounts[counter] = amount

    def _write(self) -> None:
        amounts, self._amounts = self._amounts, {}
        for counter, amount in amounts.items():
            counter.inc(amount)


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
        version = served.version
        name = version.manifest.model_name
        names = {"service_name": name, "service_version": version.label}
        self._names = names
        # Counted by interval here, and put together as a histogram when asked for.
        self._answers = Counter(_ANSWERS, "raw", ["endpoint", *names, _STATUS, "le"])
        self._answer_seconds = Counter(_ANSWER_SECONDS, "raw", ["endpoint", *names, _STATUS])
        self._pending = Pending()
        self._in_progress = _in_progress((*predicting, *routes, UNMATCHED), names)
        left = "Requests whose client left before the answer"
        self._abandoned = Counter("maas_requests_abandoned", left, ["endpoint"])
        wrong = "What was wrong with refused requests"
        self._failures = Counter("maas_validation_failures", wrong, ["endpoint", "reason"])
        labels = ["name", "version", "digest"]
        info = Gauge("maas_model_info", "The served version", labels, multiprocess_mode="max")
        info.labels(name, str(version.number), version.manifest.digest).set(1)
        self._predicting = set(predicting)
        self._children: dict[tuple[str, int], tuple[Counter, list[Counter]]] = {}
        for route in self._predicting:
            self._make(route, 200)  # so that a rate starts at nought

    def answered(self, route: str, status: int, seconds: float) -> None:
        """Count an answer."""
        total, intervals = self._children.get((route, status)) or self._make(route, status)
        if len(intervals) == 1:
            self._pending.add(intervals[0])
        else:
            self._pending.add(intervals[bisect_left(_SECONDS, seconds)])
            self._pending.add(total, seconds)

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

    def _make(self, route: str, status: int) -> tuple[Counter, list[Counter]]:
        labels = {"endpoint": route, _STATUS: str(status), **self._names}
        edges = _EDGES if route in self._predicting else (_UNTIMED,)
        intervals = [self._answers.labels(le=edge, **labels) for edge in edges]
        self._children[route, status] = self._answer_seconds.labels(**labels), intervals
        return self._children[route, status]


def _in_progress(routes: Iterable[str], names: Mapping[str, str]) -> dict[str, Gauge]:
    gauge = Gauge(
        "bentoml_service_request_in_progress",
        "Requests that are being answered now",
        ["endpoint", *names],
        multiprocess_mode="livesum",
    )
    return {route: gauge.labels(endpoint=route, **names) for route in routes}


class _Together(Collector):
    """All workers' counts, or this one's where there is no folder to share."""

    def __init__(self) -> None:
        self._source: Collector | CollectorRegistry = REGISTRY
        if os.environ.get(_DIR):
            self._source = MultiProcessCollector(None)  # type: ignore[no-untyped-call]

    def collect(self) -> Iterator[Metric]:
        """The families, with the raw counts of answers put together."""
        answers: dict[tuple[str, ...], dict[str, float]] = defaultdict(dict)
        seconds: dict[tuple[str, ...], float] = {}
        for family in self._source.collect():
            if family.name == _ANSWERS:
                for sample in family.samples:
                    if sample.name.endswith("_total"):
                        answers[_labels(sample)][sample.labels["le"]] = sample.value
            elif family.name == _ANSWER_SECONDS:
                seconds = {_labels(s): s.value for s in family.samples if s.name.endswith("_total")}
            else:
                if family.type == "histogram":  # buckets first, as the format wants it
                    family.samples.sort(key=_order)
                yield family
        total = CounterMetricFamily(_TOTAL, "Requests answered", labels=_LABELS)
        durations = HistogramMetricFamily(_DURATION, _DURATION_HELP, labels=_LABELS)
        for labels, counts in answers.items():
            total.add_metric(labels, sum(counts.values()))
            if _UNTIMED not in counts:
                sums = accumulate(counts.get(edge, 0.0) for edge in _EDGES)
                buckets = list(zip(_EDGES, sums, strict=True))
                durations.add_metric(labels, buckets, seconds.get(labels, 0.0))
        yield total
        yield durations


_LABELS = ("endpoint", "service_name", "service_version", _STATUS)
_DURATION_HELP = "Seconds from the request's head to the answer's end"


def _labels(sample: Sample) -> tuple[str, ...]:
    return tuple(sample.labels[name] for name in _LABELS)


def _order(sample: Sample) -> tuple[list[tuple[str, str]], int, float]:
    apart = sorted((name, value) for name, value in sample.labels.items() if name != "le")
    if sample.name.endswith("_bucket"):
        return apart, 0, float(sample.labels["le"])
    return apart, (1 if sample.name.endswith("_count") else 2), 0.0


def _forget_dead() -> None:
    """Drop the gauges of workers that were killed: nothing else would."""
    folder = os.environ.get(_DIR)
    for file in Path(folder).glob("gauge_live*_*.db") if folder else ():
        match = re.search(r"_(\d+)\.db$", file.name)
        if match and not psutil.pid_exists(int(match[1])):
            with contextlib.suppress(FileNotFoundError):
                mark_process_dead(int(match[1]))  # type: ignore[no-untyped-call]
