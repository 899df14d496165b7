"""Counts requests, under BentoML's own metric names but with bounded labels."""

from bisect import bisect_left
from collections.abc import Collection, Iterable, Sequence

from prometheus_client import Counter, Gauge

from maas.registry.version import Version
from maas.serving.monitoring.collector import (
    ANSWER_SECONDS,
    ANSWERS,
    BUCKETS_S,
    EDGES,
    STATUS,
    UNTIMED,
)
from maas.serving.monitoring.deferred_counter import DeferredCounter


class RequestMetrics:
    """The metrics of requests, once per process; `of_version` gives those of one version.

    Args:
        routes: every endpoint that can be asked for, but the predict routes of a version.
    """

    def __init__(self, routes: Sequence[str]) -> None:
        self.routes = tuple(routes)
        names = ("service_name", "service_version")
        # Counted by interval here; the collector makes a histogram of them.
        self.answers = Counter(ANSWERS, "raw", ["endpoint", *names, STATUS, "le"])
        self.answer_seconds = Counter(ANSWER_SECONDS, "raw", ["endpoint", *names, STATUS])
        self.in_progress = Gauge(
            "bentoml_service_request_in_progress",
            "Requests that are being answered now",
            ["endpoint", *names],
            multiprocess_mode="livesum",
        )
        self.deferred = DeferredCounter()
        left = "Requests whose client left before the answer"
        self._abandoned = Counter("maas_requests_abandoned", left, ["endpoint"])
        wrong = "What was wrong with refused requests"
        self._failures = Counter("maas_validation_failures", wrong, ["endpoint", "reason"])
        self._keys_stale = Gauge(
            "maas_api_keys_stale",
            "1 while the file of API keys cannot be used, and the last keys stay valid",
            multiprocess_mode="livemax",
        )

    def of_version(self, version: Version, timed: Collection[str]) -> "VersionCounts":
        """The counts of one version, whose predict routes are timed."""
        return VersionCounts(self, version.manifest.model_name, version.label, timed)

    def count_abandoned(self, route: str) -> None:
        """Count a client that left."""
        self._abandoned.labels(route).inc()

    def report_keys(self, stale: bool) -> None:
        """Show whether the file of API keys can be used."""
        self._keys_stale.set(stale)

    def count_invalid(self, route: str, reasons: Iterable[str]) -> None:
        """Count what was wrong with a request."""
        for reason in reasons:
            self._failures.labels(route, reason).inc()


class VersionCounts:
    """Counts the requests that one version answers.

    Args:
        metrics: the process's.
        name: of the model.
        label: of the version, such as `v3`.
        timed: the endpoints whose durations are measured: the predict routes.
    """

    def __init__(
        self, metrics: RequestMetrics, name: str, label: str, timed: Collection[str]
    ) -> None:
        self._metrics, self._timed = metrics, frozenset(timed)
        self._names = {"service_name": name, "service_version": label}
        self._counters: dict[tuple[str, int], tuple[Counter, list[Counter]]] = {}
        self._in_progress = dict.fromkeys((*timed, *metrics.routes), 0)
        self._gauges = {
            route: metrics.in_progress.labels(endpoint=route, **self._names)
            for route in self._in_progress
        }
        for route in timed:
            self._make_counters(route, 200)  # so that a rate starts at zero

    @property
    def in_progress(self) -> int:
        """How many requests are being answered."""
        return sum(self._in_progress.values())

    def begin(self, route: str) -> None:
        """Count a request that is being answered from now on."""
        self._in_progress[route] += 1

    def end(self, route: str, status: int, seconds: float) -> None:
        """Count the answer to a request that began."""
        self._in_progress[route] -= 1
        total, intervals = self._counters.get((route, status)) or self._make_counters(route, status)
        add = self._metrics.deferred.add
        if len(intervals) == 1:
            add(intervals[0])
        else:
            add(intervals[bisect_left(BUCKETS_S, seconds)])
            add(total, seconds)

    def publish_in_progress(self) -> None:
        """Write how many requests are being answered here, for whichever worker is asked."""
        for route, gauge in self._gauges.items():
            gauge.set(self._in_progress[route])

    def _make_counters(self, route: str, status: int) -> tuple[Counter, list[Counter]]:
        """The counter of seconds, and one per interval, of a route and a status."""
        labels = {"endpoint": route, STATUS: str(status), **self._names}
        edges = EDGES if route in self._timed else (UNTIMED,)
        intervals = [self._metrics.answers.labels(le=edge, **labels) for edge in edges]
        self._counters[route, status] = self._metrics.answer_seconds.labels(**labels), intervals
        return self._counters[route, status]
