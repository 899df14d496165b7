"""A Dask cluster for tests: processes, as those of `make score-cluster`."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

from tests.workspace import PROJECT

_QUIET = ("--host", "127.0.0.1", "--no-dashboard")
# A worker that finds no scheduler any more ends, whatever became of the test.
_WORKER = (*_QUIET, "--nworkers", "1", "--memory-limit", "0", "--death-timeout", "60")


class Cluster:
    """A scheduler, and the workers that were started for it.

    Args:
        folder: for the logs, and what the processes write beside them.
    """

    def __init__(self, folder: Path) -> None:
        self._folder, self._processes = folder, []
        self.scheduler = self._start("scheduler", *_QUIET, "--port", "0")
        self.address = self._find_address()

    def add_worker(
        self,
        threads: int = 1,
        nanny: bool = True,
        cwd: Path = PROJECT,
        extra: Mapping[str, str] | None = None,
    ) -> "subprocess.Popen[bytes]":
        """Start a worker; with a nanny, which starts it again if it was killed."""
        kind = "--nanny" if nanny else "--no-nanny"
        threaded = ("--nthreads", str(threads), kind)
        return self._start("worker", self.address, *_WORKER, *threaded, cwd=cwd, extra=extra)

    def _start(
        self, *args: str, cwd: Path = PROJECT, extra: Mapping[str, str] | None = None
    ) -> "subprocess.Popen[bytes]":
        log = self._folder / f"{len(self._processes)}-{args[0]}.log"
        with log.open("wb") as file:
            process = subprocess.Popen(
                [sys.executable, "-m", "dask", *args],
                cwd=cwd,
                env={**os.environ, "DASK_TEMPORARY_DIRECTORY": str(self._folder), **(extra or {})},
                stdout=file,
                stderr=file,
                start_new_session=True,
            )
        self._processes.append(process)
        return process

    def _find_address(self) -> str:
        log, end = self._folder / "0-scheduler.log", time.monotonic() + 60
        while time.monotonic() < end:
            for line in log.read_text().splitlines():
                if "Scheduler at:" in line:
                    return line.split()[-1]
            time.sleep(0.05)
        raise AssertionError(log.read_text())

    def log(self) -> str:
        """What all processes have said."""
        return "".join(path.read_text() for path in sorted(self._folder.glob("*.log")))

    def stop(self) -> None:
        """Kill all processes, with those that they have started."""
        for process in self._processes:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


@contextlib.contextmanager
def running_cluster(folder: Path, workers: int = 2) -> Iterator[Cluster]:
    """A cluster with workers of one thread, until the end of the block."""
    cluster = Cluster(folder)
    try:
        for _ in range(workers):
            cluster.add_worker()
        yield cluster
    finally:
        cluster.stop()
