"""One entry of the BentoML model store: the files of a version, and a model.yaml for BentoML.

BentoML 1.4.39 reads model.yaml first (bentoml/_internal/models/model.py, `ModelInfo`). A folder
without one makes `bentoml models list` fail for every model, so such entries are repaired or
removed.
"""

import contextlib
import functools
import os
import platform
import tempfile
from datetime import datetime
from importlib import metadata
from pathlib import Path
from stat import S_ISREG
from typing import Any, Literal

import yaml

from maas.config.yaml_file import YAML_ERRORS
from maas.errors import DamagedError
from maas.registry.file_names import INFO, MANIFEST, RUN
from maas.registry.files import check_file, read_bounded, remove_tree, sync_folder, write_synced
from maas.registry.manifest import RESTORE, Manifest
from maas.registry.stamp import stamp
from maas.registry.version import Version

# libyaml's parser, where PyYAML has it: ten times as fast as the one in Python.
YAML_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

# The prefix of the folders in the store's `tmp` in which entries are written.
STAGING = "mirror-"

Condition = Literal["missing", "intact", "incomplete", "other"]


def inspect_entry(path: Path, version: Version, thorough: bool) -> Condition:
    """Compare an entry with the version whose tag it has.

    The digest in the entry's manifest, or else in its labels, says which version it holds.
    Without a digest it is `incomplete` if BentoML cannot read it: a killed process left it.
    If BentoML can read it, it is another project's: `other`.

    Args:
        path: the folder of the entry.
        version: the version that the entry should hold.
        thorough: whether to hash the files; otherwise their sizes are compared.
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
    """Whether BentoML fails on the entry, and because of it on all others."""
    return _breaks_bentoml(_read_info(path))


def read_digest(path: Path) -> str | None:
    """Read the digest of the version that an entry holds; None if it does not say."""
    manifest = _read_manifest(path)
    return manifest.digest if manifest else _label(_read_info(path))


def open_entry(path: Path, number: int) -> Version | None:
    """Open the version that an entry without a model.yaml holds; None if a file is not intact."""
    manifest = _read_manifest(path)
    if manifest is None:
        return None
    version = Version(number, path, manifest)
    intact = _is_intact(path, version, thorough=True)
    return version if intact else None


def write_entry(version: Version, path: Path, tmp: Path) -> None:
    """Write the entry to a folder in `tmp`, sync it to disk and rename it to its place.

    Raises:
        DamagedError: a file of the version is not as published.
        OSError: the store cannot be written.
    """
    staging = Path(tempfile.mkdtemp(prefix=STAGING, dir=tmp))
    try:
        for name in version.manifest.files:
            write_synced(staging / name, version.read(name))
        write_synced(staging / MANIFEST, version.manifest.to_bytes())
        write_synced(staging / RUN, read_bounded(version.path / RUN))
        write_synced(staging / INFO, yaml.safe_dump(_describe(version), sort_keys=False).encode())
        stamp(staging, version.path)
        staging.chmod(0o755)
        sync_folder(staging)
        if os.path.lexists(path):
            remove_entry(path, tmp)
        staging.rename(path)
        sync_folder(path.parent)
    finally:
        remove_tree(staging)


def remove_entry(path: Path, tmp: Path) -> None:
    """Remove an entry in one step: BentoML would fail on a half-removed one.

    Raises:
        OSError: it cannot be moved out of its place.
    """
    trash = Path(tempfile.mkdtemp(prefix=STAGING, dir=tmp))
    try:
        path.rename(trash / path.name)
    finally:
        remove_tree(trash)


def _describe(version: Version) -> dict[str, Any]:
    """Build model.yaml so that `bentoml.sklearn.load_model` accepts the entry.

    `bentoml.models.create` could write it too, but a killed run would leave its temporary
    folder behind, and importing it takes a second.
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
            "bentoml_version": _bentoml_version(),
            "python_version": platform.python_version(),
        },
        "signatures": {},
        "api_version": "v1",
        "creation_time": _created(version),
    }


@functools.cache
def _bentoml_version() -> str:
    return metadata.version("bentoml")


def _is_described(path: Path, info: Any, version: Version) -> bool:
    """Whether model.yaml is as `_describe` builds it, whatever package versions wrote it."""
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
        raise DamagedError(version.path / RUN, "has no created_at", RESTORE) from None


def _is_intact(path: Path, version: Version, thorough: bool) -> bool:
    try:
        found = {name: (path / name).lstat() for name in os.listdir(path)}
        if thorough:
            for name in version.manifest.files:
                check_file(path / name, version.manifest)
    except (OSError, DamagedError):
        return False
    needed = {*version.manifest.files, MANIFEST, RUN}
    plain = all(S_ISREG(status.st_mode) for status in found.values())
    if path.is_symlink() or not plain or not needed <= found.keys() <= {*needed, INFO}:
        return False
    records = version.manifest.files.items()
    return all(found[name].st_size == record.size for name, record in records)


def _read_manifest(path: Path) -> Manifest | None:
    with contextlib.suppress(DamagedError):
        return Manifest.parse(read_bounded(path / MANIFEST), path / MANIFEST)
    return None


def _read_info(path: Path) -> Any:
    with contextlib.suppress(DamagedError, *YAML_ERRORS):
        return yaml.load(read_bounded(path / INFO), YAML_LOADER)  # noqa: S506 - it is a safe one
    return None


def _breaks_bentoml(info: Any) -> bool:
    return not (isinstance(info, dict) and {"name", "version"} <= info.keys())


def _label(info: Any) -> str | None:
    labels = info.get("labels") if isinstance(info, dict) else None
    return labels.get("digest") if isinstance(labels, dict) else None
