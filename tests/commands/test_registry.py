"""The commands `list`, `show`, `diff` and `sync`."""

import json
import os
import re
import subprocess
import sys

import pytest

from maas.registry import locks
from maas.registry.registry import Registry
from maas.registry.version import Version
from maas.report.warnings import metric_lines
from tests.commands.conftest import Maas
from tests.conftest import TrainOnce
from tests.lock_holder import stopped_holder
from tests.samples import damage, edit
from tests.workspace import PROJECT, Workspace


@pytest.mark.usefixtures("own")
def test_list_show_and_sync_agree_on_a_version(maas: Maas, first: Version):
    (entry,) = maas("list", "--json").document
    assert (entry["version"], entry["tag"], entry["state"]) == (1, "model_service:v1", "ok")
    assert entry["digest"] == first.manifest.digest
    for which in ("1", "v1", "latest"):
        shown = maas("show", which, "--json").document
        assert (shown["version"], shown["digest"]) == (1, entry["digest"])
    assert entry["digest"] in maas("show", "1").out
    assert maas("sync").out == "model_service:v1  present\n"


@pytest.mark.usefixtures("own")
def test_list_says_what_each_version_is(maas: Maas, first: Version):
    (entry,) = maas("list", "--json").document
    manifest, run = first.manifest, first.read_run()
    assert (entry["metric"], entry["value"]) == ("accuracy", manifest.metrics["accuracy"])
    assert (entry["source"], entry["rows"]) == ("iris", 150)
    assert (entry["created_at"], entry["problem"]) == (run["created_at"], None)
    line = maas("list").out
    for part in ("v1", manifest.digest, run["created_at"], "accuracy=0.", "iris", "  ok"):
        assert part in line


@pytest.mark.usefixtures("own")
def test_show_prints_metrics_with_their_intervals_beside_the_baseline(maas: Maas, first: Version):
    report = first.read_report()
    assert report is not None
    shown = maas("show", "1").out
    for line in metric_lines(report):
        assert f"metrics   {line}\n" in shown
    assert re.search(
        r"accuracy=0\.\d{4}  95 % interval 0\.\d{4} to 0\.\d{4}  baseline 0\.3333\n", shown
    )
    assert "note      only 30 held-out rows: " in shown


