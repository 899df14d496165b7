"""What was signed about a version goes along when it is removed, also after a kill in between."""

from pathlib import Path

from maas.registry.registry import Registry
from maas.registry.staging import remove_abandoned, staged
from maas.registry.trash import move_to_trash
from tests.samples import FILES, RUN, make_manifest

SIGNED = ("signatures/v{}.sig", "attestations/v{}.jsonl")


def sign(models: Path, *numbers: int) -> None:
    for number in numbers:
        for name in SIGNED:
            path = models / name.format(number)
            path.parent.mkdir(exist_ok=True)
            path.write_text("signed")
            path.chmod(0o444)


def signed(models: Path) -> list[str]:
    return sorted(
        path.name
        for folder in ("signatures", "attestations")
        for path in (models / folder).iterdir()
    )


def two_versions(models: Path) -> Registry:
    registry = Registry(models)
    for _ in range(2):
        registry.publish(make_manifest(), FILES, RUN, ())
    sign(models, 1, 2)
    return registry


def test_folder_signature_and_attestations_go_together(tmp_path: Path):
    registry = two_versions(tmp_path)
    with staged(tmp_path, {}) as trash:
        move_to_trash(tmp_path, 1, trash)
        assert registry.numbers() == [2]
        assert signed(tmp_path) == ["v2.jsonl", "v2.sig"]
    assert sorted(p.name for p in tmp_path.iterdir()) == ["attestations", "signatures", "v2"]


def test_the_trash_of_a_dead_process_takes_the_signatures_that_are_left(tmp_path: Path):
    registry = two_versions(tmp_path)
    trash = tmp_path / ".staging-dead/version"
    trash.mkdir(parents=True)
    (tmp_path / "v1").rename(trash / "v1")
    registry.prepare("m")
    assert signed(tmp_path) == ["v2.jsonl", "v2.sig"]
    assert not trash.exists()


def test_the_signatures_of_a_version_that_was_restored_stay(tmp_path: Path):
    two_versions(tmp_path)
    (tmp_path / ".staging-dead/version/v1").mkdir(parents=True)
    (tmp_path / ".staging-dead/version/v1.sig").touch()
    remove_abandoned(tmp_path)
    assert len(signed(tmp_path)) == 4


def test_a_version_that_cannot_be_written_is_removed_too(tmp_path: Path):
    two_versions(tmp_path)
    for path in (tmp_path / "v1", tmp_path / "v1/model.onnx"):
        path.chmod(0o555)
    with staged(tmp_path, {}) as trash:
        move_to_trash(tmp_path, 1, trash)
    assert list(tmp_path.glob(".staging-*")) == []
