"""Files of a version: written once and for good, and read only if they are as published."""

import errno
import os
from pathlib import Path

import pytest

from maas.errors import DamagedError
from maas.registry.files import (
    check_file,
    make_folder,
    read_checked,
    remove_unused,
    storage_error,
    write_synced,
)
from maas.registry.manifest import Manifest
from tests.samples import FILES, make_manifest

CONTENT = bytes(range(256)) * 1000


@pytest.fixture
def published(tmp_path: Path) -> Path:
    """A file of which a manifest knows."""
    path = tmp_path / "model.onnx"
    write_synced(path, CONTENT)
    return path


MANIFEST: Manifest = make_manifest(files=FILES | {"model.onnx": CONTENT})


def test_a_file_is_read_only_once_it_is_written(published: Path):
    assert published.read_bytes() == CONTENT
    assert published.stat().st_mode & 0o777 == 0o444


def test_a_file_is_never_overwritten(published: Path):
    with pytest.raises(FileExistsError):
        write_synced(published, b"other")
    assert published.read_bytes() == CONTENT


def test_an_intact_file_is_read(published: Path):
    assert read_checked(published, MANIFEST) == CONTENT
    check_file(published, MANIFEST)


def alter(path: Path, data: bytes) -> None:
    path.chmod(0o644)
    path.write_bytes(data)


def replace_by_loop(path: Path) -> None:
    path.unlink()
    path.symlink_to(path)


def replace_by_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (lambda path: alter(path, CONTENT[:-1]), "was altered"),
        (lambda path: alter(path, CONTENT + b"\n"), "was altered"),
        (lambda path: alter(path, CONTENT[:-1] + b"x"), "was altered"),
        (lambda path: alter(path, b""), "was altered"),
        (Path.unlink, "is missing"),
        (replace_by_loop, "is a link, not a plain file"),
        (replace_by_folder, "is not a plain file"),
    ],
    ids=["shorter", "longer", "one byte", "empty", "missing", "loop", "folder"],
)
def test_both_checks_say_the_same_of_a_damaged_file(published: Path, damage, said: str):
    damage(published)
    found = []
    for check in (read_checked, check_file):
        with pytest.raises(DamagedError) as caught:
            check(published, MANIFEST)
        found.append((caught.value.where, caught.value.what))
    assert found[0] == found[1]
    assert found[0][0] == str(published)
    assert found[0][1].startswith(said)


@pytest.mark.parametrize(
    ("number", "reason", "remedy"),
    [
        (errno.ENOSPC, "No space left on device", "free space there"),
        (errno.EACCES, "Permission denied", "check its owner and permissions"),
        (
            errno.EEXIST,
            "its name is taken by something that is not a folder",
            "move the file away that has the name of a folder",
        ),
    ],
)
def test_a_failure_of_the_disk_says_why_and_how_to_choose_another_folder(
    number: int, reason: str, remedy: str
):
    error = OSError(number, os.strerror(number))
    said = storage_error(Path("/data/models"), "cannot be written", error, "BENTOML_HOME")
    assert str(said) == (
        f"/data/models: cannot be written ({reason}); {remedy}, "
        "or set BENTOML_HOME to another folder"
    )


def test_another_folder_is_no_remedy_where_it_would_fail_too():
    error = OSError(errno.EMFILE, "Too many open files")
    said = str(storage_error(Path("/data/models"), "cannot be written", error))
    assert "raise the limit of open files" in said
    assert "MODELS_DIR" not in said


def test_only_what_was_made_and_is_empty_is_removed_again(tmp_path: Path):
    made = make_folder(tmp_path / "a/b/c")
    assert made == [tmp_path / "a", tmp_path / "a/b", tmp_path / "a/b/c"]
    assert make_folder(tmp_path / "a/b/d") == [tmp_path / "a/b/d"]
    remove_unused(made)
    assert os.listdir(tmp_path / "a/b") == ["d"]


def test_a_folder_that_cannot_be_made_leaves_none_above_it(tmp_path: Path):
    (tmp_path / "link").symlink_to("nowhere")
    for name in ("a/b/" + "x" * 300, "link", "link/a"):
        with pytest.raises(OSError, match=r"name too long|exists"):
            make_folder(tmp_path / name)
    assert os.listdir(tmp_path) == ["link"]
