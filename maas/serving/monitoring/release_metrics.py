"""What is counted of releases: which one is served, what failed, and how a shadow agrees."""

from functools import cached_property

from prometheus_client import Counter, Gauge, Histogram

from maas.registry.version import Version
from maas.serving.monitoring.collector import MODEL_INFO

_SHADOW_BUCKETS_S = (0.001, 0.01, 0.1, 1.0, 10.0)


class ReleaseMetrics:
    """The metrics of releases, once per process."""

    def __init__(self) -> None:
        labels = ["name", "version", "digest"]
        self._info = Gauge(MODEL_INFO, "The served version", labels, multiprocess_mode="livemax")
        self._release = Gauge(
            "maas_release",
            "The release that every worker has reached; 0: the version was not chosen by a release",
            multiprocess_mode="livemin",
        )
        self._failures = Counter("maas_release_failures", "Releases that could not be served")
        self._shown: Gauge | None = None

    def show(self, version: Version, release: int) -> None:
        """Name the served version, and no longer the one before; 0 is not a release."""
        manifest = version.manifest
        if self._shown is not None:
            self._shown.set(0)
        number = str(version.number)
        self._shown = self._info.labels(manifest.model_name, number, manifest.digest)
        self._shown.set(1)
        self._release.set(release)

    def count_failure(self) -> None:
        """Count a release that could not be served."""
        self._failures.inc()

    @cached_property
    def shadow(self) -> "ShadowMetrics":
        """The metrics of shadows, which are made when there is one."""
        return ShadowMetrics()


class ShadowMetrics:
    """How the shadow answers beside the live version."""

    def __init__(self) -> None:
        rows = Counter("maas_shadow_rows", "Rows that the shadow scored", ["agrees"])
        self._agree, self._differ = rows.labels("true"), rows.labels("false")
        dropped = "Rows that the shadow did not score: there was no room, or it failed"
        self._dropped = Counter("maas_shadow_dropped", dropped)
        seconds = "Seconds in which the shadow scored the rows of some requests together"
        self._seconds = Histogram("maas_shadow_seconds", seconds, buckets=_SHADOW_BUCKETS_S)

    def count(self, agreeing: int, rows: int, seconds: float) -> None:
        """Count rows that were scored together, and how many had the same answer."""
        self._agree.inc(agreeing)
        self._differ.inc(rows - agreeing)
        self._seconds.observe(seconds)

    def drop(self, rows: int) -> None:
        """Count rows that were not scored."""
        self._dropped.inc(rows)
