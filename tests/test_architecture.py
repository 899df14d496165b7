"""The layout is the architecture: who may import whom, and what serving must never load."""

import ast
import re
import sys
import tomllib
from pathlib import Path

import pytest

import maas
from tests.workspace import PROJECT, Workspace

LAYERS = """
    errors, strict_model
    model
    config
    logs, progress, tables, drift, report
    registry
    training | scoring | serving
    packing
    commands
    __main__, train, service
"""
"""Lower layers first. What stands beside a bar never imports what is on the other side."""

IMPORTS_BENTOML = (
    "maas.packing", "maas.registry.store", "maas.serving.app", "maas.serving.process", "service",
)  # fmt: skip
NEVER_IN_SERVING = {
    "sklearn", "scipy", "pandas", "polars", "pyarrow", "skl2onnx", "onnx", "joblib", "rich",
}  # fmt: skip
MODEL_LIBRARIES = {"numpy", "onnxruntime", "pydantic", "pydantic_core", "joblib", "threadpoolctl"}
"""What `maas.model` imports; the last two only where a pickle is served."""


def modules() -> dict[str, Path]:
    files = [PROJECT / "train.py", PROJECT / "service.py", *(PROJECT / "maas").rglob("*.py")]
    names = {}
    for file in files:
        parts = file.relative_to(PROJECT).with_suffix("").parts
        names[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = file
    return names


MODULES = modules()


def imports(module: str) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(MODULES[module].read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module}: write imports from the top"
            found.add(node.module or "")
    return found


def own(names: set[str]) -> set[str]:
    return {name for name in names if name in MODULES and name != "maas"}


def libraries(names: set[str]) -> set[str]:
    roots = {name.split(".")[0] for name in names}
    return roots - sys.stdlib_module_names - {"maas", "train", "service"}


def place(module: str) -> tuple[int, str]:
    """The number of a module's layer, and its name in there."""
    name = module.removeprefix("maas.").split(".")[0]
    for number, line in enumerate(LAYERS.strip().splitlines()):
        if name in line.replace(",", " ").replace("|", " ").split():
            return number, name
    raise AssertionError(f"{module} is in no layer: name it in the tour and here")


def test_the_tour_shows_these_layers():
    assert LAYERS.strip("\n") in (maas.__doc__ or "")


@pytest.mark.parametrize("module", sorted(MODULES.keys() - {"maas"}))
def test_imports_run_one_way(module: str):
    number, name = place(module)
    for imported in own(imports(module)):
        lower, other = place(imported)
        assert lower < number or other == name, f"{module} imports {imported}"


@pytest.mark.parametrize("package", [name for name in sorted(MODULES) if name.count(".") <= 2])
def test_every_package_is_a_tour_of_its_modules(package: str):
    file = MODULES[package]
    if file.name != "__init__.py":
        return
    text = ast.get_docstring(ast.parse(file.read_text(encoding="utf-8"))) or ""
    for inner in sorted(file.parent.iterdir()):
        name = inner.stem
        if not name.startswith("_") and (inner.suffix == ".py" or (inner / "__init__.py").exists()):
            assert f"`{name}`" in text or f"`maas.{name}`" in text, f"{package} leaves out {name}"


PACKAGES = {
    "circus": "kantoku",
    "pythonjsonlogger": "python-json-logger",
    "sklearn": "scikit-learn",
    "yaml": "pyyaml",
}
"""The names of packages whose modules have other names."""


@pytest.mark.parametrize("module", sorted(MODULES))
def test_what_is_imported_is_declared_and_has_its_reason_in_the_readme(module: str):
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    groups = project["optional-dependencies"]
    needed = [*project["dependencies"], *groups["sklearn"], *groups["train"], *groups["dask"]]
    declared = {re.split(r"[<>=;]", line)[0].strip() for line in needed}
    readme = (PROJECT / "README.md").read_text(encoding="utf-8")
    reasons = readme.partition("## Dependencies")[2]
    for name in libraries(imports(module)):
        package = PACKAGES.get(name, name).replace("_", "-")
        assert package in declared, f"{module} imports {name}"
        assert re.search(rf"[|,] {package} ?[|,]", reasons), f"README gives no reason for {package}"


def test_bentoml_is_imported_in_few_places():
    for module in MODULES:
        if libraries(imports(module)) & {"bentoml", "_bentoml_sdk", "_bentoml_impl"}:
            assert module.startswith(IMPORTS_BENTOML), module


def test_dask_is_imported_in_few_places_and_only_when_it_is_asked_for():
    few = {f"maas.scoring.dask_{part}" for part in ("cluster", "engine", "worker")}
    for module in MODULES:
        if module not in few:
            assert not libraries(imports(module)) & {"dask", "distributed"}, module
        if module not in few | {"maas.commands.score"}:
            assert not imports(module) & few, module


def test_serving_names_no_training_library_and_reads_no_tables():
    for module in MODULES:
        if module.startswith("maas.serving") or module == "service":
            assert not libraries(imports(module)) & NEVER_IN_SERVING, module
            assert not any(name.startswith("maas.tables") for name in imports(module)), module


def test_what_training_and_serving_share_needs_few_libraries():
    for module in MODULES:
        if module.startswith("maas.model"):
            assert libraries(imports(module)) <= MODEL_LIBRARIES, module


def test_http_knows_no_model_and_the_api_no_process():
    for module in MODULES:
        names = own(imports(module))
        if module.startswith("maas.serving.http"):
            forbidden = ("maas.model", "maas.registry", "maas.serving.api")
            assert not any(name.startswith(forbidden) for name in names), module
        if module.startswith(("maas.serving.http", "maas.serving.api", "maas.serving.monitoring")):
            assert not any(name.startswith("maas.serving.process") for name in names), module


def test_importing_the_service_loads_no_training_library(trained: Workspace):
    code = (
        "import service, sys, json; print(json.dumps(sorted(m.split('.')[0] for m in sys.modules)))"
    )
    done = trained.run("-c", code)
    assert done.returncode == 0, done.stderr
    only_in_workers = {"numpy", "nanoarrow", "onnxruntime", "uvicorn"}
    for name in only_in_workers | NEVER_IN_SERVING - {"rich"}:  # BentoML itself loads rich
        assert f'"{name}"' not in done.stdout


def test_numpy_is_not_loaded_before_the_process_is_pinned(trained: Workspace):
    code = "import train, maas.__main__, sys; sys.exit('numpy' in sys.modules)"
    done = trained.run("-c", code)
    assert done.returncode == 0, done.stderr


def test_importing_the_service_starts_no_process(trained: Workspace):
    code = (
        "import subprocess\n"
        "def refuse(*args, **kwargs): raise AssertionError(args)\n"
        "subprocess.Popen.__init__ = refuse\n"
        "import service"
    )
    done = trained.run("-c", code)
    assert done.returncode == 0, done.stderr
