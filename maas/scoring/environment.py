"""What the bits of a process depend on: the code of this project, and the versions of libraries."""

import hashlib
import platform
from functools import lru_cache
from importlib import metadata
from pathlib import Path

import maas

_PACKAGES = (
    "numpy", "onnxruntime", "pyarrow", "pydantic", "scikit-learn", "dask", "distributed",
)  # fmt: skip

Environment = dict[str, str]
"""What is compared, by name: the version of each package, and `maas`, a hash of its source."""


@lru_cache(maxsize=1)
def describe_environment() -> Environment:
    """Describe this process. It stays as it was at first: so did the code that is loaded."""
    return {
        "maas": _hash_source(),
        "Python": ".".join(platform.python_version_tuple()[:2]),
        "the processor": platform.machine(),
        **{name: _find_version(name) for name in _PACKAGES},
    }


def find_difference(mine: Environment, other: Environment) -> str | None:
    """Say what another process has that is not as here; None: nothing."""
    for name, value in mine.items():
        if other.get(name) != value:
            return f"has {name} {other.get(name)}, and this command has {value}"
    return None


def _find_version(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return "missing"


def _hash_source() -> str:
    """Hash the names and contents of the package's modules."""
    folder, digest = Path(maas.__path__[0]), hashlib.sha256()
    for file in sorted(folder.rglob("*.py")):
        for data in (file.relative_to(folder).as_posix().encode(), file.read_bytes()):
            digest.update(len(data).to_bytes(8) + data)
    return f"source {digest.hexdigest()[:12]}"
