"""The package as pip installs it, and the hooks before a commit."""

import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from email.parser import Parser
from importlib import metadata
from pathlib import Path

import pytest
import yaml

from tests.workspace import PROJECT, Workspace

PYPROJECT = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))
SCRIPT = "import sys\nfrom maas.__main__ import run\nsys.exit(run())\n"
"""What pip writes for the entry point `maas`."""


def sources() -> set[str]:
    """What of `maas` must be in the wheel."""
    package = PROJECT / "maas"
    kinds = ("*.py", "*.css", "*.html", "*.js")
    files = [file for kind in kinds for file in package.rglob(kind)] + [package / "py.typed"]
    return {file.relative_to(PROJECT).as_posix() for file in files}


@pytest.fixture
def installed(tmp_path: Path) -> Workspace:
    """A workspace in whose place for packages the package lies, as after `pip install .`."""
    packages = tmp_path / "site-packages"
    shutil.copytree(
        PROJECT / "maas", packages / "maas", ignore=shutil.ignore_patterns("__pycache__")
    )
    (tmp_path / "maas").write_text(SCRIPT)
    (tmp_path / "elsewhere").mkdir()
    return Workspace(tmp_path, tmp_path / "elsewhere", {"PYTHONPATH": str(packages)})


def test_every_folder_of_the_package_is_found():
    assert not PYPROJECT["tool"]["setuptools"]["packages"]["find"]["namespaces"]
    for name in sources():
        if name.endswith(".py"):
            assert (PROJECT / name).with_name("__init__.py").is_file(), name


def test_a_bento_holds_what_is_not_code():
    patterns = yaml.safe_load((PROJECT / "bentofile.yaml").read_text(encoding="utf-8"))["include"]
    held = {path for pattern in patterns for path in PROJECT.glob(pattern.removeprefix("/"))}
    files = {PROJECT / name for name in sources() if not name.endswith((".py", "py.typed"))}
    assert files
    assert not files - held


