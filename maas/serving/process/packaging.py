"""What `bentoml build` takes from the service: the model, its labels and its image."""

import logging
import re
from pathlib import Path
from typing import Any

from bentoml.exceptions import BentoMLException
from bentoml.images import Image
from bentoml.models import BentoModel

from maas.config.paths import is_in_image
from maas.errors import InputError, LockedError, MaasError, StorageError
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
    return _MirroredModel(version, deployment)


def bento_version(version: Version) -> str:
    """What `maas bento` names the Bento of a version: `v3-` and 12 digits of its digest."""
    return f"{version.label}-{version.manifest.digest.removeprefix('sha256:')[:12]}"


def bento_image(deployment: Deployment, version: Version) -> Image:
    """The image: no distribution is named, so that BentoML installs no compiler and no git.

    The lock has hashes; that of a version which scikit-learn serves has scikit-learn too. It is
    read when a Bento is built: to serve, a project needs none.
    """
    project = deployment.project

    class LockedImage(Image):
        def freeze(self, bento_fs: Path, *args: Any, **kwargs: Any) -> Any:
            """Describe the image to `bentoml build`, with the packages of the lock and no other."""
            self.python_requirements = _read_lock(project / _LOCKS[version.manifest.runtime])
            uv = _pin_of("uv", _read_lock(project / "requirements.txt"))
            info = super().freeze(bento_fs, *args, **kwargs)
            # BentoML has added itself once more, without a hash.
            (bento_fs / "env/python/requirements.txt").write_text(self.python_requirements)
            (bento_fs / "env/docker/uv.txt").write_text(uv)
            return info

    image = LockedImage(base_image=BASE_IMAGE, distro="none", lock_python_packages=False)
    image.run(_INSTALL)
    # What is run after the packages are there; `run` would put it before.
    image.post_commands.append(_RUNTIME.format(labels=_image_labels(version)))
    return image


# The template of BentoML 1.4.39 writes a command as `RUN ` and its text, so further lines are
# instructions of their own; it has no other way to add a label (tests/images/test_bento_image.py).
_INSTALL = """pip install -q --no-cache-dir --no-compile --require-hashes --only-binary=:all: \\
    --disable-pip-version-check --root-user-action=ignore -r env/docker/uv.txt
ENV UV_NO_CACHE=1 UV_REQUIRE_HASHES=1 PYC_INVALIDATION_MODE=UNCHECKED_HASH"""

# BentoML writes below its home and below HOME: in /tmp, a read-only image needs no other place.
_RUNTIME = """pip uninstall -q -y --root-user-action=ignore uv && rm -f /app/.venv/.lock
ENV HOME=/tmp BENTOML_HOME=/tmp/bentoml PYTHONDONTWRITEBYTECODE=1
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s \\
  CMD ["python", "-IS", "/home/bentoml/bento/src/maas/serving/process/health_check.py"]
LABEL {labels}"""


def _image_labels(version: Version) -> str:
    labels = bento_labels(version) | {
        "org.opencontainers.image.title": version.manifest.model_name,
        "org.opencontainers.image.version": bento_version(version),
    }
    return " ".join(f'{name}="{value}"' for name, value in labels.items())


def _read_lock(lock: Path) -> str:
    try:
        return lock.read_text(encoding="utf-8")
    except OSError as error:
        what = f"cannot be read ({error.strerror}), and `bentoml build` needs it"
        refused = StorageError(lock, what, "restore that file, or make it with `make lock`")
        raise BentoMLException(str(refused)) from refused


def _pin_of(package: str, lock: str) -> str:
    """The lines of a lock that pin one package."""
    found = re.search(rf"^{package}==.*\n(?:[ \t]+.*\n)*", lock, re.MULTILINE)
    if found is None:
        what = f"requirements.txt: has no {package}, with which BentoML makes an image"
        raise BentoMLException(f"{what}; restore that file, or make it with `make lock`")
    return found[0]


class _MirroredModel(BentoModel):
    """A version in `models/`: mirrored to the store when BentoML asks for it, not before."""

    def __init__(self, version: Version, deployment: Deployment) -> None:
        super().__init__(version.tag)
        object.__setattr__(self, "version", version)  # BentoModel is frozen
        object.__setattr__(self, "config", deployment.config)
        object.__setattr__(self, "in_image", is_in_image(deployment.project))

    def to_info(self, alias: str | None = None) -> Any:
        """Describe the model to `bentoml build`, once the store is known to hold this one."""
        try:
            found = self._mirror()
        except MaasError as error:
            raise BentoMLException(str(error)) from error
        if found.state == "refused":
            what = f"{found.detail}, this version has {self.version.manifest.digest}"
            remedy = "set BENTOML_HOME to another folder, or choose another model_name"
            refused = InputError(found.tag, what, remedy)
            raise BentoMLException(str(refused)) from refused
        return super().to_info(alias)

    def resolve(self, base_path: Any = None) -> Any:
        """Give the model to a deployment; a tag of another project does no harm here.

        Serving reads `models/`, so it does not wait for a mirror: `sync` and the next run make it.
        In an image there is none: its store is in memory, and gone with the container.
        """
        if self.in_image:
            return None
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
