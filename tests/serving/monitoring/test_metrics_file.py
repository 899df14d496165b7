"""Counts survive a disk without room and a file that was removed."""

import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from prometheus_client import values
from prometheus_client.mmap_dict import _INITIAL_MMAP_SIZE, MmapedDict

from maas.serving.monitoring import metrics_file
from maas.serving.monitoring.metrics_file import INITIAL_BYTES, MetricsFile, restore_files

KEYS = [f"key {index} {'x' * 100}" for index in range(2000)]


@contextmanager
def no_room_above(size: int) -> Iterator[None]:
    """Let no file grow above a size, as a full disk does."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.fixture
def path(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path / "folder/counter_1.db"
    for file in list(metrics_file._open_files):
        file.close()


def open_file(path: Path) -> MetricsFile:
    path.parent.mkdir(exist_ok=True)
    return MetricsFile(str(path))


def written(path: Path) -> dict[str, float]:
    found = MmapedDict.read_all_values_from_file(str(path))
    return {key.strip(): value for key, value, _, _ in found}


def count(file: MetricsFile, keys: list[str]) -> None:
    for number, key in enumerate(keys):
        file.write_value(key, float(number), 0.0)


def test_a_file_grows_by_pages_that_the_disk_has(path: Path):
    file = open_file(path)
    assert path.stat().st_blocks * 512 >= INITIAL_BYTES
    count(file, KEYS)
    assert written(path) == {key: float(number) for number, key in enumerate(KEYS)}
    assert path.stat().st_size > INITIAL_BYTES
    assert path.stat().st_blocks * 512 >= path.stat().st_size
    assert INITIAL_BYTES == _INITIAL_MMAP_SIZE


def test_without_room_at_first_counts_stay_in_memory_and_no_file_is_left(
    path: Path, logged: list[str]
):
    path.parent.mkdir()
    with no_room_above(1000):
        file = open_file(path)
        count(file, KEYS)
    assert [file.read_value(key)[0] for key in KEYS] == [float(n) for n in range(len(KEYS))]
    assert list(path.parent.iterdir()) == []
    (line,) = logged
    assert line.startswith(f"ERROR {path}: no room for metrics (File too large); ")


def test_without_room_to_grow_counts_stay_in_memory(path: Path, logged: list[str]):
    with no_room_above(2 * INITIAL_BYTES):
        file = open_file(path)
        count(file, KEYS)
    assert [file.read_value(key)[0] for key in KEYS] == [float(n) for n in range(len(KEYS))]
    assert len(written(path)) > 100
    assert len(logged) == 1


def test_a_removed_file_is_written_again_with_its_counts(path: Path):
    file = open_file(path)
    count(file, KEYS[:10])
    path.unlink()
    path.parent.rmdir()
    restore_files()
    assert written(path) == {key: float(number) for number, key in enumerate(KEYS[:10])}
    file.write_value(KEYS[0], 7.0, 0.0)
    count(file, KEYS[1:])
    assert written(path)[KEYS[0]] == 7.0


def test_a_removed_file_that_cannot_be_written_again_leaves_the_counts(
    path: Path, logged: list[str]
):
    file = open_file(path)
    count(file, KEYS[:10])
    path.unlink()
    with no_room_above(1000):
        restore_files()
    restore_files()
    assert file.read_value(KEYS[9])[0] == 9.0
    assert len(logged) == 1


def test_the_class_that_is_replaced_is_prometheus_client_s_own(monkeypatch: pytest.MonkeyPatch):
    assert issubclass(values.MmapedDict, MmapedDict)
    monkeypatch.setattr(values, "MmapedDict", MmapedDict)
    metrics_file.use_metrics_files()
    assert values.MmapedDict is MetricsFile


def test_another_prometheus_client_is_left_alone_with_a_warning(
    monkeypatch: pytest.MonkeyPatch, logged: list[str]
):
    monkeypatch.delattr(values, "MmapedDict")
    metrics_file.use_metrics_files()
    assert not hasattr(values, "MmapedDict")
    assert logged[0].startswith("WARNING prometheus_client is not the one that is known")
