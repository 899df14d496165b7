"""The model of a version, loaded once per process and checked against the job's digest."""

import threading
from functools import lru_cache
from pathlib import Path

from maas.errors import DamagedError, VersionError
from maas.model.predictor import Predictor
from maas.model.row import Row, row_type
from maas.model.scorers import OnnxScorer
from maas.registry.loading import load_predictor
from maas.registry.manifest import RESTORE
from maas.registry.registry import Registry
from maas.registry.version import MODEL_FILES, REFERENCE
from maas.scoring.class_places import answer_with_places


class LoadedModel:
    """A version as it scores files.

    Attributes:
        predictor: its model.
        row: the type of a row.
        reference: the content of reference.json.
        gives_places: whether the model answers with the places of its classes.
    """

    def __init__(
        self, predictor: Predictor, row: type[Row], reference: bytes, gives_places: bool
    ) -> None:
        self.predictor, self.row, self.reference = predictor, row, reference
        self.gives_places = gives_places


_lock = threading.Lock()


def load_model(path: str, digest: str) -> LoadedModel:
    """Load the version in a folder; it is kept until another one is asked for.

    Raises:
        VersionError: this process cannot see the folder.
        DamagedError: it is not the version of that digest, or its model is damaged.
    """
    with _lock:  # threads of a worker that come at once would each load it
        return _load(path, digest)


@lru_cache(maxsize=1)
def _load(path: str, digest: str) -> LoadedModel:
    folder = Path(path)
    if not folder.is_dir():
        what = "does not exist where this worker runs"
        raise VersionError(folder, what, "share the models folder with the workers, at this path")
    version = Registry(folder.parent).open(int(folder.name[1:]))
    if version.manifest.digest != digest:
        what = f"is not the version that the job names ({digest})"
        raise DamagedError(folder, what, RESTORE)
    predictor, reference = load_predictor(version), version.read(REFERENCE)
    row, manifest = row_type(predictor.signature), version.manifest
    places = None
    if manifest.runtime == "onnx":
        graph = version.read(MODEL_FILES["onnx"])
        places = answer_with_places(graph, manifest.signature.classes or ())
    if places is not None:
        predictor = Predictor(OnnxScorer(places), predictor.signature, predictor.blocks)
    return LoadedModel(predictor, row, reference, places is not None)
