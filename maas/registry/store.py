"""The BentoML model store as a mirror of the registry: `<model_name>:vN` holds vN's files.

The store belongs to the user and may be shared by several projects; `models/` is the
truth. Names are compared exactly: BentoML's own look-up takes a unique prefix for the
whole tag, so that v1 can find v10.
"""

import contextlib
import errno
import os
import re
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import yaml

from maas.errors import DamagedError, StorageError
from maas.registry.manifest import Manifest
from maas.registry.versions import (
    MANIFEST,
    RUN,
    Version,
    read_checked,
    sync_folder,
    write_synced,
)

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
    """BENTOML_HOME as BentoML reads it (its containers.py: variables and ~ are expanded)."""
    home = os.environ.get("BENTOML_HOME") or str(Path.home() / "bentoml")
    return Path(os.path.expandvars(home)).expanduser().absolute()


def store_numbers(model_name: str) -> set[int]:
    """Numbers that the store has used for a model."""
    folder = store_home() / "models" / model_name
    names = [path.name for path in folder.iterdir()] if folder.is_dir() else []
    return {int(m[1]) for name in names if (m := re.fullmatch(r"v([1-9][0-9]*)", name))}


def prepare_store(model_name: str) -> None:
    """Make sure that a model can be mirrored; BentoML's own failure is a traceback at import.

    Raises:
        StorageError: the store cannot be written.
    """
    home = store_home()
    try:
        for folder in (home / "tmp", home / "models", home / "models" / model_name):
            folder.mkdir(parents=True, exist_ok=True)
            if not os.access(folder, os.W_OK | os.X_OK):
                raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        Path(tempfile.mkdtemp(prefix="probe-", dir=home / "tmp")).rmdir()
    except OSError as error:
        raise _unwritable(home, error) from None


def mirror(version: Version) -> Mirror:
    """Make the store hold a version under its tag; write only what is missing or torn.

    Raises:
        DamagedError: the version's files are not the published ones.
        StorageError: the store cannot be written.
    """
    path = store_home() / "models" / version.manifest.model_name / version.label
    state = _compare(path, version.manifest)
    if state in ("present", "foreign"):
        return Mirror(state, path)
    version.check()
    prepare_store(version.manifest.model_name)
    try:
        if state == "torn":
            shutil.rmtree(path)
        _copy(version, path)
    except OSError as error:
        raise _unwritable(path, error) from None
    return Mirror("made", path)


def _compare(path: Path, manifest: Manifest) -> Literal["present", "foreign", "torn"] | None:
    """An entry is ours by the digest in its manifest, or else in its labels."""
    if not path.exists():
        return None
    info: Any = None
    with contextlib.suppress(OSError, yaml.YAMLError, ValueError):
        info = yaml.safe_load((path / _INFO).read_bytes())
    label = info.get("labels", {}).get("digest") if isinstance(info, dict) else None
    digest: str | None
    try:
        digest = Manifest.parse((path / MANIFEST).read_bytes(), path / MANIFEST).digest
    except (OSError, DamagedError):
        digest = label
    if digest is None and not isinstance(info, dict):
        return "torn"  # such an entry breaks `bentoml models list` for everything
    if digest != manifest.digest:
        return "foreign"
    return "present" if label == digest and _is_whole(path, manifest) else "torn"


def _is_whole(path: Path, manifest: Manifest) -> bool:
    try:
        Manifest.parse((path / MANIFEST).read_bytes(), path)
        for name in manifest.files:
            read_checked(path / name, manifest)
    except (OSError, DamagedError):
        return False
    return True


def _copy(version: Version, path: Path) -> None:
    staging = Path(tempfile.mkdtemp(prefix="mirror-", dir=store_home() / "tmp"))
    try:
        for name in version.manifest.files:
            write_synced(staging / name, version.read(name))
        write_synced(staging / MANIFEST, version.manifest.to_bytes())
        write_synced(staging / RUN, (version.path / RUN).read_bytes())
        write_synced(staging / _INFO, _entry(version))
        staging.chmod(0o755)
        path.parent.mkdir(parents=True, exist_ok=True)
        staging.rename(path)
        sync_folder(path.parent)
        _point_latest(path.parent, version.number)
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def _unwritable(path: Path, error: OSError) -> StorageError:
    return StorageError(
        path,
        f"cannot write the BentoML store ({error.strerror})",
        "check its owner, mode and space, or set BENTOML_HOME to another folder",
    )


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
