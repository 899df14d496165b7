"""What must be true before a worker starts: a failure there would restart it for ever."""

import logging
import os
import socket
from collections.abc import Callable
from contextlib import suppress

import click
from bentoml.exceptions import BentoMLException

from maas.config.service_config import ServiceConfig
from maas.errors import MaasError, ServeError
from maas.logs import configure_service_logs
from maas.registry.ledger import read_ledger
from maas.serving.http.api_keys import ApiKeys
from maas.serving.monitoring.metrics_folder import share_folder
from maas.serving.process.deployment import Deployment, load_deployment
from maas.serving.process.draining import stop_in_order
from maas.serving.process.live_version import hand_down
from maas.serving.process.model_loading import Trial

log = logging.getLogger("bentoml.maas")


def preflight(deployment: Deployment) -> None:
    """Check the version, the keys and the port, and tie the workers to what was checked.

    Runs once, in the process that starts the workers. A worker that is replaced later imports
    service.py again: it takes what is live then, but without the variables it would find a newer
    `latest`.

    Raises:
        BentoMLException: one line; BentoML prints it and exits 1.
    """
    config, version = deployment.config, deployment.version
    configure_service_logs(config.app_env, config.log_level)
    host, port = _address(config)
    try:
        deployment.check()
        trial = Trial(version, config.threads, deployment.project)
        if deployment.keys_file is not None:
            ApiKeys(deployment.keys_file)
        _check_port(host, port)
        trial.finish()
        share_folder(config.workers)
    except MaasError as error:
        raise BentoMLException(str(error)) from None
    stop_in_order(config.drain_s)
    if deployment.live:
        hand_down(version, version.path.parent)
    else:
        os.environ["MODEL_VERSION"] = str(version.number)
        os.environ["MODEL_DIGEST"] = version.manifest.digest
    load_deployment(deployment.project)  # as the workers will, here where failing is final
    _announce(deployment, host, port)


def _announce(deployment: Deployment, host: str, port: int) -> None:
    """Say what is served, where, and to whom."""
    version, release = deployment.version, deployment.release
    keyed = deployment.keys_file is not None
    what = f"{version.tag} {version.manifest.digest}"
    what += f" release r{release.release}" if release else ""
    log.info("serving %s on %s port %d, keys %s", what, host, port, "on" if keyed else "off")
    _announce_another_live(deployment)
    every_interface = host in ("0.0.0.0", "::")  # noqa: S104 - only compared
    if every_interface and not keyed:
        what = "everybody who reaches this machine may ask: set api_keys_file, or host to 127.0.0.1"
        log.warning("listening on every interface without keys; %s", what)
    shown = "localhost" if every_interface else f"[{host}]" if ":" in host else host
    log.info("open http://%s:%d", shown, port)
    logging.getLogger("bentoml.serve").addFilter(_name_the_host(host))


def _announce_another_live(deployment: Deployment) -> None:
    """Say where the ledger names another version as live than the one that was chosen."""
    if deployment.live or deployment.in_bento:
        return
    with suppress(MaasError):  # a chosen version needs no ledger
        live = read_ledger(deployment.version.path.parent).live
        if live and not live.names(deployment.version):
            what = "v%s is live (release r%d) and is not followed: model_version is not `live`"
            log.info(what, live.version, live.release)


def _name_the_host(host: str) -> Callable[[logging.LogRecord], bool]:
    """A filter for BentoML's own line, which says localhost for every interface."""

    def name(record: logging.LogRecord) -> bool:
        if isinstance(record.args, tuple) and record.msg.startswith("Starting production"):
            record.args = tuple(host if arg == "localhost" else arg for arg in record.args)
        return True

    return name


def _address(config: ServiceConfig) -> tuple[str, int]:
    """Host and port of this `bentoml serve`, whose options go before the config."""
    context = click.get_current_context(silent=True)
    given = context.params if context else {}
    return given.get("host") or config.host, given.get("port") or config.port


def _check_port(host: str, port: int) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        if os.name != "nt":  # there, the option would let two servers share a port
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except (OSError, OverflowError) as error:
            reason = error.strerror if isinstance(error, OSError) else "there is no such port"
            raise ServeError(
                f"{host} port {port}",
                f"cannot be used ({reason})",
                "name another with --port or --host",
            ) from None
