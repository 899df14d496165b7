"""The BentoML model store as a mirror of the registry: `<model_name>:vN` holds vN's files.

The store belongs to the user and may be shared by several projects; `models/` is the
truth. Names are compared exactly: BentoML's own look-up takes a unique prefix for the
whole tag, so that v1 can find v10.
"""

import errno
import os
import re
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from maas.errors import DamagedError, StorageError
from maas.registry.manifest import Manifest
from maas.registry.versions import MANIFEST, RUN, Version, sync_folder

State = Literal["present", "made", "foreign"]
_INFO = "model.yaml"


@dataclass(frozen=True)
class Mirror:
    """What the store holds under a version's tag after mirroring.

    Attributes:
        state: `present` it was there; `made` it is there now; `foreign` the tag holds
            another digest, which is somebody else's and was left alone.
        path: the folder in the store.
    """

    state: State
    path: Path


def store_home() -> Path:
    """BENTOML_HOME as BentoML reads it."""
    return Path(os.environ.get("BENTOML_HOME") or Path.home() / "bentoml")


def store_numbers(model_name: str) -> set[int]:
    """Numbers that the store has used for a model."""
    folder = store_home() / "models" / model_name
    names = [path.name for path in folder.iterdir()] if folder.is_dir() else []
    return {int(m[1]) for name in names if (m := re.fullmatch(r"v([1-9][0-9]*)", name))}


def prepare_store() -> None:
    """Make sure that the store can be written; BentoML's own failure is a traceback at import.

    Raises:
        StorageError: it cannot.
    """
    home = store_home()
    try:
        for folder in (home / "models", home / "tmp"):
            folder.mkdir(parents=True, exist_ok=True)
        Path(tempfile.mkdtemp(prefix="probe-", dir=home / "tmp")).rmdir()
        if not os.access(home / "models", os.W_OK | os.X_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
    except OSError as error:
        raise StorageError(
            home,
            f"cannot write the BentoML store ({error.strerror})",
            "check its owner and mode, or set BENTOML_HOME to another folder",
        ) from None


def mirror(version: Version) -> Mirror:
    """Make the store hold a version under its tag.

    Raises:
        DamagedError: the version's files are not the published ones.
        StorageError: the store cannot be written.
    """
    prepare_store()
    path = store_home() / "models" / version.manifest.model_name / version.label
    state = _compare(path, version.manifest)
    if state == "torn":
        shutil.rmtree(path)
    elif state is not None:
        return Mirror(state, path)
    try:
        _copy(version, path)
    except OSError as error:
        raise StorageError(
            path, f"cannot write the entry ({error.strerror})", "run `python -m maas sync`"
        ) from None
    return Mirror("made", path)


def _compare(path: Path, manifest: Manifest) -> Literal["present", "foreign", "torn"] | None:
    if not path.exists():
        return None
    if not (path / _INFO).is_file():
        return "torn"  # such an entry breaks `bentoml models list` for everything
    try:
        stored = Manifest.parse((path / MANIFEST).read_bytes(), path / MANIFEST)
    except (OSError, DamagedError):
        return "foreign"
    return "present" if stored.digest == manifest.digest else "foreign"


def _copy(version: Version, path: Path) -> None:
    staging = Path(tempfile.mkdtemp(prefix="mirror-", dir=store_home() / "tmp"))
    try:
        for name in (*version.manifest.files, MANIFEST, RUN):
            shutil.copy2(version.path / name, staging / name)
        (staging / _INFO).write_bytes(_entry(version))
        staging.chmod(0o755)
        path.parent.mkdir(parents=True, exist_ok=True)
        staging.rename(path)
        sync_folder(path.parent)
        _point_latest(path.parent, version.number)
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def _entry(version: Version) -> bytes:
    """model.yaml as `bentoml.sklearn.load_model` wants it, written by BentoML itself."""
    from bentoml import Model
    from bentoml.models import ModelContext

    manifest = version.manifest
    model = Model.create(
        version.tag,
        module="bentoml.sklearn",
        api_version="v1",
        signatures={},
        labels={"digest": manifest.digest, "runtime": manifest.runtime},
        metadata=dict(manifest.metrics),
        context=ModelContext(framework_name="scikit-learn", framework_versions={}),
    )
    model.flush()  # type: ignore[no-untyped-call]
    return (Path(model.path) / _INFO).read_bytes()


def _point_latest(folder: Path, number: int) -> None:
    """BentoML's `latest` is the newest clock; ours is the highest number."""
    if number == max(int(p.name[1:]) for p in folder.glob("v[1-9]*") if p.name[1:].isdigit()):
        fresh = folder.parent.parent / "tmp" / f"latest-{os.getpid()}"
        fresh.write_text(f"v{number}", encoding="utf-8")
        os.replace(fresh, folder / "latest")
