"""Parts on a Dask cluster: one that is there, or one of its own on this machine."""

import asyncio
import logging
import queue
import secrets
import time
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent import futures
from contextlib import ExitStack, contextmanager, suppress
from itertools import islice
from types import TracebackType
from typing import Any, Self, TypeVar

from distributed import Client, Future, KilledWorker
from distributed.client import ClosedClientError

from maas.errors import MaasError, ScoringError, remedy_for
from maas.scoring.dask_cluster import check_address, connected, own_cluster, silence
from maas.scoring.dask_worker import SAME, Work, stop_run, work
from maas.scoring.environment import describe_environment, find_difference

Task = TypeVar("Task")
Result = TypeVar("Result")

NAME = "dask"

# Tasks that the cluster is given at a time, per thread: one to do, and one to go on with.
_QUEUED = 2

# Seconds until a cluster without workers must have one.
_WITHOUT_WORKERS_S = 60

# Seconds between two looks at what a cluster does, and until a wait is worth a line.
_LOOK_S = 1.0
_SAY_AFTER_S = 3.0

_RESUME = "then start again: what is scored is kept"

log = logging.getLogger("maas")


class DaskEngine:
    """Runs tasks on a Dask cluster. Used in a `with` block.

    Args:
        scheduler: the address of a cluster's scheduler; None: one is started on this machine.
        workers: how many processes of one thread a cluster of its own has.

    Attributes:
        workers: how many threads the cluster had, at most.

    Raises:
        InputError: the address is none.
        ScoringError: there is no such cluster, it has no workers, or another environment.
    """

    name = NAME

    def __init__(self, scheduler: str | None, workers: int) -> None:
        self.workers = workers
        self._scheduler = scheduler
        self._stack = ExitStack()
        self._looked = 0.0

    def __enter__(self) -> Self:
        silence()
        with self._stack:
            if self._scheduler is None:
                self._address = self._stack.enter_context(own_cluster(self.workers))
            else:
                self._address = check_address(self._scheduler)
            self._client = self._stack.enter_context(connected(self._address))
            with _lost(self._address):
                self.workers = self._wait_for_workers()
                self._check_environments()
            self._stack = self._stack.pop_all()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stack.close()

    def run(
        self, call: Callable[[Task], Result], tasks: Iterable[Task]
    ) -> Generator[Result, None, None]:
        """Call a function with each task; the results come as they are ready.

        After an error of a task no other one begins, and those that run have ended.

        Raises:
            ScoringError: the scheduler or all workers were lost, or a task kills every worker.
        """
        run = _Run(self._client, call, self._scheduler is not None)
        tasks = iter(tasks)
        try:
            with _lost(self._address):
                run.submit(islice(tasks, _QUEUED * self.workers))
                while run.running:
                    result = _result_of(self._next(run))
                    run.submit(islice(tasks, _QUEUED * self.workers - len(run.running)))
                    yield result
        except Exception:
            run.stop()
            raise
        finally:
            run.cancel()

    def _next(self, run: "_Run") -> "Future[Any]":
        """Wait for a task to end, as long as there are workers; new ones are counted."""
        while True:
            if time.monotonic() - self._looked > _LOOK_S:
                self.workers = max(self.workers, self._wait_for_workers())
                self._looked = time.monotonic()
            with suppress(queue.Empty):
                future = run.ended.get(timeout=_LOOK_S)
                run.running.discard(future)
                return future

    def _wait_for_workers(self) -> int:
        """The threads of the cluster's workers, once there are any."""
        began, said = time.monotonic(), False
        while not (threads := int(sum(self._client.nthreads().values()))):
            waited = time.monotonic() - began
            if waited > _WITHOUT_WORKERS_S:
                what = f"has had no worker for {waited:.0f} seconds"
                remedy = f"start some with `dask worker {self._address}`, {_RESUME}"
                raise ScoringError(f"scheduler {self._address}", what, remedy)
            if waited > _SAY_AFTER_S and not said:
                log.warning("scheduler %s has no worker: waiting for one", self._address)
                said = True
            time.sleep(0.1)
        return threads

    def _check_environments(self) -> None:
        """Check that the processes of the cluster have the environment of this one.

        Raises:
            ScoringError: one has not.
        """
        answers: dict[str, Any] = {
            f"worker {address}": answer
            for address, answer in self._client.run(describe_environment, on_error="return").items()
        }
        # It reads each task, and so needs the code that tasks are of.
        with suppress(ImportError):
            scheduler = self._client.run_on_scheduler(describe_environment)
            answers[f"scheduler {self._address}"] = scheduler
        answers.setdefault(f"scheduler {self._address}", ImportError("No module named 'maas'"))
        for where, answer in answers.items():
            if not isinstance(answer, dict):
                line = str(answer).splitlines()[0]
                remedy = "start it in the folder of the project, in the environment of its lock"
                raise ScoringError(where, f"cannot load this project ({line})", remedy)
            if difference := find_difference(describe_environment(), answer):
                raise ScoringError(where, difference, SAME)


