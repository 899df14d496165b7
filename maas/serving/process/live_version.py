"""Which version is live when a process starts.

The process that starts the workers takes the live one or refuses. A worker may be started at any
time later, when the ledger or the version is damaged: it then takes the newest release that can
be served, because it would be started again and again otherwise.
"""

import logging
import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from maas.config.service_config import ServiceConfig
from maas.errors import DamagedError, MaasError
from maas.logs import configure_service_logs
from maas.registry.files import read_bounded
from maas.registry.ledger import (
    LEDGER,
    NO_RELEASES,
    Ledger,
    Release,
    parse_ledger,
    read_ledger,
)
from maas.registry.live_version import find_live, open_released
from maas.registry.manifest import RESTORE
from maas.registry.registry import Registry
from maas.registry.version import Version
from maas.serving.monitoring.metrics_folder import OWN_DIR
from maas.serving.process.model_loading import keep_predictor, remember_bound
from maas.serving.process.worker_failure import note_once

log = logging.getLogger("bentoml.maas")

_FIRST = "MAAS_FIRST_VERSION"
"""`<number> <digest>`: what was live when the service started; kept where nothing is released."""


def find_at_start(registry: Registry) -> tuple[Version, Release | None]:
    """Find what is live, in the process that starts the workers; None: nothing was released yet.

    Raises:
        MaasError: the ledger or the live version is damaged, or there is no version.
    """
    ledger = read_ledger(registry.models_dir)
    if ledger.live is None:
        return _first_version(registry), None
    return find_live(registry, ledger), ledger.live


def hand_down(version: Version, models_dir: Path) -> None:
    """Tell the workers what was live at the start, and keep a copy of the ledger for them."""
    os.environ[_FIRST] = f"{version.number} {version.manifest.digest}"
    with suppress(MaasError):
        keep_ledger(read_bounded(models_dir / LEDGER))


def keep_ledger(data: bytes) -> None:
    """Keep the bytes of a ledger that was valid, for a worker that finds it damaged later."""
    path = _kept_ledger()
    if path is None:
        return
    with suppress(OSError):
        beside = path.with_name(f"{path.name}-{os.getpid()}")
        beside.write_bytes(data)
        beside.replace(path)


def find_in_worker(registry: Registry, config: ServiceConfig) -> tuple[Version, Release | None]:
    """Find the newest release that can be served; its predictor is loaded then.

    Raises:
        MaasError: none can, nor can what was live when the service started.
    """
    configure_service_logs(config.app_env, config.log_level)
    ledger, problem = _read(registry.models_dir, follows=config.follow_s > 0)
    for release in _newest_first(ledger, config.model_digest):
        try:
            version = open_release(registry, release)
            version.check()
            keep_predictor(version, config.threads)
        except Exception as error:  # whatever it is: an older release may do better
            problem = problem or f"release r{release.release} cannot be served: {error}"
        else:
            if problem:
                line = f"this worker serves {version.tag} of release r{release.release}: {problem}"
                note_once(line)
            return version, release
    if problem:
        note_once(f"this worker serves what was live at the start: {problem}")
    return _first_version(registry), None


def open_release(registry: Registry, release: Release) -> Version:
    """Open the version of a release, with the input bound that the release records.

    Raises:
        VersionError: it does not exist.
        DamagedError: its manifest is damaged, or is not that of the release.
    """
    version = open_released(registry, release)
    if release.input_bound is not None:
        remember_bound(version, release.input_bound)
    return version


def _read(models_dir: Path, follows: bool) -> tuple[Ledger, str]:
    """The ledger, or the last valid one, and then what is wrong with it."""
    kept = _kept_ledger()
    last = NO_RELEASES
    if kept is not None and kept.exists():
        with suppress(MaasError):
            last = parse_ledger(read_bounded(kept), kept)
    if not follows:  # the version is that of the start, for replaced workers too
        return last, ""
    try:
        ledger = read_ledger(models_dir)
    except DamagedError as error:
        return last, str(error)
    if last.entries and not ledger.entries:
        return last, f"{models_dir / LEDGER}: is missing"
    return ledger, ""


def _newest_first(ledger: Ledger, digest: str | None) -> Iterator[Release]:
    """The releases that made a version live, each version once; with a digest, those of it."""
    seen = set()
    for release in reversed(ledger.entries):
        key = release.version, release.digest
        if release.action == "shadow" or release.version is None or key in seen:
            continue
        if digest in (None, release.digest):
            seen.add(key)
            yield release


def _first_version(registry: Registry) -> Version:
    """The newest version, as it was looked up when the service started."""
    number, _, digest = os.environ.get(_FIRST, "").partition(" ")
    if not number:
        return registry.latest()
    version = registry.open(int(number))
    if version.manifest.digest != digest:
        what = f"has digest {version.manifest.digest}, and had {digest} when the service started"
        raise DamagedError(version.tag, what, RESTORE)
    return version


def _kept_ledger() -> Path | None:
    folder = os.environ.get(OWN_DIR)
    return Path(folder) / LEDGER if folder else None
