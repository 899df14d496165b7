"""Why a worker cannot start, or serves something else: one line per reason.

circus starts a worker that fails again and again.
"""

import hashlib
import logging
import os
import sys
from pathlib import Path
from typing import NoReturn

from maas.serving.monitoring.metrics_folder import OWN_DIR

log = logging.getLogger("bentoml.maas")

_WORKER = "_bentoml_impl.worker.service"
_MARKER = "failed-"


def is_worker() -> bool:
    """Whether this process was started as one of BentoML's workers."""
    spec = getattr(sys.modules["__main__"], "__spec__", None)
    return spec is not None and spec.name == _WORKER


_notes: list[str] = []


def note_once(line: str) -> None:
    """Keep a warning until the worker has started, unless a worker of this service just did.

    BentoML keeps the name that it gives to a worker's first line for all others, and knows none
    while service.py is imported.
    """
    if _is_new(line):
        _notes.append(line)


def log_notes() -> None:
    """Log the warnings that were kept."""
    for line in _notes:
        log.warning("%s", line)
    _notes.clear()


def stop_worker(reason: str) -> NoReturn:
    """End this worker before it has started, and log the reason unless another one just did."""
    what = "a worker cannot start, and is started again until it can: "
    if _is_new(what + reason):
        log.error("%s%s", what, reason)
    raise SystemExit(1)


def forget_failures() -> None:
    """Log the next failure again; called when a worker has started."""
    if folder := os.environ.get(OWN_DIR):
        for marker in Path(folder).glob(f"{_MARKER}*"):
            marker.unlink(missing_ok=True)


def _is_new(reason: str) -> bool:
    name = _MARKER + hashlib.sha256(reason.encode()).hexdigest()[:16]
    try:
        (Path(os.environ[OWN_DIR]) / name).touch(exist_ok=False)
    except FileExistsError:
        return False
    except (KeyError, OSError):
        return True
    return True
