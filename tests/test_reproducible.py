"""`make reproducible` names what differs: in folders, in tars, between copies of the project."""

import io
import os
import subprocess
import sys
import tarfile
from dataclasses import replace
from pathlib import Path

import pytest

from scripts.reproducible.bentos import Bento, compare_bentos
from scripts.reproducible.copies import PROJECT, two_copies
from scripts.reproducible.engine import EngineError, fetch_base
from scripts.reproducible.members import (
    MAX_LINES,
    Member,
    compare_members,
    compare_tars,
    read_tree,
    shorten,
)

# The first 8 digits of sha256.
ONE, TWO = "7692c3ad", "3fc4ccfe"


def pack(*names: str, content: bytes = b"one", mode: str = "w", **fields: object) -> io.BytesIO:
    """A tar with one file of each name, whose headers have these fields."""
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode=mode) as tar:
        for name in names:
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            for field, value in fields.items():
                setattr(entry, field, value)
            tar.addfile(entry, io.BytesIO(content))
    file.seek(0)
    return file


@pytest.mark.parametrize(
    ("other", "line"),
    [
        (pack("f", content=b"two"), f"f: content sha256 {ONE}, {TWO}"),
        (pack("f", content=b""), f"f: content sha256 {ONE}, e3b0c442; size 3, 0"),
        (pack("f", mode="w:xz", mtime=1.5), "f: mtime 1970-01-01T00:00:00Z, 1970-01-01T00:00:01."),
        (pack("f", uid=1000, uname="me"), "f: owner 0:0, 1000:0:me"),
        (pack("f", pax_headers={"SCHILY.xattr.user.a": "b"}), "f: attributes none, {'SCHILY.xat"),
        (pack("f", mode="w:gz"), "the members are equal, and the archive is written in another w"),
        (pack("f", "g"), "g: only in the second"),
        (pack("g"), "f: only in the first"),
    ],
)
def test_a_member_of_a_tar_that_differs_is_named_with_both_values(other: io.BytesIO, line: str):
    assert compare_tars(pack("f"), other)[0].startswith(line)


def test_modes_and_links_of_a_tar_are_compared():
    first = {"f": Member("file", "0644"), "l": Member("link", "0777", target="a")}
    second = {"f": Member("file", "0600"), "l": Member("link", "0777", target="b")}
    assert compare_members(first, second) == ["f: mode 0644, 0600", "l: target a, b"]
    link = io.BytesIO()
    with tarfile.open(fileobj=link, mode="w") as tar:
        entry = tarfile.TarInfo("f")
        entry.type, entry.linkname = tarfile.SYMTYPE, "elsewhere"
        tar.addfile(entry)
    link.seek(0)
    assert compare_tars(pack("f"), link) == [
        f"f: kind file, link; content sha256 {ONE}, none; size 3, 0; target none, elsewhere"
    ]


def test_the_order_of_a_tar_is_compared():
    assert compare_tars(pack("f", "g"), pack("g", "f")) == [
        "the members are equal, and in another order"
    ]


def test_what_differs_in_its_time_alone_comes_last():
    old = Member("folder", "0755", mtime="2026-01-01T00:00:00Z")
    new = replace(old, mtime="2026-01-02T00:00:00Z")
    lines = compare_members({"a": old, "b": old, "c": old}, {"a": new, "b": new})
    assert [line.partition(":")[0] for line in lines] == ["c", "a", "b"]


def test_no_more_than_twenty_are_listed():
    lines = [str(n) for n in range(MAX_LINES + 3)]
    assert shorten(lines) == [*lines[:MAX_LINES], "and 3 more"]
    assert shorten(lines[:MAX_LINES]) == lines[:MAX_LINES]


def make_tree(folder: Path) -> Path:
    (folder / "inner").mkdir(parents=True)
    (folder / "inner/f").write_text("one")
    (folder / "inner/f").chmod(0o644)
    (folder / "link").symlink_to("inner/f")
    return folder


