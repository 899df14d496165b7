"""Adds up the counts of all workers, and writes them as Prometheus reads them."""

import os
from collections import defaultdict
from collections.abc import Iterator
from itertools import accumulate

from prometheus_client import REGISTRY, CollectorRegistry, generate_latest
from prometheus_client.metrics_core import CounterMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector
from prometheus_client.samples import Sample

from maas.serving.monitoring.drift_gauges import DriftCollector
from maas.serving.monitoring.live_drift import LiveDrift
from maas.serving.monitoring.metrics_folder import PROMETHEUS_DIR

ANSWERS, ANSWER_SECONDS = "maas_answers", "maas_answer_seconds"
"""The raw counts, which are not shown: by interval, and the sum of seconds."""
STATUS = "http_response_code"
MODEL_INFO = "maas_model_info"
"""1 for the served version; other versions, which were served before, are not shown."""
UNTIMED = ""
"""The interval of an endpoint whose durations are not measured."""

BUCKETS_S = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.1, 0.5, 2.5, 10.0)
EDGES = (*map(str, BUCKETS_S), "+Inf")

_DURATION = "bentoml_service_request_duration_seconds"
_DURATION_HELP = "Seconds from the request's head to the answer's end"
_TOTAL = "bentoml_service_request"
_LABELS = ("endpoint", "service_name", "service_version", STATUS)


def render_metrics(drift: LiveDrift | None = None) -> bytes:
    """The text of /metrics, over all workers.

    Args:
        drift: of the served version.
    """
    registry = CollectorRegistry()
    registry.register(MergedCollector())
    if drift is not None:
        registry.register(DriftCollector(drift))
    return generate_latest(registry)


class MergedCollector(Collector):
    """All workers' counts, or this one's where there is no folder to share."""

    def __init__(self) -> None:
        self._source: Collector | CollectorRegistry = REGISTRY
        if os.environ.get(PROMETHEUS_DIR):
            self._source = MultiProcessCollector(None)  # type: ignore[no-untyped-call]

    def collect(self) -> Iterator[Metric]:
        """The families, with the raw counts of answers made into a total and a histogram."""
        answers: dict[tuple[str, ...], dict[str, float]] = defaultdict(dict)
        seconds: dict[tuple[str, ...], float] = {}
        for family in self._source.collect():
            if family.name == ANSWERS:
                for sample in family.samples:
                    if sample.name.endswith("_total"):
                        answers[_labels(sample)][sample.labels["le"]] = sample.value
            elif family.name == ANSWER_SECONDS:
                seconds = {_labels(s): s.value for s in family.samples if s.name.endswith("_total")}
            else:
                if family.name == MODEL_INFO:
                    family.samples = [sample for sample in family.samples if sample.value]
                elif family.type == "histogram":  # buckets first, as the format demands
                    family.samples.sort(key=_order)
                yield family
        yield from _merge(answers, seconds)


def _merge(
    answers: dict[tuple[str, ...], dict[str, float]], seconds: dict[tuple[str, ...], float]
) -> Iterator[Metric]:
    total = CounterMetricFamily(_TOTAL, "Requests answered", labels=_LABELS)
    durations = HistogramMetricFamily(_DURATION, _DURATION_HELP, labels=_LABELS)
    for labels, counts in answers.items():
        total.add_metric(labels, sum(counts.values()))
        if UNTIMED not in counts:
            sums = accumulate(counts.get(edge, 0.0) for edge in EDGES)
            buckets = list(zip(EDGES, sums, strict=True))
            durations.add_metric(labels, buckets, seconds.get(labels, 0.0))
    yield total
    yield durations


def _labels(sample: Sample) -> tuple[str, ...]:
    return tuple(sample.labels[name] for name in _LABELS)


def _order(sample: Sample) -> tuple[list[tuple[str, str]], int, float]:
    others = sorted((name, value) for name, value in sample.labels.items() if name != "le")
    if sample.name.endswith("_bucket"):
        return others, 0, float(sample.labels["le"])
    return others, (1 if sample.name.endswith("_count") else 2), 0.0
