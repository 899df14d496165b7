"""Many observations at once are what they are one by one."""

import random

import pytest
from prometheus_client import CollectorRegistry, Histogram, generate_latest

from maas.serving.monitoring.bulk_histogram import observe_all
from tests.serving.monitoring.text import parse

EDGES = [-1.5, 0.0, 0.1, 2.0, 1e30]
CASES = {
    "none": [],
    "one": [0.05],
    "at the edges": EDGES,
    "just beside the edges": [edge + step for edge in EDGES for step in (-1e-9, 1e-9)],
    "far out": [-1e38, 1e38, 3.4e38],
    "zeros": [0.0, -0.0],
    "many": [random.Random(1).gauss(0, 2) for _ in range(5000)],
    "integers": [1, 2, 3],
}


def samples(one_by_one: bool, values: list[float], turns: int = 2) -> dict:
    registry = CollectorRegistry()
    histogram = Histogram("h", "what", buckets=EDGES, registry=registry)
    for _ in range(turns):
        if one_by_one:
            for value in values:
                histogram.observe(value)
        else:
            observe_all(histogram, values)
    found = parse(generate_latest(registry))
    return {(s.name, *s.labels.values()): s.value for s in found if s.name != "h_created"}


@pytest.mark.parametrize("name", CASES)
def test_the_buckets_the_count_and_the_sum_are_the_same(name: str):
    expected = samples(True, CASES[name])
    assert samples(False, CASES[name]) == pytest.approx(expected, rel=1e-12)
    assert ("h_bucket", "+Inf") in expected


def test_there_are_few_writes_and_none_for_an_empty_bucket(monkeypatch: pytest.MonkeyPatch):
    histogram = Histogram("h", "what", buckets=EDGES, registry=CollectorRegistry())
    written: list[float] = []
    for value in (*histogram._buckets, histogram._sum):
        monkeypatch.setattr(value, "inc", written.append)
    observe_all(histogram, [0.05] * 10_000 + [5.0])
    assert written == pytest.approx([10_000, 1, 505.0])


def test_a_histogram_that_is_kept_in_another_way_is_asked_value_by_value():
    class Other:
        def __init__(self) -> None:
            self.observed: list[float] = []
            self.observe = self.observed.append

    other = Other()
    observe_all(other, [1.0, 2.0])
    assert other.observed == [1.0, 2.0]
