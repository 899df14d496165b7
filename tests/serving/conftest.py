"""What a test of a serving module leaves behind in the process is put back."""

import logging
import signal
from collections.abc import Iterator

import pytest
from prometheus_client import REGISTRY

from maas.serving.monitoring import model_metrics, predicted_numbers

CACHES = (
    model_metrics._families,
    model_metrics._predictions_by_class,
    predicted_numbers.predicted_numbers,
)


@pytest.fixture
def registry(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let a test register metrics in the process's one registry; unregister them afterwards."""
    for name in ("PROMETHEUS_MULTIPROC_DIR", "MAAS_METRICS_DIR"):
        monkeypatch.delenv(name, raising=False)
    before = set(REGISTRY._collector_to_names)
    forget_families()
    yield
    for collector in set(REGISTRY._collector_to_names) - before:
        REGISTRY.unregister(collector)
    forget_families()


def forget_families() -> None:
    for cached in CACHES:
        cached.cache_clear()


@pytest.fixture
def process(registry: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:  # noqa: ARG001
    """An instance of the tiny service, as BentoML makes it for the app."""
    import bentoml  # slow to load, and few tests need it

    from maas.serving import app
    from tests.serving.tiny_service import Service

    instance = Service()
    monkeypatch.setattr(bentoml, "get_current_service", lambda: instance)
    monkeypatch.setattr(app, "tune_gc", lambda: None)  # it would be for all tests after
    handler = signal.getsignal(signal.SIGTERM)
    yield
    signal.signal(signal.SIGTERM, handler)


@pytest.fixture
def logged() -> Iterator[list[str]]:
    """The lines of the service's own logger, each after its level."""
    lines: list[str] = []
    handler = logging.Handler()
    handler.emit = lambda record: lines.append(f"{record.levelname} {record.getMessage()}")
    log = logging.getLogger("bentoml.maas")
    level = log.level
    log.addHandler(handler)
    log.setLevel(logging.INFO)
    yield lines
    log.removeHandler(handler)
    log.setLevel(level)
