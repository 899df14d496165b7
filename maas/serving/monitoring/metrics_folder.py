"""The folder in which the workers of one server count.

BentoML's own is one per BENTOML_HOME, and the next server that starts there empties it.
"""

import atexit
import contextlib
import os
import re
import shutil
import tempfile
from pathlib import Path

import psutil

from maas.errors import ServeError, remedy_for

PROMETHEUS_DIR = "PROMETHEUS_MULTIPROC_DIR"
"""The variable in which prometheus_client looks for the folder."""
OWN_DIR = "MAAS_METRICS_DIR"
"""The variable that names the folder of this server's workers."""

_LIVE_GAUGES = re.compile(r"_(\d+)\.db$")

# What a worker's files take at first: one for counters, one for histograms, three for gauges.
_WORKER_BYTES = 5 * 65_536


def share_folder(workers: int) -> None:
    """Make a folder for the workers that this process will start.

    Raises:
        ServeError: there is no folder for temporary files, or no room in it.
    """
    try:
        folder = tempfile.mkdtemp(prefix="maas-metrics-")
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
        _check_room(Path(folder) / "room", workers * _WORKER_BYTES)
    except OSError as error:
        what = f"cannot hold the metrics ({error.strerror or error})"
        remedy = f"{remedy_for(error)}, or set TMPDIR to another folder"
        raise ServeError(error.filename or "the folder for temporary files", what, remedy) from None
    os.environ[OWN_DIR] = folder


def _check_room(path: Path, size: int) -> None:
    try:
        with path.open("wb") as file:
            file.write(bytes(size))
    except OSError as error:
        error.filename = str(path.parent)
        raise
    finally:
        path.unlink(missing_ok=True)


def use_folder() -> None:
    """Count in the shared folder from now on; call this before any metric is made."""
    from maas.serving.monitoring.metrics_file import use_metrics_files

    if own := os.environ.get(OWN_DIR):
        os.environ[PROMETHEUS_DIR] = own
    restore_folder()
    use_metrics_files()
    _forget_dead_workers()


def restore_folder() -> None:
    """Make the folder, and this process's files in it, again if they were removed."""
    from maas.serving.monitoring.metrics_file import restore_files

    if folder := os.environ.get(PROMETHEUS_DIR):
        with contextlib.suppress(OSError):
            Path(folder).mkdir(parents=True, exist_ok=True)
        restore_files()


def _forget_dead_workers() -> None:
    """Drop the gauges of workers that were killed: nothing else would."""
    from prometheus_client.multiprocess import mark_process_dead

    folder = os.environ.get(PROMETHEUS_DIR)
    for file in Path(folder).glob("gauge_live*_*.db") if folder else ():
        match = _LIVE_GAUGES.search(file.name)
        if match and not psutil.pid_exists(int(match[1])):
            with contextlib.suppress(FileNotFoundError):
                mark_process_dead(int(match[1]))  # type: ignore[no-untyped-call]
