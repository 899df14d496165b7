"""Loads a model once, as a worker will, in a process of its own.

`python -m maas.serving.process.trial MODEL RUNTIME FEATURES THREADS [MANIFEST]` lets the model
answer a row. With MANIFEST, of a version that does not record it, it prints the input bound.
What goes wrong is its last line on stderr.
"""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, cast

import numpy as np

from maas.model.scorers import Scorer, make_scorer

if TYPE_CHECKING:
    from maas.model.signature import Runtime


def main(model: str, runtime: str, features: str, threads: str, *manifest: str) -> None:
    """Load the model and let it answer; imports no more than that needs."""
    data = Path(model).read_bytes()
    scorer = make_scorer(cast("Runtime", runtime), data, int(threads))
    scorer.predict(np.zeros((1, int(features)), dtype=np.float32))
    for file in manifest:
        print(repr(_measure_input_bound(scorer, Path(file))))


def _measure_input_bound(scorer: Scorer, manifest: Path) -> float:
    from maas.model.input_bound import find_input_bound
    from maas.registry.manifest import Manifest

    return find_input_bound(scorer, Manifest.parse(manifest.read_bytes(), manifest).signature)


if __name__ == "__main__":
    main(*sys.argv[1:])
