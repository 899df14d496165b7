"""The house keeps its shape: who may import whom, and what serving must never load."""

import ast
from pathlib import Path

import pytest

from tests.conftest import PROJECT, House

# Higher rungs import lower ones. A package's modules stand on its rung.
LADDER = [
    "errors explanation",
    "yamlfile",
    "signature",
    "config",
    "predictor cli logs progress",
    "registry",
]
BENTOML = {"maas.registry.store", "maas.serving", "service"}
NEVER_IN_SERVING = {"sklearn", "scipy", "pandas", "polars", "skl2onnx", "onnx", "joblib", "rich"}


def modules() -> dict[str, Path]:
    files = [
        PROJECT / "train.py",
        PROJECT / "service.py",
        *sorted((PROJECT / "maas").rglob("*.py")),
    ]
    names = {}
    for file in files:
        parts = file.relative_to(PROJECT).with_suffix("").parts
        names[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = file
    return names


def imports(file: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file}: write imports from the top"
            found.add(node.module or "")
    return found


def rung(module: str) -> int:
    part = module.split(".")[1] if module.startswith("maas.") else module
    for height, names in enumerate(LADDER):
        if part in names.split():
            return height
    return len(LADDER)


def own(names: set[str]) -> set[str]:
    return {name for name in names if name.split(".")[0] == "maas"}


@pytest.mark.parametrize("module", sorted(modules()))
def test_imports_run_down_the_ladder(module):
    for imported in own(imports(modules()[module])):
        assert rung(imported) <= rung(module), f"{module} imports {imported}, which stands above it"


def test_training_and_serving_never_import_each_other():
    for module, file in modules().items():
        names = own(imports(file))
        if module.startswith("maas.serving") or module == "service":
            assert not any(name.startswith("maas.training") for name in names), module
        if module.startswith("maas.training") or module in {"train", "maas.__main__"}:
            assert not any(name.startswith("maas.serving") for name in names), module


def test_nothing_below_the_doors_imports_a_door():
    for module, file in modules().items():
        assert not imports(file) & {"train", "service", "maas.__main__"}, module


def test_only_the_store_and_serving_import_bentoml():
    for module, file in modules().items():
        if any(name.split(".")[0] in {"bentoml", "_bentoml_sdk"} for name in imports(file)):
            assert any(module.startswith(allowed) for allowed in BENTOML), module


def test_serving_names_no_training_library():
    for module, file in modules().items():
        if module.startswith("maas.serving") or module == "service":
            loaded = {name.split(".")[0] for name in imports(file)}
            assert not loaded & NEVER_IN_SERVING, module


def test_importing_the_service_loads_no_training_library(trained: House):
    code = (
        "import service, sys, json; print(json.dumps(sorted(m.split('.')[0] for m in sys.modules)))"
    )
    done = trained.run("-c", code)
    assert done.returncode == 0, done.stderr
    only_in_workers = {"numpy", "onnxruntime", "uvicorn"}
    for name in only_in_workers | NEVER_IN_SERVING - {"rich"}:  # BentoML itself loads rich
        assert f'"{name}"' not in done.stdout


def test_pinning_needs_nothing_but_the_standard_library():
    allowed = {"os", "platform", "subprocess", "sys", "collections.abc", "typing"}
    assert imports(modules()["maas.training.determinism"]) <= allowed
