"""The provenance of a run: what may differ between two equal runs, and nothing that cannot be."""

import json
import os
import re
import shutil
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from maas.config.paths import PROJECT
from maas.config.train_config import TrainConfig
from maas.training import provenance
from maas.training.provenance import describe_environment, describe_run

CONFIG = TrainConfig.model_validate(
    {
        "app": {"name": "app", "env": "prod"},
        "model_name": "m",
        "data": {"source": "s", "target": "t"},
        "estimator": {"name": "Ridge"},
    }
)


def described(data_root: Path = PROJECT) -> dict:
    return describe_run(CONFIG, ["train.py", "é"], data_root, 1.23456, {"held_out": 3}, ["careful"])


def test_a_run_is_described_in_json_with_what_it_was_given():
    run = described()
    assert json.loads(json.dumps(run, allow_nan=False)) == run
    kept = {key: run[key] for key in ("argv", "duration_s", "app", "parity", "warnings")}
    assert kept == {
        "argv": ["train.py", "é"],
        "duration_s": 1.235,
        "app": {"name": "app", "env": "prod"},
        "parity": {"held_out": 3},
        "warnings": ["careful"],
    }
    assert run["determinism"]["numerics"] == "portable"


def test_a_run_records_its_release_gates_where_it_has_some():
    assert "release_gates" not in described()
    gates = {"r2": {"min_delta": -0.01}, "mae": {"max_delta": 0.5}}
    gated = TrainConfig.model_validate(CONFIG.model_dump() | {"release_gates": gates})
    assert describe_run(gated, [], PROJECT, 1.0, {}, [])["release_gates"] == gates


def test_a_run_has_the_time_at_which_it_ended_in_utc():
    created = described()["created_at"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", created)
    assert abs(datetime.now(UTC) - datetime.fromisoformat(created)) < timedelta(minutes=10)


def test_the_folder_of_the_data_is_named_unless_it_is_the_project(tmp_path: Path):
    assert described()["data_root"] == "."
    assert described(tmp_path)["data_root"] == str(tmp_path)


def test_the_environment_is_that_of_this_process():
    found = describe_environment("native")
    assert found["packages"]["numpy"] == np.__version__
    assert found["determinism"]["pins"] == {"PYTHONHASHSEED": "0"}
    assert "none across machines" in found["determinism"]["promise"]
    assert found["cpu"]


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository of its own in the place of the project's."""
    if shutil.which("git") is None:
        pytest.skip("git is not installed here")
    for name in [name for name in os.environ if name.startswith("GIT_")]:
        monkeypatch.delenv(name)
    monkeypatch.setattr(provenance, "PROJECT", tmp_path)
    git(tmp_path, "init", "-q")
    (tmp_path / "file").write_text("1")
    git(tmp_path, "add", "file")
    git(tmp_path, "-c", "user.name=a", "-c", "user.email=a@b", "commit", "-qm", "One")
    return tmp_path


def git(folder: Path, *args: str) -> str:
    command = ["git", "-C", str(folder), *args]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def test_the_commit_is_named_and_whether_files_differ_from_it(repository: Path):
    commit = git(repository, "rev-parse", "HEAD")
    assert described()["git"] == {"commit": commit, "dirty": False}
    (repository / "file").write_text("2")
    assert described()["git"] == {"commit": commit, "dirty": True}


def test_variables_of_git_do_not_name_another_repository(
    repository: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
):
    commit = git(repository, "rev-parse", "HEAD")
    other = tmp_path_factory.mktemp("other")
    git(other, "init", "-q")
    monkeypatch.setenv("GIT_DIR", str(other / ".git"))
    monkeypatch.setenv("GIT_WORK_TREE", str(other))
    assert described()["git"] == {"commit": commit, "dirty": False}


def test_without_a_repository_or_without_git_there_is_no_commit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(provenance, "PROJECT", tmp_path)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    assert described(tmp_path)["git"] is None
    monkeypatch.setattr(provenance, "PROJECT", PROJECT)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert described()["git"] is None


def test_the_lock_file_is_hashed_where_there_is_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(provenance, "PROJECT", tmp_path)
    assert describe_environment("portable")["lock_sha256"] is None
    (tmp_path / "requirements.txt").write_bytes(b"")
    empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert describe_environment("portable")["lock_sha256"] == empty
