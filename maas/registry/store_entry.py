"""One entry of the BentoML model store: the files of a version, and a model.yaml for BentoML.

BentoML 1.4.39 reads an entry as its model.yaml says (bentoml/_internal/models/model.py,
`ModelInfo`); a folder without one makes `bentoml models list` fail for every model.
"""

import contextlib
import os
import platform
import shutil
import tempfile
from datetime import datetime
from importlib import metadata
from pathlib import Path
from typing import Any, Literal

import yaml

from maas.errors import DamagedError
from maas.registry.files import check_file, sync_folder, write_synced
from maas.registry.manifest import Manifest
from maas.registry.version import MANIFEST, RUN, Version

INFO = "model.yaml"
STAGING = "mirror-"
"""How the folder begins in which an entry is filled, in the store's `tmp`."""

Condition = Literal["missing", "intact", "incomplete", "other"]


def inspect_entry(path: Path, version: Version, thorough: bool) -> Condition:
    """Say how an entry stands to the version whose tag it has.

    It is ours by the digest in its manifest, or else in its labels; without either it is
    torn if BentoML cannot read it, and else somebody's own.

    Args:
        path: the entry's folder.
        version: the version that should stand there.
        thorough: hash the files; otherwise their sizes are compared.
    """
    if not os.path.lexists(path):
        return "missing"
    manifest, info = _read_manifest(path), _read_info(path)
    label = _label(info)
    if manifest is None and label is None:
        return "incomplete" if _breaks_bentoml(info) else "other"
    if (manifest.digest if manifest else label) != version.manifest.digest:
        return "other"
    intact = manifest is not None and _is_intact(path, version, thorough)
    return "intact" if intact and _is_described(path, info, version) else "incomplete"


def is_unreadable(path: Path) -> bool:
    """Whether BentoML would fail on the entry, and with it on every other."""
    return _breaks_bentoml(_read_info(path))


def read_digest(path: Path) -> str | None:
    """The digest of the version that an entry holds; None: it does not say."""
    manifest = _read_manifest(path)
    return manifest.digest if manifest else _label(_read_info(path))


def open_entry(path: Path, number: int) -> Version | None:
    """The version that an entry without a model.yaml holds, if all its files are whole."""
    manifest = _read_manifest(path)
    if manifest is None:
        return None
    version = Version(number, path, manifest)
    intact = _is_intact(path, version, thorough=True)
    return version if intact else None


def write_entry(version: Version, path: Path, tmp: Path) -> None:
    """Fill a folder in `tmp`, synced to disk, and put it in the entry's place.

    Raises:
        DamagedError: a file of the version is not the published one.
        OSError: the store cannot be written.
    """
    staging = Path(tempfile.mkdtemp(prefix=STAGING, dir=tmp))
    try:
        for name in version.manifest.files:
            write_synced(staging / name, version.read(name))
        write_synced(staging / MANIFEST, version.manifest.to_bytes())
        write_synced(staging / RUN, (version.path / RUN).read_bytes())
        write_synced(staging / INFO, yaml.safe_dump(_describe(version), sort_keys=False).encode())
        staging.chmod(0o755)
        sync_folder(staging)
        if os.path.lexists(path):
            remove_entry(path, tmp)
        staging.rename(path)
        sync_folder(path.parent)
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def remove_entry(path: Path, tmp: Path) -> None:
    """Remove an entry at once: BentoML would stumble over a half-removed one.

    Raises:
        OSError: it cannot be moved away.
    """
    trash = Path(tempfile.mkdtemp(prefix=STAGING, dir=tmp))
    try:
        path.rename(trash / path.name)
    finally:
        shutil.rmtree(trash, ignore_errors=True)


def _describe(version: Version) -> dict[str, Any]:
    """What model.yaml says, such that `bentoml.sklearn.load_model` takes the entry.

    Written here and not by `bentoml.models.create`: that would leave a folder in the
    system's temporary one behind a killed trainer, and cost a second of imports.
    """
    manifest = version.manifest
    return {
        "name": manifest.model_name,
        "version": version.label,
        "module": "bentoml.sklearn",
        "labels": {"digest": manifest.digest, "runtime": manifest.runtime},
        "options": {},
        "metadata": dict(manifest.metrics),
        "context": {
            "framework_name": "scikit-learn",
            "framework_versions": {},
            "bentoml_version": metadata.version("bentoml"),
            "python_version": platform.python_version(),
        },
        "signatures": {},
        "api_version": "v1",
        "creation_time": _created(version),
    }


def _is_described(path: Path, info: Any, version: Version) -> bool:
    """Whether model.yaml says of the entry what it should; which versions wrote it is free."""
    try:
        expected = _describe(Version(version.number, path, version.manifest))
    except DamagedError:
        return False
    if not isinstance(info, dict) or not isinstance(info.get("context"), dict):
        return False
    return bool(info | {"context": expected["context"]} == expected)


def _created(version: Version) -> datetime:
    try:
        return datetime.fromisoformat(version.read_run()["created_at"])
    except (KeyError, TypeError, ValueError):
        raise DamagedError(version.path / RUN, "has no created_at", "train a new version") from None


def _is_intact(path: Path, version: Version, thorough: bool) -> bool:
    try:
        for name, record in version.manifest.files.items():
            if thorough:
                check_file(path / name, version.manifest)
            elif (path / name).stat().st_size != record.size:
                return False
    except (OSError, DamagedError):
        return False
    known = {*version.manifest.files, MANIFEST, RUN, INFO}
    return (path / RUN).is_file() and set(os.listdir(path)) <= known


def _read_manifest(path: Path) -> Manifest | None:
    with contextlib.suppress(OSError, DamagedError):
        return Manifest.parse((path / MANIFEST).read_bytes(), path / MANIFEST)
    return None


def _read_info(path: Path) -> Any:
    with contextlib.suppress(OSError, yaml.YAMLError, ValueError):
        return yaml.safe_load((path / INFO).read_bytes())
    return None


def _breaks_bentoml(info: Any) -> bool:
    return not (isinstance(info, dict) and {"name", "version"} <= info.keys())


def _label(info: Any) -> str | None:
    labels = info.get("labels") if isinstance(info, dict) else None
    return labels.get("digest") if isinstance(labels, dict) else None
