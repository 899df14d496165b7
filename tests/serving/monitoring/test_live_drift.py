"""Rows that are answered are counted, together, and at most some of a batch."""

import asyncio
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from prometheus_client import CollectorRegistry, generate_latest

from maas.model.signature import Signature
from maas.serving.monitoring.drift_gauges import DriftCollector
from maas.serving.monitoring.hourly_counts import CountsOfADay, HourlyCounts
from maas.serving.monitoring.live_drift import MAX_OF_BATCH, MAX_WAITING, LiveDrift
from tests.drift.references import CLASSES, DIGEST, category, histogram, make_signature, number
from tests.serving.monitoring.text import value

SIGNATURE = make_signature(
    number("a", nullable=True), category("c", "xy", nullable=True), unknown="ignore"
)
REFERENCE = {
    "rows": 300,
    "features": {
        "a": histogram(np.linspace(0, 1, 300)) | {"nulls": 0},
        "c": {"counts": {"x": 150, "y": 150}, "nulls": 0},
    },
    "target": {"counts": dict.fromkeys(CLASSES, 100)},
    "prediction": {"counts": dict.fromkeys(CLASSES, 100)},
}


@pytest.fixture(params=["shared", "alone"])
def drift(request: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> LiveDrift:
    monkeypatch.setenv(
        "PROMETHEUS_MULTIPROC_DIR", str(tmp_path) if request.param == "shared" else ""
    )
    return make(SIGNATURE)


def make(signature: Signature, reference: Any = REFERENCE) -> LiveDrift:
    return LiveDrift(3, DIGEST, signature, reference)


def row(a: float | None, c: str | None) -> Any:
    return SimpleNamespace(f0=a, f1=c)


def encode(*rows: Any) -> np.ndarray:
    codes = {"x": 0, "y": 1}
    values = [(np.nan if r.f0 is None else r.f0, codes.get(r.f1, -1)) for r in rows]
    return np.array(values, dtype=np.float32).reshape(-1, 2)


def add(drift: LiveDrift, *rows: Any, answers: list[str] | None = None) -> None:
    if len(rows) == 1:
        drift.add_row(rows[0], encode(*rows), "a" if answers is None else answers[0])
        return
    drift.add(rows, encode(*rows), answers or ["a"] * len(rows))


def test_rows_are_counted_when_they_are_asked_for(drift: LiveDrift):
    assert drift.report().rows == 0
    add(drift, row(0.5, "x"), answers=["b"])
    add(drift, row(None, "y"), row(7, "z"), row(-7, None), answers=["a", "b", "c"])
    report, counts = drift.snapshot()
    assert report.rows == counts["rows"] == 4
    assert drift.counts() == counts
    found = counts["features"]
    assert (found["a"]["below"], found["a"]["above"], found["a"]["nulls"]) == (1, 1, 1)
    assert found["c"] == {"counts": {"x": 1, "y": 1}, "unseen": 1, "nulls": 1}
    assert counts["prediction"] == {"counts": {"a": 1, "b": 2, "c": 1}}
    assert (report.features["c"].unseen_rate, report.features["a"].unseen_rate) == (0.25, 0.5)
    assert report.version == 3
    assert report.since is not None


@pytest.mark.parametrize("count", [1, MAX_WAITING - 1, MAX_WAITING, 3 * MAX_WAITING + 1])
def test_no_single_row_is_lost(drift: LiveDrift, count: int):
    rows = [row(place / count, None if place % 3 else "z") for place in range(count)]
    for each in rows:
        add(drift, each)
    found = drift.counts()["features"]["c"]
    assert found["nulls"] + found["unseen"] == count == drift.report().rows
    assert found["nulls"] == sum(each.f1 is None for each in rows)


@pytest.mark.parametrize("count", [0, 2, 255, 256, 257, 511, 1000, 10_000])
def test_some_rows_of_a_batch_are_counted(drift: LiveDrift, count: int):
    kinds = [(0.5, "x", "a"), (9, None, "b"), (None, "z", "c")]
    given = [kinds[place % 7 % 3] for place in range(count)]
    for _ in range(3):
        add(drift, *(row(a, c) for a, c, _ in given), answers=[answer for *_, answer in given])
    counts = drift.counts()
    assert counts["rows"] == 3 * min(count, MAX_OF_BATCH)
    number, text, answers = (*counts["features"].values(), counts["prediction"]["counts"])
    assert number["above"] == text["nulls"] == answers["b"]  # of the same rows
    assert number["nulls"] == text["unseen"] == answers["c"]
    assert sum(number["counts"]) == text["counts"]["x"] == answers["a"]


@pytest.mark.parametrize("period", [2, 3, 4])
def test_a_pattern_in_the_order_of_rows_is_no_drift(drift: LiveDrift, period: int):
    values = np.linspace(0, 1, 996)
    # Of two, the first row is always from the lower half of the values, the second from the upper.
    rows = [row(value, "x") for value in values.reshape(period, -1).T.ravel().tolist()]
    for _ in range(8):
        add(drift, *rows)
    assert drift.report().features["a"].verdict == "ok"


def test_drift_in_any_row_of_a_batch_is_seen(drift: LiveDrift):
    for place in range(4):
        before = drift.counts()["features"]["a"]["above"]
        for _ in range(4):
            add(drift, *(row(9 if n % 4 == place else 0.5, "x") for n in range(1000)))
        assert drift.counts()["features"]["a"]["above"] > before


def test_a_failure_to_count_reaches_no_request(drift: LiveDrift, logged: list[str]):
    for _ in range(2):
        add(drift, row(1, "x"), answers=["of no class"])
        assert drift.report().rows == 0
    (line,) = logged
    assert line.startswith("WARNING rows are not counted for drift: ")


def test_numbers_are_predicted_too(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("PROMETHEUS_MULTIPROC_DIR", raising=False)
    signature = SIGNATURE.model_copy(
        update={"task": "regression", "classes": None, "probabilities": False}
    )
    drift = make(signature, REFERENCE | {"target": histogram(range(9)), "prediction": None})
    drift.add([row(1, "x")] * 3, encode(*[row(1, "x")] * 3), [-1.0, 2.0, 99.0])
    found = drift.counts()["prediction"]
    assert (found["below"], sum(found["counts"]), found["above"]) == (1, 1, 1)


def test_single_rows_are_given_on_together(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("PROMETHEUS_MULTIPROC_DIR", raising=False)
    given: list[Any] = []
    drift = LiveDrift(3, DIGEST, SIGNATURE, REFERENCE, given.append)
    for a in range(3):
        add(drift, row(a, "x"))
    add(drift, row(7, "x"), row(8, "x"))
    assert drift.report().rows == 5
    (matrix,) = given
    assert matrix[:, 0].tolist() == [0, 1, 2]


def test_threads_may_add_at_once(drift: LiveDrift):
    rows = [row(0.5, "z")] * 7

    async def run() -> None:
        add_all = [asyncio.to_thread(add, drift, *rows) for _ in range(400)]
        looks = [asyncio.to_thread(drift.report) for _ in range(20)]
        await asyncio.gather(*add_all, *looks)

    asyncio.run(run())
    assert drift.counts()["features"]["c"]["unseen"] == 2800 == drift.report().rows


def test_rows_that_are_counted_during_a_look_are_in_the_next(
    drift: LiveDrift, monkeypatch: pytest.MonkeyPatch
):
    original = HourlyCounts.sum

    def sum_then_count(counts: HourlyCounts) -> CountsOfADay:
        found = original(counts)
        add(drift, row(0.5, "x"))
        drift.count_waiting()
        return found

    monkeypatch.setattr(HourlyCounts, "sum", sum_then_count)
    assert drift.report().rows == 0
    assert drift.report().rows == 1


def test_the_gauges_are_parts_of_the_limits(drift: LiveDrift):
    registry = CollectorRegistry()
    registry.register(DriftCollector(drift))
    add(drift, *[row(9, "x")] * 150)
    text = generate_latest(registry)
    assert value(text, "maas_drift_rows") == 150
    assert value(text, "maas_feature_drift", feature="a") == 0  # too few rows
    add(drift, *[row(9, "x")] * 150)
    text, report = generate_latest(registry), drift.report()
    found = value(text, "maas_feature_drift", feature="a")
    assert found == report.features["a"].psi / report.features["a"].limit > 1
    assert value(text, "maas_prediction_drift") > 1


@pytest.mark.parametrize("reference", [{}, {"target": {}}, {"features": {}, "target": {}}, []])
def test_a_reference_of_something_else_is_refused(reference: Any):
    with pytest.raises((ValueError, AttributeError)):
        make(SIGNATURE, reference)
