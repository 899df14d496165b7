"""The ledger of releases: what it says, and that every change of it shows."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from maas.errors import DamagedError, StorageError, VersionError
from maas.registry.ledger import (
    LEDGER,
    NO_RELEASES,
    Ledger,
    Release,
    Term,
    list_terms,
    read_ledger,
)
from maas.registry.live_version import find_live
from maas.registry.registry import Registry
from maas.registry.summary import summarise
from tests.samples import FILES, RUN, damage, make_manifest

DIGEST = "sha256:" + "0" * 64


def ledger_of(*actions: tuple[str, int | None], before: tuple[int | None, ...] = ()) -> Ledger:
    """A ledger with one entry per (action, version)."""
    entries: tuple[Release, ...] = ()
    for index, (action, version) in enumerate(actions):
        entries += (
            Release.seal(
                release=index + 1,
                action=action,
                version=version,
                digest=None if version is None else DIGEST,
                reason=None,
                by="user@host",
                at=f"2026-01-02T03:04:{index:02}Z",
                before=before[index] if before else None,
                previous=entries[-1].full_hash() if entries else None,
            ),
        )
    return Ledger(schema_version=1, entries=entries)


SAMPLE = ledger_of(("promote", 1), ("shadow", 2), ("promote", 3), before=(None, None, 1))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / LEDGER
    path.write_bytes(SAMPLE.to_bytes())
    return path


def test_what_was_written_is_read(path: Path):
    assert read_ledger(path.parent) == SAMPLE
    assert read_ledger(path.parent / "none") == NO_RELEASES


def test_a_folder_that_cannot_be_read_is_not_taken_for_one_without_releases(tmp_path: Path):
    loop = tmp_path / "loop"
    loop.symlink_to(loop)
    with pytest.raises(StorageError, match=r"serving\.json: cannot be read"):
        read_ledger(loop)


Edit = Callable[[dict[str, Any]], Any]


def rehash(content: dict[str, Any], number: int) -> None:
    """Give an entry the hash of what it says now."""
    entry = content["entries"][number]
    fields = {k: v for k, v in entry.items() if k != "sha256"}
    entry["sha256"] = Release.model_construct(**fields, sha256="").own_hash()


def edit_and_rehash(number: int, **changes: Any) -> Edit:
    def change(content: dict[str, Any]) -> None:
        content["entries"][number] |= changes
        rehash(content, number)

    return change


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda c: c["entries"][0].update(reason="other"), "release 1 is not what its hash"),
        (lambda c: c["entries"][2].update(by="other@host"), "release 3 is not what its hash"),
        (edit_and_rehash(0, reason="other"), "release 2 does not carry the hash of the one before"),
        (edit_and_rehash(2, previous=None), "release 3 does not carry the hash"),
        (lambda c: c["entries"].pop(0), "has release 2 where release 1 should be"),
        (lambda c: c["entries"].pop(1), "has release 3 where release 2 should be"),
        (lambda c: c["entries"].reverse(), "has release 3 where release 1 should be"),
        (lambda c: c["entries"].append(c["entries"][0]), "has release 1 where release 4 should"),
        (
            lambda c: c.update(schema_version=2),
            "schema_version that this release does not know; up",
        ),
        (
            lambda c: c["entries"][1].update(action="canary"),
            "release 2: action.*; upgrade this installation, or restore",
        ),
        (
            lambda c: c["entries"][1].update(more=1),
            "release 2: more.*; upgrade this installation, or restore",
        ),
        (lambda c: c["entries"][1].pop("at"), "release 2: at"),
        (lambda c: c["entries"][1].update(version=True), "release 2: version"),
        (edit_and_rehash(2, at="yesterday"), "release 3: at"),
        (edit_and_rehash(2, version=None), "release 3: entry.*a version has a digest"),
        (edit_and_rehash(2, version=None, digest=None), "release 3: entry.*a promote names a"),
        (edit_and_rehash(2, before=3), "release 3: entry.*`before` is not an earlier release"),
        (edit_and_rehash(2, before=2), "release 3: `before` names a shadow"),
        (lambda c: c.update(entries=3), "entries: "),
        (lambda c: c.pop("schema_version") and c.update(x=1), "is not a valid ledger"),
        (lambda c: c.pop("schema_version"), "schema_version: Field required"),
        (lambda c: c.pop("entries"), "entries: Field required"),
    ],
)
def test_a_change_is_damage_that_names_the_entry(path: Path, change: Edit, said: str):
    content = json.loads(path.read_bytes())
    change(content)
    path.write_text(json.dumps(content))
    with pytest.raises(DamagedError, match=said) as caught:
        read_ledger(path.parent)
    assert caught.value.exit_code == 1
    assert str(path) in str(caught.value)


@pytest.mark.parametrize("data", [b"", b"{", b"[]", b"\xff", b"null", b"{}", b'{"entries": NaN}'])
def test_what_is_no_ledger_is_damage(path: Path, data: bytes):
    path.write_bytes(data)
    with pytest.raises(DamagedError, match="is not a valid ledger"):
        read_ledger(path.parent)


def test_a_link_or_a_folder_is_no_ledger(path: Path):
    kept = path.rename(path.parent / "kept")
    path.symlink_to(kept)
    with pytest.raises(DamagedError, match="is a link"):
        read_ledger(path.parent)
    path.unlink()
    path.mkdir()
    with pytest.raises(DamagedError, match="is not a plain file"):
        read_ledger(path.parent)


def test_the_newest_promotion_or_rollback_is_live():
    assert NO_RELEASES.live is None
    assert NO_RELEASES.shadow is None
    ledger = ledger_of(("promote", 1), ("promote", 2), ("rollback", 1), ("shadow", 2))
    assert (ledger.live.release, ledger.shadow.release) == (3, 4)
    assert ledger_of(("shadow", 1)).live is None


def test_a_shadow_ends_where_it_is_ended_replaced_or_becomes_live():
    assert ledger_of(("shadow", 2), ("shadow", None)).shadow is None
    assert ledger_of(("shadow", 2), ("shadow", 3)).shadow.version == 3
    assert ledger_of(("shadow", 2), ("promote", 1)).shadow.version == 2
    assert ledger_of(("shadow", 2), ("promote", 2)).shadow is None
    assert ledger_of(("shadow", 2), ("promote", 2), ("rollback", 1)).shadow is None
    assert ledger_of(("promote", 2), ("shadow", 2)).shadow.version == 2


def test_a_version_was_live_until_the_next_release():
    ledger = ledger_of(("promote", 1), ("shadow", 9), ("promote", 2), ("rollback", 1))
    at = [entry.at for entry in ledger.entries]
    assert list_terms(ledger, 1) == [Term(1, at[0], at[2]), Term(4, at[3], None)]
    assert list_terms(ledger, 2) == [Term(3, at[2], at[3])]
    assert list_terms(ledger, 9) == []
    assert list_terms(ledger, 1)[1].text == f"r4, {at[3]} to now"


def test_before_the_first_release_the_newest_version_is_live(tmp_path: Path):
    registry = Registry(tmp_path)
    with pytest.raises(VersionError):
        find_live(registry, NO_RELEASES)
    for _ in range(2):
        registry.publish(make_manifest(), FILES, RUN, ())
    assert find_live(registry, NO_RELEASES).number == 2
    assert [summary.live for summary in summarise(registry, NO_RELEASES)] == [False, True]


def test_a_live_version_that_was_removed_or_replaced_is_an_error(tmp_path: Path):
    registry = Registry(tmp_path)
    version = registry.publish(make_manifest(), FILES, RUN, ())
    with pytest.raises(DamagedError, match="is not the version that release 1 names"):
        find_live(registry, ledger_of(("promote", 1)))
    (summary,) = summarise(registry, ledger_of(("promote", 1)))
    assert (summary.state, summary.live) == ("damaged", True)
    assert "is not the version that release 1 made live" in str(summary.problem)
    with pytest.raises(DamagedError, match="v2: is missing, and live since release 1"):
        find_live(registry, ledger_of(("promote", 2)))
    damage(version.path / "manifest.json", b"{}")
    with pytest.raises(DamagedError, match=r"manifest\.json"):
        find_live(registry, ledger_of(("promote", 1)))
