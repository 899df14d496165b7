"""What `bentoml build` takes from the service: the model, its labels and its image."""

from typing import Any

from bentoml.exceptions import BentoMLException
from bentoml.images import Image
from bentoml.models import BentoModel

from maas.errors import MaasError
from maas.registry.registry import Registry
from maas.registry.store import SyncResult, open_store
from maas.registry.version import Version
from maas.serving.process.deployment import LABELS, Served

BASE_IMAGE = "python:3.11-slim-bookworm"
_LOCKS = {"onnx": "requirements/serving.txt", "sklearn": "requirements/serving-sklearn.txt"}


def bento_labels(served: Served) -> dict[str, str]:
    """What a Bento of this version is labelled with: its tag and its digest."""
    return dict(zip(LABELS, (served.version.tag, served.version.manifest.digest), strict=True))


def bento_model(served: Served) -> BentoModel:
    """The model as BentoML's packaging sees it: one concrete tag."""
    if served.in_bento:
        return BentoModel(served.version.tag)
    return _Mirrored(served.version)


def bento_image(served: Served) -> Image:
    """The image: no distribution named, so that BentoML installs no compiler and no git.

    The lock has hashes and needs no other; a version served by scikit-learn brings it.
    """
    lock = served.project / _LOCKS[served.version.manifest.runtime]
    return Image(
        base_image=BASE_IMAGE,
        distro="none",
        lock_python_packages=False,
        python_requirements="" if served.in_bento else lock.read_text(encoding="utf-8"),
    )


class _Mirrored(BentoModel):
    """A version in `models/`: mirrored to the store when BentoML asks for it, not before."""

    def __init__(self, version: Version) -> None:
        super().__init__(version.tag)
        object.__setattr__(self, "version", version)  # BentoModel is frozen

    def to_info(self, alias: str | None = None) -> Any:
        """Describe the model to `bentoml build`, once the store surely holds this one."""
        found = self._mirror()
        if found.state == "refused":
            raise BentoMLException(
                f"{found.tag}: {found.detail}, this version has {self.version.manifest.digest}; "
                "set BENTOML_HOME to another folder, or choose another model_name"
            )
        return super().to_info(alias)

    def resolve(self, base_path: Any = None) -> Any:
        """Give the model to a deployment; a tag that is somebody else's does no harm here."""
        self._mirror()
        return super().resolve(base_path)

    def _mirror(self) -> SyncResult:
        version: Version = self.version
        try:
            with open_store(version.manifest.model_name) as store:
                # Any torn entry would break BentoML's look at the store.
                store.sync(Registry(version.path.parent), thorough=False)
                return store.mirror(version)
        except MaasError as error:
            raise BentoMLException(str(error)) from None
