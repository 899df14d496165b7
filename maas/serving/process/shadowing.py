"""Keeps the shadow that the ledger names beside what is live; it answers nobody."""

import asyncio
import logging
from dataclasses import replace

from maas.errors import ServeError
from maas.model.compatibility import encoding_differences
from maas.registry.ledger import Release
from maas.registry.version import REFERENCE
from maas.serving.api.responses import ShadowResponse
from maas.serving.current_version import CurrentVersion
from maas.serving.monitoring.model_metrics import read_target_edges
from maas.serving.process.candidates import Candidates
from maas.serving.served_version import ServedVersion, predictors_of
from maas.serving.shadow import SAME_WITHIN, Shadow

log = logging.getLogger("bentoml.maas")


class Shadowing:
    """Starts and ends shadows.

    Args:
        current: what is live.
        candidates: loads the shadow.
    """

    def __init__(self, current: CurrentVersion, candidates: Candidates) -> None:
        self._current, self._candidates = current, candidates
        self._beside: tuple[Release | None, object] = None, None
        self._task: asyncio.Task[None] | None = None

    async def follow(self, release: Release | None) -> None:
        """Score with the version of a release from now on, or, without one, with none."""
        served = self._current.served
        if release is not None and release.names(served.version):
            release = None  # it would be compared with itself
        if self._beside == (release, served.instance):
            return
        self._beside = release, served.instance
        self._end(served)
        if release is not None:
            try:
                await self._start(release, served)
            except Exception as error:  # what is live has nothing to do with it
                why = " ".join(str(error).split()) or type(error).__name__
                log.warning("release r%d: there is no shadow: %s", release.release, why)

    async def _start(self, release: Release, served: ServedVersion) -> None:
        shadow, shown = await asyncio.to_thread(self._load, release, served)
        for predictor in predictors_of(served.instance):
            predictor.shadow = shadow
        self._task = asyncio.create_task(shadow.run())
        self._current.replace(replace(served, shadow=shown))
        log.info("%s is scored beside %s (r%d)", shown.tag, served.version.tag, release.release)

    def _load(self, release: Release, served: ServedVersion) -> tuple[Shadow, ShadowResponse]:
        version, predictor = self._candidates.load(release)
        live = served.version
        mismatch = "; ".join(
            encoding_differences(live.manifest.signature, version.manifest.signature)
        )
        if mismatch:
            remedy = f"shadow a version with the features of {live.tag}"
            raise ServeError(version.tag, f"cannot be scored beside it: {mismatch}", remedy)
        edges = read_target_edges(live.read(REFERENCE))
        tolerance = SAME_WITHIN * (max(edges) - min(edges)) if edges else 0.0
        shown = ShadowResponse(
            release=release.release,
            version=version.number,
            tag=version.tag,
            digest=version.manifest.digest,
        )
        return Shadow(predictor, tolerance, self._current.metrics.shadow), shown

    def _end(self, served: ServedVersion) -> None:
        if self._task is not None:
            self._task.cancel()
            self._task = None
        for predictor in predictors_of(served.instance):
            predictor.shadow = None
        if served.shadow is not None:
            self._current.replace(replace(served, shadow=None))
