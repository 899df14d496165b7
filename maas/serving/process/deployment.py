"""What is served, and how: from a project, or from a Bento.

In a project the version is a folder of `models/`: the live one of the ledger, unless the service
config chooses another. In a Bento it is the tag that the Bento was built with, under the digest in
the Bento's labels.
"""

import os
from dataclasses import dataclass
from pathlib import Path

import bentoml
import yaml
from bentoml.exceptions import BentoMLException, NotFound

from maas.config.paths import is_in_bento, models_folder
from maas.config.reading import load_service_config
from maas.config.service_config import ServiceConfig
from maas.errors import MaasError, ServeError
from maas.registry.files import read_bounded
from maas.registry.ledger import Release
from maas.registry.manifest import Manifest
from maas.registry.registry import Registry
from maas.registry.version import MANIFEST, Version
from maas.serving.process.live_version import find_at_start, find_in_worker
from maas.serving.process.worker_failure import is_worker, stop_worker

LABELS = ("model_tag", "model_digest")
"""The labels by which a Bento says what it was built with."""

_RESTORE = "restore that model to the store, or build a new Bento"


@dataclass(frozen=True)
class Deployment:
    """What this process serves.

    Attributes:
        project: the folder of service.py.
        config: configs/service_config.yaml and the environment.
        in_bento: whether the project is packed in a Bento.
        version: the version that is served when this process starts.
        release: the one that made it live; None: another choice, or nothing is released yet.
    """

    project: Path
    config: ServiceConfig
    in_bento: bool
    version: Version
    release: Release | None = None

    @property
    def live(self) -> bool:
        """Whether the live version is served. A Bento holds one version, and has no ledger."""
        return not self.in_bento and self.config.model_version == "live"

    @property
    def follows(self) -> bool:
        """Whether another version is served when the ledger names another."""
        return self.live and self.config.follow_s > 0

    @property
    def keys_file(self) -> Path | None:
        """The file of API keys, relative to the project; None: the service is open."""
        name = self.config.api_keys_file
        return None if name is None else self.project / name

    def check(self) -> None:
        """Check every file of the version.

        Raises:
            DamagedError: a file is not the one that was published.
        """
        if self.in_bento:  # the store adds files of its own
            for name in self.version.manifest.files:
                self.version.read(name)
        else:
            self.version.check()


def load_deployment(project: Path) -> Deployment:
    """Find the version to serve, and how, for the folder of service.py.

    Raises:
        BentoMLException: one line saying why it cannot be served; BentoML prints it and exits 1.
    """
    try:
        config = load_service_config(project / "configs" / "service_config.yaml")
        in_bento = is_in_bento(project)
        version, release = (
            (_find_in_bento(project, config), None) if in_bento else _find(project, config)
        )
        digest = version.manifest.digest
        if config.model_digest not in (None, digest):
            raise ServeError(
                version.tag,
                f"has digest {digest}, the service demands {config.model_digest}",
                "serve the version with that digest, or change MODEL_DIGEST",
            )
    except MaasError as error:
        if is_worker():
            stop_worker(str(error))
        raise BentoMLException(str(error)) from None
    return Deployment(project, config, in_bento, version, release)


def _find(project: Path, config: ServiceConfig) -> tuple[Version, Release | None]:
    registry = Registry(models_folder(config.models_dir, project, os.environ))
    match config.model_version:
        case "live":
            return find_in_worker(registry, config) if is_worker() else find_at_start(registry)
        case "latest":
            return registry.latest(), None
        case number:
            return registry.open(number), None


def _find_in_bento(project: Path, config: ServiceConfig) -> Version:
    content = yaml.safe_load((project.parent / "bento.yaml").read_text(encoding="utf-8"))
    tag, digest = (content["labels"].get(label) for label in LABELS)
    number = int(tag.rpartition(":v")[2])
    if config.model_version not in ("live", "latest", number):
        raise ServeError(
            f"MODEL_VERSION={config.model_version}",
            f"this Bento holds {tag} and nothing else",
            "unset it, or build a Bento of that version",
        )
    try:
        stored = bentoml.models.get(tag)
    except NotFound:
        raise ServeError(tag, "is not in the store", _RESTORE) from None
    path = Path(stored.path)
    if path.name != f"v{number}":  # BentoML takes a unique prefix for the whole tag
        raise ServeError(tag, f"is not in the store ({path.name} is)", _RESTORE)
    manifest = Manifest.parse(read_bounded(path / MANIFEST), path / MANIFEST)
    if manifest.digest != digest:
        raise ServeError(
            tag,
            f"in the store has digest {manifest.digest}, this Bento was built with {digest}",
            _RESTORE,
        )
    return Version(number, path, manifest)
