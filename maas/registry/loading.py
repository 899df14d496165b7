"""The model of a version, loaded as it answers: its file checked, its scorer and its blocks."""

from typing import TYPE_CHECKING

from maas.registry.version import MODEL_FILES, Version

if TYPE_CHECKING:
    from maas.model.blocks import Blocks
    from maas.model.predictor import Predictor
    from maas.model.signature import Signature
    from maas.registry.manifest import Manifest


def load_predictor(
    version: Version, threads: int = 1, signature: "Signature | None" = None
) -> "Predictor":
    """Load the model of a version, after its hash was checked.

    Args:
        version: the published one.
        threads: onnxruntime's threads within one call.
        signature: its own, with an input bound; None: as it is recorded, and the input bound is
            measured where it is not.

    Raises:
        DamagedError: the file is not the one that was published.
        Exception: of the runtime, which cannot load it.
    """
    from maas.model.input_bound import find_input_bound
    from maas.model.predictor import Predictor
    from maas.model.scorers import make_scorer

    manifest = version.manifest
    scorer = make_scorer(manifest.runtime, version.read(MODEL_FILES[manifest.runtime]), threads)
    signature = signature or manifest.signature
    if signature.input_bound is None:
        bound = find_input_bound(scorer, signature)
        signature = signature.model_copy(update={"input_bound": bound})
    return Predictor(scorer, signature, model_blocks(manifest))


def model_blocks(manifest: "Manifest") -> "Blocks":
    """In which blocks the model of a version is asked."""
    from maas.model.blocks import blocks_of

    estimator = manifest.config.get("estimator", {})
    name = estimator.get("name", "") if isinstance(estimator, dict) else ""
    return blocks_of(manifest.signature, manifest.runtime, str(name), manifest.data.rows)
