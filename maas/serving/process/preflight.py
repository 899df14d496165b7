"""What must be true before a worker starts: a failure there would restart it for ever."""

import logging
import os
import socket

import click
from bentoml.exceptions import BentoMLException

from maas.errors import MaasError, ServeError
from maas.logs import configure_service_logs
from maas.serving.http.api_keys import ApiKeys
from maas.serving.monitoring.metrics_folder import share_folder
from maas.serving.process.deployment import Deployment, load_deployment
from maas.serving.process.draining import forward_second_sigterm
from maas.serving.process.model_loading import Trial

log = logging.getLogger("bentoml.maas")


def preflight(deployment: Deployment) -> None:
    """Check the version, the keys and the port, and tie the workers to what was checked.

    Runs once, in the process that starts the workers. A worker that is replaced later imports
    service.py again: without the variables it would find a newer `latest`.

    Raises:
        BentoMLException: one line; BentoML prints it and exits 1.
    """
    config, version = deployment.config, deployment.version
    configure_service_logs(config.app_env, config.log_level)
    host, port = _address(config.port)
    try:
        deployment.check()
        trial = Trial(version, config.threads, deployment.project)
        if deployment.keys_file is not None:
            ApiKeys(deployment.keys_file)
        _check_port(host, port)
        trial.finish()
    except MaasError as error:
        raise BentoMLException(str(error)) from None
    forward_second_sigterm()
    share_folder()
    os.environ["MODEL_VERSION"] = str(version.number)
    os.environ["MODEL_DIGEST"] = version.manifest.digest
    load_deployment(deployment.project)  # as the workers will, here where failing is final
    keys = "off: the service is open" if deployment.keys_file is None else "on"
    log.info("serving %s %s on port %d, keys %s", version.tag, version.manifest.digest, port, keys)


def _address(configured: int) -> tuple[str, int]:
    """Host and port of this `bentoml serve`, whose options go before the config."""
    context = click.get_current_context(silent=True)
    given = context.params if context else {}
    return given.get("host") or "0.0.0.0", given.get("port") or configured  # noqa: S104


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
