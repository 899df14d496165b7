"""What the images leave out of their packages, and that the packages then say so."""

from pathlib import Path

import pytest

from scripts.slim import slim


def install(packages: Path, name: str, *files: str) -> Path:
    """A package as pip installs it, each file of which has ten bytes."""
    info = packages / f"{name}-1.0.dist-info"
    for file in files:
        (packages / file).parent.mkdir(parents=True, exist_ok=True)
        (packages / file).write_text("0123456789")
    info.mkdir()
    (info / "RECORD").write_text("".join(f"{file},sha256=x,10\n" for file in files))
    return info / "RECORD"


def test_what_is_not_loaded_is_removed_and_no_longer_recorded(tmp_path: Path):
    other = install(tmp_path, "other", "other/tests/test_a.py")
    record = install(tmp_path, "pandas", "pandas/__init__.py", "pandas/tests/a/test_b.py")
    assert slim(tmp_path) == 10
    assert not (tmp_path / "pandas/tests").exists()
    assert (tmp_path / "other/tests/test_a.py").exists()
    assert other.read_text() == "other/tests/test_a.py,sha256=x,10\n"
    assert record.read_text().startswith("pandas/__init__.py,sha256=x,10\n")
    assert "test_b" not in record.read_text()


def test_a_package_that_has_moved_its_files_is_noticed(tmp_path: Path):
    install(tmp_path, "pandas", "pandas/__init__.py", "pandas/checks/test_a.py")
    with pytest.raises(SystemExit, match=r"pandas/tests/\*\*/\* matches no file"):
        slim(tmp_path)
