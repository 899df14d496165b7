"""Loads a version's model: for good in a worker, and once before, where failing is final.

The process that starts the workers has that done in a process of its own, which then ends:
it learns what the service must know of the model, and does not hold what only workers need.
"""

import os
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from maas.errors import MaasError, ServeError
from maas.model.signature import FLOAT32_MAX
from maas.registry.manifest import Manifest
from maas.registry.version import MANIFEST, MODEL_FILES, Version

if TYPE_CHECKING:
    from maas.model.predictor import Predictor

_HANDED_DOWN = "MAAS_LIMIT"
"""`<digest> <limit>`: what the workers need not find out again."""


def load_predictor(version: Version, threads: int) -> "Predictor":
    """Load the model, after its hash was checked, and let it answer once.

    Raises:
        DamagedError: its file is not the one that was published.
    """
    from maas.model.predictor import Predictor, make_scorer

    manifest = version.manifest
    data = version.read(MODEL_FILES[manifest.runtime])
    predictor = Predictor(make_scorer(manifest.runtime, data, threads), manifest.signature)
    predictor.warm()
    return predictor


def find_limit(version: Version, threads: int, project: Path) -> float:
    """The largest magnitude of a number that the model can compute with.

    Raises:
        DamagedError: its file is not the one that was published.
        ServeError: the model cannot be loaded.
    """
    digest, _, limit = os.environ.get(_HANDED_DOWN, "").partition(" ")
    with suppress(ValueError):
        if digest == version.manifest.digest and 0 < float(limit) <= FLOAT32_MAX:
            return float(limit)
    version.read(MODEL_FILES[version.manifest.runtime])
    command = [sys.executable, "-m", __name__, str(version.path), str(version.number), str(threads)]
    paths = [str(project), *filter(None, [os.environ.get("PYTHONPATH")])]
    environ = os.environ | {"PYTHONPATH": os.pathsep.join(paths)}
    done = subprocess.run(
        command, cwd=project, env=environ, capture_output=True, text=True, check=False
    )
    said = (done.stderr if done.returncode else done.stdout).strip().splitlines()
    if done.returncode or not said:
        reason = said[-1] if said else f"exit {done.returncode}"
        remedy = "serve another version with MODEL_VERSION, or train a new one"
        raise ServeError(version.tag, f"cannot be loaded ({reason})", remedy)
    return float(said[-1])


def hand_down(version: Version, limit: float) -> None:
    """Tell the workers that this process will start."""
    os.environ[_HANDED_DOWN] = f"{version.manifest.digest} {limit!r}"


def main() -> None:
    """Load the version of the first argument; print its limit."""
    path = Path(sys.argv[1])
    manifest = Manifest.parse((path / MANIFEST).read_bytes(), path / MANIFEST)
    version = Version(int(sys.argv[2]), path, manifest)
    try:
        print(repr(load_predictor(version, int(sys.argv[3])).find_limit()))
    except MaasError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