def test_the_wheel_is_the_package_and_nothing_else(tmp_path: Path):
    try:
        setuptools = metadata.version("setuptools")
    except metadata.PackageNotFoundError:
        setuptools = "0"
    if int(setuptools.partition(".")[0]) < 77:
        pytest.skip("setuptools that builds it is in requirements/dev.txt only")
    checkout = tmp_path / "checkout"  # setuptools leaves files beside the sources
    ignored = shutil.ignore_patterns("__pycache__")
    for folder in ("maas", "configs", "tests", "benchmarks", "docs"):
        shutil.copytree(PROJECT / folder, checkout / folder, ignore=ignored)
    for name in ("pyproject.toml", "README.md", "LICENSE", "train.py", "service.py"):
        shutil.copy2(PROJECT / name, checkout / name)
    code = f"from setuptools.build_meta import build_wheel; build_wheel({str(tmp_path)!r})"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=checkout, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "Warning" not in done.stderr
    (file,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(file) as wheel:
        names = set(wheel.namelist())
        (about,) = (name for name in names if name.endswith(".dist-info/METADATA"))
        described = Parser().parsestr(wheel.read(about).decode())
        about = about.removesuffix("METADATA")
        scripts = wheel.read(f"{about}entry_points.txt").decode()
        licence = wheel.read(f"{about}licenses/LICENSE")
    assert {name for name in names if not name.startswith(about)} == sources()
    assert scripts.split() == ["[console_scripts]", "maas", "=", "maas.__main__:run"]
    assert licence == (PROJECT / "LICENSE").read_bytes()
    assert described["License-Expression"] == "Apache-2.0"
    assert described["Requires-Python"] == PYPROJECT["project"]["requires-python"]


@pytest.mark.parametrize("arguments", ["list", "show latest --json", "show 99", "verify", "no", ""])
def test_the_script_does_what_the_module_does(trained: Workspace, tmp_path: Path, arguments: str):
    script = tmp_path / "maas"
    script.write_text(SCRIPT)
    environ = {"PYTHONPATH": str(PROJECT)}
    done = trained.run(str(script), *arguments.split(), cwd=tmp_path, extra=environ)
    same = trained.maas(*arguments.split(), cwd=tmp_path, extra=environ)
    assert (done.returncode, done.stdout, done.stderr) == (
        same.returncode,
        same.stdout,
        same.stderr,
    )
    assert "Traceback" not in done.stderr


def test_an_installed_copy_asks_for_the_models_folder(installed: Workspace):
    done = installed.run("../maas", "list", extra={"MODELS_DIR": ""})
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("error: variable MODELS_DIR: is not set, ")
    assert done.stderr.count("\n") == 1


def test_an_installed_copy_lists_and_verifies(installed: Workspace, trained: Workspace):
    environ = {"MODELS_DIR": str(trained.models)}
    done = installed.run("../maas", "list", extra=environ)
    assert done.returncode == 0, done.stderr
    assert done.stdout == trained.maas("list").stdout
    # verify executes the script again, with its arguments
    done = installed.run("../maas", "verify", "1", extra=environ)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("v1 is bit-identical")


def test_a_missing_package_is_one_line(trained: Workspace, tmp_path: Path):
    script = tmp_path / "maas"
    script.write_text(f"import sys\nsys.modules['pandas'] = None\n{SCRIPT}")
    done = trained.run(str(script), "verify", "1", extra={"PYTHONPATH": str(PROJECT)})
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("error: package pandas: is not installed; ")
    assert done.stderr.count("\n") == 1


def test_the_hooks_run_what_make_check_runs():
    recipe = re.search(
        r"^check:.*\n((?:\t.*\n)+)", (PROJECT / "Makefile").read_text(encoding="utf-8"), re.M
    )
    assert recipe is not None
    commands = recipe[1].replace("$(BIN)", ".venv/bin").split("\n\t")
    content = (PROJECT / ".pre-commit-config.yaml").read_text(encoding="utf-8")
    (repo,) = yaml.safe_load(content)["repos"]
    assert repo["repo"] == "local"
    assert [hook["entry"] for hook in repo["hooks"]] == [line.strip() for line in commands]
    for hook in repo["hooks"]:
        assert hook["language"] == "system"  # the locked versions
        assert (hook["pass_filenames"], hook["always_run"]) == (False, True)  # all files


def pins(name: str) -> dict[str, list[str]]:
    """The packages that a lock pins, with the hashes of each."""
    found: dict[str, list[str]] = {}
    for line in (PROJECT / name).read_text(encoding="utf-8").splitlines():
        if "==" in line and not line.startswith((" ", "#")):
            found[line.rstrip(" \\")] = hashes = []
        elif line.strip().startswith("--hash="):
            hashes.append(line.strip(" \\"))
    return found


LOCKS = (
    "requirements.txt",
    *(f"requirements/{path.name}" for path in (PROJECT / "requirements").glob("*.txt")),
)


@pytest.mark.parametrize("lock", sorted(LOCKS))
def test_a_lock_has_hashes_and_pins_what_the_one_of_all_pins(lock: str):
    every, found = pins("requirements/dev.txt"), pins(lock)
    assert found
    assert all(found.values())
    assert {pin: every.get(pin) for pin in found} == found
    assert f"-o {lock}\n" in (PROJECT / "Makefile").read_text(encoding="utf-8")


def test_dask_has_a_lock_of_its_own_that_is_whole():
    named = {lock: {pin.partition("==")[0] for pin in pins(lock)} for lock in LOCKS}
    groups = PYPROJECT["project"]["optional-dependencies"]
    needed = [*PYPROJECT["project"]["dependencies"], *groups["train"], *groups["dask"]]
    for line in needed:
        assert re.split(r"[<>=; ]", line)[0] in named["requirements/dask.txt"]
    for lock in set(LOCKS) - {"requirements/dask.txt", "requirements/dev.txt"}:
        assert not named[lock] & {"dask", "distributed"}, lock


def test_a_plain_build_labels_an_image_with_the_version_of_the_project():
    dockerfile = (PROJECT / "Dockerfile").read_text(encoding="utf-8")
    assert f"\nARG VERSION={PYPROJECT['project']['version']}\n" in dockerfile
