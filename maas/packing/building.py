"""Builds a Bento in a folder of its own, as `bentoml build` does from bentofile.yaml."""

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import bentoml
from bentoml._internal.bento import BentoStore  # no option of `bentoml build` names one
from bentoml._internal.configuration.containers import BentoMLContainer
from bentoml.exceptions import BentoMLException

from maas.config.reading import VERSION_VARIABLES, variable_of
from maas.config.service_config import ServiceConfig
from maas.errors import MaasError
from maas.registry.version import Version


def build(project: Path, version: Version, name: str, folder: Path) -> Path:
    """Build a Bento of a version from bentofile.yaml, in a folder that BentoML takes for a store.

    The model is mirrored to the store meanwhile, as by `bentoml build`.

    Args:
        project: the folder of service.py.
        version: what the Bento is to hold.
        name: the version of the Bento, after its colon.
        folder: where the Bento is built, in a folder of its name and version.

    Raises:
        MaasError: it cannot be built.
        OSError: the folder cannot be written.
    """
    logging.getLogger("bentoml").setLevel(logging.WARNING)
    try:
        with _environment(version), _temporary(folder / ".bentoml"):
            built = bentoml.bentos.build_bentofile(
                str(project / "bentofile.yaml"),
                version=name,
                build_ctx=str(project),
                _bento_store=BentoStore(folder),
            )
    except BentoMLException as error:
        cause = error.__cause__ or error.__context__
        raise cause if isinstance(cause, MaasError) else _describe(project, error) from None
    return Path(built.path)


@contextmanager
def _environment(version: Version) -> Iterator[None]:
    """Let variables of the service choose what is packed; others would get into bento.yaml."""
    kept = dict(os.environ)
    ours = {variable_of(key) for key in ServiceConfig.model_fields} | {"BENTOML_CONTAINERIZED"}
    for variable in ours - VERSION_VARIABLES:
        os.environ.pop(variable, None)
    os.environ["MODELS_DIR"] = str(version.path.parent)
    os.environ["MODEL_VERSION"] = str(version.number)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(kept)


@contextmanager
def _temporary(folder: Path) -> Iterator[None]:
    """Let BentoML keep its own unfinished Bento in a folder that is removed with ours."""
    folder.mkdir()
    provider = BentoMLContainer.tmp_bento_store_dir
    before = provider.get()
    provider.set(str(folder))
    try:
        yield
    finally:
        provider.set(before)


def _describe(project: Path, error: BentoMLException) -> MaasError:
    what = f"cannot be packed ({' '.join(str(error).split())})"
    return MaasError(project, what, "correct that, then start again")
