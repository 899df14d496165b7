"""Puts a Bento into the store, whole or not at all, and over no other one.

It is built in the store's `tmp`, compared with the entry of its name, and renamed to its place: a
killed build leaves no half Bento, and of two at once the second finds what the first has made.
"""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import bentoml

from maas.errors import DamagedError, InputError, StorageError
from maas.packing.building import build
from maas.packing.model import add_model
from maas.packing.tree import differences, digest_of, hash_files, set_modes_and_times, settle
from maas.registry.files import make_folder, remove_tree, storage_error
from maas.registry.locks import hold
from maas.registry.store_home import locked_home, store_home
from maas.registry.version import Version
from maas.serving.process.packaging import bento_version

_STAGING = "bento-"
_LOCK = "bento.lock"
_HOLDERS = "another `maas bento` with this store"
_MOST_NAMED = 3


@dataclass(frozen=True)
class Packed:
    """A Bento in the store.

    Attributes:
        tag: `<model_name>:v3-<12 digits of the digest of v3>`.
        digest: that of its files.
        state: whether it was made, or there already with the same files.
        path: its folder.
    """

    tag: str
    digest: str
    state: Literal["created", "present"]
    path: Path


def pack(project: Path, version: Version) -> Packed:
    """Pack a version with the project's code into a Bento of the store.

    Raises:
        InputError: the store has a Bento of that name with other files.
        DamagedError: what has that name is not a Bento.
        MaasError: it cannot be built, or the store cannot be written.
    """
    home, name = store_home(), bento_version(version)
    try:
        with _staging(home) as staging:
            built = build(project, version, name, staging)
            settle(built)
            packed = _put(built, home, f"{built.parent.name}:{name}")
            add_model(packed.path, version)
            return packed
    except OSError as error:
        raise _error(home, error) from None


def _error(home: Path, error: OSError) -> StorageError:
    if isinstance(error, shutil.Error):  # of many files, each as source, target and reason
        error = OSError(0, str(error.args[0][0][2]))
    return storage_error(home, "cannot write the BentoML store", error, "BENTOML_HOME")


@contextmanager
def _staging(home: Path) -> Iterator[Path]:
    """A folder to build in, for one process at a time; what killed ones have left is removed."""
    tmp = home / "tmp"
    make_folder(tmp)
    with hold(tmp / _LOCK, _HOLDERS):
        for abandoned in tmp.glob(f"{_STAGING}*"):
            remove_tree(abandoned)
        staging = Path(tempfile.mkdtemp(prefix=_STAGING, dir=tmp))
        try:
            yield staging
        finally:
            remove_tree(staging)


def _put(built: Path, home: Path, tag: str) -> Packed:
    files = hash_files(built)
    place = home / "bentos" / built.parent.name / built.name
    make_folder(place.parent)
    with locked_home(home):
        there = os.path.lexists(place)
        if there:
            _check_equal(tag, files, place)
            set_modes_and_times(place)  # `bentoml export` changes the time of its folder
        else:
            built.rename(place)
        _point_latest(place, built.parent)
    return Packed(tag, digest_of(files), "present" if there else "created", place)


def _check_equal(tag: str, files: dict[str, str], place: Path) -> None:
    differing = differences(files, hash_files(place))
    if not differing:
        return
    try:
        bentoml.bentos.get(tag)
    except Exception:
        what = f"is not a whole Bento: {differing[0]}"
        raise DamagedError(place, what, "remove that folder, then start again") from None
    named = ", ".join(differing[:_MOST_NAMED])
    more = len(differing) - _MOST_NAMED
    what = f"is in the store with other files: {named}" + (f" and {more} more" if more > 0 else "")
    raise InputError(tag, what, f"remove it with `bentoml delete {tag} -y`, then start again")


def _point_latest(place: Path, staging: Path) -> None:
    """Let `latest` mean this Bento: by the times in them, BentoML cannot tell the newest."""
    fresh = staging / "latest"
    fresh.write_text(place.name)
    os.replace(fresh, place.parent / "latest")
