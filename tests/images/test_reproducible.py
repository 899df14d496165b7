"""Images that differ between two builds are found, and the files that differ are named."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.images.engine import skip_without_engine
from tests.workspace import PROJECT

pytestmark = skip_without_engine

DIFFERING = """\
FROM python:3.11-slim-bookworm
RUN head -c 8 /dev/urandom >/random && date +%N >/stamp && touch -d @0 /random /stamp
LABEL revision=fixed
"""


def run_in(folder: Path, dockerfile: str) -> subprocess.CompletedProcess[str]:
    """Compare the image of another project, which is little more than a Dockerfile."""
    copied = shutil.ignore_patterns("__pycache__")
    shutil.copytree(
        PROJECT / "scripts/reproducible", folder / "scripts/reproducible", ignore=copied
    )
    for name in ("maas/__init__.py", "maas/errors.py", "scripts/image_labels.py", "pyproject.toml"):
        (folder / name).parent.mkdir(exist_ok=True)
        shutil.copy(PROJECT / name, folder / name)
    (folder / "Dockerfile").write_text(dockerfile)
    subprocess.run(["git", "init", "-q"], cwd=folder, check=True)
    return subprocess.run(
        [sys.executable, "-m", "scripts.reproducible", "project"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )


def test_files_that_differ_between_two_builds_are_named(tmp_path: Path):
    done = run_in(tmp_path, DIFFERING)
    assert done.returncode == 1, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0] == "project: differs"
    assert lines[1].startswith("  layer 1, RUN head -c 8 /dev/urandom >/random")
    assert re.fullmatch(r"    random: content sha256 [0-9a-f]{8}, [0-9a-f]{8}", lines[2])
    assert re.match(r"    stamp: content sha256 [0-9a-f]{8}, [0-9a-f]{8}", lines[3])
    tags = subprocess.run(
        ["docker", "images", "-q", "reproducible-project-*"], capture_output=True, check=True
    )
    assert tags.stdout == b""


@pytest.mark.parametrize(
    ("dockerfile", "said"),
    [
        ("FROM nowhere.invalid/x:1\n", "nowhere.invalid/x:1: the base image cannot be had ("),
        ("FROM python:3.11-slim-bookworm\nRUN false\n", "Dockerfile: cannot be built ("),
    ],
)
def test_an_image_that_cannot_be_built_is_one_line(tmp_path: Path, dockerfile: str, said: str):
    done = run_in(tmp_path, dockerfile)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"error: {said}")
    assert done.stderr.count("\n") == 1