def test_trees_differ_by_content_mode_and_links_and_not_by_time(tmp_path: Path):
    first, second = make_tree(tmp_path / "first"), make_tree(tmp_path / "second")
    os.utime(second / "inner/f", (1, 1))
    assert read_tree(first) == read_tree(second)
    (second / "inner/f").write_text("two")
    (second / "inner").chmod(0o700)
    (second / "link").unlink()
    (second / "link").symlink_to("nowhere")
    (second / "new").write_text("")
    assert compare_members(read_tree(first), read_tree(second)) == [
        "inner: mode 0755, 0700",
        f"inner/f: content sha256 {ONE}, {TWO}",
        "link: target inner/f, nowhere",
        "new: only in the second",
    ]


def test_bentos_are_compared_by_version_tree_and_export(tmp_path: Path):
    built = []
    for number, content in enumerate([b"one", b"one", b"two"]):
        folder = make_tree(tmp_path / str(number) / "v1-0123456789ab")
        export = tmp_path / f"{number}.bento"
        export.write_bytes(pack("./bento.yaml", content=content, mode="w:xz").getvalue())
        built.append(Bento(folder, export))
    compared = compare_bentos(built[0], built[1])
    assert compared.differences == []
    assert compared.what.startswith("v1-0123456789ab, 1 files of 0.0 MB, exported 0.0 MB")

    (built[2].folder / "inner/f").chmod(0o600)
    other = Bento(built[2].folder.rename(tmp_path / "2/v1-ba9876543210"), built[2].export)
    assert compare_bentos(built[0], other).differences == [
        "version: v1-0123456789ab, v1-ba9876543210",
        "inner/f: mode 0644, 0600",
        f"export: ./bento.yaml: content sha256 {ONE}, {TWO}",
    ]


def test_two_copies_hold_the_same_and_differ_in_all_else():
    if not (PROJECT / ".git").exists():
        pytest.skip("an image holds no git checkout")
    with two_copies() as (first, second):
        one, other = read_tree(first.folder), read_tree(second.folder)
        assert (
            {"train.py", "models/v1/manifest.json", ".dockerignore"} <= one.keys() == other.keys()
        )
        assert not {name for name in one if name.startswith((".git/", ".venv", "logs"))}
        assert all(one[name].content == other[name].content for name in one)
        assert (one["train.py"].mode, other["train.py"].mode) == ("0644", "0600")
        assert (one["scripts/train.sh"].mode, other["scripts/train.sh"].mode) == ("0755", "0700")
        assert (one["maas"].mode, other["maas"].mode) == ("0755", "0700")
        assert first.folder.stat().st_mtime != second.folder.stat().st_mtime
        times = [(copy.folder / "train.py").stat().st_mtime for copy in (first, second)]
        assert times[0] > times[1]
        assert first.folder.name != second.folder.name
    assert not first.folder.exists()
    assert not second.folder.exists()


def test_a_dockerfile_without_a_base_is_one_line(tmp_path: Path):
    (tmp_path / "Dockerfile").write_text("RUN true\n")
    with pytest.raises(EngineError, match="names no base image; write one after FROM"):
        fetch_base(tmp_path / "Dockerfile")


@pytest.mark.parametrize(
    ("package", "environment", "line"),
    [
        ("serve", {"DOCKER_HOST": "tcp://127.0.0.1:1"}, "error: docker: "),
        ("project", {"PATH": "/nowhere"}, "error: docker: is not installed; install Docker, or"),
        ("nothing", {}, "usage: "),
    ],
)
def test_what_cannot_be_compared_is_exit_code_2(
    package: str, environment: dict[str, str], line: str
):
    done = subprocess.run(
        [sys.executable, "-m", "scripts.reproducible", package],
        cwd=PROJECT,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(line)
    assert "Traceback" not in done.stderr
    assert done.stderr.count("\n") == (2 if line == "usage: " else 1)
