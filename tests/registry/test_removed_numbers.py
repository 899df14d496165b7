"""The highest removed number: kept, never lowered, and checked like any file from outside."""

from pathlib import Path

import pytest

from maas.errors import DamagedError
from maas.registry.files import MAX_RECORD_BYTES
from maas.registry.registry import Registry
from maas.registry.removed_numbers import REMOVED, read_highest_removed, record_removed
from maas.registry.summary import summarise
from tests.samples import FILES, RUN, make_manifest

HOSTILE = [
    b"",
    b"{",
    b"[]",
    b"7",
    b'"7"',
    b"{}",
    b'{"highest": 0}',
    b'{"highest": -1}',
    b'{"highest": "7"}',
    b'{"highest": 7.5}',
    b'{"highest": true}',
    b'{"highest": NaN}',
    b'{"highest": 1000000000}',
    b'{"highest": ' + b"9" * 4000 + b"}",
    b'{"highest": 7, "more": 1}',
    b"\xff\xfe",
    b"[" * 4000,
    bytes(5000),
]


def test_the_highest_number_is_kept(tmp_path: Path):
    staging = tmp_path / "staging"
    staging.mkdir()
    assert read_highest_removed(tmp_path) == 0
    for number, highest in ((3, 3), (2, 3), (3, 3), (7, 7)):
        record_removed(tmp_path, number, staging)
        assert read_highest_removed(tmp_path) == highest
    assert (tmp_path / REMOVED).read_bytes() == b'{"highest":7,"schema_version":1}\n'
    assert list(staging.iterdir()) == []


def test_the_next_number_is_above_it(tmp_path: Path):
    registry = Registry(tmp_path)
    (tmp_path / REMOVED).write_text('{"highest": 7}')
    assert registry.publish(make_manifest(), FILES, RUN, ()).number == 8
    assert registry.publish(make_manifest(), FILES, RUN, (20,)).number == 21


@pytest.mark.parametrize("content", HOSTILE, ids=lambda content: content[:25].decode("latin-1"))
def test_a_hostile_file_stops_publishing_with_a_line_and_no_reader(tmp_path: Path, content: bytes):
    registry = Registry(tmp_path)
    registry.publish(make_manifest(), FILES, RUN, ())
    (tmp_path / REMOVED).write_bytes(content)
    for work in (
        lambda: registry.prepare("m"),
        lambda: registry.publish(make_manifest(), FILES, RUN, ()),
        lambda: record_removed(tmp_path, 1, tmp_path),
    ):
        with pytest.raises(
            DamagedError, match=r'removed\.json: .*; write \{"highest": N'
        ) as caught:
            work()
        assert len(str(caught.value)) < 500 + len(str(tmp_path))
    assert (tmp_path / REMOVED).read_bytes() == content
    assert registry.numbers() == [1]
    assert registry.check(1).number == registry.latest().number == 1
    assert [summary.state for summary in summarise(registry)] == ["ok"]


def test_the_remedy_works(tmp_path: Path):
    (tmp_path / REMOVED).write_text('{"highest": 4, "schema_version": 1}')
    assert read_highest_removed(tmp_path) == 4


def test_a_later_format_says_so(tmp_path: Path):
    (tmp_path / REMOVED).write_text('{"highest": 4, "schema_version": 2}')
    with pytest.raises(DamagedError, match="does not know; upgrade this installation"):
        read_highest_removed(tmp_path)


@pytest.mark.parametrize("kind", ["folder", "link", "loop", "huge"])
def test_what_is_not_a_plain_file_is_not_read(tmp_path: Path, kind: str):
    path = tmp_path / REMOVED
    match kind:
        case "folder":
            path.mkdir()
        case "link":
            (tmp_path / "other").write_text('{"highest": 7}')
            path.symlink_to("other")
        case "loop":
            path.symlink_to(path)
        case _:
            with path.open("wb") as file:
                file.truncate(MAX_RECORD_BYTES * 100)
    with pytest.raises(DamagedError, match=r"removed\.json"):
        read_highest_removed(tmp_path)


def test_a_name_that_cannot_be_looked_up_is_not_taken_for_a_missing_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    def fail(_: Path) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(Path, "lstat", fail)
    with pytest.raises(DamagedError, match=r"cannot be read \(Input/output error\)"):
        read_highest_removed(tmp_path)
