"""The one version that this service serves, wherever the service stands.

In a project it is a folder of `models/`, chosen by the service config. In a Bento it
is the tag that the Bento was built with, under the digest in the Bento's labels.
"""

import os
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import bentoml
import yaml
from bentoml.exceptions import BentoMLException, NotFound

from maas.config.paths import models_folder
from maas.config.reading import load_service_config
from maas.config.service_config import ServiceConfig
from maas.errors import MaasError, ServeError
from maas.model.signature import Row, Signature, row_type
from maas.registry.manifest import Manifest
from maas.registry.registry import Registry
from maas.registry.version import MANIFEST, Version
from maas.serving.process.model_loading import find_limit, load_predictor

if TYPE_CHECKING:
    from maas.model.predictor import Predictor

LABELS = ("model_tag", "model_digest")
"""The labels by which a Bento says what it was built with."""


@dataclass(frozen=True)
class Served:
    """A version, how to serve it, and whether it is packed in a Bento.

    Attributes:
        limit: the largest magnitude of a number that the model can compute with.
    """

    project: Path
    version: Version
    config: ServiceConfig
    in_bento: bool
    limit: float

    @property
    def signature(self) -> Signature:
        """What the model takes and gives."""
        return self.version.manifest.signature

    @property
    def keys_file(self) -> Path | None:
        """The file of API keys, from where the project stands; None: the service is open."""
        name = self.config.api_keys_file
        return None if name is None else self.project / name

    @cached_property
    def predictor(self) -> "Predictor":
        """The model, loaded and warm."""
        return load_predictor(self.version, self.config.threads)

    @cached_property
    def row_type(self) -> type[Row]:
        """The pydantic type of one row."""
        return row_type(self.signature, self.limit)

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


def open_served(project: Path) -> Served:
    """Find the version to serve, from where service.py stands.

    Raises:
        BentoMLException: one line saying why it cannot be served; BentoML prints it and exits 1.
    """
    try:
        config = load_service_config(project / "configs" / "service_config.yaml")
        in_bento = project.name == "src" and (project.parent / "bento.yaml").is_file()
        version = _from_bento(project, config) if in_bento else _from_models(project, config)
        digest = version.manifest.digest
        if config.model_digest not in (None, digest):
            raise ServeError(
                version.tag,
                f"has digest {digest}, the service demands {config.model_digest}",
                "serve the version with that digest, or change MODEL_DIGEST",
            )
        limit = find_limit(version, config.threads, project)
    except MaasError as error:
        raise BentoMLException(str(error)) from None
    return Served(project, version, config, in_bento, limit)


def _from_models(project: Path, config: ServiceConfig) -> Version:
    registry = Registry(models_folder(config.models_dir, project, os.environ))
    if config.model_version == "latest":
        return registry.latest()
    return registry.open(config.model_version)


def _from_bento(project: Path, config: ServiceConfig) -> Version:
    content = yaml.safe_load((project.parent / "bento.yaml").read_text(encoding="utf-8"))
    tag, digest = (content["labels"].get(label) for label in LABELS)
    number = int(tag.rpartition(":v")[2])
    if config.model_version not in ("latest", number):
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
    manifest = Manifest.parse(_read_manifest(path), path / MANIFEST)
    if manifest.digest != digest:
        raise ServeError(
            tag,
            f"in the store has digest {manifest.digest}, this Bento was built with {digest}",
            _RESTORE,
        )
    return Version(number, path, manifest)


_RESTORE = "restore that model to the store, or build a new Bento"


def _read_manifest(path: Path) -> bytes:
    """Read a store entry's manifest.

    Raises:
        ServeError: it has none.
    """
    try:
        return (path / MANIFEST).read_bytes()
    except OSError as error:
        raise ServeError(path / MANIFEST, f"cannot be read ({error.strerror})", _RESTORE) from None
