"""The registry: complete versions or none, exact names, and errors that name the damaged file."""

import json
import os
import re
import shutil
import subprocess
import sys
import threading
from pathlib import Path

import pytest

import maas.registry
from maas.errors import DamagedError, StorageError, VersionError
from maas.registry.manifest import canonical_json
from maas.registry.registry import Registry
from tests.samples import FILES, RUN, make_manifest
from tests.workspace import PROJECT, Workspace


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


def test_list_show_and_sync(trained: Workspace):
    (entry,) = json.loads(trained.maas("list", "--json").stdout)
    assert (entry["version"], entry["tag"], entry["state"]) == (1, "model_service:v1", "ok")
    for which in ("1", "v1", "latest"):
        shown = json.loads(trained.maas("show", which, "--json").stdout)
        assert (shown["version"], shown["digest"]) == (1, entry["digest"])
    assert entry["digest"] in trained.maas("show", "1").stdout
    assert trained.maas("sync").stdout == "model_service:v1  present\n"


def test_list_says_what_each_version_is(trained: Workspace):
    (entry,) = json.loads(trained.maas("list", "--json").stdout)
    manifest = json.loads((trained.models / "v1/manifest.json").read_bytes())
    run = json.loads((trained.models / "v1/run.json").read_bytes())
    assert (entry["metric"], entry["value"]) == ("accuracy", manifest["metrics"]["accuracy"])
    assert (entry["source"], entry["rows"]) == ("iris", 150)
    assert (entry["created_at"], entry["problem"]) == (run["created_at"], None)
    line = trained.maas("list").stdout
    for part in ("v1", manifest["digest"], run["created_at"], "accuracy=0.", "iris", "  ok"):
        assert part in line


def test_list_is_a_table_on_a_terminal(trained: Workspace):
    pty = pytest.importorskip("pty", reason="needs a pseudo terminal")
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-m", "maas", "list"],
        cwd=PROJECT,
        env=trained.env({"COLUMNS": "150", "NO_COLOR": "1", "TERM": "xterm"}),
        stdout=theirs,
    ):
        shown = os.read(ours, 10_000).decode()
        while " ok" not in shown:
            shown += os.read(ours, 10_000).decode()
    os.close(ours)
    os.close(theirs)
    head, row = re.sub("\x1b\\[[0-9;]*m", "", shown).splitlines()[:2]
    assert head.index("digest") == row.index("sha256:")
    assert "…" in row


def test_diff_says_what_changed_in_words(workspace: Workspace):
    workspace.train()
    workspace.train("--set", "estimator.params.C=0.5")
    workspace.train("--set", "data.features={a: petal length (cm)}")
    found = json.loads(workspace.maas("diff", "1", "2", "--json").stdout)
    assert found["versions"] == [1, 2]
    assert found["same"] is False
    assert found["config"] == {"estimator.params.C": [1.0, 0.5]}
    assert found["data"] == {}
    assert "model.onnx" in found["files"]
    text = workspace.maas("diff", "v1", "v2").stdout
    assert "v1 and v2 have different digests" in text
    assert "estimator.params.C: 1.0 -> 0.5 (-0.5)" in text
    text = workspace.maas("diff", "2", "latest").stdout
    assert "signature  features.feature2: " in text
    assert "was removed" in text
    assert "was added" in text
    same = json.loads(workspace.maas("diff", "1", "1", "--json").stdout)
    assert same["same"] is True
    assert not any(same[k] for k in ("config", "data", "metrics", "signature", "files", "packages"))


def test_diff_names_packages_that_changed(workspace: Workspace):
    workspace.train()
    workspace.train()
    path = workspace.models / "v2/run.json"
    damage(path, path.read_bytes().replace(b'"numpy": "', b'"numpy": "9.'))
    found = json.loads(workspace.maas("diff", "1", "2", "--json").stdout)
    assert found["same"] is True
    assert list(found["packages"]) == ["packages.numpy"]


def test_diff_refuses_a_damaged_version_and_a_missing_one(workspace: Workspace):
    workspace.train()
    assert workspace.maas("diff", "1", "2").returncode == 2
    damage(workspace.models / "v1/model.onnx", b"x")
    done = workspace.maas("diff", "1", "1")
    assert (done.returncode, "model.onnx" in done.stderr) == (1, True)


def test_v10_is_never_taken_for_v1(workspace: Workspace):
    workspace.train()
    for folder in (workspace.models, workspace.store / "models/model_service"):
        (folder / "v1").rename(folder / "v10")
    assert workspace.maas("show", "1").returncode == 2
    assert json.loads(workspace.maas("show", "10", "--json").stdout)["version"] == 10
    assert workspace.train().stdout.startswith("v11  ")


