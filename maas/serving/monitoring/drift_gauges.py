"""Drift as Prometheus reads it: one gauge per feature, over all workers.

An alert needs no number of rows: a gauge above 1 is above the limit for the rows there are.
"""

from collections.abc import Iterator

from prometheus_client.metrics_core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from maas.drift.record import FeatureDrift, PredictionDrift
from maas.serving.monitoring.live_drift import LiveDrift

_OF_LIMIT = "as a part of its limit: above 1 is a drift; 0 without enough rows"


class DriftCollector(Collector):
    """The gauges of the served version.

    Args:
        drift: of that version.
    """

    def __init__(self, drift: LiveDrift) -> None:
        self._drift = drift

    def collect(self) -> Iterator[Metric]:
        """The families, with what all workers have counted."""
        report = self._drift.report()
        what = f"PSI of a feature {_OF_LIMIT}"
        features = GaugeMetricFamily("maas_feature_drift", what, labels=["feature"])
        for name, feature in report.features.items():
            features.add_metric([name], _value(feature))
        yield features
        what = f"PSI of the predictions {_OF_LIMIT}"
        yield GaugeMetricFamily("maas_prediction_drift", what, value=_value(report.prediction))
        what = "Rows of the last 24 hours in which drift is looked for"
        yield GaugeMetricFamily("maas_drift_rows", what, value=report.rows)

    def describe(self) -> list[Metric]:
        """Nothing, so that registering it does not look for drift."""
        return []


def _value(found: FeatureDrift | PredictionDrift) -> float:
    return 0.0 if found.verdict == "too few rows" else found.part_of_limit