class _Run:
    """The tasks of one call of `run` that are in the cluster."""

    def __init__(self, client: Client, call: Callable[[Any], Any], named: bool) -> None:
        self._client, self._call, self._named = client, call, named
        self._id, self._count = secrets.token_hex(8), 0
        self.running: set[Future[Any]] = set()
        self.ended: queue.SimpleQueue[Future[Any]] = queue.SimpleQueue()

    def submit(self, tasks: Iterable[Any]) -> None:
        """Give tasks to the cluster."""
        for task in tasks:
            sent = Work(self._id, describe_environment(), self._call, task, self._named)
            # Never a key of an earlier run, some task of which may still be at its end.
            key = f"{self._call.__name__}-{self._id}-{self._count}"
            future = self._client.submit(work, sent, key=key, pure=False)
            self._count += 1
            self.running.add(future)
            future.add_done_callback(self.ended.put)

    def cancel(self) -> None:
        """Take back what is not done."""
        if self.running:
            with suppress(Exception):  # the scheduler may be gone
                self._client.cancel(list(self.running), force=True)
            self.running.clear()

    def stop(self) -> None:
        """Take back what is not done, and wait until no worker is at it.

        What it still writes could otherwise come after what it wrote was removed.
        """
        self.cancel()
        began, said = time.monotonic(), False
        with suppress(Exception):  # workers or the scheduler may be gone
            while any(self._client.run(stop_run, self._id, on_error="ignore").values()):
                if time.monotonic() - began > _SAY_AFTER_S and not said:
                    log.info("waiting until the workers have ended what they are at")
                    said = True
                time.sleep(0.1)


@contextmanager
def _lost(address: str) -> Iterator[None]:
    """Say in our words what goes wrong in a cluster.

    Raises:
        ScoringError: a task killed its workers, or the scheduler is gone.
    """
    try:
        yield
    # Its errors are all of these; what a task raised was turned into a MaasError before.
    except (OSError, asyncio.CancelledError, futures.CancelledError, ClosedClientError) as error:
        what = f"was lost ({type(error).__name__})"
        where = f"scheduler {address}"
        raise ScoringError(where, what, f"check that it runs, {_RESUME}") from None


def _result_of(future: "Future[Any]") -> Any:
    """What a task gave.

    Raises:
        MaasError: of the task.
        ScoringError: it killed its workers, or a worker could not load it.
        Exception: another error of the task, which is a fault of the code.
    """
    if future.status != "error":
        return future.result()
    error = future.exception()
    if isinstance(error, KilledWorker):
        where = f"worker {error.last_worker.address}"
        what = f"was killed at a part at which {error.allowed_failures} others had been killed"
        remedy = f"look at its log, or give workers more memory, {_RESUME}"
        raise ScoringError(where, what, remedy) from None
    if isinstance(error, ImportError):
        raise ScoringError("a worker", f"cannot load this project ({error})", SAME) from None
    if isinstance(error, OSError):  # not one of the cluster's
        raise MaasError("a worker", f"failed ({error})", remedy_for(error)) from None
    raise error
