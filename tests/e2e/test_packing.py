"""`maas bento`: equal Bentos for equal code, whole or not at all, and over no other one."""

import json
import os
import shutil
import signal
import subprocess
import sys
import tarfile
import time
from pathlib import Path

import pytest

from maas.registry.version import Version
from tests.samples import damage
from tests.workspace import Workspace, copy_project


@pytest.fixture(scope="module")
def packed(first: Version, tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """A workspace with a project of its own, whose Bento is packed and exported."""
    folder = tmp_path_factory.mktemp("packed")
    workspace = Workspace(folder, copy_project(folder / "project"))
    workspace.publish(first)
    done = workspace.maas("bento", "--export", str(folder / "one.bento"))
    tag = f"model_service:v1-{first.manifest.digest[7:19]}"
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(f"{tag}  sha256:")
    assert done.stdout.endswith("  created\n")
    assert done.stderr == ""
    return workspace


@pytest.fixture
def copied(packed: Workspace, workspace: Workspace) -> Workspace:
    """A copy of it, which the test may change."""
    shutil.copytree(packed.folder, workspace.folder, dirs_exist_ok=True, symlinks=True)
    return Workspace(workspace.folder, workspace.folder / "project")


def entry(workspace: Workspace) -> Path:
    (folder,) = (workspace.store / "bentos/model_service").glob("v1-*")
    return folder


def describe(folder: Path) -> dict[str, tuple[int, float, bytes]]:
    return {
        str(path.relative_to(folder)): (
            path.stat().st_mode,
            path.stat().st_mtime,
            path.read_bytes() if path.is_file() else b"",
        )
        for path in (folder, *sorted(folder.rglob("*")))
    }


def refusal(workspace: Workspace, *args: str) -> tuple[int, str]:
    done = workspace.maas("bento", *args)
    assert done.stdout == ""
    assert len(done.stderr.splitlines()) == 1, done.stderr
    return done.returncode, done.stderr


def test_two_projects_give_equal_bentos_and_exports(
    packed: Workspace, first: Version, tmp_path: Path
):
    """Of another folder, time and umask, in another store, with other settings of the service."""
    other = Workspace(tmp_path / "other", copy_project(tmp_path / "other/of another name"))
    for path in other.project.rglob("*"):
        path.chmod(0o700 if path.is_dir() else 0o600)
        os.utime(path, (1_500_000_000, 1_500_000_000))
    other.publish(first)
    export = ("bento", "--json", "--export", str(tmp_path / "two.bento"))
    settings = {"WORKERS": "2", "PORT": "9000", "BENTOML_HOST": "0.0.0.0"}
    mask = os.umask(0o077)
    try:
        done = other.maas(*export, extra=settings)
    finally:
        os.umask(mask)
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    assert (said["state"], said["path"]) == ("created", str(entry(other)))
    assert describe(entry(packed)) == describe(entry(other))
    plain = [packed.folder / "plain.bento", tmp_path / "plain.bento"]
    for each, file in zip((packed, other), plain, strict=True):
        tag = f"model_service:{entry(each).name}"
        assert each.bentoml("export", tag, str(file)).returncode == 0
        assert each.maas("bento").returncode == 0  # BentoML has removed the model from the entry
    assert plain[0].read_bytes() == plain[1].read_bytes()
    assert (packed.folder / "one.bento").read_bytes() == (tmp_path / "two.bento").read_bytes()


def test_an_export_holds_what_bentoml_exports_and_can_be_imported(
    copied: Workspace, workspace: Workspace
):
    plain, ours = copied.folder / "plain.bento", copied.folder / "one.bento"
    tag = f"model_service:{entry(copied).name}"
    assert copied.bentoml("export", tag, str(plain)).returncode == 0
    contents = []
    for file in (plain, ours):
        with tarfile.open(file) as archive:
            names = [name for name in archive.getmembers() if name.isfile()]
            contents.append({m.name: archive.extractfile(m).read() for m in names})  # type: ignore[union-attr]
    assert contents[0] == contents[1]
    assert "./models/model_service/v1/model.onnx" in contents[0]

    other = Workspace(
        workspace.folder / "other", copied.project, {"MODELS_DIR": str(copied.models)}
    )
    assert other.bentoml("import", str(ours)).returncode == 0
    done = other.maas("bento")
    assert (done.returncode, done.stdout.split()[-1]) == (0, "present"), done.stderr


def test_a_second_run_changes_nothing(copied: Workspace):
    before = describe(entry(copied))
    done = copied.maas("bento", "--json", "--export", str(copied.folder / "one.bento"))
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["state"] == "present"
    assert describe(entry(copied)) == before


def test_what_lies_about_is_not_packed_and_its_model_is_mended(copied: Workspace):
    """Files that are called as one of the project's, and a store within the project."""
    for name in ("notes/service.py", "maas/model/.#row.py", "maas/serving/.checkpoints/a.py"):
        (copied.project / name).parent.mkdir(exist_ok=True)
        (copied.project / name).write_text("x = 1\n")
    (copied.project / "maas/model/.#key.py").symlink_to("nobody@nowhere.1")
    (entry(copied) / "models/junk").write_text("x")
    digests = set()
    for home in (copied.store, copied.project / "store", copied.project / "store"):
        done = copied.maas(
            "bento",
            "--export",
            str(copied.folder / "one.bento"),
            extra={"BENTOML_HOME": str(home), "PORT": "of the service"},
        )
        assert done.returncode == 0, done.stderr
        digests.add(done.stdout.split()[1])
        assert not list((home / "tmp").glob("bento*_*"))
    assert len(digests) == 1
    assert not (entry(copied) / "models/junk").exists()


def test_another_content_is_refused_until_it_is_deleted(copied: Workspace):
    with (copied.project / "service.py").open("a") as file:
        file.write("\n# changed\n")
    tag = f"model_service:{entry(copied).name}"
    code, line = refusal(copied)
    assert code == 2
    assert f"{tag}: is in the store with other files: src/service.py is another; remove" in line
    assert copied.bentoml("delete", tag, "-y").returncode == 0
    done = copied.maas("bento", "--export", str(copied.folder / "two.bento"))
    assert (done.returncode, done.stdout.split()[-1]) == (0, "created"), done.stderr
    code, line = refusal(copied, "--export", str(copied.folder / "one.bento"))
    assert code == 2
    assert "one.bento: exists, and is not this Bento; name another --export" in line


def test_half_a_bento_is_refused_and_damaged_versions_are_not_packed(copied: Workspace):
    (entry(copied) / "bento.yaml").unlink()
    code, line = refusal(copied)
    assert code == 1
    assert "is not a whole Bento: bento.yaml is missing; remove that folder" in line
    shutil.rmtree(entry(copied))
    damage(copied.models / "v1/model.onnx", b"x")
    code, line = refusal(copied)
    assert code == 1
    assert "model.onnx: was altered" in line


def test_what_cannot_be_packed_is_said_in_one_line(own: Workspace):
    assert refusal(own, "--export", "model.zip")[0] == 2
    done = own.maas("bento", extra={"MODEL_VERSION": "7"})
    assert (done.returncode, done.stdout) == (2, "")
    done = own.maas("bento", extra={"MODEL_DIGEST": "sha256:" + "0" * 64})
    assert (done.returncode, done.stderr.count("\n")) == (1, 1), done.stderr
    bare = Workspace(own.folder, copy_project(own.folder / "project"))
    shutil.rmtree(bare.project / "requirements")
    code, line = refusal(bare)
    assert code == 1
    assert "requirements/serving.txt: cannot be read" in line
    assert not list((own.store / "bentos").glob("*/v1*"))


def test_of_two_at_once_one_makes_it_and_a_killed_one_leaves_nothing(own: Workspace):
    command = [sys.executable, "-m", "maas", "bento"]

    def start() -> subprocess.Popen[str]:
        return subprocess.Popen(
            command, cwd=own.project, env=own.env(), stdout=subprocess.PIPE, text=True
        )

    tmp = own.store / "tmp"
    killed = start()
    while killed.poll() is None and not list(tmp.glob("bento-*")):
        time.sleep(0.005)
    killed.send_signal(signal.SIGKILL)
    killed.communicate()
    assert list(tmp.glob("bento-*"))
    assert not list((own.store / "bentos").glob("*/v1*"))

    both = [start(), start()]
    states = sorted(process.communicate()[0].split()[-1] for process in both)
    assert states == ["created", "present"]
    assert not list(tmp.glob("bento-*"))
    assert (own.store / "bentos/model_service/latest").read_text() == entry(own).name
