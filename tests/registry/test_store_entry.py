"""One entry of the BentoML store: what it holds, and how it is written, opened and removed."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from maas.errors import DamagedError
from maas.registry.registry import Registry
from maas.registry.store_entry import (
    inspect_entry,
    is_unreadable,
    open_entry,
    read_digest,
    remove_entry,
    write_entry,
)
from maas.registry.version import Version
from tests.samples import FILES, RUN, damage, edit, make_manifest
from tests.workspace import snapshot


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A version and its entry, to be copied: writing them waits for the disk."""
    folder = tmp_path_factory.mktemp("published")
    (folder / "tmp").mkdir()
    version = Registry(folder / "models").publish(make_manifest(), FILES, RUN, ())
    write_entry(version, folder / "entry", folder / "tmp")
    return folder


@pytest.fixture
def version(published: Path, tmp_path: Path) -> Version:
    shutil.copytree(published, tmp_path, dirs_exist_ok=True)
    return Registry(tmp_path / "models").open(1)


@pytest.fixture
def tmp(version: Version) -> Path:
    """The store's folder for what is not complete."""
    return version.path.parents[1] / "tmp"


@pytest.fixture
def entry(version: Version) -> Path:
    """The entry that holds the version."""
    return version.path.parents[1] / "entry"


def rewrite(entry: Path, **changes) -> None:
    info = yaml.safe_load((entry / "model.yaml").read_bytes())
    damage(entry / "model.yaml", yaml.safe_dump(info | changes).encode())


def without_digest(entry: Path) -> None:
    """Leave nothing by which the entry says which version it holds."""
    damage(entry / "manifest.json", None)
    rewrite(entry, labels={})


def test_an_entry_is_the_files_of_the_version_and_a_description(
    entry: Path, version: Version, tmp: Path
):
    assert inspect_entry(entry, version, thorough=True) == "intact"
    files = snapshot(entry)
    del files["model.yaml"]
    assert files == snapshot(version.path)
    assert {path.stat().st_mode & 0o777 for path in entry.iterdir()} == {0o444}
    assert list(tmp.iterdir()) == []
    info = yaml.safe_load((entry / "model.yaml").read_bytes())
    assert (info["name"], info["version"]) == ("m", "v1")
    assert info["creation_time"].isoformat() == "2026-01-02T03:04:05+00:00"
    assert info["metadata"] == {"r2": 0.5}


Change = Callable[[Path], object]
CHANGES: dict[str, tuple[Change, str]] = {
    "removed": (shutil.rmtree, "missing"),
    "emptied": (lambda entry: [path.unlink() for path in entry.iterdir()], "incomplete"),
    "no file": (lambda entry: damage(entry / "model.onnx", None), "incomplete"),
    "another size": (lambda entry: damage(entry / "model.onnx", b"graphs"), "incomplete"),
    "no provenance": (lambda entry: damage(entry / "run.json", None), "incomplete"),
    "a broken provenance": (lambda entry: damage(entry / "run.json", b"{}"), "incomplete"),
    "one more file": (lambda entry: (entry / "more").touch(), "incomplete"),
    "no manifest": (lambda entry: damage(entry / "manifest.json", None), "incomplete"),
    "no description": (lambda entry: damage(entry / "model.yaml", None), "incomplete"),
    "a list": (lambda entry: damage(entry / "model.yaml", b"[1]"), "incomplete"),
    "no YAML": (lambda entry: damage(entry / "model.yaml", b"a: ["), "incomplete"),
    "no UTF-8": (lambda entry: damage(entry / "model.yaml", b"a: \xff"), "incomplete"),
    "another metric": (lambda entry: rewrite(entry, metadata={"r2": 1}), "incomplete"),
    "another context": (lambda entry: rewrite(entry, context={"bentoml_version": "1"}), "intact"),
    "no context": (lambda entry: rewrite(entry, context=None), "incomplete"),
    "another label": (lambda entry: rewrite(entry, labels={"digest": "sha256:0"}), "incomplete"),
    "nothing known": (without_digest, "other"),
    "nothing known, no name": (
        lambda entry: (without_digest(entry), damage(entry / "model.yaml", b"version: v1\n")),
        "incomplete",
    ),
    "only another label": (
        lambda entry: (without_digest(entry), rewrite(entry, labels={"digest": "sha256:0"})),
        "other",
    ),
}