def test_latest_is_the_highest_number_not_the_newest_clock(workspace: Workspace):
    for _ in range(3):
        workspace.train()
    shutil.rmtree(workspace.store / "models/model_service/v1")
    (workspace.store / "models/model_service/latest").unlink()
    assert workspace.maas("sync").stdout.splitlines()[0] == "model_service:v1  created"
    assert (workspace.store / "models/model_service/latest").read_text() == "v3"
    assert "v3" in workspace.bentoml("models", "get", "model_service:latest", "-o", "yaml").stdout


def test_train_mends_what_it_finds_in_the_store(workspace: Workspace):
    """A missing mirror, an incomplete entry of this project, and two without a version."""
    for _ in range(3):
        workspace.train()
    entries = workspace.store / "models/model_service"
    shutil.rmtree(entries / "v1")
    (entries / "v2/model.yaml").unlink()
    shutil.copytree(entries / "v3", entries / "v8")
    (entries / "v8/model.yaml").unlink()
    (entries / "v9").mkdir()
    assert workspace.bentoml("models", "list").returncode != 0
    done = workspace.train()
    assert done.stdout.startswith("v10  "), done.stderr
    states = {"v1": "created", "v2": "repaired", "v8": "repaired", "v9": "removed"}
    for tag, state in states.items():
        assert f"model_service:{tag} in the BentoML store: {state}" in done.stderr
    listed = workspace.bentoml("models", "list")
    assert listed.returncode == 0
    assert all(f"model_service:v{n} " in listed.stdout for n in (1, 2, 3, 8, 10))


def test_projects_with_other_names_share_a_store(workspace: Workspace):
    other = Workspace(workspace.folder / "other", environ={"BENTOML_HOME": str(workspace.store)})
    workspace.train()
    assert other.train("--set", "model_name=other").stdout.startswith("v1  other:v1  ")
    assert workspace.maas("sync").stdout == "model_service:v1  present\n"
    assert other.maas("sync").stdout == "other:v1  present\n"


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


def test_published_files_are_read_only(workspace: Workspace):
    workspace.train()
    for folder in (workspace.models / "v1", workspace.store / "models/model_service/v1"):
        assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o444}


def test_an_empty_registry_and_a_wrong_version_are_said_plainly(workspace: Workspace):
    done = workspace.maas("list")
    assert (done.returncode, "train.py" in done.stdout) == (0, True)
    done = workspace.maas("sync")
    assert (done.returncode, "no version yet" in done.stdout) == (0, True)
    assert workspace.maas("diff", "1", "2").returncode == 2
    assert json.loads(workspace.maas("list", "--json").stdout) == []
    for which in ("1", "v0", "latest", "x", "-"):
        done = workspace.maas("show", which)
        assert done.returncode == 2
        assert done.stderr.startswith("error: ")
        assert len(done.stderr.splitlines()) == 1


def test_sync_makes_a_missing_mirror_and_repairs_a_torn_one(workspace: Workspace):
    workspace.train()
    entry = workspace.store / "models/model_service/v1"
    shutil.rmtree(entry)
    assert workspace.maas("sync").stdout == "model_service:v1  created\n"
    (entry / "model.yaml").unlink()
    assert workspace.bentoml("models", "list").returncode != 0  # one incomplete entry breaks it
    assert workspace.maas("sync").stdout == "model_service:v1  repaired\n"
    assert "model_service:v1" in workspace.bentoml("models", "list").stdout


def test_sync_never_copies_an_altered_file_and_goes_on_with_the_others(workspace: Workspace):
    workspace.train()
    workspace.train()
    shutil.rmtree(workspace.store)
    damage(workspace.models / "v1/saved_model.pkl", b"altered")
    done = workspace.maas("sync", "--json")
    assert done.returncode == 1
    first, second = json.loads(done.stdout)
    assert (first["tag"], first["state"]) == ("model_service:v1", "damaged")
    assert "saved_model.pkl" in first["detail"]
    assert (second["tag"], second["state"]) == ("model_service:v2", "created")
    assert not (workspace.store / "models/model_service/v1").exists()


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
def test_sync_repairs_an_entry_of_ours_that_was_damaged(workspace: Workspace, name: str, data):
    workspace.train()
    entry = workspace.store / "models/model_service/v1"
    damage(entry / name, data)
    assert workspace.maas("sync").stdout == "model_service:v1  repaired\n"
    assert workspace.maas("sync").stdout == "model_service:v1  present\n"
    assert "model_service:v1" in workspace.bentoml("models", "list").stdout


def test_training_goes_on_above_a_damaged_version(workspace: Workspace):
    workspace.train()
    damage(workspace.models / "v1/manifest.json", b"{}")
    done = workspace.train()
    assert done.stdout.startswith("v2  "), done.stderr


def test_a_missing_run_json_is_damage(tmp_path: Path):
    registry = Registry(tmp_path)
    publish(registry)
    damage(tmp_path / "v1/run.json", None)
    with pytest.raises(DamagedError, match=r"run\.json"):
        registry.open(1).check()


