"""The registry: whole versions or none, exact names, damage named."""

import json
import shutil
import threading
from pathlib import Path

import pytest

from maas.errors import DamagedError, StorageError, VersionError
from maas.registry.manifest import DataRecord, Manifest, ParityRecord, canonical_json
from maas.registry.versions import Registry
from maas.signature import Feature, Signature
from tests.conftest import House

FILES = {"model.onnx": b"graph", "saved_model.pkl": b"pickle"}


def make_manifest(model_name: str = "m", **changes) -> Manifest:
    content = {
        "model_name": model_name,
        "config": {"seed": 1},
        "data": DataRecord(source="s", sha256="0" * 64, rows=3),
        "signature": Signature(
            features=(Feature(name="a", column="A", type="number", minimum=0.0, maximum=1.0),),
            target="t",
            task="regression",
            example={"a": 0.5},
        ),
        "metrics": {"r2": 0.5},
        "runtime": "onnx",
        "parity": ParityRecord(passed=True, tolerance=1e-5),
    }
    return Manifest.seal(FILES, **(content | changes))


def publish(registry: Registry, *taken: int) -> int:
    return registry.publish(make_manifest(), FILES, b"{}\n", taken).number


def test_a_version_comes_back_as_it_was_published(tmp_path: Path):
    registry = Registry(tmp_path / "models")
    assert publish(registry) == 1
    version = registry.open(1)
    version.check()
    assert version.manifest == make_manifest()
    assert version.read("model.onnx") == b"graph"
    assert (version.label, version.tag) == ("v1", "m:v1")
    assert [p.name for p in registry.models_dir.iterdir()] == ["v1"]


def test_the_digest_covers_every_input_and_result():
    digest = make_manifest().digest
    assert make_manifest().digest == digest
    assert make_manifest("n").digest != digest
    assert make_manifest(metrics={"r2": 0.6}).digest != digest
    assert make_manifest(config={"seed": 2}).digest != digest


def test_a_manifest_is_canonical_json():
    data = make_manifest().to_bytes()
    assert data.endswith(b"}\n")
    assert b"\r" not in data
    assert data == canonical_json(json.loads(data), indent=1)
    with pytest.raises(ValueError, match="Out of range"):
        canonical_json({"x": float("nan")})


def test_numbers_go_on_above_folders_and_store(tmp_path: Path):
    registry = Registry(tmp_path)
    assert [publish(registry), publish(registry), publish(registry, 7)] == [1, 2, 8]
    assert registry.numbers() == [1, 2, 8]
    assert registry.latest().number == 8


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


def damage(path: Path, data: bytes | None) -> None:
    path.chmod(0o644)
    path.unlink() if data is None else path.write_bytes(data)


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


def test_list_show_and_sync(trained: House):
    (entry,) = json.loads(trained.maas("list", "--json").stdout)
    assert (entry["version"], entry["tag"], entry["state"]) == (1, "model_service:v1", "fine")
    for which in ("1", "v1", "latest"):
        shown = json.loads(trained.maas("show", which, "--json").stdout)
        assert (shown["version"], shown["digest"]) == (1, entry["digest"])
    assert entry["digest"] in trained.maas("show", "1").stdout
    assert trained.maas("sync").stdout == "model_service:v1  present\n"


def test_an_empty_registry_and_a_wrong_version_are_said_plainly(house: House):
    done = house.maas("list")
    assert (done.returncode, "train.py" in done.stdout) == (0, True)
    assert json.loads(house.maas("list", "--json").stdout) == []
    for which in ("1", "v0", "latest", "x", "-"):
        done = house.maas("show", which)
        assert done.returncode == 2
        assert done.stderr.startswith("error: ")
        assert len(done.stderr.splitlines()) == 1


def test_sync_makes_a_missing_mirror_and_repairs_a_torn_one(house: House):
    house.train()
    entry = house.store / "models/model_service/v1"
    shutil.rmtree(entry)
    assert house.maas("sync").stdout == "model_service:v1  made\n"
    (entry / "model.yaml").unlink()
    assert house.bentoml("models", "list").returncode != 0  # what a torn entry does to all
    assert house.maas("sync").stdout == "model_service:v1  made\n"
    assert "model_service:v1" in house.bentoml("models", "list").stdout


def test_sync_never_copies_an_altered_file_and_goes_on_with_the_others(house: House):
    house.train()
    house.train()
    shutil.rmtree(house.store)
    damage(house.models / "v1/saved_model.pkl", b"altered")
    done = house.maas("sync", "--json")
    assert done.returncode == 1
    found = json.loads(done.stdout)
    assert "saved_model.pkl" in found["v1"]
    assert found["model_service:v2"] == "made"
    assert not (house.store / "models/model_service/v1").exists()


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("model.onnx", b"junk"),
        ("model.onnx", None),
        ("manifest.json", None),
        ("manifest.json", b"{}"),
        ("model.yaml", b""),
        ("saved_model.pkl", b"junk"),
    ],
)
def test_sync_repairs_an_entry_of_ours_that_was_damaged(house: House, name: str, data):
    house.train()
    entry = house.store / "models/model_service/v1"
    damage(entry / name, data)
    assert house.maas("sync").stdout == "model_service:v1  made\n"
    assert house.maas("sync").stdout == "model_service:v1  present\n"
    assert "model_service:v1" in house.bentoml("models", "list").stdout


def test_training_goes_on_above_a_damaged_version(house: House):
    house.train()
    damage(house.models / "v1/manifest.json", b"{}")
    done = house.train()
    assert done.stdout.startswith("v2  "), done.stderr


def test_a_missing_run_json_is_damage(tmp_path: Path):
    registry = Registry(tmp_path)
    publish(registry)
    damage(tmp_path / "v1/run.json", None)
    with pytest.raises(DamagedError, match=r"run\.json"):
        registry.open(1).check()


def test_the_store_is_where_bentoml_looks(house: House):
    done = house.train(extra={"BENTOML_HOME": "~/store", "HOME": str(house.folder)})
    assert done.returncode == 0, done.stderr
    assert (house.folder / "store/models/model_service/v1/model.yaml").is_file()


def test_list_marks_a_damaged_version_and_show_refuses_it(house: House):
    house.train()
    damage(house.models / "v1/model.onnx", b"x")
    (entry,) = json.loads(house.maas("list", "--json").stdout)
    assert "model.onnx" in entry["state"]
    done = house.maas("show", "1")
    assert done.returncode == 1
    assert "model.onnx" in done.stderr
