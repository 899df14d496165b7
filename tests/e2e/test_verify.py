"""`python -m maas verify`: a version is trained again under the pins, and compared."""

import hashlib
import json
import platform
import sys

from tests.samples import damage, edit
from tests.training.checks.test_verify import reseal
from tests.workspace import PROJECT, Workspace

PROMISED = (sys.platform, platform.machine()) == ("linux", "x86_64")
FIRST_SCHEMA = PROJECT / "tests/data/first_schema"
"""A version from before `signature.input_bound` was recorded."""
SECOND_SCHEMA = PROJECT / "tests/data/second_schema"
"""A version from before data were read, and rows measured, as they are now.

It has money as categories, times in several forms, a constant column, and held-out rows that the
service refuses."""

THIRD_SCHEMA = PROJECT / "tests/data/third_schema"
"""A version from before there were reports."""


def verify(workspace: Workspace, *args: str, **kwargs) -> tuple[int, dict]:
    done = workspace.maas("verify", *args, "--json", **kwargs)
    assert "Traceback" not in done.stderr, done.stderr
    return done.returncode, json.loads(done.stdout)


def test_the_committed_version_is_what_this_code_and_lock_give(workspace: Workspace):
    """If its bytes were changed on purpose, `make reference` trains it again."""
    done = workspace.maas("verify", "1", extra={"MODELS_DIR": str(PROJECT / "models")})
    if PROMISED:
        assert done.returncode == 0, done.stdout + done.stderr
        assert done.stdout.startswith("v1 is bit-identical: ")
    else:
        assert done.returncode in (0, 3), done.stdout + done.stderr


def test_the_committed_version_names_this_lock():
    run = json.loads((PROJECT / "models/v1/run.json").read_bytes())
    lock = hashlib.sha256((PROJECT / "requirements.txt").read_bytes()).hexdigest()
    assert run["lock_sha256"] == lock, "run `make reference`: the lock has changed"


def test_an_older_version_stays_bit_identical_when_the_schema_grows(workspace: Workspace):
    manifest = json.loads((FIRST_SCHEMA / "v1/manifest.json").read_bytes())
    assert "input_bound" not in manifest["signature"]
    code, result = verify(workspace, "1", extra={"MODELS_DIR": str(FIRST_SCHEMA)})
    assert (code, result["verdict"]) == ((0, "bit-identical") if PROMISED else (code, "equivalent"))


def test_an_older_version_stays_bit_identical_when_rules_become_stricter(workspace: Workspace):
    code, result = verify(workspace, "1", extra={"MODELS_DIR": str(SECOND_SCHEMA)})
    assert (code, result["verdict"]) == ((0, "bit-identical") if PROMISED else (code, "equivalent"))


def test_an_older_version_stays_bit_identical_when_reports_are_made(workspace: Workspace):
    code, result = verify(workspace, "1", extra={"MODELS_DIR": str(THIRD_SCHEMA)})
    assert (code, result["verdict"]) == ((0, "bit-identical") if PROMISED else (code, "equivalent"))


def test_a_version_is_bit_identical_and_the_registry_is_not_touched(trained: Workspace):
    before = sorted((p, p.stat().st_mtime_ns) for p in trained.folder.rglob("*"))
    code, found = verify(trained, "latest")
    assert (code, found["verdict"]) == (0, "bit-identical") if PROMISED else (3, "equivalent")
    assert sorted((p, p.stat().st_mtime_ns) for p in trained.folder.rglob("*")) == before


def test_an_altered_manifest_is_a_mismatch(own: Workspace):
    edit(own.models / "v1/manifest.json", '"accuracy": 0.9', '"accuracy": 0.8')
    code, found = verify(own, "--all")
    assert (code, found["verdict"]) == (1, "mismatch")
    assert "manifest.json" in found["reason"]


def test_equal_answers_from_other_bytes_are_exit_3_and_one_line(own: Workspace):
    pickle = own.models / "v1/saved_model.pkl"
    damage(pickle, pickle.read_bytes() + b"\n")
    reseal(own.models / "v1")
    done = own.maas("verify", "1")
    assert done.returncode == 3, done.stderr
    assert done.stdout.startswith("v1 is equivalent: ")
    assert len(done.stdout.splitlines()) == 1
