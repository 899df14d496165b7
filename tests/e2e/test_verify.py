"""`python -m maas verify`: when each of the three verdicts is given."""

import json
import platform
import shutil
import sys
from pathlib import Path

import pytest

from tests.workspace import PROJECT, Workspace

PROMISED = (sys.platform, platform.machine()) == ("linux", "x86_64")


FIRST_SCHEMA = PROJECT / "tests/data/first_schema"
"""A version from before `signature.input_bound` was recorded."""


@pytest.fixture
def copied(trained: Workspace, workspace: Workspace) -> Workspace:
    """A workspace with a copy of v1 that may be damaged."""
    shutil.copytree(trained.models, workspace.models)
    for path in (workspace.models / "v1").iterdir():
        path.chmod(0o644)
    return workspace


def verify(workspace: Workspace, *args: str, **kwargs) -> tuple[int, dict]:
    done = workspace.maas("verify", *args, "--json", **kwargs)
    assert "Traceback" not in done.stderr, done.stderr
    return done.returncode, json.loads(done.stdout)


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def reseal(folder: Path) -> None:
    """Give a manifest the digest of its content, and its files their hashes."""
    import hashlib

    from maas.registry.manifest import canonical_json

    content = json.loads((folder / "manifest.json").read_bytes())
    for name in content["files"]:
        data = (folder / name).read_bytes()
        digest = hashlib.sha256(data).hexdigest()
        content["files"][name] = {"sha256": digest, "size": len(data)}
    content.pop("digest")
    content["digest"] = "sha256:" + hashlib.sha256(canonical_json(content)).hexdigest()
    (folder / "manifest.json").write_bytes(canonical_json(content, indent=1))


def test_an_older_version_stays_bit_identical_when_the_schema_grows(workspace: Workspace):
    manifest = json.loads((FIRST_SCHEMA / "v1/manifest.json").read_bytes())
    assert "input_bound" not in manifest["signature"]
    code, result = verify(workspace, "1", extra={"MODELS_DIR": str(FIRST_SCHEMA)})
    assert (code, result["verdict"]) == ((0, "bit-identical") if PROMISED else (code, "equivalent"))


def test_what_an_older_version_does_name_is_compared(workspace: Workspace):
    shutil.copytree(FIRST_SCHEMA / "v1", workspace.models / "v1")
    for path in (workspace.models / "v1").iterdir():
        path.chmod(0o644)
    edit(workspace.models / "v1/manifest.json", '"maximum": 6.9', '"maximum": 7.0')
    reseal(workspace.models / "v1")
    code, result = verify(workspace, "1")
    assert (code, result["verdict"]) == (1, "mismatch")
    assert "another signature" in result["reason"]


def test_the_committed_version_is_what_this_code_and_lock_give(workspace: Workspace):
    """If its bytes were changed on purpose, `make reference` trains it again."""
    done = workspace.maas("verify", "1", extra={"MODELS_DIR": str(PROJECT / "models")})
    if PROMISED:
        assert done.returncode == 0, done.stdout + done.stderr
        assert done.stdout.startswith("v1 is bit-identical: ")
    else:
        assert done.returncode in (0, 3), done.stdout + done.stderr


def test_the_committed_version_names_this_lock():
    import hashlib

    run = json.loads((PROJECT / "models/v1/run.json").read_bytes())
    lock = hashlib.sha256((PROJECT / "requirements.txt").read_bytes()).hexdigest()
    assert run["lock_sha256"] == lock, "run `make reference`: the lock has changed"


def test_a_version_is_bit_identical_and_the_registry_is_not_touched(trained: Workspace):
    before = sorted((p, p.stat().st_mtime_ns) for p in trained.folder.rglob("*"))
    code, found = verify(trained, "latest")
    assert (code, found["verdict"]) == (0, "bit-identical") if PROMISED else (3, "equivalent")
    assert sorted((p, p.stat().st_mtime_ns) for p in trained.folder.rglob("*")) == before
    done = trained.maas("verify", "--all")
    assert done.stdout.startswith("v1 is ")


