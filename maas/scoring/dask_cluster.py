"""A Dask cluster: one of its own on this machine, or the connection to one that is there."""

import logging
import os
import queue
import threading
import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from urllib.parse import urlsplit

import dask
from distributed import Client, LocalCluster

from maas.errors import InputError, ScoringError
from maas.scoring import dask_worker

# Seconds until a scheduler must answer.
_CONNECT_S = 5

_FORM = "give the address that `dask scheduler` prints, such as tcp://127.0.0.1:8786"

# Before workers of our own are started: their errors come back, so they need not log them.
_QUIET = {"DASK_LOGGING": str(dict.fromkeys(
    ("distributed", "distributed.client", "distributed.gc", "tornado.application"), "critical"
))}  # fmt: skip


def silence() -> None:
    """Keep the libraries from writing to the terminal of this command, which says it itself."""
    for name in [*logging.root.manager.loggerDict, "asyncio", "tornado"]:
        root, _, below = name.partition(".")
        if root in ("distributed", "tornado", "asyncio"):
            logger = logging.getLogger(name)
            logger.handlers[:] = [] if below else [logging.NullHandler()]
            logger.setLevel(logging.NOTSET if below else logging.CRITICAL + 1)
            logger.propagate = bool(below)
    warnings.filterwarnings("ignore", module=r"distributed(\..*)?$")


def check_address(text: str) -> str:
    """Refuse what is not the address of a scheduler.

    Raises:
        InputError: it is not one.
    """
    with suppress(ValueError):
        parts = urlsplit(text)
        if parts.scheme in ("tcp", "tls") and parts.hostname and parts.port:
            return f"{parts.scheme}://{parts.netloc}"
    raise InputError("--scheduler", f"{text!r} is not the address of a scheduler", _FORM)


_ENVIRON = "distributed.nanny.pre-spawn-environ"


@contextmanager
def own_cluster(workers: int) -> Iterator[str]:
    """Start a scheduler in this process, and workers of one thread."""
    handed_on = {**dask.config.get(_ENVIRON), **_QUIET}
    with dask.config.set({_ENVIRON: handed_on}), _kept_environ(handed_on):
        cluster = LocalCluster(
            n_workers=workers,
            threads_per_worker=1,
            processes=True,
            host="127.0.0.1",
            dashboard_address=None,
            memory_limit=None,  # an engine of parts needs what it needs: nothing can be put aside
            silence_logs=logging.CRITICAL,
            preload=[dask_worker.__name__],
        )
        with cluster:
            yield cluster.scheduler_address


@contextmanager
def _kept_environ(names: Iterable[str]) -> Iterator[None]:
    """Put back variables of this process, in which what workers are handed is set as well."""
    before = {name: os.environ.get(name) for name in names}
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


@contextmanager
def connected(address: str) -> Iterator[Client]:
    """Connect to a scheduler.

    Raises:
        ScoringError: it does not answer.
    """
    made: queue.SimpleQueue[Client | Exception] = queue.SimpleQueue()

    def connect() -> None:
        try:
            made.put(Client(address, timeout=_CONNECT_S, set_as_default=False))
        except Exception as error:  # of the network, of TLS, or of what else listens there
            made.put(error)

    # It has no end where something listens that says nothing, whatever the time limit is.
    threading.Thread(target=connect, daemon=True).start()
    try:
        client = made.get(timeout=2 * _CONNECT_S)
    except queue.Empty:
        client = TimeoutError("what listens there says nothing")
    if isinstance(client, Exception):
        lines = str(client).splitlines() or [type(client).__name__]
        what = f"does not answer ({lines[0].strip()})"
        raise ScoringError(f"scheduler {address}", what, f"start it, or {_FORM}")
    with client:
        yield client
