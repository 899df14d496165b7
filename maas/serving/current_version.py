"""The version that is served now, and those before it that still end requests."""

import asyncio
import gc

from maas.serving.monitoring.release_metrics import ReleaseMetrics
from maas.serving.served_version import ServedVersion, predictors_of


class CurrentVersion:
    """Replaces what is served between two requests, and lets go of what was.

    Args:
        served: the first one.
        metrics: where the served one is named.

    Attributes:
        served: what a request takes, once, when it begins.
        metrics: of releases.
    """

    def __init__(self, served: ServedVersion, metrics: ReleaseMetrics) -> None:
        self.served, self.metrics = served, metrics
        self._retired: list[ServedVersion] = []
        self._show()

    def replace(self, served: ServedVersion) -> None:
        """Serve this from the next request on; call it in the event loop."""
        before, self.served = self.served, served
        self._show()
        if before.instance is not served.instance:
            self._retired.append(before)
            self.drop_unused()

    def drop_unused(self) -> None:
        """Let go of the models of retired versions whose last request has ended."""
        unused = [served for served in self._retired if not served.counts.in_progress]
        for served in unused:
            self._retired.remove(served)
            served.counts.publish_in_progress()
            if served.drift is not None:
                served.drift.count_waiting()
            for predictor in predictors_of(served.instance):
                predictor.drop()
        if unused:  # its types are a cycle; collected when nothing here refers to it any more
            asyncio.get_running_loop().call_soon(gc.collect)

    def publish_in_progress(self) -> None:
        """Write how many requests are being answered here, for whichever worker is asked."""
        for served in (*self._retired, self.served):
            served.counts.publish_in_progress()

    def publish_drift(self) -> None:
        """Count the rows that wait, for whichever worker is asked."""
        for served in (*self._retired, self.served):
            if served.drift is not None:
                served.drift.count_waiting()
                served.drift.restore()

    def _show(self) -> None:
        release = self.served.release
        self.metrics.show(self.served.version, release.release if release else 0)
