"""Tasks on this machine, in other processes."""

import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from maas.errors import DataError, InputError, ScoringError
from maas.scoring.local_engine import LocalEngine, count_cpus


def square(number: int) -> tuple[int, int, int]:
    return number, number * number, os.getpid()


def fail(number: int) -> int:
    if number == 3:
        raise DataError(f"task {number}", "is wrong", "correct it")
    return number


def die(number: int) -> int:
    if number == 1:
        os._exit(9)
    return number


def test_one_worker_is_a_process_of_its_own_which_a_damaged_file_can_crash():
    with LocalEngine(1) as engine:
        found = list(engine.run(square, range(5)))
    assert sorted(n for n, *_ in found) == list(range(5))
    assert len({pid for *_, pid in found} | {os.getpid()}) == 2


def test_workers_do_all_tasks_and_no_more_are_taken_than_they_need():
    taken = 0

    def tasks() -> Iterator[int]:
        nonlocal taken
        for number in range(30):
            taken += 1
            yield number

    with LocalEngine(2) as engine:
        results = engine.run(square, tasks())
        first = next(results)
        assert taken < 10
        found = [first, *results]
        assert not list(engine.run(square, ()))
    assert sorted((n, s) for n, s, _ in found) == [(n, n * n) for n in range(30)]
    assert os.getpid() not in {pid for *_, pid in found}


@pytest.mark.parametrize("workers", [1, 2])
def test_the_error_of_a_task_is_raised_as_it_is(workers: int):
    with LocalEngine(workers) as engine, pytest.raises(DataError, match="task 3: is wrong"):
        list(engine.run(fail, range(10)))


def test_a_worker_that_dies_is_named_with_a_way_out():
    with LocalEngine(2) as engine, pytest.raises(ScoringError, match="fewer --workers"):
        list(engine.run(die, range(10)))


def test_the_cpus_are_those_that_this_process_may_use():
    assert 1 <= count_cpus() <= (os.cpu_count() or 1)


def test_what_a_stopped_run_was_at_has_ended_before_its_error_comes(tmp_path: Path):
    with LocalEngine(2) as engine:
        list(engine.run(str, [0, 1]))  # both processes run
        with pytest.raises(InputError, match="fails"):
            list(engine.run(write_late, [tmp_path / "fails", tmp_path / "0", tmp_path / "1"]))
        written = set(tmp_path.iterdir())
        time.sleep(1.5)
        assert set(tmp_path.iterdir()) == written


def write_late(path: Path) -> None:
    time.sleep(0.3)
    if path.name == "fails":
        raise InputError(path.name, "is what this one does", "do not")
    time.sleep(0.5)
    path.touch()
