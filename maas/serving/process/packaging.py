"""What `bentoml build` takes from the service: the model, its labels and its image."""

import logging
from pathlib import Path
from typing import Any

from bentoml.exceptions import BentoMLException
from bentoml.images import Image
from bentoml.models import BentoModel

from maas.config.service_config import ServiceConfig
from maas.errors import LockedError, MaasError
from maas.logs import configure_service_logs
from maas.registry.registry import Registry
from maas.registry.store import SyncResult, open_store
from maas.registry.version import Version
from maas.serving.process.deployment import LABELS, Deployment

log = logging.getLogger("bentoml.maas")

BASE_IMAGE = "python:3.11-slim-bookworm"
_LOCKS = {"onnx": "requirements/serving.txt", "sklearn": "requirements/serving-sklearn.txt"}


# What BentoML 1.4.39 has settings of its own under, in the mapping where each service has its own
# by name (bentoml/_internal/configuration/v2).
_SETTINGS = {
    "backlog", "batching", "endpoints", "extra_ports", "grpc", "http", "logging",
    "max_runner_connections", "metrics", "monitoring", "name", "replicate_process", "resources",
    "runner_connection", "runner_probe", "ssl", "threads", "tracing", "traffic", "workers",
}  # fmt: skip


def service_name(version: Version) -> str:
    """The name of the service, after which `bentoml build` names the Bento: the model's.

    BentoML takes a service that is called as one of its settings for the setting. With a capital,
    which it makes small again in the name of the Bento, it does not.
    """
    name = version.manifest.model_name
    return name.capitalize() if name in _SETTINGS else name


def bento_labels(version: Version) -> dict[str, str]:
    """What a Bento of this version is labelled with: its tag and its digest."""
    return dict(zip(LABELS, (version.tag, version.manifest.digest), strict=True))


def bento_model(deployment: Deployment, version: Version) -> BentoModel:
    """The model as BentoML's packaging sees it: one concrete tag."""
    if deployment.in_bento:
        return BentoModel(version.tag)
    return _MirroredModel(version, deployment.config)


def bento_image(deployment: Deployment, version: Version) -> Image:
    """The image: no distribution is named, so that BentoML installs no compiler and no git.

    The lock has hashes; that of a version which scikit-learn serves has scikit-learn too. It is
    read when a Bento is built: to serve, a project needs none.
    """
    lock = deployment.project / _LOCKS[version.manifest.runtime]

    class LockedImage(Image):
        def freeze(self, *args: Any, **kwargs: Any) -> Any:
            """Describe the image to `bentoml build`, with the packages of the lock."""
            self.python_requirements = _read_lock(lock)
            return super().freeze(*args, **kwargs)

    return LockedImage(base_image=BASE_IMAGE, distro="none", lock_python_packages=False)


def _read_lock(lock: Path) -> str:
    try:
        return lock.read_text(encoding="utf-8")
    except OSError as error:
        what = f"{lock}: cannot be read ({error.strerror}), and `bentoml build` needs it"
        raise BentoMLException(f"{what}; restore that file, or make it with `make lock`") from None


class _MirroredModel(BentoModel):
    """A version in `models/`: mirrored to the store when BentoML asks for it, not before."""

    def __init__(self, version: Version, config: ServiceConfig) -> None:
        super().__init__(version.tag)
        object.__setattr__(self, "version", version)  # BentoModel is frozen
        object.__setattr__(self, "config", config)

    def to_info(self, alias: str | None = None) -> Any:
        """Describe the model to `bentoml build`, once the store is known to hold this one."""
        try:
            found = self._mirror()
        except MaasError as error:
            raise BentoMLException(str(error)) from None
        if found.state == "refused":
            raise BentoMLException(
                f"{found.tag}: {found.detail}, this version has {self.version.manifest.digest}; "
                "set BENTOML_HOME to another folder, or choose another model_name"
            )
        return super().to_info(alias)

    def resolve(self, base_path: Any = None) -> Any:
        """Give the model to a deployment; a tag of another project does no harm here.

        Serving reads `models/`, so it does not wait for a mirror: `sync` and the next run make it.
        """
        configure_service_logs(self.config.app_env, self.config.log_level)
        try:
            self._mirror(timeout_s=0)
        except LockedError as error:
            line = "%s is served without its mirror, which `sync` or the next run makes: %s %s"
            log.warning(line, self.tag, error.where, error.what)
            return None
        except MaasError as error:
            raise BentoMLException(str(error)) from None
        return super().resolve(base_path)

    def _mirror(self, timeout_s: float | None = None) -> SyncResult:
        version: Version = self.version
        with open_store(version.manifest.model_name, timeout_s) as store:
            # Any incomplete entry would break BentoML's look at the store.
            store.sync(Registry(version.path.parent), thorough=False)
            return store.mirror(version)
