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

PROMETHEUS_DIR = "PROMETHEUS_MULTIPROC_DIR"
"""The variable in which prometheus_client looks for the folder."""
OWN_DIR = "MAAS_METRICS_DIR"
"""The variable that names the folder of this server's workers."""

_LIVE_GAUGES = re.compile(r"_(\d+)\.db$")


def share_folder() -> None:
    """Make a folder for the workers that this process will start."""
    folder = tempfile.mkdtemp(prefix="maas-metrics-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    os.environ[OWN_DIR] = folder


def use_folder() -> None:
    """Count in the shared folder from now on; call this before any metric is made."""
    if own := os.environ.get(OWN_DIR):
        os.environ[PROMETHEUS_DIR] = own
    _forget_dead_workers()


def _forget_dead_workers() -> None:
    """Drop the gauges of workers that were killed: nothing else would."""
    from prometheus_client.multiprocess import mark_process_dead

    folder = os.environ.get(PROMETHEUS_DIR)
    for file in Path(folder).glob("gauge_live*_*.db") if folder else ():
        match = _LIVE_GAUGES.search(file.name)
        if match and not psutil.pid_exists(int(match[1])):
            with contextlib.suppress(FileNotFoundError):
                mark_process_dead(int(match[1]))  # type: ignore[no-untyped-call]
