"""The model in the entry of a Bento, where `bentoml export` looks for it before it copies one.

A copy that it makes has the time of the export, and is removed after it; `pack` puts it back.
"""

import os
from pathlib import Path

from maas.packing.tree import EPOCH, MODELS
from maas.registry.files import remove_tree
from maas.registry.store_home import store_home
from maas.registry.version import Version


def add_model(entry: Path, version: Version) -> None:
    """Copy the model of a Bento from the store into its entry, with fixed modes and times.

    Args:
        entry: the Bento in the store.
        version: the version that it holds, which the store has too.

    Raises:
        OSError: it cannot be copied.
    """
    name, label = version.manifest.model_name, version.label
    models = entry / MODELS
    source, folder = store_home() / MODELS / name / label, models / name / label
    wanted = {folder / path.name: path.read_bytes() for path in source.iterdir()}
    wanted[models / name / "latest"] = label.encode()  # as BentoML's own stores have
    if {path: path.read_bytes() for path in models.rglob("*") if path.is_file()} != wanted:
        remove_tree(models)
        folder.mkdir(parents=True)
        for path, content in wanted.items():
            path.write_bytes(content)
    for path in (*models.rglob("*"), models):
        path.chmod(0o755 if path.is_dir() else 0o644)
        os.utime(path, (EPOCH, EPOCH))
    os.utime(entry, (EPOCH, EPOCH))