@pytest.mark.parametrize(("change", "condition"), CHANGES.values(), ids=CHANGES)
@pytest.mark.parametrize("thorough", [True, False], ids=["thorough", "quick"])
def test_an_entry_is_compared_with_its_version(
    entry: Path, version: Version, change: Change, condition: str, thorough: bool
):
    change(entry)
    assert inspect_entry(entry, version, thorough) == condition


def test_only_a_thorough_look_finds_an_altered_file_of_the_same_size(entry: Path, version: Version):
    damage(entry / "model.onnx", b"GRAPH")
    assert inspect_entry(entry, version, thorough=False) == "intact"
    assert inspect_entry(entry, version, thorough=True) == "incomplete"


def test_a_version_with_another_digest_is_another(entry: Path, version: Version):
    manifest = make_manifest(metrics={"r2": 0.6})
    other = Version(version.number, version.path, manifest)
    assert inspect_entry(entry, other, thorough=True) == "other"
    damage(entry / "manifest.json", None)  # its label still says so
    assert inspect_entry(entry, other, thorough=True) == "other"


def test_a_dead_link_is_an_incomplete_entry(tmp_path: Path, version: Version):
    (tmp_path / "link").symlink_to("nowhere")
    assert inspect_entry(tmp_path / "link", version, thorough=True) == "incomplete"


def test_the_digest_is_in_the_manifest_or_else_in_the_label(entry: Path, version: Version):
    assert read_digest(entry) == version.manifest.digest
    damage(entry / "manifest.json", None)
    assert read_digest(entry) == version.manifest.digest
    rewrite(entry, labels=None)
    assert read_digest(entry) is None
    damage(entry / "model.yaml", None)
    assert read_digest(entry) is None


@pytest.mark.parametrize(
    ("info", "unreadable"),
    [
        (b"name: m\nversion: v1\n", False),
        (b"name: m\n", True),
        (b"version: v1\n", True),
        (b"", True),
        (b"[name, version]", True),
        (b"name: [", True),
        (b"name: !!bool x", True),
        (b'name: !!int ""', True),
        (b"name: !!timestamp x", True),
        (b'name: "\\UFFFFFFFF"', True),
        (b"[" * 2000, True),
        (None, True),
    ],
)
def test_bentoml_reads_a_mapping_with_name_and_version_only(
    entry: Path, info: bytes | None, unreadable: bool
):
    damage(entry / "model.yaml", info)
    assert is_unreadable(entry) is unreadable


def test_an_entry_without_a_description_is_opened_if_its_files_are_intact(
    entry: Path, version: Version
):
    damage(entry / "model.yaml", None)
    opened = open_entry(entry, 4)
    assert opened == Version(4, entry, version.manifest)
    damage(entry / "model.onnx", b"GRAPH")
    assert open_entry(entry, 4) is None


@pytest.mark.parametrize("content", [b"{}", b"", None])
def test_an_entry_without_a_manifest_is_not_opened(entry: Path, content: bytes | None):
    damage(entry / "manifest.json", content)
    assert open_entry(entry, 1) is None


def test_writing_replaces_what_was_there(entry: Path, version: Version, tmp: Path):
    damage(entry / "model.onnx", b"old")
    (entry / "more").touch()
    write_entry(version, entry, tmp)
    assert inspect_entry(entry, version, thorough=True) == "intact"
    assert list(tmp.iterdir()) == []


@pytest.mark.parametrize(
    ("name", "said"), [("saved_model.pkl", "was altered"), ("run.json", "has no created_at")]
)
def test_a_damaged_version_is_not_written_and_the_old_entry_stays(
    entry: Path, version: Version, tmp: Path, name: str, said: str
):
    before = snapshot(entry)
    damage(version.path / name, b"{}")
    with pytest.raises(DamagedError, match=said):
        write_entry(version, entry, tmp)
    assert snapshot(entry) == before
    assert list(tmp.iterdir()) == []


@pytest.mark.parametrize("created", ['"soon"', "5", "null"])
def test_a_date_that_is_none_is_damage(entry: Path, version: Version, tmp: Path, created: str):
    edit(version.path / "run.json", '"2026-01-02T03:04:05Z"', created)
    with pytest.raises(DamagedError, match="has no created_at"):
        write_entry(version, entry, tmp)


def test_an_entry_is_removed_as_a_whole(entry: Path, tmp: Path):
    remove_entry(entry, tmp)
    assert not entry.exists()
    assert list(tmp.iterdir()) == []
    with pytest.raises(FileNotFoundError):
        remove_entry(entry, tmp)
    assert list(tmp.iterdir()) == []
