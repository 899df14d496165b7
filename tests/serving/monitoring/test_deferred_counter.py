"""Increments of one turn of the event loop are written after it, equal ones together."""

import asyncio
from collections.abc import Callable

from prometheus_client import CollectorRegistry, Counter

from maas.serving.monitoring.deferred_counter import DeferredCounter


class WriteCount:
    """Keeps each increment, as a counter in a file would write it."""

    def __init__(self) -> None:
        self.increments: list[float] = []

    def inc(self, amount: float) -> None:
        self.increments.append(amount)


def in_turns(*turns: Callable[[], object]) -> None:
    async def run() -> None:
        for turn in turns:
            turn()
            await asyncio.sleep(0)

    asyncio.run(run())


def test_increments_of_one_turn_are_written_once_per_counter():
    deferred, one, other = DeferredCounter(), WriteCount(), WriteCount()
    in_turns(lambda: [deferred.add(one), deferred.add(other, 0.25), deferred.add(one, 2)])
    assert (one.increments, other.increments) == ([3], [0.25])


def test_nothing_is_written_within_the_turn():
    deferred, counter = DeferredCounter(), WriteCount()

    def add_and_look() -> None:
        deferred.add(counter)
        assert counter.increments == []

    in_turns(add_and_look)
    assert counter.increments == [1]


def test_each_turn_is_written_by_itself():
    deferred, counter = DeferredCounter(), WriteCount()
    in_turns(lambda: deferred.add(counter), lambda: None, lambda: deferred.add(counter, 4))
    assert counter.increments == [1, 4]


def test_what_is_added_while_counts_are_written_is_not_lost():
    deferred, late = DeferredCounter(), WriteCount()

    class Adding(WriteCount):
        def inc(self, amount: float) -> None:
            super().inc(amount)
            deferred.add(late)

    in_turns(lambda: deferred.add(Adding()), lambda: None, lambda: None)
    assert late.increments == [1]


def test_a_real_counter_has_the_sum():
    registry = CollectorRegistry()
    counter = Counter("requests", "text", ["route"], registry=registry)
    deferred = DeferredCounter()
    for turn in range(3):
        in_turns(lambda: [deferred.add(counter.labels(route)) for route in "aab"])
        assert registry.get_sample_value("requests_total", {"route": "a"}) == 2 * (turn + 1)
        assert registry.get_sample_value("requests_total", {"route": "b"}) == turn + 1
