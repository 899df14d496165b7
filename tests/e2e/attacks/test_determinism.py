"""Equal runs give equal bytes, whatever the machine's environment: `pytest -m determinism`.

Every model is trained under every hostile environment; one digest per model, or the test
names the knob.
"""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tests.suite_size import choose
from tests.workspace import PROJECT, Workspace

pytestmark = [
    pytest.mark.determinism,
    pytest.mark.skipif(
        (sys.platform, os.uname().machine if hasattr(os, "uname") else "") != ("linux", "x86_64"),
        reason="the pins promise equal bytes on x86-64 Linux",
    ),
]
WHOLE = choose(False, False, True)

MODELS = {
    "LogisticRegression": {"max_iter": 300},
    "RandomForestClassifier": {"n_estimators": 30, "n_jobs": -1},
    "HistGradientBoostingClassifier": {"max_iter": 30},
    "GradientBoostingClassifier": {"n_estimators": 20},
    "MLPClassifier": {"max_iter": 60},
    "Ridge": {},
    "SVC": {},
}
LARGE = {
    "RandomForestClassifier": {"n_estimators": 10, "n_jobs": -1},
    "GradientBoostingClassifier": {"n_estimators": 5},
    "MLPClassifier": {"max_iter": 5},
}
"""Fewer rounds on the large set: it is the size of the arrays that matters there."""
KNOBS: dict[str, dict[str, str]] = {
    "hash seed": {"PYTHONHASHSEED": "4711"},
    "OpenMP threads": {"OMP_NUM_THREADS": "4"},
    "OpenBLAS threads": {"OPENBLAS_NUM_THREADS": "4"},
    "GotoBLAS threads": {"GOTO_NUM_THREADS": "3"},
    "MKL and BLIS": {"MKL_NUM_THREADS": "3", "BLIS_NUM_THREADS": "3", "MKL_CBWR": "AVX2"},
    "kernel Haswell": {"OPENBLAS_CORETYPE": "Haswell"},
    "kernel SkylakeX": {"OPENBLAS_CORETYPE": "SkylakeX"},
    "kernel Prescott": {"OPENBLAS_CORETYPE": "Prescott"},
    "numpy without AVX512": {"NPY_DISABLE_CPU_FEATURES": "X86_V4"},
    "numpy without anything": {"NPY_DISABLE_CPU_FEATURES": "X86_V3 X86_V4"},
    "glibc without AVX2": {"GLIBC_TUNABLES": "glibc.cpu.hwcaps=-AVX2"},
    "glibc arenas": {"GLIBC_TUNABLES": "glibc.malloc.arena_max=1"},
    "scikit-learn threads": {"SKLEARN_ASSUME_FINITE": "1", "LOKY_MAX_CPU_COUNT": "1"},
    "OpenMP schedule": {"OMP_SCHEDULE": "dynamic,1", "OMP_DYNAMIC": "true", "GOMP_SPINCOUNT": "0"},
    "locale": {"LC_ALL": "tr_TR.UTF-8", "LANG": "de_DE.UTF-8"},
    "locale C": {"LC_ALL": "C", "PYTHONUTF8": "0"},
    "time zone": {"TZ": "Asia/Kathmandu"},
    "columns and colours": {"COLUMNS": "20", "FORCE_COLOR": "1", "TERM": "dumb"},
    "python": {"PYTHONOPTIMIZE": "1", "PYTHONDONTWRITEBYTECODE": "", "PYTHONUNBUFFERED": "1"},
    "all together": {
        "PYTHONHASHSEED": "9",
        "OMP_NUM_THREADS": "2",
        "OPENBLAS_CORETYPE": "Zen",
        "GLIBC_TUNABLES": "glibc.cpu.hwcaps=-FMA",
        "NPY_DISABLE_CPU_FEATURES": "X86_V4",
        "LC_ALL": "C",
        "TZ": "America/St_Johns",
    },
}
PLACES = ["env -i", "one cpu", "another folder", "another user", "another clone", "umask"]
SOME = ["kernel Haswell", "all together", "env -i", "one cpu"]
MORE = [*SOME, "hash seed", "glibc without AVX2", "another folder", "umask"]
PLACES_NOW = choose(["all together", "env -i"], MORE, [*KNOBS, *PLACES])
MODELS_NOW = choose(["MLPClassifier"], [*MODELS], [*MODELS])


