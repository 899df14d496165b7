"""Parts on this machine, in processes: each holds the model once, and scores with one thread."""

import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager, suppress
from itertools import islice
from multiprocessing import forkserver, resource_tracker
from multiprocessing.connection import Connection
from types import TracebackType
from typing import Self, TypeVar

from maas.errors import ScoringError

Task = TypeVar("Task")
Result = TypeVar("Result")

NAME = "local"

# Tasks that a pool is given at a time, per worker: one to do, and one to go on with.
_QUEUED = 2


def count_cpus() -> int:
    """The CPUs that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


class LocalEngine:
    """Runs tasks in processes, which a damaged file can crash. Used in a `with` block.

    Args:
        workers: how many processes.
    """

    name = NAME

    def __init__(self, workers: int) -> None:
        self.workers = workers
        self._pool: _Pool | None = None

    def __enter__(self) -> Self:
        start_server()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stop()

    def _stop(self) -> None:
        if self._pool is not None:
            self._pool.stop()
            self._pool = None

    def run(
        self, call: Callable[[Task], Result], tasks: Iterable[Task]
    ) -> Generator[Result, None, None]:
        """Call a function with each task; the results come as they are ready.

        Raises:
            ScoringError: a process was killed.
        """
        if self._pool is None:
            with _later_interrupts():  # which finds the pool where it can be stopped
                self._pool = _Pool(self.workers)
        try:
            yield from self._pool.run(call, iter(tasks))
        except BaseException:
            self._stop()
            raise


def start_server() -> None:
    """Start the process that makes the workers, and imports for all of them what they need.

    Once it runs, this does nothing.
    """
    if sys.platform != "win32":
        with _later_interrupts():
            _context()
            forkserver.ensure_running()


class _Pool:
    """Processes that end at once when they are told to, and when this process has ended."""

    def __init__(self, workers: int) -> None:
        self._workers = workers
        context = _context()
        stopped, self._stop = context.Pipe(duplex=False)
        self._pool = ProcessPoolExecutor(
            workers, context, initializer=_prepare_worker, initargs=(stopped,)
        )
        for _ in range(workers):  # a pool starts a process with each of its first tasks
            self._pool.submit(_do_nothing)

    def run(self, call: Callable[[Task], Result], tasks: Iterator[Task]) -> Iterator[Result]:
        """Keep every worker busy, and no more tasks waiting than that takes."""
        running: dict[Future[Result], Task] = {}
        try:
            self._submit(running, call, islice(tasks, _QUEUED * self._workers))
            while running:
                done, _ = wait(running, return_when=FIRST_COMPLETED)
                for future in done:
                    yield future.result()
                    del running[future]
                self._submit(running, call, islice(tasks, len(done)))
        except BrokenProcessPool:
            raise _describe_end(running.values()) from None

    def _submit(
        self,
        running: dict[Future[Result], Task],
        call: Callable[[Task], Result],
        tasks: Iterable[Task],
    ) -> None:
        for task in tasks:
            running[self._pool.submit(call, task)] = task

    def stop(self) -> None:
        """End the processes, whatever they do, and wait until they have ended."""
        self._stop.close()
        self._pool.shutdown(wait=True, cancel_futures=True)


def _describe_end(tasks: Iterable[object]) -> ScoringError:
    files = list(dict.fromkeys(map(str, tasks)))
    some = ", ".join(files[:3]) + (", …" if len(files) > 3 else "")
    what = f"was killed, or has crashed, while these were read: {some}"
    return ScoringError("a worker", what, "start again; with fewer --workers if memory was short")


def _do_nothing() -> None:
    pass


@contextmanager
def _later_interrupts() -> Iterator[None]:
    """Keep Ctrl-C until processes were started, and from them: they inherit that it is blocked.

    A process that is stopped while it starts would print a traceback.
    """
    if sys.platform == "win32" or threading.current_thread() is not threading.main_thread():
        yield
        return
    resource_tracker.ensure_running()  # which lets Ctrl-C through again
    came: list[int] = []
    handler = signal.signal(signal.SIGINT, lambda number, _: came.append(number))
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        signal.signal(signal.SIGINT, handler)
        if came:
            signal.raise_signal(signal.SIGINT)


def _context() -> multiprocessing.context.BaseContext:
    """How processes are made: not as copies of this one, whose threads a copy would lack."""
    if sys.platform == "win32":  # pragma: no cover
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["maas.scoring.worker_imports"])
    return context


def _prepare_worker(stopped: Connection) -> None:
    """Leave Ctrl-C to the command, keep stdout for its result, and end when it ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.dup2(2, 1)  # a pickle may print while it is loaded
    import pyarrow as pa  # the command, which imports this first, is not held up

    pa.set_cpu_count(1)
    threading.Thread(target=_end_when, args=(stopped,), daemon=True).start()


def _end_when(stopped: Connection) -> None:
    """End this process when the command closes its end, or was killed."""
    with suppress(EOFError, OSError):
        stopped.recv_bytes()
    os._exit(1)
