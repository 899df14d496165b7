"""The check of a version before it is released: its files, its model, its example row."""

import json

from maas.errors import DamagedError
from maas.registry.loading import load_predictor
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
    try:
        return _answer_example(version)
    except DamagedError:
        raise
    except Exception as error:  # a forged model can fail in any way
        first = (str(error).strip() or type(error).__name__).splitlines()[0]
        what = f"cannot be loaded and answer the version's example row ({first})"
        name = MODEL_FILES[version.manifest.runtime]
        raise DamagedError(version.path / name, what, "train a new version") from None


def _answer_example(version: Version) -> float | None:
    from maas.model.example_check import answer_example

    predictor = load_predictor(version)
    answer_example(predictor)
    is_recorded = version.manifest.signature.input_bound is not None
    return None if is_recorded else predictor.signature.input_bound


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
