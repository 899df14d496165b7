"""The pins of the numeric environment, which make equal runs give equal bytes.

Threads, the BLAS kernel, numpy's SIMD dispatch and glibc's FMA variants each change the last bits
of a trained model; a seed is not enough. The libraries choose all four when they are loaded, and
read environment variables to do so. So the process removes such variables that it inherited, sets
its own, and executes itself once. Other variables choose other code in a library (how processes
share the fit of a Bagging estimator, which functions scipy calls, how pandas reads text) or make
errors of warnings: these go too.

Nothing may import numpy before `pin_process` has returned, so this module does not either.
"""

import os
import platform
import subprocess
import sys
import warnings
from collections.abc import Mapping

from maas.config.train_config import Numerics
from maas.errors import PinError
from maas.training.checks.restart import restart_arguments, without_python_variables

# Variables that start like this can change the numbers or stop the run, and are removed.
_DROPPED_PREFIXES = (
    "OPENBLAS_", "GOTO_", "OMP_", "GOMP_", "KMP_", "MKL_", "BLIS_", "NPY_", "NUMPY_", "VECLIB_",
    "SKLEARN_", "SCIPY_", "JOBLIB_", "LOKY_", "PANDAS_", "ARROW_", "GLIBC_TUNABLES",
    "PYTHONHASHSEED", "PYTHONWARNINGS",
)  # fmt: skip

# A folder for the files that processes share: where they are changes no number.
_KEPT = "JOBLIB_TEMP_FOLDER"

_START_REMEDY = (
    "remove that from sitecustomize.py, usercustomize.py and *.pth files (`python -v` shows them)"
)

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
    kept = {
        name: value
        for name, value in environ.items()
        if name == _KEPT or not name.upper().startswith(_DROPPED_PREFIXES)
    }
    return kept | pins(numerics)


def pin_process(numerics: Numerics) -> None:
    """Return if the process is pinned; otherwise execute it again, pinned.

    Raises:
        PinError: Python was started in a way that leaves the numbers to chance.
    """
    restarted = os.environ.pop(_GUARD, None) == str(_guard_process())
    inherited = dict(os.environ)
    if sys.flags.ignore_environment:
        inherited = without_python_variables(inherited)
    wanted = pinned_environment(inherited, numerics)
    if dict(os.environ) == wanted and not sys.flags.hash_randomization:
        _print_warnings()
        return
    if restarted:
        if sys.flags.hash_randomization:
            what = "has a random hash seed although that was pinned"
            raise PinError("python", what, "start it without wrappers that add options")
        names = sorted(os.environ.keys() | wanted.keys())
        lost = [name for name in names if os.environ.get(name) != wanted.get(name)]
        what = "is set by code that runs when Python starts"
        raise PinError(f"variable {', '.join(lost)}", what, _START_REMEDY)
    if "numpy" in sys.modules:
        what = "was loaded before the process was pinned, by code that runs when Python starts"
        raise PinError("numpy", what, _START_REMEDY)
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:
            stream.flush()
    command = [sys.executable, *restart_arguments(sys.orig_argv[1:])]
    wanted[_GUARD] = str(os.getpid())
    if sys.platform == "win32":  # execve would return to the terminal at once there
        raise SystemExit(subprocess.run(command, env=wanted, check=False).returncode)
    os.execve(sys.executable, command, wanted)  # noqa: S606


def _print_warnings() -> None:
    """Print warnings where `-W error` would raise them: a library that warns works nevertheless."""
    if any(option.startswith("error") for option in sys.warnoptions):
        warnings.simplefilter("default")


def _guard_process() -> int:
    """The id of the process that set the guard: execve keeps the id, Windows starts a child."""
    return os.getppid() if sys.platform == "win32" else os.getpid()