def test_the_store_is_where_bentoml_looks(workspace: Workspace):
    done = workspace.train(extra={"BENTOML_HOME": "~/store", "HOME": str(workspace.folder)})
    assert done.returncode == 0, done.stderr
    assert (workspace.folder / "store/models/model_service/v1/model.yaml").is_file()


def test_list_marks_a_damaged_version_and_show_refuses_it(workspace: Workspace):
    workspace.train()
    damage(workspace.models / "v1/model.onnx", b"x")
    (entry,) = json.loads(workspace.maas("list", "--json").stdout)
    assert entry["state"] == "damaged"
    assert "model.onnx" in entry["problem"]
    assert entry["digest"].startswith("sha256:")
    assert "damaged: " in workspace.maas("list").stdout
    done = workspace.maas("show", "1")
    assert done.returncode == 1
    assert "model.onnx" in done.stderr


def test_numbers_that_json_does_not_have_are_damage_and_stop_nobody(workspace: Workspace):
    workspace.train()
    workspace.train()
    path = workspace.models / "v2/manifest.json"
    damage(path, path.read_bytes().replace(b'"seed": 42', b'"seed": NaN'))
    damage(workspace.models / "v1/run.json", b'{"created_at": NaN}')
    states = [e["state"] for e in json.loads(workspace.maas("list", "--json").stdout)]
    assert states == ["damaged", "damaged"]
    assert "v2/manifest.json" in workspace.maas("show", "2").stderr
    assert "v1/run.json" in workspace.maas("show", "1").stderr
    assert workspace.train().stdout.startswith("v3  ")


def test_a_version_that_cannot_be_opened_stops_nobody(workspace: Workspace):
    workspace.train()
    manifest = workspace.models / "v1/manifest.json"
    manifest.unlink()
    manifest.symlink_to(manifest)
    done = workspace.train()
    assert done.stdout.startswith("v2  "), done.stderr
    found = json.loads(workspace.maas("sync", "--json").stdout)
    assert [m["state"] for m in found] == ["damaged", "present"]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"creation_time", b"creation"),
        (b"signatures: {}", b"signatures: broken"),
        (b"api_version: v1", b"api_version: v2"),
    ],
)
def test_train_and_sync_repair_a_description_that_bentoml_cannot_read(
    workspace: Workspace, old, new
):
    workspace.train()
    info = workspace.store / "models/model_service/v1/model.yaml"
    damage(info, info.read_bytes().replace(old, new))
    done = workspace.train()
    assert "model_service:v1 in the BentoML store: repaired" in done.stderr
    assert workspace.bentoml("models", "list").returncode == 0
    damage(info, info.read_bytes()[:200])
    assert workspace.maas("sync").stdout.splitlines()[0] == "model_service:v1  repaired"
    (info.parent / "more").write_text("")
    assert workspace.maas("sync").stdout.splitlines()[0] == "model_service:v1  repaired"
    assert not (info.parent / "more").exists()


def test_sync_reports_a_damaged_version_that_has_a_whole_mirror(workspace: Workspace):
    workspace.train()
    damage(workspace.models / "v1/model.onnx", b"x")
    done = workspace.maas("sync", "--json")
    assert done.returncode == 1
    assert json.loads(done.stdout)[0]["state"] == "damaged"


def test_sync_refuses_a_version_of_another_model(workspace: Workspace):
    other = Workspace(workspace.folder / "other")
    other.train("--set", "model_name=other")
    workspace.train()
    shutil.copytree(other.models / "v1", workspace.models / "v2")
    shutil.copytree(workspace.models / "v1", workspace.models / "v3")
    found = json.loads(workspace.maas("sync", "--json").stdout)
    assert [(m["tag"], m["state"]) for m in found] == [
        ("model_service:v1", "present"),
        ("other:v2", "refused"),
        ("model_service:v3", "created"),
    ]
    assert not (workspace.store / "models/model_service/v2").exists()


def test_odd_things_in_the_store_are_mended(workspace: Workspace):
    workspace.train()
    entries = workspace.store / "models/model_service"
    shutil.rmtree(entries / "v1")
    (entries / "v1").symlink_to("nowhere")
    (entries / "latest").unlink()
    (entries / "latest").mkdir()
    assert workspace.maas("sync").stdout == "model_service:v1  repaired\n"
    assert (entries / "latest").read_text() == "v1"
    assert list((workspace.store / "tmp").iterdir()) == []


def test_diff_tells_values_apart_that_python_calls_equal(workspace: Workspace):
    workspace.train("--set", "estimator.params.C=1")
    workspace.train("--set", "estimator.params.C=1.0")
    assert "estimator.params.C: 1 -> 1.0" in workspace.maas("diff", "1", "2").stdout
