"""One histogram whose buckets differ between versions: each divides its own training target.

prometheus_client refuses a second histogram of a name. So each version's is registered nowhere,
and one collector shows them all.
"""

from collections.abc import Iterator
from functools import cache

from prometheus_client import REGISTRY, Histogram
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

_NAME = "maas_prediction_value"
_WHAT = "Predicted numbers; the buckets divide the range of the version's training target"


class PredictedNumbers(Collector):
    """The histograms of the versions that this process has served."""

    def __init__(self) -> None:
        self._histograms: dict[tuple[int, tuple[float, ...]], Histogram] = {}

    def of_version(self, number: int, edges: tuple[float, ...]) -> Histogram:
        """The histogram of a version.

        Args:
            number: of the version.
            edges: of the buckets, ascending, each once.
        """
        key = number, edges
        if key not in self._histograms:
            family = Histogram(_NAME, _WHAT, ["version"], buckets=edges, registry=None)
            self._histograms[key] = family.labels(str(number))
        return self._histograms[key]

    def collect(self) -> Iterator[Metric]:
        """The one family; where workers share a folder, their files are read instead."""
        if self._histograms:
            family = Metric(_NAME, _WHAT, "histogram")
            for (number, _), histogram in self._histograms.items():
                (own,) = histogram.collect()
                family.samples += [
                    sample._replace(labels={"version": str(number), **sample.labels})
                    for sample in own.samples
                    if not sample.name.endswith("_created")
                ]
            yield family


@cache
def predicted_numbers() -> PredictedNumbers:
    """The one of this process."""
    collector = PredictedNumbers()
    REGISTRY.register(collector)
    return collector
