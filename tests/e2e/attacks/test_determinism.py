"""Equal runs give equal bytes, whatever the machine's environment: `pytest -m determinism`.

`digests.py` builds every estimator in one process. It runs once as it is, and once in each hostile
place: one digest per model, or the test names the place. Some real runs of `train.py` show that it
gives the same digests.
"""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from maas.registry.version import Version
from tests.e2e.attacks.digests import PARAMS, overrides, write_tables
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

MODELS = (
    "LogisticRegression", "RandomForestClassifier", "HistGradientBoostingClassifier",
    "GradientBoostingClassifier", "MLPClassifier", "Ridge", "SVC",
)  # fmt: skip
"""What real runs of train.py train."""
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
    "scikit-learn": {"SKLEARN_ASSUME_FINITE": "1", "SKLEARN_WORKING_MEMORY": "1"},
    "one process": {"JOBLIB_MULTIPROCESSING": "0"},
    "one core for joblib": {"LOKY_MAX_CPU_COUNT": "1"},
    "joblib": {"JOBLIB_START_METHOD": "spawn", "LOKY_PICKLER": "pickle", "LOKY_MAX_DEPTH": "1"},
    "scipy": {"SCIPY_ARRAY_API": "1", "SCIPY_USE_PROPACK": "1"},
    "pandas": {"PANDAS_FUTURE": "upcoming", "PANDAS_COPY_ON_WRITE": "0"},
    "arrow": {"ARROW_USER_SIMD_LEVEL": "NONE", "ARROW_IO_THREADS": "1", "OMP_THREAD_LIMIT": "1"},
    "arrow memory": {"ARROW_DEFAULT_MEMORY_POOL": "system", "ARROW_DEBUG_MEMORY_POOL": "warn"},
    "numpy": {"NPY_PROMOTION_STATE": "legacy", "NUMPY_MADVISE_HUGEPAGE": "0"},
    "onnxruntime": {"ORT_INTRA_OP_NUM_THREADS": "3", "ORT_LOAD_CONFIG_FROM_MODEL": "1"},
    "memory not zero": {"MALLOC_PERTURB_": "165", "MALLOC_ARENA_MAX": "1"},
    "memory of libc": {"PYTHONMALLOC": "malloc", "MALLOC_PERTURB_": "90"},
    "warnings are errors": {"PYTHONWARNINGS": "error"},
    "development mode": {"PYTHONDEVMODE": "1"},
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
        "JOBLIB_MULTIPROCESSING": "0",
        "SCIPY_ARRAY_API": "1",
        "PANDAS_FUTURE": "upcoming",
        "ARROW_USER_SIMD_LEVEL": "NONE",
        "PYTHONWARNINGS": "error",
        "MALLOC_PERTURB_": "165",
    },
}
OPTIONS = {
    "-OO": ["-OO"],
    "-X dev": ["-X", "dev"],
    "-W error": ["-W", "error"],
    "-s -u -B": ["-s", "-u", "-B"],
}
"""Place -> options of the interpreter."""
START_CODE = "import decimal, random; random.seed(3); decimal.getcontext().prec = 3"
PLACES = [
    "env -i", "one cpu", "another folder", "another user", "another clone", "umask", "start code",
]  # fmt: skip
EVERYWHERE = [*KNOBS, *OPTIONS, *PLACES]
CROWDED = "all together on one cpu"
PLACES_NOW = choose(["all together"], [CROWDED], EVERYWHERE)
GROUPS_NOW = choose(["few"], ["all"], ["all", "large"])


