"""A worker that only counts: `python -m tests.serving.monitoring.worker <seconds>...`.

It answers one request per duration, leaves one in progress, records two batches and says "ready";
then it lives until its stdin ends.
"""

import asyncio
import sys
from pathlib import Path

import numpy as np

from maas.registry.version import Version
from maas.serving.monitoring.metrics_folder import use_folder
from maas.serving.monitoring.model_metrics import ModelMetrics
from maas.serving.monitoring.release_metrics import ReleaseMetrics
from maas.serving.monitoring.request_metrics import RequestMetrics
from tests.samples import make_manifest


async def count(durations: list[float]) -> None:
    manifest = make_manifest()
    version = Version(3, Path("v3"), manifest)
    counts = RequestMetrics(["/model"]).of_version(version, ["/predict"])
    ReleaseMetrics().show(version, 7)
    for seconds in durations:
        counts.begin("/predict")
        counts.end("/predict", 200, seconds)
    counts.begin("/model")
    counts.publish_in_progress()
    model = ModelMetrics(manifest.signature, [0.0, 1.0], 3)
    for rows in (2, 200):
        matrix = np.full((rows, 1), 2.0, dtype=np.float32)
        model.record([None] * rows, matrix, [0.5] * rows, is_batch=True, in_loop=False)
    await asyncio.sleep(0)


if __name__ == "__main__":
    use_folder()
    asyncio.run(count([float(text) for text in sys.argv[1:]]))
    print("ready", flush=True)
    sys.stdin.read()
