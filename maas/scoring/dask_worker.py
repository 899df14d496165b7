"""A task in a worker of a Dask cluster: only where the environment is the command's."""

import signal
import socket
import threading
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from distributed import get_worker

from maas.errors import (
    DamagedError,
    MaasError,
    ScoringError,
    StorageError,
    UnreadableDataError,
    VersionError,
)
from maas.scoring.environment import Environment, describe_environment, find_difference

SAME = "install the same lock and the same code there, and start it again"

# What may be wrong with one worker alone: its disks, and what it sees of those of others.
_OF_WORKERS = (DamagedError, StorageError, UnreadableDataError, VersionError)

# Runs that were stopped are remembered, so that none of their tasks starts any more.
_REMEMBERED = 1000


@dataclass(frozen=True)
class Work:
    """What a worker is sent.

    Attributes:
        run: the id of the run that the task is of.
        environment: of the command.
        call: the function.
        task: its argument.
        named: whether errors name the worker.
    """

    run: str
    environment: Environment
    call: Callable[[Any], Any]
    task: Any
    named: bool


class _Runs:
    """How many tasks of each run this process is at."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._running: Counter[str] = Counter()
        self._stopped: deque[str] = deque(maxlen=_REMEMBERED)

    def enter(self, run: str) -> bool:
        """Count a task that begins; False: its run was stopped."""
        with self._lock:
            if run in self._stopped:
                return False
            self._running[run] += 1
            return True

    def leave(self, run: str) -> None:
        """Count a task that has ended."""
        with self._lock:
            self._running[run] -= 1
            if not self._running[run]:
                del self._running[run]

    def stop(self, run: str) -> int:
        """Let no task of a run begin; tell how many are not at their end yet."""
        with self._lock:
            if run not in self._stopped:
                self._stopped.append(run)
            return self._running[run]


_runs = _Runs()


def stop_run(run: str) -> int:
    """Let no task of a run begin in this process; tell how many are not at their end yet."""
    return _runs.stop(run)


def work(sent: Work) -> Any:
    """Call the function.

    Raises:
        ScoringError: this worker has another environment, or the run was stopped.
        MaasError: of the function.
    """
    if not _runs.enter(sent.run):
        raise ScoringError("the job", "was stopped", "start again")
    try:
        difference = find_difference(sent.environment, describe_environment())
        if difference is not None:
            raise ScoringError(f"worker {worker_name()}", difference, SAME)
        return sent.call(sent.task)
    except _OF_WORKERS as error:
        raise (_name_worker(error) if sent.named else error) from None
    finally:
        _runs.leave(sent.run)


def _name_worker(error: MaasError) -> MaasError:
    return type(error)(f"worker {worker_name()}: {error.where}", error.what, error.remedy)


def worker_name() -> str:
    """The host and the address of this worker."""
    return f"{get_worker().address} on {socket.gethostname()}"


def dask_setup(_: object) -> None:
    """Leave Ctrl-C to the command; Dask calls this in each worker of a cluster of its own."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
