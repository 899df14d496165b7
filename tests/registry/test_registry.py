"""The registry: complete versions or none, and errors that name the damaged file."""

import errno
import logging
import os
import resource
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

import maas.registry
from maas.errors import DamagedError, StorageError, VersionError
from maas.registry.registry import Registry
from tests.samples import FILES, RUN, damage, make_manifest


def publish(registry: Registry, *taken: int) -> int:
    return registry.publish(make_manifest(), FILES, RUN, taken).number


def test_a_version_comes_back_as_it_was_published(tmp_path: Path):
    registry = Registry(tmp_path / "models")
    assert publish(registry) == 1
    version = registry.open(1)
    version.check()
    assert version.manifest == make_manifest()
    assert version.read("model.onnx") == b"graph"
    assert (version.label, version.tag) == ("v1", "m:v1")
    assert [p.name for p in registry.models_dir.iterdir()] == ["v1"]


def test_numbers_go_on_above_folders_and_store(tmp_path: Path):
    registry = Registry(tmp_path)
    assert [publish(registry), publish(registry), publish(registry, 7)] == [1, 2, 8]
    assert registry.numbers() == [1, 2, 8]
    assert registry.latest().number == 8
    assert [publish(registry), publish(registry), publish(registry)] == [9, 10, 11]


@pytest.mark.parametrize("name", [".staging-x", "v01", "v0", "v1x", "vx", "wine", "V5"])
def test_what_is_no_version_is_ignored(tmp_path: Path, name: str):
    (tmp_path / name).mkdir()
    (tmp_path / "v7").write_text("a file")
    registry = Registry(tmp_path)
    assert registry.numbers() == []
    with pytest.raises(VersionError, match="holds no version"):
        registry.latest()


