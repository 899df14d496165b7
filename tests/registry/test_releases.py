"""Adding to the ledger: one after the other, whole or not at all, and by whom."""

import errno
import getpass
import json
import os
import re
import sys
from pathlib import Path

import pytest

from maas.errors import DamagedError, InputError, LockedError, StorageError
from maas.registry import locks, releases
from maas.registry.ledger import LEDGER, read_ledger
from maas.registry.registry import Registry
from maas.registry.releases import MAX_REASON, check_reason, describe_user, open_ledger
from maas.registry.version import Version
from tests.lock_holder import stopped_holder
from tests.samples import FILES, RUN, make_manifest

needs_signals = pytest.mark.skipif(sys.platform == "win32", reason="stops a process with a signal")


@pytest.fixture
def version(tmp_path: Path) -> Version:
    return Registry(tmp_path).publish(make_manifest(), FILES, RUN, ())


def test_entries_are_added_and_those_before_stay_as_they_are(version: Version):
    models = version.path.parent
    with open_ledger(models) as writer:
        first = writer.append("promote", version, "a reason")
        second = writer.append("shadow", version, None, input_bound=1e30)
    before = read_ledger(models)
    assert before.entries == (first, second)
    with open_ledger(models) as writer:
        assert writer.ledger == before
        third = writer.append("shadow", None, None)
    assert read_ledger(models).entries == (first, second, third)
    assert (first.release, first.previous, first.digest) == (1, None, version.manifest.digest)
    assert (third.version, third.digest, third.previous) == (None, None, second.full_hash())
    assert re.fullmatch(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ", first.at)
    assert first.by == describe_user()


def test_a_key_that_was_added_later_is_not_written_at_its_default(version: Version):
    with open_ledger(version.path.parent) as writer:
        writer.append("promote", version, None)
        writer.append("promote", version, None, input_bound=10.0, forced=True)
    plain, full = json.loads((version.path.parent / LEDGER).read_bytes())["entries"]
    assert full.keys() - plain.keys() == {"input_bound", "forced"}


def test_the_ledger_is_canonical_and_readable_to_others(version: Version):
    mask = os.umask(0o077)
    try:
        with open_ledger(version.path.parent) as writer:
            writer.append("promote", version, "é\u00a0«ü»")
    finally:
        os.umask(mask)
    path = version.path.parent / LEDGER
    assert path.stat().st_mode & 0o777 == 0o644
    assert path.read_bytes() == read_ledger(path.parent).to_bytes()
    assert "«ü»" in path.read_text(encoding="utf-8")


def test_what_killed_promoters_left_is_removed(version: Version):
    models = version.path.parent
    (models / ".serving-0123").write_bytes(b"half")
    with open_ledger(models) as writer:
        writer.append("promote", version, None)
    assert sorted(p.name for p in models.iterdir()) == [LEDGER, "v1"]


@pytest.mark.parametrize("step", ["write_synced", "os.replace"])
@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EIO, errno.EROFS])
def test_a_failing_disk_leaves_the_ledger_as_it_was(
    version: Version, monkeypatch: pytest.MonkeyPatch, step: str, code: int
):
    models = version.path.parent
    with open_ledger(models) as writer:
        writer.append("promote", version, None)
    before = (models / LEDGER).read_bytes()

    def fail(*_: object) -> None:
        raise OSError(code, os.strerror(code))

    with monkeypatch.context() as patched:
        patched.setattr(f"maas.registry.releases.{step}", fail)
        with pytest.raises(StorageError, match=os.strerror(code)), open_ledger(models) as writer:
            writer.append("promote", version, None)
    assert (models / LEDGER).read_bytes() == before
    assert sorted(p.name for p in models.iterdir()) == [LEDGER, "v1"]


def test_an_entry_that_is_visible_is_not_withdrawn(
    version: Version, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    def fail(_: Path) -> None:
        raise OSError(errno.EIO, "no disk")

    monkeypatch.setattr(releases, "sync_folder", fail)
    with open_ledger(version.path.parent) as writer:
        writer.append("promote", version, None)
    assert len(read_ledger(version.path.parent).entries) == 1
    assert "a power cut may lose its last entry" in caplog.text


def test_a_ledger_that_nobody_could_read_is_not_written(
    version: Version, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(releases, "MAX_RECORD_BYTES", 100)
    with (
        pytest.raises(StorageError, match="would be larger than 100 bytes"),
        open_ledger(version.path.parent) as writer,
    ):
        writer.append("promote", version, None)
    assert not (version.path.parent / LEDGER).exists()


def test_a_damaged_ledger_is_not_added_to(version: Version):
    (version.path.parent / LEDGER).write_bytes(b"{}x")
    with pytest.raises(DamagedError, match=LEDGER), open_ledger(version.path.parent):
        pytest.fail("it is damaged")
    assert (version.path.parent / LEDGER).read_bytes() == b"{}x"


@needs_signals
def test_a_stopped_holder_of_the_lock_is_waited_for_with_a_limit(
    version: Version, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(locks, "TIMEOUT_S", 0.1)
    models = version.path.parent
    with (
        stopped_holder(models),
        pytest.raises(LockedError, match="a training run that publishes, or a promotion"),
        open_ledger(models),
    ):
        pytest.fail("the lock is held by another process")


@needs_signals
def test_where_a_folder_cannot_be_locked_a_file_in_it_is(
    version: Version, monkeypatch: pytest.MonkeyPatch
):
    models, lock = version.path.parent, locks._lock

    def lock_files_only(handle: int) -> None:
        if Path(f"/dev/fd/{handle}").is_dir():
            raise OSError(errno.EBADF, os.strerror(errno.EBADF))  # as NFS does
        lock(handle)

    monkeypatch.setattr(locks, "_lock", lock_files_only)
    monkeypatch.setattr(locks, "TIMEOUT_S", 0.1)
    with open_ledger(models) as writer:
        writer.append("promote", version, None)
    with stopped_holder(models / ".serving.lock"), pytest.raises(LockedError), open_ledger(models):
        pytest.fail("the lock is held by another process")
    assert sorted(p.name for p in models.iterdir()) == [".serving.lock", LEDGER, "v1"]


def test_a_folder_that_does_not_exist_is_an_error(tmp_path: Path):
    with pytest.raises(StorageError, match="cannot lock"), open_ledger(tmp_path / "none"):
        pytest.fail("there is no folder")


def test_a_reason_is_one_line_of_text():
    assert check_reason(None) is None
    assert check_reason("  ") is None
    assert check_reason(" it is better ") == "it is better"
    assert check_reason("x" * MAX_REASON) == "x" * MAX_REASON
    for text in ("x" * (MAX_REASON + 1), "a\nb", "a\tb", "\x1b[31m", "a\u2028b", "\udcff"):
        with pytest.raises(InputError, match="--reason"):
            check_reason(text)


@pytest.mark.parametrize("error", [KeyError("uid not found"), OSError("no name"), ImportError()])
def test_a_user_without_a_name_is_named_by_number(
    monkeypatch: pytest.MonkeyPatch, error: Exception
):
    def fail() -> str:
        raise error

    monkeypatch.setattr(getpass, "getuser", fail)
    assert re.fullmatch(r"uid\d+@.+", describe_user())


def test_a_name_from_the_environment_is_made_printable(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("LOGNAME", "a\nb\udcff" + "x" * 300)
    assert describe_user().startswith("a?b?xx")
    assert len(describe_user()) == 200
