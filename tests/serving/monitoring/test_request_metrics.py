"""Requests are counted per route, status and version, and under no other label."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from maas.registry.version import Version
from maas.serving.monitoring.collector import render_metrics
from maas.serving.monitoring.request_metrics import RequestMetrics, VersionCounts
from tests.samples import make_manifest
from tests.serving.monitoring.text import SECONDS, TOTAL, parse, value

pytestmark = pytest.mark.usefixtures("registry")

IN_PROGRESS = "bentoml_service_request_in_progress"
VERSION = Version(3, Path("v3"), make_manifest())


def make_metrics() -> RequestMetrics:
    return RequestMetrics(["/model", "unmatched"])


def count(*answers: tuple[str, int, float]) -> bytes:
    """Count answers of v3; give the text of /metrics."""
    counts = make_metrics().of_version(VERSION, ["/predict"])
    return after_a_turn(lambda: [answer(counts, *values) for values in answers])


def answer(counts: VersionCounts, route: str, status: int, seconds: float) -> None:
    counts.begin(route)
    counts.end(route, status, seconds)


def after_a_turn(act: Callable[[], object]) -> bytes:
    async def run() -> None:
        act()
        await asyncio.sleep(0)

    asyncio.run(run())
    return render_metrics()


def test_answers_are_counted_by_route_status_and_version():
    answers = [("/predict", 200), ("/predict", 200), ("/predict", 422), ("/model", 200)]
    text = count(*[(route, status, 0.1) for route, status in answers])
    names = {"service_name": "m", "service_version": "v3"}
    for route, status in answers:
        labels = {"endpoint": route, "http_response_code": str(status), **names}
        assert value(text, TOTAL, **labels) == answers.count((route, status))


def test_a_duration_is_in_every_bucket_from_its_own_on():
    text = count(("/predict", 200, 0.0005), ("/predict", 200, 0.003), ("/predict", 200, 60))
    buckets = {s.labels["le"]: s.value for s in parse(text) if s.name == f"{SECONDS}_bucket"}
    assert buckets == {
        "0.0005": 1, "0.001": 1, "0.0025": 1, "0.005": 2, "0.01": 2, "0.025": 2, "0.1": 2,
        "0.5": 2, "2.5": 2, "10.0": 2, "+Inf": 3,
    }  # fmt: skip
    assert value(text, f"{SECONDS}_sum") == pytest.approx(60.0035)
    assert value(text, f"{SECONDS}_count") == 3


def test_only_predict_routes_have_durations():
    text = count(("/predict", 200, 0.1), ("/model", 200, 0.1), ("unmatched", 404, 0.1))
    assert {s.labels["endpoint"] for s in parse(text) if s.name.startswith(SECONDS)} == {"/predict"}


def test_successes_of_predict_routes_start_at_zero():
    text = count()
    assert value(text, TOTAL, endpoint="/predict") == 0
    assert value(text, TOTAL, endpoint="/model") is None
    assert value(text, f"{SECONDS}_count", http_response_code="200") == 0


def test_a_route_that_was_not_announced_cannot_be_counted():
    counts = make_metrics().of_version(VERSION, ["/predict"])
    with pytest.raises(KeyError):
        counts.begin("/any/path")
    assert b"/any/path" not in render_metrics()


def test_the_raw_counts_are_not_shown():
    assert b"maas_answer" not in count(("/predict", 200, 0.1))


def test_requests_in_progress_are_shown_when_they_are_published():
    counts = make_metrics().of_version(VERSION, ["/predict"])
    for route in ("/predict", "/predict", "/model"):
        counts.begin(route)
    assert value(render_metrics(), IN_PROGRESS, endpoint="/predict") == 0
    counts.publish_in_progress()
    text = render_metrics()
    assert value(text, IN_PROGRESS, endpoint="/predict") == 2
    assert value(text, IN_PROGRESS, endpoint="/model") == 1
    assert value(text, IN_PROGRESS, endpoint="unmatched") == 0
    after_a_turn(lambda: [counts.end("/predict", 200, 0.1), counts.publish_in_progress()])
    assert value(render_metrics(), IN_PROGRESS, endpoint="/predict") == 1


def test_refused_requests_are_counted_by_each_reason():
    metrics = make_metrics()
    metrics.count_invalid("/predict", ["missing", "missing", "int_type"])
    metrics.count_invalid("/predict", [])
    text = render_metrics()
    name = "maas_validation_failures_total"
    assert value(text, name, endpoint="/predict", reason="missing") == 2
    assert value(text, name, endpoint="/predict", reason="int_type") == 1


def test_clients_that_left_are_counted_by_route():
    metrics = make_metrics()
    metrics.count_abandoned("/predict")
    text = render_metrics()
    assert value(text, "maas_requests_abandoned_total", endpoint="/predict") == 1
    assert value(text, "maas_requests_abandoned_total", endpoint="/model") is None


def test_two_versions_are_counted_apart():
    metrics = make_metrics()
    third = metrics.of_version(VERSION, ["/predict"])
    fourth = metrics.of_version(Version(4, Path("v4"), VERSION.manifest), ["/predict"])

    def act() -> None:
        answer(third, "/predict", 200, 0.1)
        answer(fourth, "/predict", 200, 0.1)
        answer(fourth, "/predict", 200, 0.1)

    text = after_a_turn(act)
    assert value(text, TOTAL, service_version="v3") == 1
    assert value(text, TOTAL, service_version="v4") == 2