def test_concurrent_publishers_each_get_their_own_number(tmp_path: Path):
    registry = Registry(tmp_path)
    numbers: list[int] = []
    threads = [
        threading.Thread(target=lambda: numbers.append(publish(registry))) for _ in range(16)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(numbers) == list(range(1, 17))
    for number in numbers:
        registry.open(number).check()


@pytest.mark.parametrize("name", ["model.onnx", "saved_model.pkl", "manifest.json"])
@pytest.mark.parametrize("data", [b"other", b"", None], ids=["altered", "emptied", "deleted"])
def test_damage_is_detected_and_names_the_file(tmp_path: Path, name: str, data: bytes | None):
    registry = Registry(tmp_path)
    publish(registry)
    damage(tmp_path / "v1" / name, data)
    with pytest.raises(DamagedError, match=name):
        registry.open(1).check()


def test_an_altered_figure_breaks_the_digest(tmp_path: Path):
    registry = Registry(tmp_path)
    publish(registry)
    path = tmp_path / "v1/manifest.json"
    damage(path, path.read_bytes().replace(b'"r2": 0.5', b'"r2": 0.9'))
    with pytest.raises(DamagedError, match="digest does not match"):
        registry.open(1)


def test_an_added_file_is_detected(tmp_path: Path):
    registry = Registry(tmp_path)
    publish(registry)
    (tmp_path / "v1/more.txt").write_text("x")
    with pytest.raises(DamagedError, match=r"more\.txt"):
        registry.open(1).check()


def test_a_missing_run_json_is_damage(tmp_path: Path):
    registry = Registry(tmp_path)
    publish(registry)
    damage(tmp_path / "v1/run.json", None)
    with pytest.raises(DamagedError, match=r"run\.json"):
        registry.open(1).check()


def test_a_failed_publish_leaves_nothing(tmp_path: Path):
    registry = Registry(tmp_path)
    files = FILES | {"missing/folder": b""}
    with pytest.raises(StorageError):
        registry.publish(make_manifest(), files, b"{}", ())
    assert list(tmp_path.iterdir()) == []


def test_prepare_refuses_another_model(tmp_path: Path):
    registry = Registry(tmp_path)
    publish(registry)
    registry.prepare("m")
    with pytest.raises(VersionError, match="'m', not of 'n'"):
        registry.prepare("n")
    assert [p.name for p in tmp_path.iterdir()] == ["v1"]


def test_the_python_api(tmp_path: Path):
    registry = maas.registry.Registry(tmp_path)
    assert registry.versions() == []
    publish(registry)
    publish(registry)
    damage(tmp_path / "v1/manifest.json", b"{}")
    assert [version.number for version in registry.versions()] == [2]
    assert registry.check(2) == registry.open(2)
    damage(tmp_path / "v2/model.onnx", b"x")
    with pytest.raises(DamagedError, match=r"model\.onnx"):
        registry.check(2)
    with pytest.raises(VersionError, match="there: v1, v2"):
        registry.open(3)


def test_files_and_dead_links_keep_their_numbers(tmp_path: Path):
    registry = Registry(tmp_path)
    (tmp_path / "v3").write_text("")
    (tmp_path / "v5").symlink_to("nowhere")
    (tmp_path / "v7").symlink_to("v7")
    assert registry.numbers() == []
    assert registry.publish(make_manifest(), FILES, RUN, ()).number == 8
    assert registry.numbers() == [8]


@pytest.mark.parametrize("name", ["v999999999999999999", "v1000000000", "v01", "v0"])
@pytest.mark.parametrize("make", [Path.mkdir, Path.touch], ids=["folder", "file"])
def test_a_stray_name_is_reported_once_and_never_counted(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, name: str, make: Callable[[Path], None]
):
    registry = Registry(tmp_path)
    make(tmp_path / name)
    registry.prepare("m")
    assert [publish(registry), publish(registry)] == [1, 2]
    assert registry.numbers() == [1, 2]
    (record,) = caplog.records
    assert record.levelno == logging.WARNING
    assert f"{tmp_path}: {name}: not a version (v1 to v999999999)" in record.getMessage()
    with pytest.raises(VersionError, match="no such version"):
        registry.open(10**9)


def test_the_last_number_is_an_error_with_a_remedy(tmp_path: Path):
    registry = Registry(tmp_path)
    (tmp_path / "v999999998").mkdir()
    assert publish(registry) == 999_999_999
    with pytest.raises(StorageError, match=r"no number left: .*; move that entry elsewhere"):
        publish(registry)
    with pytest.raises(StorageError, match="no number left"):
        publish(Registry(tmp_path / "other"), 999_999_999)
    assert not (tmp_path / "other").exists()


def refuse_renames(monkeypatch: pytest.MonkeyPatch, times: int) -> list[str]:
    """Let names be taken that a listing does not show, as `V1` takes `v1` on macOS."""
    tried: list[str] = []
    rename = Path.rename

    def fail(path: Path, target: Path) -> Path:
        tried.append(target.name)
        if len(tried) <= times:
            raise FileExistsError(errno.EEXIST, "File exists")
        return rename(path, target)

    monkeypatch.setattr(Path, "rename", fail)
    monkeypatch.setattr("maas.registry.registry.os.path.lexists", lambda _: True)
    return tried


def test_a_name_that_is_taken_and_not_listed_is_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    tried = refuse_renames(monkeypatch, 2)
    assert publish(Registry(tmp_path)) == 3
    assert tried == ["v1", "v2", "v3"]


def test_the_search_for_a_number_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    tried = refuse_renames(monkeypatch, 10**6)
    with pytest.raises(StorageError, match="gave 1000 numbers in a row"):
        publish(Registry(tmp_path))
    assert len(tried) == 1000
    assert os.listdir(tmp_path) == []


def test_a_limit_on_file_sizes_is_an_error_and_leaves_nothing(tmp_path: Path):
    """Represents any quota: the kernel refuses to write more, and any user can set this limit."""
    registry = Registry(tmp_path / "models")
    registry.prepare("m")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, hard))
    try:
        with pytest.raises(StorageError, match="File too large"):
            registry.publish(make_manifest(), FILES | {"large": bytes(200_000)}, RUN, ())
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("name", ["models", "a/b/models"])
def test_to_prepare_makes_no_folder_and_removes_none_that_was_there(tmp_path: Path, name: str):
    Registry(tmp_path / name).prepare("m")
    assert os.listdir(tmp_path) == []
    (tmp_path / name).mkdir(parents=True)
    Registry(tmp_path / name).prepare("m")
    assert (tmp_path / name).is_dir()


@pytest.mark.parametrize("name", ["file/models", "file", "x" * 300, "a/" + "x" * 300])
def test_a_folder_that_cannot_be_made_is_found_out_before_the_fit(tmp_path: Path, name: str):
    (tmp_path / "file").touch()
    with pytest.raises(StorageError, match="models folder"):
        Registry(tmp_path / name).prepare("m")
    assert os.listdir(tmp_path) == ["file"]
