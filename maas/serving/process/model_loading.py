"""Loads a version's model: for good in a worker, and once in a trial before workers start.

A failure in a worker would restart it for ever, so the trial comes before. It runs in a child
process: the process that starts the workers then holds neither numpy nor onnxruntime.
"""

import json
import logging
import os
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from maas.errors import ServeError
from maas.model.signature import FLOAT32_MAX, Signature
from maas.registry import loading
from maas.registry.candidate import check_reference
from maas.registry.version import MANIFEST, MODEL_FILES, REFERENCE, Version

if TYPE_CHECKING:
    from collections.abc import Callable

    from maas.model.predictor import Predictor
    from maas.model.scorers import Matrix
    from maas.serving.async_predictor import AsyncPredictor
    from maas.serving.monitoring.live_drift import LiveDrift

log = logging.getLogger("bentoml.maas")

_BOUND = "MAAS_INPUT_BOUND"
"""`<digest> <bound>`: what the trial measured of a version that does not record it."""

_bounds: dict[str, float] = {}
"""digest -> the bound that its release records, or that this process measured."""

_loaded: dict[str, "Predictor"] = {}
"""digest -> a predictor that was loaded to see whether it can be; the next call takes it."""

_CHOOSE = "serve another version with MODEL_VERSION, or train a new one"


def served_signature(version: Version) -> Signature:
    """The version's signature, with the input bound that was measured if it records none."""
    signature = version.manifest.signature
    if signature.input_bound is not None:
        return signature
    if version.manifest.digest in _bounds:
        return signature.model_copy(update={"input_bound": _bounds[version.manifest.digest]})
    digest, _, bound = os.environ.get(_BOUND, "").partition(" ")
    if digest == version.manifest.digest:
        with suppress(ValueError):
            if 0 < float(bound) <= FLOAT32_MAX:
                return signature.model_copy(update={"input_bound": float(bound)})
    return signature


def remember_bound(version: Version, bound: float) -> None:
    """Serve a version that records no input bound with this one."""
    _bounds[version.manifest.digest] = bound


def measure_bound(version: Version, threads: int) -> None:
    """Measure the input bound, in this process, where neither version nor release has one."""
    from maas.model.input_bound import find_input_bound
    from maas.model.scorers import make_scorer

    if served_signature(version).input_bound is None:
        runtime = version.manifest.runtime
        scorer = make_scorer(runtime, version.read(MODEL_FILES[runtime]), threads)
        remember_bound(version, find_input_bound(scorer, version.manifest.signature))


def keep_predictor(version: Version, threads: int) -> None:
    """Load a predictor now, and keep it for the next call that loads it.

    Raises:
        DamagedError: its file is not the one that was published.
        Exception: of the runtime, which cannot load it.
    """
    measure_bound(version, threads)
    _loaded[version.manifest.digest] = load_predictor(version, threads)


def load_predictor(version: Version, threads: int) -> "Predictor":
    """Load the model, after its hash was checked, and let it answer once.

    Raises:
        DamagedError: its file is not the one that was published.
    """
    if version.manifest.digest in _loaded:
        return _loaded.pop(version.manifest.digest)
    predictor = loading.load_predictor(version, threads, served_signature(version))
    predictor.warm()
    return predictor


def load_async_predictor(version: Version, threads: int) -> "AsyncPredictor":
    """Load the model that the service's methods ask."""
    from maas.serving.async_predictor import AsyncPredictor
    from maas.serving.loop_limit import find_loop_limits
    from maas.serving.monitoring.model_metrics import ModelMetrics, read_target_edges

    predictor, reference = load_predictor(version, threads), version.read(REFERENCE)
    metrics = ModelMetrics(predictor.signature, read_target_edges(reference), version.number)
    drift = _watch_drift(version, predictor.signature, reference, metrics.count_outside)
    metrics.ranges_later = drift is not None
    return AsyncPredictor(predictor, find_loop_limits(predictor), metrics, drift)


def _watch_drift(
    version: Version, signature: Signature, reference: bytes, on_rows: "Callable[[Matrix], None]"
) -> "LiveDrift | None":
    """What counts the rows of a version; None: its reference has no bins for them."""
    from maas.serving.monitoring.live_drift import LiveDrift

    try:
        content = json.loads(reference)
        return LiveDrift(version.number, version.manifest.digest, signature, content, on_rows)
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        log.warning("%s: there is no drift of %s: %s", REFERENCE, version.tag, error)
        return None


class Trial:
    """The model being loaded in a child process; `finish` waits for it.

    Args:
        version: its files were checked before.
        threads: onnxruntime's, within one call.
        project: the folder that holds the package `maas`.

    Raises:
        DamagedError: reference.json does not say what a worker reads there.
    """

    def __init__(self, version: Version, threads: int, project: Path) -> None:
        self._version = version
        check_reference(version)
        manifest = version.manifest
        arguments: list[object] = [
            version.path / MODEL_FILES[manifest.runtime],
            manifest.runtime,
            len(manifest.signature.features),
            threads,
        ]
        self._measures = manifest.signature.input_bound is None
        if self._measures:
            arguments.append(version.path / MANIFEST)
        self._child = subprocess.Popen(
            [sys.executable, "-m", "maas.serving.process.trial", *map(str, arguments)],
            cwd=project,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def finish(self) -> None:
        """Wait for the child; hand what it measured down to the workers.

        Raises:
            ServeError: the model cannot be loaded.
        """
        output, errors = self._child.communicate()
        if self._child.returncode:
            lines = errors.strip().splitlines() or [f"exit {self._child.returncode}"]
            raise ServeError(self._version.tag, f"cannot be loaded ({lines[-1]})", _CHOOSE)
        if self._measures:
            os.environ[_BOUND] = f"{self._version.manifest.digest} {output.split()[-1]}"