@pytest.mark.parametrize("name", ["model.onnx", "saved_model.pkl", "reference.json"])
def test_a_flipped_byte_is_a_mismatch_that_names_the_file(copied: Workspace, name: str):
    path = copied.models / "v1" / name
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    code, found = verify(copied, "1")
    assert (code, found["verdict"]) == (1, "mismatch")
    assert name in found["reason"]


def test_an_altered_manifest_is_a_mismatch(copied: Workspace):
    edit(copied.models / "v1/manifest.json", '"accuracy": 0.9', '"accuracy": 0.8')
    code, found = verify(copied, "--all")
    assert (code, found["verdict"]) == (1, "mismatch")
    assert "manifest.json" in found["reason"]


def test_another_result_is_a_mismatch(copied: Workspace):
    """A manifest with another seed, and with the digest of this changed content."""
    folder = copied.models / "v1"
    edit(folder / "manifest.json", '"seed": 42', '"seed": 43')
    reseal(folder)
    code, found = verify(copied, "1")
    assert (code, found["verdict"]) == (1, "mismatch")


def test_equal_answers_from_other_bytes_are_equivalent_and_name_what_differs(copied: Workspace):
    folder = copied.models / "v1"
    pickle = folder / "saved_model.pkl"
    pickle.write_bytes(pickle.read_bytes() + b"\n")
    reseal(folder)
    edit(folder / "run.json", '"numpy": "2.', '"numpy": "1.')
    code, found = verify(copied, "1")
    assert (code, found["verdict"]) == (3, "equivalent")
    assert found["differing_files"] == ["saved_model.pkl", "manifest.json"]
    assert found["circumstances"]["packages.numpy"][0].startswith("1.")
    done = copied.maas("verify", "1")
    assert "packages.numpy 1." in done.stdout
    assert len(done.stdout.splitlines()) == 1


def write_own(workspace: Workspace, text: str) -> Path:
    data = workspace.folder / "data.csv"
    data.write_text(text)
    config = workspace.folder / "own.yaml"
    config.write_text(
        "{model_name: own, data: {source: data.csv, target: y}, estimator: {name: Ridge},"
        f" paths: {{logs_dir: {workspace.folder}/logs}}}}"
    )
    return config


def test_edited_data_are_a_mismatch_and_lost_data_exit_2(workspace: Workspace):
    text = "a,y\n" + "".join(f"{i},{i * 2 + i % 3}\n" for i in range(40))
    config = write_own(workspace, text)
    assert workspace.train("--config", str(config)).returncode == 0
    assert verify(workspace, "1")[0] == (0 if PROMISED else 3)
    write_own(workspace, text.replace("7,", "7.5,"))
    code, found = verify(workspace, "1")
    assert (code, found["verdict"]) == (1, "mismatch")
    assert "the data in data.csv have changed" in found["reason"]
    write_own(workspace, "b,y\n1,2\n")
    assert "the data in data.csv have changed" in verify(workspace, "1")[1]["reason"]
    (workspace.folder / "data.csv").unlink()
    done = workspace.maas("verify", "1")
    assert (done.returncode, done.stdout) == (2, "")
    assert "does not exist" in done.stderr


def test_native_versions_promise_nothing_and_say_so(workspace: Workspace):
    done = workspace.train("--set", "numerics=native", "--json")
    assert done.returncode == 0, done.stderr
    run = json.loads((workspace.models / "v1/run.json").read_bytes())
    assert run["determinism"]["promise"].startswith("none across machines")
    code, found = verify(workspace, "1")
    assert code in (0, 3), found


@pytest.mark.parametrize("args", [["1", "--all"], [], ["7"], ["v0"]])
def test_a_wrong_call_is_exit_2(trained: Workspace, args: list[str]):
    done = trained.maas("verify", *args)
    assert done.returncode == 2
    assert done.stderr.startswith("error: ")


def test_pins_that_did_not_take_are_an_error(workspace: Workspace):
    code = (
        "import os; os.environ['OPENBLAS_CORETYPE'] = 'Haswell'; import numpy;"
        "from maas.training.checks.pin_check import check_pins; check_pins('portable')"
    )
    extra = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
    done = workspace.run("-c", code, extra=extra)
    assert "PinError" in done.stderr
    assert ", although it was pinned" in done.stderr