@pytest.fixture(scope="session")
def tables(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with the tables that models are fitted on."""
    folder = tmp_path_factory.mktemp("tables")
    write_tables(folder)
    folder.chmod(0o755)
    return folder


@pytest.fixture(scope="session")
def expected(tmp_path_factory: pytest.TempPathFactory, tables: Path) -> dict[str, Any]:
    """The digests as it is."""
    return digests(Workspace(tmp_path_factory.mktemp("expected")), tables, "as it is")


def digests(workspace: Workspace, tables: Path, place: str) -> dict[str, Any]:
    order = "forwards" if place == "as it is" else "backwards"
    arguments = ["-m", "tests.e2e.attacks.digests", str(tables), order, *GROUPS_NOW]
    found = json.loads(run(workspace, place, lambda _: arguments))
    assert isinstance(found, dict)
    return found


def run(workspace: Workspace, place: str, arguments: Callable[[Path], list[str]]) -> str:
    """Run Python in a place (or under a knob); give what it prints.

    `arguments` are those for a project, which is another one in `another clone`.
    """
    project = PROJECT
    workspace.folder.mkdir(parents=True, exist_ok=True)
    environ = workspace.env(KNOBS["all together"] if place == CROWDED else KNOBS.get(place, {}))
    options: dict[str, Any] = {"cwd": PROJECT}
    if place == "env -i":
        environ = {k: environ[k] for k in ("MODELS_DIR", "BENTOML_HOME")}
    elif place in ("one cpu", CROWDED):
        options["preexec_fn"] = lambda: os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    elif place == "another folder":
        options["cwd"] = workspace.folder
    elif place == "another clone":
        project = options["cwd"] = workspace.folder / "a clone, with spaces"
        ignored = shutil.ignore_patterns(".*", "models", "logs", "__pycache__")
        shutil.copytree(PROJECT, project, ignore=ignored, dirs_exist_ok=True)
    elif place == "umask":
        options["umask"] = 0o077
    elif place == "another user":
        be_another_user(workspace, environ, options)
    path = [str(project)]
    if place == "start code":
        (workspace.folder / "sitecustomize.py").write_text(START_CODE)
        path.append(str(workspace.folder))
    environ["PYTHONPATH"] = os.pathsep.join(path)
    command = [sys.executable, *OPTIONS.get(place, []), *arguments(project)]
    done = subprocess.run(
        command, env=environ, capture_output=True, text=True, check=False, timeout=1800, **options
    )
    assert done.returncode == 0, f"{place}: {done.stderr}"
    return done.stdout


def be_another_user(workspace: Workspace, environ: dict[str, str], options: dict[str, Any]) -> None:
    if os.geteuid() != 0 or not readable_to_others():
        pytest.skip("needs root, and an interpreter that other users may run")
    options["user"] = 12345
    workspace.folder.chmod(0o777)
    for parent in workspace.folder.parents:
        parent.chmod(parent.stat().st_mode | 0o011) if "pytest" in str(parent) else None
    environ["HOME"] = str(workspace.folder)


def readable_to_others() -> bool:
    try:
        done = subprocess.run([sys.executable, "-c", ""], user=12345, check=False)
    except OSError:
        return False
    return done.returncode == 0


@pytest.mark.parametrize("place", PLACES_NOW)
def test_no_environment_changes_a_bit(
    workspace: Workspace, tables: Path, expected: dict[str, Any], place: str
):
    found = digests(workspace, tables, place)
    assert {label: found.get(label) for label in expected} == expected


def test_the_number_of_processes_changes_no_file(expected: dict[str, Any]):
    several = {label: files for label, (_, files) in expected.items() if "n_jobs=" in label}
    assert len(several) == choose(2, 44, 44)
    assert several == {label: expected[label.partition(" ")[0]][1] for label in several}
    failed = {label for label, (digest, _) in expected.items() if digest == "error"}
    assert failed <= {"QuadraticDiscriminantAnalysis mixed", "LinearDiscriminantAnalysis mixed"}


def real_runs() -> list[tuple[str, str]]:
    """(model, place): in slices few, in the whole attack one model everywhere."""
    some = choose(["MLPClassifier"], ["RandomForestClassifier", "MLPClassifier", "Ridge"], MODELS)
    real = [(model, "all together") for model in some]
    return real + [("MLPClassifier", place) for place in EVERYWHERE if WHOLE]


@pytest.mark.parametrize(("model", "place"), real_runs())
def test_train_py_gives_the_digest_of_the_script(
    workspace: Workspace, expected: dict[str, Any], model: str, place: str
):
    if model not in expected:
        pytest.skip("make attack-determinism builds it")
    data = {"source": "diabetes" if model == "Ridge" else "wine", "target": "target"}
    sets = [f"--set={text}" for text in overrides(model, PARAMS.get(model, {}), data)]
    sets.append(f"--set=paths.logs_dir={workspace.folder}/logs")
    printed = run(workspace, place, lambda project: [f"{project}/train.py", "--json", *sets])
    assert json.loads(printed)["digest"] == expected[model][0]


PROCESSES = [
    (model, n_jobs, place)
    for n_jobs, place in [(2, "as it is"), (-1, "one cpu"), (-1, "as it is")]
    for model in ("BaggingClassifier", "BaggingRegressor")
]


@pytest.mark.parametrize(
    ("model", "n_jobs", "place"), choose([], [PROCESSES[0], PROCESSES[3]], PROCESSES)
)
def test_train_py_gives_one_digest_for_any_number_of_processes(
    workspace: Workspace, expected: dict[str, Any], model: str, n_jobs: int, place: str
):
    data = {"source": "wine" if "Classifier" in model else "diabetes", "target": "target"}
    params = PARAMS[model] | {"n_jobs": n_jobs}
    sets = [f"--set={text}" for text in overrides(model, params, data)]
    printed = run(workspace, place, lambda project: [f"{project}/train.py", "--json", *sets])
    assert json.loads(printed)["digest"] == expected[model][0]


REFUSED = {
    "import numpy": "error: numpy: was loaded before the process was pinned",
    "import os; os.environ['OMP_NUM_THREADS'] = '3'": "error: variable OMP_NUM_THREADS: is set by",
    "import os; os.environ.pop('PYTHONHASHSEED', 0)": "error: variable PYTHONHASHSEED: is set by",
}


@pytest.mark.parametrize("code", REFUSED)
def test_code_at_the_start_of_python_that_undoes_the_pins_is_named(
    workspace: Workspace, tmp_path: Path, code: str
):
    (tmp_path / "sitecustomize.py").write_text(code)
    done = workspace.train(extra={"PYTHONPATH": str(tmp_path)})
    assert done.returncode == 1
    assert done.stderr.startswith(REFUSED[code])
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize("options", ["", "-E", "-R", "-ERX dev"])
def test_options_that_bring_a_random_hash_seed_change_no_digest(
    workspace: Workspace, first: Version, options: str
):
    hostile = {"PYTHONHASHSEED": "77", "PYTHONWARNINGS": "error", "PYTHONDEVMODE": "1"}
    printed = workspace.run(*options.split(), "train.py", "--json", extra=hostile).stdout
    assert json.loads(printed)["digest"] == first.manifest.digest


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