def test_show_prints_a_version_from_before_there_were_reports(
    maas: Maas, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("MODELS_DIR", str(PROJECT / "tests/data/third_schema"))
    shown = maas("show", "1")
    assert shown.code == 0
    assert "metrics   accuracy=0.9333  balanced_accuracy=0.9333  f1_macro=0.9333\n" in shown.out


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


def test_an_empty_folder_and_a_wrong_version_are_one_line_each(maas: Maas):
    done = maas("list")
    assert (done.code, "train.py" in done.out) == (0, True)
    done = maas("sync")
    assert (done.code, "no version yet" in done.out) == (0, True)
    assert maas("diff", "1", "2").code == 2
    assert maas("list", "--json").document == []
    for which in ("1", "v0", "latest", "x", "-"):
        done = maas("show", which)
        assert done.code == 2
        assert done.err.startswith("error: ")
        assert len(done.err.splitlines()) == 1


def test_a_damaged_version_is_marked_by_list_and_refused_by_show(own: Workspace, maas: Maas):
    damage(own.models / "v1/model.onnx", b"x")
    (entry,) = maas("list", "--json").document
    assert entry["state"] == "damaged"
    assert "model.onnx" in entry["problem"]
    assert entry["digest"].startswith("sha256:")
    assert "damaged: " in maas("list").out
    done = maas("show", "1")
    assert (done.code, done.out) == (1, "")
    assert "model.onnx" in done.err


def test_numbers_that_json_does_not_have_are_damage_and_stop_nobody(
    own: Workspace, maas: Maas, first: Version
):
    own.publish(first)
    edit(own.models / "v2/manifest.json", '"seed": 42', '"seed": NaN')
    damage(own.models / "v1/run.json", b'{"created_at": NaN}')
    assert [entry["state"] for entry in maas("list", "--json").document] == ["damaged", "damaged"]
    assert "v2/manifest.json" in maas("show", "2").err
    assert "v1/run.json" in maas("show", "1").err
    own.publish(first)
    assert Registry(own.models).check(3).manifest.digest == first.manifest.digest


def test_v10_is_never_taken_for_v1(own: Workspace, maas: Maas, first: Version):
    for folder in (own.models, own.store / "models/model_service"):
        (folder / "v1").rename(folder / "v10")
    assert maas("show", "1").code == 2
    assert maas("show", "10", "--json").document["version"] == 10
    own.publish(first)
    assert Registry(own.models).numbers() == [10, 11]


def test_diff_says_what_changed_in_words(
    own: Workspace, maas: Maas, second: Version, train_once: TrainOnce
):
    renamed = train_once("--set", "data.features={a: petal length (cm)}")
    own.publish(second, Registry(renamed.models).open(1))
    found = maas("diff", "1", "2", "--json").document
    assert found["versions"] == [1, 2]
    assert found["same"] is False
    assert found["config"] == {"estimator.params.C": [1.0, 0.5]}
    assert found["data"] == {}
    assert "model.onnx" in found["files"]
    text = maas("diff", "v1", "v2").out
    assert "v1 and v2 have different digests" in text
    assert "estimator.params.C: 1.0 -> 0.5 (-0.5)" in text
    text = maas("diff", "2", "latest").out
    assert "signature  features.feature2: " in text
    assert "was removed" in text
    assert "was added" in text
    same = maas("diff", "1", "1", "--json").document
    assert same["same"] is True
    assert not any(same[k] for k in ("config", "data", "metrics", "signature", "files", "packages"))


def test_diff_names_packages_that_changed(own: Workspace, maas: Maas, first: Version):
    own.publish(first)
    edit(own.models / "v2/run.json", '"numpy": "', '"numpy": "9.')
    found = maas("diff", "1", "2", "--json").document
    assert found["same"] is True
    assert list(found["packages"]) == ["packages.numpy"]


def test_diff_refuses_a_missing_version_and_a_damaged_one(own: Workspace, maas: Maas):
    assert maas("diff", "1", "2").code == 2
    damage(own.models / "v1/model.onnx", b"x")
    done = maas("diff", "1", "1")
    assert (done.code, "model.onnx" in done.err) == (1, True)


def test_sync_exits_with_1_where_a_version_is_damaged(own: Workspace, maas: Maas, first: Version):
    own.publish(first)
    damage(own.models / "v1/saved_model.pkl", b"altered")
    done = maas("sync", "--json")
    assert done.code == 1
    assert [result["state"] for result in done.document] == ["damaged", "present"]
    assert "saved_model.pkl" in done.document[0]["detail"]


@pytest.mark.skipif(sys.platform == "win32", reason="stops a process with a signal")
def test_sync_gives_up_where_a_stopped_process_holds_the_lock_of_the_store(
    own: Workspace, maas: Maas, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(locks, "TIMEOUT_S", 0.1)
    with stopped_holder(own.store / "maas.lock"):
        done = maas("sync")
    assert (done.code, done.out) == (1, "")
    assert len(done.err.splitlines()) == 1
    assert "maas.lock: is locked by another process for more than 0.1 s" in done.err


def test_a_command_runs_in_a_process_of_its_own(trained: Workspace):
    done = trained.maas("list", "--json")
    assert (done.returncode, done.stderr) == (0, "")
    assert [entry["state"] for entry in json.loads(done.stdout)] == ["ok"]
    done = trained.maas("show", "7")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("error: ")
    assert "Traceback" not in done.stderr


@pytest.mark.usefixtures("own")
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("LOG_LEVEL", "loud"),
        ("WORKERS", "auto"),
        ("THREADS", "0"),
        ("MODEL_VERSION", "v01"),
        ("API_KEYS_FILE", ""),
    ],
)
def test_a_setting_that_no_command_needs_breaks_none(
    maas: Maas, monkeypatch: pytest.MonkeyPatch, name: str, value: str
):
    monkeypatch.setenv(name, value)
    assert maas("list").code == 0
