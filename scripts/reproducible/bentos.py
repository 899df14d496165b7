"""Builds a Bento of the live version, and compares two: their trees, and the exported files."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from maas.errors import MaasError
from scripts.reproducible.copies import Copy
from scripts.reproducible.images import Comparison
from scripts.reproducible.members import compare_members, compare_tars, read_tree, shorten


class BentoError(MaasError):
    """The Bento cannot be built or exported."""


@dataclass(frozen=True)
class Bento:
    """The folder of a Bento in a store, and the file that it was exported to."""

    folder: Path
    export: Path


def build(copy: Copy, store: Path) -> Bento:
    """Build and export the Bento of a copy's live version, in an empty store.

    Raises:
        BentoError: it cannot be built or exported.
    """
    export = store.with_suffix(".bento")
    done = subprocess.run(
        [sys.executable, "-m", "maas", "bento", "--json", "--export", str(export)],
        cwd=copy.folder,
        env=os.environ | {"BENTOML_HOME": str(store), "TZ": copy.time_zone},
        umask=copy.umask,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        said = (done.stdout + done.stderr).strip().splitlines() or ["no message"]
        what = f"the Bento cannot be built ({said[-1].removeprefix('error: ')})"
        raise BentoError("bento", what, "correct that; `make bento` says all of it")
    return Bento(Path(json.loads(done.stdout)["path"]), export)


def compare_bentos(first: Bento, second: Bento) -> Comparison:
    """Compare the names, the contents and modes of the trees, and the bytes of the exports."""
    one, other = read_tree(first.folder), read_tree(second.folder)
    differences = []
    if first.folder.name != second.folder.name:
        differences.append(f"version: {first.folder.name}, {second.folder.name}")
    differences += shorten(compare_members(one, other))
    if first.export.read_bytes() != second.export.read_bytes():
        with first.export.open("rb") as left, second.export.open("rb") as right:
            differences += [f"export: {line}" for line in shorten(compare_tars(left, right))]
    files = [member for member in one.values() if member.kind == "file"]
    size = sum(member.size for member in files) / 1e6
    exported = first.export.stat().st_size / 1e6
    what = f"{first.folder.name}, {len(files)} files of {size:.1f} MB, exported {exported:.1f} MB"
    return Comparison(what, "", differences)
