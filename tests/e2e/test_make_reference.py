"""`make reference`: the committed version is replaced, and nothing else is touched."""

import shutil
import subprocess

import pytest

from maas.registry import Registry
from tests.workspace import PROJECT, Workspace


@pytest.mark.skipif(shutil.which("make") is None, reason="make is not installed")
@pytest.mark.skipif(not (PROJECT / ".venv").exists(), reason="make works with .venv alone")
def test_make_reference_replaces_v1_and_leaves_all_else(workspace: Workspace):
    project = workspace.folder / "project"
    ignored = shutil.ignore_patterns(".*", "logs", "__pycache__")
    shutil.copytree(PROJECT, project, ignore=ignored)
    (project / ".venv").symlink_to(PROJECT / ".venv")
    models = project / "models"
    # What was trained here beside the committed version does not count.
    for own in [path for path in models.iterdir() if path.name not in ("README.md", "v1")]:
        shutil.rmtree(own)
    (models / "v1").rename(models / "v2")
    shutil.copytree(PROJECT / "tests/data/first_schema/v1", models / "v1")
    before = Registry(models).open(1).manifest.digest
    done = subprocess.run(
        ["make", "reference"], cwd=project, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    after, kept = (Registry(models).check(number).manifest.digest for number in (1, 2))
    assert after == kept != before
    assert sorted(path.name for path in models.iterdir()) == ["README.md", "v1", "v2"]
