"""The mirror in the BentoML store: what a sync creates, repairs, refuses and leaves alone."""

import shutil
from pathlib import Path

import pytest

from maas.registry.registry import Registry
from maas.registry.store import SyncResult, open_store
from maas.registry.version import Version
from tests.samples import FILES, RUN, damage, make_manifest
from tests.workspace import Workspace


@pytest.fixture
def entries(own: Workspace, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The entries of a workspace with v1, which is synced when `sync` is called."""
    monkeypatch.setenv("BENTOML_HOME", str(own.store))
    return own.store / "models/model_service"


def sync(workspace: Workspace) -> list[SyncResult]:
    registry = Registry(workspace.models)
    with open_store(registry.versions()[0].manifest.model_name) as store:
        return store.sync(registry)


def states(workspace: Workspace) -> list[tuple[str, str]]:
    return [(result.tag.partition(":")[2], result.state) for result in sync(workspace)]


def bentoml_lists(workspace: Workspace) -> list[str]:
    """The tags of the model that `bentoml models list` shows; none if it fails."""
    done = workspace.bentoml("models", "list")
    words = done.stdout.split() if done.returncode == 0 else []
    return [word for word in words if word.startswith("model_service:")]


def test_a_missing_mirror_is_created_and_an_incomplete_one_repaired(own: Workspace, entries: Path):
    assert states(own) == [("v1", "present")]
    shutil.rmtree(entries / "v1")
    assert states(own) == [("v1", "created")]
    (entries / "v1/model.yaml").unlink()
    assert bentoml_lists(own) == []  # one incomplete entry breaks it
    assert states(own) == [("v1", "repaired")]
    assert bentoml_lists(own) == ["model_service:v1"]


DAMAGE = [
    ("model.onnx", b"junk"),
    ("model.onnx", None),
    ("manifest.json", None),
    ("manifest.json", b"{}"),
    ("model.yaml", b""),
    ("saved_model.pkl", b"junk"),
]


def test_every_damaged_entry_of_ours_is_repaired(own: Workspace, entries: Path, first: Version):
    own.publish(*[first] * (len(DAMAGE) - 1))
    for number, (name, data) in enumerate(DAMAGE, 1):
        damage(entries / f"v{number}" / name, data)
    labels = [f"v{number}" for number in range(1, len(DAMAGE) + 1)]
    assert states(own) == [(label, "repaired") for label in labels]
    assert states(own) == [(label, "present") for label in labels]
    assert sorted(bentoml_lists(own)) == [f"model_service:{label}" for label in labels]


DESCRIPTIONS = [
    (b"creation_time", b"creation"),
    (b"signatures: {}", b"signatures: broken"),
    (b"api_version: v1", b"api_version: v2"),
]


def test_a_description_that_bentoml_cannot_read_is_repaired_by_the_next_run_and_by_sync(
    own: Workspace, entries: Path, first: Version
):
    own.publish(first, first)
    described = [entries / f"v{number}/model.yaml" for number in (1, 2, 3)]
    for path, (old, new) in zip(described, DESCRIPTIONS, strict=True):
        assert old in path.read_bytes()
        damage(path, path.read_bytes().replace(old, new))
    results = own.publish(first)
    assert [result.state for result in results] == ["repaired"] * 3 + ["created"]
    assert len(bentoml_lists(own)) == 4
    for path in described:
        damage(path, path.read_bytes()[:200])
    assert states(own)[:3] == [(f"v{number}", "repaired") for number in (1, 2, 3)]
    (entries / "v1/more").write_text("")
    assert states(own)[0] == ("v1", "repaired")
    assert not (entries / "v1/more").exists()


def test_a_link_and_a_folder_in_wrong_places_are_replaced(own: Workspace, entries: Path):
    shutil.rmtree(entries / "v1")
    (entries / "v1").symlink_to("nowhere")
    (entries / "latest").unlink()
    (entries / "latest").mkdir()
    assert states(own) == [("v1", "repaired")]
    assert (entries / "latest").read_text() == "v1"
    assert list((own.store / "tmp").iterdir()) == []


def test_latest_is_the_highest_number_not_the_newest_clock(
    own: Workspace, entries: Path, first: Version
):
    own.publish(first, first)
    shutil.rmtree(entries / "v1")
    (entries / "latest").unlink()
    assert states(own)[0] == ("v1", "created")
    assert (entries / "latest").read_text() == "v3"
    shown = own.bentoml("models", "get", "model_service:latest", "-o", "yaml").stdout
    assert "version: v3" in shown


def test_an_altered_file_is_never_copied_and_the_other_versions_are(
    own: Workspace, entries: Path, first: Version
):
    own.publish(first)
    shutil.rmtree(own.store)
    damage(own.models / "v1/saved_model.pkl", b"altered")
    damaged, created = sync(own)
    assert (damaged.tag, damaged.state) == ("model_service:v1", "damaged")
    assert "saved_model.pkl" in damaged.detail
    assert (created.tag, created.state) == ("model_service:v2", "created")
    assert not (entries / "v1").exists()


@pytest.mark.usefixtures("entries")
def test_a_damaged_version_is_reported_though_its_mirror_is_intact(own: Workspace):
    damage(own.models / "v1/model.onnx", b"x")
    assert states(own) == [("v1", "damaged")]


@pytest.mark.usefixtures("entries")
def test_a_version_that_cannot_be_opened_stops_nobody(own: Workspace, first: Version):
    manifest = own.models / "v1/manifest.json"
    manifest.unlink()
    manifest.symlink_to(manifest)
    own.publish(first)
    assert states(own) == [("v1", "damaged"), ("v2", "present")]


@pytest.mark.usefixtures("entries")
def test_a_version_of_another_model_is_refused(own: Workspace):
    other = Registry(own.folder / "other")
    shutil.copytree(own.models / "v1", own.models / "v3")
    version = other.publish(make_manifest("other"), FILES, RUN, ())
    shutil.copytree(version.path, own.models / "v2")
    results = [(result.tag, result.state) for result in sync(own)]
    assert results == [
        ("model_service:v1", "present"),
        ("other:v2", "refused"),
        ("model_service:v3", "created"),
    ]
    assert not (own.store / "models/model_service/v2").exists()


def test_a_tag_that_holds_another_digest_is_left_alone(
    own: Workspace, entries: Path, second: Version
):
    other = Workspace(own.folder / "other", environ={"BENTOML_HOME": str(own.store)})
    other.publish(second)
    assert [v.label for v in Registry(other.models).versions()] == ["v2"]
    (other.models / "v2").rename(other.models / "v1")
    before = {path.name: path.read_bytes() for path in (entries / "v1").iterdir()}
    assert states(other) == [("v1", "refused")]
    assert {path.name: path.read_bytes() for path in (entries / "v1").iterdir()} == before


@pytest.mark.usefixtures("entries")
def test_projects_with_other_names_share_a_store(own: Workspace):
    other = Workspace(own.folder / "other")
    version = Registry(other.models).publish(make_manifest("other"), FILES, RUN, ())
    assert version.tag == "other:v1"
    assert [result.state for result in sync(other)] == ["created"]
    assert sync(own) == [SyncResult("model_service:v1", "present")]
    assert sync(other) == [SyncResult("other:v1", "present")]


def test_a_number_is_not_used_again_while_the_store_knows_it(own: Workspace, first: Version):
    (own.models / "v1").rename(own.folder / "gone")
    own.publish(first)
    assert Registry(own.models).numbers() == [2]


def test_an_entry_with_a_number_that_is_not_valid_is_reported_and_never_counted(
    own: Workspace, entries: Path, first: Version, caplog: pytest.LogCaptureFixture
):
    stray = entries / "v999999999999999999"
    shutil.copytree(entries / "v1", stray)
    own.publish(first)
    assert Registry(own.models).numbers() == [1, 2]
    assert (entries / "latest").read_text() == "v2"
    assert stray.is_dir()
    (record,) = caplog.records
    assert f"{entries}: {stray.name}: not a version" in record.getMessage()


def test_a_run_parses_no_entry_that_was_not_touched(
    own: Workspace, entries: Path, first: Version, monkeypatch: pytest.MonkeyPatch
):
    own.publish(first)
    opened: list[int] = []
    look = Registry.open
    monkeypatch.setattr(Registry, "open", lambda *args: opened.append(args[1]) or look(*args))
    own.publish(first)
    assert opened == [2, 2, 3]  # twice the newest, for the name of its model, and the new one
    touched = entries / "v1/model.yaml"
    damage(touched, touched.read_bytes())
    opened.clear()
    assert [result.state for result in own.publish(first)] == ["present"] * 3 + ["created"]
    assert opened == [3, 3, 1, 4]
    opened.clear()
    own.publish(first)  # what was found intact has its stamp again
    assert opened == [4, 4, 5]


def test_publishing_goes_on_above_a_damaged_version(own: Workspace, first: Version):
    damage(own.models / "v1/manifest.json", b"{}")
    own.publish(first)
    assert Registry(own.models).numbers() == [1, 2]
    assert Registry(own.models).check(2).manifest == first.manifest


def test_published_files_are_read_only(own: Workspace, entries: Path):
    for folder in (own.models / "v1", entries / "v1"):
        assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o444}
