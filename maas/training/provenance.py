"""The provenance of a run, for run.json: everything that may differ between two equal runs."""

import hashlib
import os
import platform
import subprocess
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Any

from maas.config.paths import PROJECT
from maas.config.train_config import Numerics, TrainConfig
from maas.training.checks.determinism import pins, promise

# The packages whose code determines the bytes of a version.
_PACKAGES = (
    "joblib",
    "numpy",
    "onnx",
    "onnxruntime",
    "pandas",
    "protobuf",
    "pyarrow",
    "scikit-learn",
    "scipy",
    "skl2onnx",
)


def describe_run(
    config: TrainConfig,
    argv: Sequence[str],
    data_root: Path,
    seconds: float,
    parity: dict[str, Any],
    warnings: Sequence[str],
) -> dict[str, Any]:
    """Collect what can explain a difference between two runs, and what `promote` asks of it."""
    gates = {
        name: gate.model_dump(exclude_none=True) for name, gate in config.release_gates.items()
    }
    return {
        "created_at": datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
        "duration_s": round(seconds, 3),
        "app": config.app.model_dump(),
        "argv": list(argv),
        "data_root": "." if data_root == PROJECT else str(data_root),
        "git": _git(),
        "parity": parity,
        "warnings": list(warnings),
        **({"release_gates": gates} if gates else {}),
        **describe_environment(config.numerics),
    }


def describe_environment(numerics: Numerics) -> dict[str, Any]:
    """Collect what can change a result: this machine, its settings and its packages."""
    lock = PROJECT / "requirements.txt"
    return {
        "cpu": _cpu(),
        "determinism": {
            "numerics": numerics,
            "pins": pins(numerics),
            "promise": promise(numerics),
        },
        "glibc": " ".join(platform.libc_ver()).strip() or None,
        "lock_sha256": hashlib.sha256(lock.read_bytes()).hexdigest() if lock.is_file() else None,
        "packages": {name: metadata.version(name) for name in _PACKAGES},
        "platform": platform.platform(),
        "python": sys.version.split()[0],
    }


def _cpu() -> str:
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as lines:
            name = next((line for line in lines if line.startswith("model name")), "")
    except OSError:
        name = ""
    return name.partition(":")[2].strip() or platform.processor() or platform.machine()


def _git() -> dict[str, Any] | None:
    commit, status = _ask_git("rev-parse", "HEAD"), _ask_git("status", "--porcelain")
    return None if commit is None else {"commit": commit.strip(), "dirty": bool(status)}


def _ask_git(*args: str) -> str | None:
    # GIT_DIR, set by a hook or by the caller, would make git describe another repository.
    environ = {k: v for k, v in os.environ.items() if not k.startswith("GIT_")}
    try:
        done = subprocess.run(
            ["git", "-C", str(PROJECT), *args],
            capture_output=True,
            text=True,
            timeout=10,
            check=True,
            env=environ,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout
