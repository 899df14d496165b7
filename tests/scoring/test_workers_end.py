"""Workers of this machine: what they give, and that none is left, whatever happens."""

import os
import time
from collections.abc import Iterator
from multiprocessing import forkserver
from pathlib import Path

import psutil
import pytest

from maas.errors import DataError, ScoringError
from maas.scoring.local_engine import LocalEngine


def double(number: int) -> int:
    return 2 * number


def end(task: Path) -> None:
    os._exit(task.name == "b")


def refuse(place: int) -> int:
    if place:
        time.sleep(60)
    raise DataError("a.parquet: row 1", "is wrong", "correct it")


@pytest.fixture(name="engine")
def make_engine() -> Iterator[LocalEngine]:
    with LocalEngine(2) as engine:
        yield engine
    assert not workers()


def workers() -> list[psutil.Process]:
    """The workers that run: children of the process that makes them."""
    maker = forkserver._forkserver._forkserver_pid  # other tests start processes too
    found = psutil.Process(maker).children() if maker else []
    return [worker for worker in found if worker.status() != psutil.STATUS_ZOMBIE]


def test_each_task_gives_its_result_and_workers_are_used_again(engine: LocalEngine):
    assert sorted(engine.run(double, range(9))) == list(range(0, 18, 2))
    before = workers()
    assert sorted(engine.run(double, range(9))) == list(range(0, 18, 2))
    assert workers() == before


def test_a_worker_that_ends_is_an_error_that_names_what_was_read(engine: LocalEngine):
    with pytest.raises(ScoringError, match=r"while these were read: a, b;"):
        list(engine.run(end, [Path("a"), Path("b")]))
    assert list(engine.run(double, [4])) == [8]


def test_the_first_error_ends_the_other_tasks(engine: LocalEngine):
    with pytest.raises(DataError, match=r"a\.parquet: row 1: is wrong; correct it"):
        list(engine.run(refuse, [1, 0]))
    assert not workers()


def test_results_that_are_closed_end_the_tasks(engine: LocalEngine):
    results = engine.run(double, range(100))
    next(results)
    results.close()
    assert not workers()
