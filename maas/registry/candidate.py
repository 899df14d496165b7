"""The check of a version before it is released: its files, its model, its example row."""

import json

from maas.errors import DamagedError
from maas.registry.manifest import RESTORE
from maas.registry.version import MODEL_FILES, REFERENCE, Version


def check_candidate(version: Version) -> float | None:
    """Check every file, load the model and let it answer its example row, as a service will.

    Returns:
        The input bound, which was measured; None if the version records its own.

    Raises:
        DamagedError: a file is not as published, or the model cannot be loaded or answer.
    """
    version.check()
    check_reference(version)
    name = MODEL_FILES[version.manifest.runtime]
    data = version.read(name)
    try:
        return _answer_example(version, data)
    except Exception as error:  # a forged model can fail in any way
        first = (str(error).strip() or type(error).__name__).splitlines()[0]
        what = f"cannot be loaded and answer the version's example row ({first})"
        raise DamagedError(version.path / name, what, "train a new version") from None


def _answer_example(version: Version, data: bytes) -> float | None:
    from maas.model.example_check import answer_example
    from maas.model.input_bound import find_input_bound
    from maas.model.predictor import Predictor
    from maas.model.scorers import make_scorer

    signature, measured = version.manifest.signature, None
    scorer = make_scorer(version.manifest.runtime, data)
    if signature.input_bound is None:
        measured = find_input_bound(scorer, signature)
        signature = signature.model_copy(update={"input_bound": measured})
    answer_example(Predictor(scorer, signature))
    return measured


def check_reference(version: Version) -> None:
    """Check what a worker reads of reference.json: the edges of the target's bins.

    Raises:
        DamagedError: it is not what training writes there.
    """
    try:
        edges = json.loads(version.read(REFERENCE))["target"].get("edges", [])
        valid = isinstance(edges, list) and all(type(edge) in (int, float) for edge in edges)
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        valid = False
    if not valid:
        raise DamagedError(version.path / REFERENCE, "has no valid target", RESTORE)