@pytest.fixture(scope="session")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """20 000 rows × 50 columns, written once: what is read is what counts."""
    path = tmp_path_factory.mktemp("large") / "large.csv"
    generator = np.random.default_rng(7)
    matrix = generator.normal(size=(20_000, 50)).round(3)
    label = np.where(matrix[:, :4].sum(axis=1) > 0, "yes", "no")
    lines = [",".join([f"x{i}" for i in range(50)] + ["y"])]
    lines += [",".join([*map(str, row), y]) for row, y in zip(matrix.tolist(), label, strict=True)]
    path.write_text("\n".join(lines) + "\n")
    return path


def arguments(model: str, source: str) -> list[str]:
    regression = model == "Ridge"
    target = "target" if source in ("wine", "diabetes") else "x0" if regression else "y"
    features = {f"f{i}": f"x{i}" for i in range(1, 50)}
    data = {"source": source, "target": target}
    if target == "x0":
        data["features"] = features
    params = MODELS[model] if source in ("wine", "diabetes") else LARGE.get(model, MODELS[model])
    settings = {
        "model_name": "attacked",
        "data": data,
        "estimator": {"name": model, "params": params},
        "gates": {},
        "split": {},
    }
    return ["--json", *(f"--set={key}={json.dumps(value)}" for key, value in settings.items())]


def digest(workspace: Workspace, args: list[str], place: str) -> str:
    """Train in a place (or under a knob); give the digest of what was published."""
    python, project = sys.executable, PROJECT
    workspace.folder.mkdir(parents=True, exist_ok=True)
    environ = workspace.env(KNOBS.get(place, {}))
    options: dict[str, object] = {"cwd": PROJECT}
    if place == "env -i":
        environ = {k: environ[k] for k in ("MODELS_DIR", "BENTOML_HOME")}
    elif place == "one cpu":
        options["preexec_fn"] = lambda: os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    elif place == "another folder":
        options["cwd"] = workspace.folder
    elif place == "another clone":
        project = workspace.folder / "a clone, with spaces"
        ignored = shutil.ignore_patterns(".*", "models", "logs", "__pycache__")
        shutil.copytree(PROJECT, project, ignore=ignored, dirs_exist_ok=True)
    elif place == "umask":
        options["umask"] = 0o077
    elif place == "another user":
        if os.geteuid() != 0 or not readable_to_others():
            pytest.skip("needs root, and an interpreter that other users may run")
        options["user"] = 12345
        workspace.folder.chmod(0o777)
        for parent in workspace.folder.parents:
            parent.chmod(parent.stat().st_mode | 0o011) if "pytest" in str(parent) else None
        environ["HOME"] = str(workspace.folder)
        args = [*args, f"--set=paths.logs_dir={workspace.folder}/logs"]
    command = [python, str(project / "train.py"), *args]
    done = subprocess.run(
        command, env=environ, capture_output=True, text=True, check=False, timeout=600, **options
    )
    assert done.returncode == 0, f"{place}: {done.stderr}"
    return str(json.loads(done.stdout)["digest"])


def readable_to_others() -> bool:
    try:
        done = subprocess.run([sys.executable, "-c", ""], user=12345, check=False)
    except OSError:
        return False
    return done.returncode == 0


def cases() -> list[tuple[str, str]]:
    """(model, source): all small; the large set for what is quick on it, the whole attack alone."""
    small = [(model, "diabetes" if model == "Ridge" else "wine") for model in MODELS_NOW]
    return small if not WHOLE else small + [(model, "large") for model in MODELS if model != "SVC"]


@pytest.mark.parametrize(("model", "source"), cases(), ids=lambda value: value)
def test_no_environment_changes_a_bit(workspace: Workspace, request, model: str, source: str):
    if source == "large":
        source = str(request.getfixturevalue("large"))
    args = arguments(model, source)
    expected = digest(workspace, args, "as it is")
    found = {}
    for place in PLACES_NOW:
        try:
            found[place] = digest(
                Workspace(workspace.folder / place.replace(" ", "-")), args, place
            )
        except pytest.skip.Exception as skipped:
            print(f"{place}: {skipped}")
    assert len(found) >= min(24, len(PLACES_NOW))
    assert {place: d for place, d in found.items() if d != expected} == {}


@pytest.mark.skipif(not WHOLE, reason="make attack-determinism runs it")
@pytest.mark.parametrize("cpu", ["Nehalem", "Haswell", "EPYC-Rome", "max"])
def test_an_emulated_cpu_gives_the_committed_digest(cpu: str):
    emulator = shutil.which("qemu-x86_64")
    if emulator is None:
        pytest.skip("qemu-x86_64 is not installed")
    done = subprocess.run(
        [emulator, "-cpu", cpu, sys.executable, "-m", "maas", "verify", "1"],
        cwd=PROJECT,
        env={"MODELS_DIR": str(PROJECT / "models"), "PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "bit-identical" in done.stdout
