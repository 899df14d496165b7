"""Removing versions: what goes, what stays, what is refused, and which numbers come next."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from maas.errors import DamagedError, LockedError, StorageError, VersionError
from maas.registry import locks, protection
from maas.registry.ledger import LEDGER
from maas.registry.registry import Registry
from maas.registry.removal import RemovalResult, prune_versions, remove_versions
from maas.registry.removed_numbers import REMOVED, read_highest_removed
from maas.registry.store import open_store
from tests.lock_holder import stopped_holder
from tests.registry.test_trash import sign, signed
from tests.releases import write_releases
from tests.samples import FILES, RUN, damage, make_manifest
from tests.small_disk import small_disk
from tests.workspace import snapshot


@pytest.fixture
def registry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Registry:
    """Four versions and their mirror."""
    monkeypatch.setenv("BENTOML_HOME", str(tmp_path / "store"))
    return publish(Registry(tmp_path / "models"), 4)


@pytest.fixture
def entries(registry: Registry) -> Path:
    return registry.models_dir.parent / "store/models/m"


def publish(registry: Registry, times: int = 1) -> Registry:
    """Publish and mirror, as a run does; no two versions have one digest."""
    for _ in range(times):
        registry.prepare("m")
        with open_store("m") as store:
            files = FILES | {"saved_model.pkl": os.urandom(8)}
            registry.publish(make_manifest(files=files), files, RUN, store.numbers())
            store.sync(registry, thorough=False)
    return registry


def remove(registry: Registry, *numbers: int, force: bool = False) -> list[tuple[int, str]]:
    return [(r.version, r.state) for r in remove_versions(registry, numbers, force)]


def details(results: list[RemovalResult]) -> dict[int, str]:
    return {result.version: result.detail for result in results}


def labels(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.glob("v*"))


def test_folder_and_entry_go_together_and_nothing_is_left(registry: Registry, entries: Path):
    sign(registry.models_dir, 1, 2, 3, 4)
    assert remove(registry, 3, 1, 3) == [(1, "removed"), (3, "removed")]
    assert registry.numbers() == [2, 4]
    assert labels(entries) == ["v2", "v4"]
    assert signed(registry.models_dir) == ["v2.jsonl", "v2.sig", "v4.jsonl", "v4.sig"]
    names = {path.name for path in registry.models_dir.iterdir()}
    assert names == {"v2", "v4", REMOVED, "signatures", "attestations"}
    assert list((entries.parent.parent / "tmp").iterdir()) == []
    assert [registry.check(number).number for number in (2, 4)] == [2, 4]


def test_numbers_stay_used(registry: Registry, entries: Path):
    write_releases(registry.models_dir, ("promote", 1))
    assert remove(registry, 4, 3) == [(3, "removed"), (4, "removed")]
    assert read_highest_removed(registry.models_dir) == 4
    assert (entries / "latest").read_text() == "v2"
    publish(registry)
    assert registry.numbers() == [1, 2, 5]
    assert (entries / "latest").read_text() == "v5"


def test_the_live_and_the_shadow_version_are_never_removed(registry: Registry):
    with pytest.raises(VersionError, match=r"v4: is live \(before the first release"):
        remove(registry, 4)
    write_releases(registry.models_dir, ("promote", 1), ("promote", 2), ("shadow", 3))
    before = snapshot(registry.models_dir)
    for force in (False, True):
        with pytest.raises(VersionError, match="v2: is live; make another version live first"):
            remove(registry, 1, 2, force=force)
        with pytest.raises(VersionError, match="v3: is the shadow; end that first"):
            remove(registry, 4, 3, force=force)
    assert snapshot(registry.models_dir) == before
    assert remove(registry, 1, 4) == [(1, "removed"), (4, "removed")]


def test_a_version_that_was_live_can_go_and_what_a_rollback_loses_is_said(registry: Registry):
    write_releases(registry.models_dir, ("promote", 1), ("promote", 2), ("promote", 3))
    assert details(remove_versions(registry, [2], force=False)) == {
        2: "a rollback would have gone to it"
    }
    assert details(remove_versions(registry, [4, 1], force=False)) == {
        1: "a rollback would have gone to it",
        4: "",
    }


def test_the_reference_of_the_project_needs_force(
    registry: Registry, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(protection, "PROJECT", registry.models_dir.parent)
    with pytest.raises(VersionError, match=r"v1: is the reference of this project.*add --force"):
        remove(registry, 1, 2)
    assert registry.numbers() == [1, 2, 3, 4]
    assert details(prune_versions(registry, 1, force=False)) == {
        1: "is the reference of this project, which its tests train again",
        2: "",
        3: "",
        4: "is the newest",
    }
    assert remove(registry, 1, force=True) == [(1, "removed")]


def test_all_arguments_are_checked_before_anything_goes(registry: Registry):
    before = snapshot(registry.models_dir)
    with pytest.raises(VersionError, match=r"v9: no such version \(there: v1, v2, v3, v4\)"):
        remove(registry, 1, 9)
    with pytest.raises(VersionError, match="v4: is live"):
        remove(registry, 1, 4)
    assert snapshot(registry.models_dir) == before


def test_pruning_keeps_the_newest_and_what_is_protected_and_says_why(registry: Registry):
    publish(registry, 2)
    write_releases(registry.models_dir, ("promote", 2), ("promote", 1), ("shadow", 3))
    found = prune_versions(registry, 2, force=False)
    assert [(r.version, r.state) for r in found] == [
        (1, "kept"), (2, "removed"), (3, "kept"), (4, "removed"), (5, "kept"), (6, "kept"),
    ]  # fmt: skip
    assert details(found) == {
        1: "is live",
        2: "a rollback would have gone to it",
        3: "is the shadow",
        4: "",
        5: "is one of the newest 2",
        6: "is one of the newest 2",
    }
    assert registry.numbers() == [1, 3, 5, 6]
    assert all(r.state == "kept" for r in prune_versions(registry, 2, force=True))


def test_where_nothing_is_to_go_nothing_is_written(registry: Registry, tmp_path: Path):
    before = snapshot(tmp_path)
    assert {r.state for r in prune_versions(registry, 4, force=False)} == {"kept"}
    assert snapshot(tmp_path) == before
    assert prune_versions(Registry(tmp_path / "none"), 1, force=False) == []
    with pytest.raises(VersionError, match="holds no version"):
        remove(Registry(tmp_path / "none"), 1)
    assert not (tmp_path / "none").exists()


def test_a_tag_that_holds_another_digest_is_left(registry: Registry, entries: Path):
    shutil.rmtree(entries / "v1")
    shutil.copytree(entries / "v2", entries / "v1")
    before = snapshot(entries / "v1")
    (result,) = remove_versions(registry, [1], force=True)
    assert result.state == "removed"
    assert result.detail.startswith("the tag m:v1 in the store holds sha256:")
    assert result.detail.endswith("which was left alone")
    assert snapshot(entries / "v1") == before
    assert registry.numbers() == [2, 3, 4]


def test_an_incomplete_entry_and_none_at_all_are_no_hindrance(registry: Registry, entries: Path):
    shutil.rmtree(entries / "v1")
    for file in (entries / "v2").iterdir():
        file.unlink()
    (entries / "v3/model.onnx").unlink()
    assert remove(registry, 1, 2, 3) == [(1, "removed"), (2, "removed"), (3, "removed")]
    assert labels(entries) == ["v4"]


def test_a_damaged_version_can_go_and_its_entry_with_force(registry: Registry, entries: Path):
    damage(registry.models_dir / "v1/model.onnx", b"x")
    damage(registry.models_dir / "v2/manifest.json", b"{}")
    found = details(remove_versions(registry, [1, 2], force=False))
    assert found[1] == ""
    assert "`remove 2 --force` removes it" in found[2]
    assert labels(entries) == ["v2", "v3", "v4"]
    assert remove(registry, 2, force=True) == [(2, "removed")]  # the remedy works
    damage(registry.models_dir / "v3/manifest.json", None)
    assert remove(registry, 3, force=True) == [(3, "removed")]
    assert labels(entries) == ["v4"]


def test_where_no_manifest_can_be_read_the_store_is_not_looked_at(
    registry: Registry, entries: Path
):
    for number in registry.numbers():
        damage(registry.models_dir / f"v{number}/manifest.json", b"{}")
    found = details(remove_versions(registry, [1], force=True))
    assert "no manifest here says the name of the model" in found[1]
    assert labels(entries) == ["v1", "v2", "v3", "v4"]


def test_what_only_the_store_has_needs_force_and_its_number_stays_used(
    registry: Registry, entries: Path
):
    publish(registry)
    shutil.rmtree(registry.models_dir / "v5")
    with pytest.raises(VersionError, match=r"v5: is in the BentoML store only.*add --force"):
        remove(registry, 5)
    with pytest.raises(VersionError, match="v5: is in the BentoML store only"):
        remove(registry, 1, 5)
    assert details(remove_versions(registry, [5], force=True)) == {
        5: "from the store: the folder has no such version"
    }
    assert labels(entries) == ["v1", "v2", "v3", "v4"]
    assert (entries / "latest").read_text() == "v4"
    publish(registry)
    assert registry.latest().number == 6


def test_a_version_of_another_model_goes_without_its_tag(registry: Registry, entries: Path):
    other = Registry(registry.models_dir.parent / "other")
    version = other.publish(make_manifest("other"), FILES, RUN, ())
    shutil.rmtree(registry.models_dir / "v1")
    shutil.copytree(version.path, registry.models_dir / "v1")
    assert "was left alone" in details(remove_versions(registry, [1], force=False))[1]
    assert labels(entries) == ["v1", "v2", "v3", "v4"]


def test_what_a_bento_uses_needs_force(registry: Registry, entries: Path):
    bento = entries.parent.parent / "bentos/service/abc"
    bento.mkdir(parents=True)
    (bento / "bento.yaml").write_text("services: [{models: [{tag: 'm:v1'}]}]")
    with pytest.raises(VersionError, match=r"v1: is used by service:abc.*`bentoml delete service:"):
        remove(registry, 1)
    kept = details(prune_versions(registry, 1, force=False))
    assert kept[1] == "is used by service:abc: a Bento holds no files of its model"
    assert registry.numbers() == [1, 4]
    assert remove(registry, 1, force=True) == [(1, "removed")]


def test_a_bento_of_another_digest_keeps_nothing(registry: Registry, entries: Path):
    shutil.rmtree(entries / "v1")
    shutil.copytree(entries / "v2", entries / "v1")
    bento = entries.parent.parent / "bentos/service/abc"
    bento.mkdir(parents=True)
    (bento / "bento.yaml").write_text("models: [{tag: 'm:v1'}]")
    assert remove(registry, 1) == [(1, "removed")]


@pytest.mark.parametrize("name", [LEDGER, REMOVED])
def test_a_damaged_ledger_or_record_stops_everything(registry: Registry, name: str):
    (registry.models_dir / name).write_bytes(b"{")
    before = snapshot(registry.models_dir.parent)
    with pytest.raises(DamagedError, match=name):
        remove(registry, 1, force=True)
    with pytest.raises(DamagedError, match=name):
        prune_versions(registry, 1, force=True)
    assert snapshot(registry.models_dir.parent) == before


def test_a_link_is_removed_and_what_it_leads_to_stays(registry: Registry, tmp_path: Path):
    (registry.models_dir / "v1").rename(tmp_path / "elsewhere")
    (registry.models_dir / "v1").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "elsewhere").chmod(0o555)
    assert remove(registry, 1) == [(1, "removed")]
    assert registry.numbers() == [2, 3, 4]
    assert len(list((tmp_path / "elsewhere").iterdir())) == 6
    assert (tmp_path / "elsewhere").stat().st_mode & 0o777 == 0o555


def test_a_removal_that_was_killed_is_finished_by_the_next(registry: Registry):
    trash = registry.models_dir / ".staging-dead/version"
    trash.mkdir(parents=True)
    sign(registry.models_dir, 1)
    (registry.models_dir / "v1").rename(trash / "v1")
    assert remove(registry, 2) == [(2, "removed")]
    assert signed(registry.models_dir) == []
    assert list(registry.models_dir.glob(".staging-*")) == []


def test_one_that_fails_does_not_stop_the_others(
    registry: Registry, monkeypatch: pytest.MonkeyPatch
):
    rename = Path.rename

    def fail(path: Path, target: Path) -> Path:
        if path == registry.models_dir / "v1":
            raise PermissionError(13, "Permission denied")
        return rename(path, target)

    monkeypatch.setattr(Path, "rename", fail)
    failed, removed = remove_versions(registry, [1, 2], force=False)
    assert (failed.state, removed.state) == ("failed", "removed")
    assert "v1: cannot be removed (Permission denied); check its owner" in failed.detail
    assert registry.check(1).number == 1


@pytest.mark.skipif(os.name == "nt", reason="stops a process with a signal")
def test_a_promotion_in_progress_is_waited_for(registry: Registry, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(locks, "TIMEOUT_S", 0.1)
    with (
        stopped_holder(registry.models_dir),
        pytest.raises(LockedError, match="promotion or removal"),
    ):
        remove(registry, 1)
    assert registry.numbers() == [1, 2, 3, 4]


@pytest.fixture
def disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A small disk for the models folder; the store is elsewhere."""
    monkeypatch.setenv("BENTOML_HOME", str(tmp_path / "home"))
    with small_disk(tmp_path / "small", "256k", "the crash tests let any call fail") as folder:
        yield folder


def test_a_read_only_folder_is_said_and_leaves_all(disk: Path):
    registry = publish(Registry(disk / "models"), 2)
    subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
    with pytest.raises(StorageError, match=r"cannot write to the models folder.*Read-only file"):
        remove(registry, 1)
    assert [registry.check(number).number for number in (1, 2)] == [1, 2]
    subprocess.run(["mount", "-o", "remount,rw", str(disk)], check=True)
    assert remove(registry, 1) == [(1, "removed")]


def test_a_full_disk_is_said_and_leaves_all_or_can_be_emptied(disk: Path):
    registry = publish(Registry(disk / "models"), 2)
    subprocess.run(
        ["dd", "if=/dev/zero", f"of={disk / 'filler'}"], capture_output=True, check=False
    )
    with pytest.raises(StorageError, match="No space left on device"):
        remove(registry, 1)
    assert [registry.check(number).number for number in (1, 2)] == [1, 2]
    (disk / "filler").write_bytes(bytes(4096))
    assert remove(registry, 1) == [(1, "removed")]
