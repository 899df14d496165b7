"""The pinned environment: what could change the numbers is removed, everything else is kept."""

import platform
import sys

import pytest

from maas.training.checks.determinism import pinned_environment, pins, promise
from tests.workspace import Workspace

KEPT = {
    "PATH": "/bin",
    "HOME": "/home/me",
    "MODELS_DIR": "m",
    "XOMP_NUM_THREADS": "3",
    "PYTHON": "p",
    "JOBLIB_TEMP_FOLDER": "/big",
    "ORT_DISABLE_TELEMETRY": "1",
}
HOSTILE = {
    "OMP_NUM_THREADS": "8",
    "omp_dynamic": "true",
    "GOMP_CPU_AFFINITY": "0",
    "KMP_AFFINITY": "x",
    "MKL_NUM_THREADS": "8",
    "OPENBLAS_CORETYPE": "Haswell",
    "GOTO_NUM_THREADS": "8",
    "BLIS_NUM_THREADS": "8",
    "NPY_ENABLE_CPU_FEATURES": "AVX512F",
    "VECLIB_MAXIMUM_THREADS": "8",
    "SKLEARN_ASSUME_FINITE": "1",
    "GLIBC_TUNABLES": "glibc.malloc.check=3",
    "PYTHONHASHSEED": "random",
    "JOBLIB_MULTIPROCESSING": "0",
    "LOKY_MAX_CPU_COUNT": "1",
    "SCIPY_ARRAY_API": "1",
    "PANDAS_FUTURE": "upcoming",
    "ARROW_USER_SIMD_LEVEL": "NONE",
    "NUMPY_MADVISE_HUGEPAGE": "0",
    "PYTHONWARNINGS": "error",
}


@pytest.mark.parametrize("numerics", ["portable", "native"])
def test_what_could_change_the_numbers_is_replaced_by_the_pins(numerics: str):
    given = KEPT | HOSTILE
    assert pinned_environment(given, numerics) == KEPT | pins(numerics)
    assert given == KEPT | HOSTILE


@pytest.mark.parametrize("numerics", ["portable", "native"])
def test_a_pinned_environment_stays_as_it_is(numerics: str):
    pinned = pinned_environment(KEPT | HOSTILE, numerics)
    assert pinned_environment(pinned, numerics) == pinned


MACHINES = [
    ("x86_64", "linux", True, True),
    ("AMD64", "win32", True, False),
    ("x86_64", "darwin", True, False),
    ("arm64", "darwin", False, False),
    ("aarch64", "linux", False, False),
]


@pytest.mark.parametrize(("machine", "system", "kernel", "glibc"), MACHINES)
def test_a_machine_is_pinned_by_what_it_has(
    monkeypatch: pytest.MonkeyPatch, machine: str, system: str, kernel: bool, glibc: bool
):
    monkeypatch.setattr(platform, "machine", lambda: machine)
    monkeypatch.setattr(sys, "platform", system)
    chosen = pins("portable")
    assert ("OPENBLAS_CORETYPE" in chosen, "GLIBC_TUNABLES" in chosen) == (kernel, glibc)
    assert (chosen["OMP_NUM_THREADS"], chosen["PYTHONHASHSEED"]) == ("1", "0")
    assert pins("native") == {"PYTHONHASHSEED": "0"}


@pytest.mark.parametrize(("machine", "system", "kernel", "glibc"), MACHINES)
def test_only_pinned_machines_are_promised_equal_bytes(
    monkeypatch: pytest.MonkeyPatch, machine: str, system: str, kernel: bool, glibc: bool
):
    monkeypatch.setattr(platform, "machine", lambda: machine)
    monkeypatch.setattr(sys, "platform", system)
    assert ("any x86-64 Linux" in promise("portable")) == (kernel and glibc)
    assert ("on this machine" in promise("portable")) != (kernel and glibc)
    assert promise("native").startswith("none across machines")


WARNS = """
from maas.training.checks.determinism import pin_process
pin_process("portable")
import warnings
warnings.warn("a library warns")
"""


@pytest.mark.parametrize(
    ("options", "printed"), [(["-W", "error"], True), (["-bb"], True), (["-W", "ignore"], False)]
)
def test_warnings_are_no_errors_in_a_pinned_process(
    workspace: Workspace, options: list[str], printed: bool
):
    done = workspace.run(*options, "-c", WARNS)
    assert (done.returncode, "a library warns" in done.stderr) == (0, printed)
