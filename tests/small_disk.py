"""A disk of a few pages, to be filled: a tmpfs, which root may mount."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest


@contextmanager
def small_disk(folder: Path, size: str, covered_by: str) -> Iterator[Path]:
    """Mount a disk of a size (`64k`); where that is not allowed, skip and say what covers it."""
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", f"size={size}", "none", str(folder)]
    if os.geteuid() != 0 or subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip(f"needs the right to mount; {covered_by}")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)
