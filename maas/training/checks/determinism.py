"""The pins of the numeric environment, which make equal runs give equal bytes.

Threads, the BLAS kernel, numpy's SIMD dispatch and glibc's FMA variants each change the last bits
of a trained model; a seed is not enough. The libraries choose all four when they are loaded, and
read environment variables to do so. So the process removes such variables that it inherited, sets
its own, and executes itself once.

Nothing may import numpy before `pin_process` has returned, so this module does not either.
"""

import os
import platform
import subprocess
import sys
from collections.abc import Mapping

from maas.config.train_config import Numerics

# Variables that start like this can change the numbers, and are removed.
_DROPPED_PREFIXES = (
    "OPENBLAS_", "GOTO_", "OMP_", "GOMP_", "KMP_", "MKL_", "BLIS_", "NPY_", "VECLIB_",
    "SKLEARN_", "GLIBC_TUNABLES", "PYTHONHASHSEED",
)  # fmt: skip

# Set for the restarted process, so that it does not restart again.
_GUARD = "MAAS_PINNED"

_COMMON_PINS = {
    "PYTHONHASHSEED": "0",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "VECLIB_MAXIMUM_THREADS": "1",
}

# The oldest x86-64 CPUs that numpy's wheels run on (x86-64-v2): all newer ones compute the same.
_X86_64_PINS = {
    "OPENBLAS_CORETYPE": "Nehalem",
    "NPY_DISABLE_CPU_FEATURES": "X86_V3 X86_V4 AVX512_ICL AVX512_SPR",
}
_GLIBC_PINS = {"GLIBC_TUNABLES": "glibc.cpu.hwcaps=-AVX2,-AVX,-FMA,-FMA4"}


def pins(numerics: Numerics) -> dict[str, str]:
    """Choose the variables that this machine needs for `numerics`.

    `native` pins the hash seed only: it uses all threads and CPU features, and another machine
    may give other bytes.
    """
    if numerics == "native":
        return {"PYTHONHASHSEED": "0"}
    chosen = dict(_COMMON_PINS)
    if platform.machine().lower() in {"x86_64", "amd64"}:
        chosen |= _X86_64_PINS
        if sys.platform == "linux":
            chosen |= _GLIBC_PINS
    return chosen


def promise(numerics: Numerics) -> str:
    """Say where a run gives the same bytes again, for run.json."""
    if numerics == "native":
        return "none across machines: all threads and CPU features"
    if sys.platform == "linux" and platform.machine() == "x86_64":
        return "bit-identical on any x86-64 Linux (glibc) with the locked packages"
    return "bit-identical on this machine with the locked packages"


def pinned_environment(environ: Mapping[str, str], numerics: Numerics) -> dict[str, str]:
    """Copy `environ` without the variables that would change the numbers, and with the pins."""
    kept = {k: v for k, v in environ.items() if not k.upper().startswith(_DROPPED_PREFIXES)}
    return kept | pins(numerics)


def pin_process(numerics: Numerics) -> None:
    """Return if the process is pinned; otherwise execute it again, pinned.

    Raises:
        RuntimeError: numpy is already loaded, or the variables changed during the restart.
    """
    restarted = os.environ.pop(_GUARD, None) == str(_guard_process())
    wanted = pinned_environment(os.environ, numerics)
    if dict(os.environ) == wanted:
        return
    if restarted:
        lost = sorted(k for k in os.environ if os.environ[k] != wanted.get(k))
        raise RuntimeError(f"variables changed while the process started: {', '.join(lost)}")
    if "numpy" in sys.modules:
        raise RuntimeError("numpy was loaded before the process was pinned")
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:
            stream.flush()
    command = [sys.executable, *sys.orig_argv[1:]]
    wanted[_GUARD] = str(os.getpid())
    if sys.platform == "win32":  # execve would return to the terminal at once there
        raise SystemExit(subprocess.run(command, env=wanted, check=False).returncode)
    os.execve(sys.executable, command, wanted)  # noqa: S606


def _guard_process() -> int:
    """The id of the process that set the guard: execve keeps the id, Windows starts a child."""
    return os.getppid() if sys.platform == "win32" else os.getpid()
