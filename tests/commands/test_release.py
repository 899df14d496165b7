"""The commands `promote`, `rollback` and `history`, and what `list`, `show` and `diff` say then."""

import json
import os
import re
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from maas.commands import release as commands_release
from maas.commands.release import is_image_copy
from maas.config.paths import IMAGE_COPY
from maas.registry import locks
from maas.registry.ledger import LEDGER, read_ledger
from maas.registry.registry import Registry
from maas.registry.version import Version
from tests.commands.conftest import Done, Maas
from tests.conftest import TrainOnce
from tests.lock_holder import stopped_holder
from tests.samples import damage, edit
from tests.workspace import PROJECT, Workspace


@pytest.fixture(scope="module")
def renamed(train_once: TrainOnce) -> Version:
    """A version that takes other features."""
    return Registry(train_once("--set", "data.features={a: petal length (cm)}").models).open(1)


@pytest.fixture
def three(workspace: Workspace, first: Version, second: Version, renamed: Version) -> Workspace:
    """v1 and v2, which take the same rows, and v3, which does not; v1 is live."""
    workspace.publish(first, second)
    return release_first(workspace, renamed)


def release_first(workspace: Workspace, *later: Version) -> Workspace:
    from maas.registry.promotion import promote

    promote(Registry(workspace.models), 1)
    workspace.publish(*later)
    return workspace


def live(workspace: Workspace) -> int | None:
    entry = read_ledger(workspace.models).live
    return None if entry is None else entry.version


def add_gates(version: Path, gates: dict) -> None:
    run = json.loads((version / "run.json").read_bytes())
    damage(version / "run.json", json.dumps(run | {"release_gates": gates}).encode())


def test_a_promotion_says_what_changes_and_ends_with_one_line(three: Workspace, maas: Maas):
    done = maas("promote", "v2", "--reason", "it is better")
    assert (done.code, done.out) == (0, "r2  v1 -> v2  live\n")
    assert "config     estimator.params.C: 1.0 -> 0.5 (-0.5)" in done.err.splitlines()
    entry = read_ledger(three.models).live
    assert (entry.version, entry.action, entry.before) == (2, "promote", 1)
    assert entry.reason == "it is better"
    assert entry.digest == Registry(three.models).open(2).manifest.digest


def test_the_first_release_may_be_the_version_that_is_live_as_the_newest(
    own: Workspace, maas: Maas
):
    done = maas("promote", "live")
    assert (done.code, done.out) == (0, "r1  v1 -> v1  live\n")
    assert done.err == "nothing was released before: v1 was live as the newest\n"
    assert read_ledger(own.models).live.before is None


@pytest.mark.usefixtures("own")
def test_a_gate_is_not_asked_of_a_version_against_itself(own: Workspace, maas: Maas):
    add_gates(own.models / "v1", {"accuracy": {"min_delta": 0.5}})
    assert maas("promote", "1").code == 0


def test_promoting_what_is_live_adds_nothing(three: Workspace, maas: Maas):
    before = (three.models / LEDGER).read_bytes()
    done = maas("promote", "1", "--reason", "again")
    assert (done.code, done.out) == (0, "r1  v1  live already\n")
    document = maas("promote", "1", "--json").document
    assert (document["added"], document["release"]["release"]) == (False, 1)
    assert (three.models / LEDGER).read_bytes() == before


def test_json_is_one_document_with_the_entry_and_the_changes(three: Workspace, maas: Maas):
    document = maas("promote", "2", "--json").document
    entry = json.loads((three.models / LEDGER).read_bytes())["entries"][-1]
    assert document["release"] == entry
    assert (document["added"], document["before"]) == (True, 1)
    assert document["changes"]["config"] == {"estimator.params.C": [1.0, 0.5]}
    assert (document["compatibility"], document["gates"], document["skipped"]) == ([], [], [])


def test_a_version_that_breaks_clients_is_refused_by_field_unless_it_is_meant(
    three: Workspace, maas: Maas
):
    done = maas("promote", "3")
    assert (done.code, done.out) == (2, "")
    assert len(done.err.splitlines()) == 1
    for said in ("feature1 was removed", "a was added, and is required", "--breaking"):
        assert said in done.err
    assert live(three) == 1
    done = maas("promote", "3", "--breaking")
    assert (done.code, done.out) == (0, "r2  v1 -> v3  live\n")
    assert "compatibility  feature feature2 was removed (breaks clients)" in done.err


@pytest.mark.usefixtures("three")
def test_diff_lists_what_clients_notice(maas: Maas):
    assert maas("promote", "2").code == 0
    found = maas("diff", "live", "latest", "--json").document
    assert found["versions"] == [2, 3]
    assert [(c["field"], c["breaks"]) for c in found["compatibility"]] == [
        ("feature1", True),
        ("feature2", True),
        ("a", True),
    ]
    text = maas("diff", "live", "latest").out
    assert "compatibility  feature feature1 was removed (breaks clients)" in text
    assert maas("diff", "1", "2", "--json").document["compatibility"] == []


def test_a_damaged_version_is_refused_before_compatibility_is_looked_at(
    three: Workspace, maas: Maas
):
    damage(three.models / "v3/model.onnx", b"x")
    for arguments in (("3",), ("3", "--breaking", "--force"), ("3", "--shadow")):
        done = maas("promote", *arguments)
        assert (done.code, done.out, len(done.err.splitlines())) == (1, "", 1)
        assert "v3/model.onnx" in done.err
    assert live(three) == 1


def forge(version: Path, name: str, data: bytes) -> None:
    """Replace a file, under a manifest with a right digest."""
    from maas.registry.manifest import Manifest

    old = Manifest.parse((version / "manifest.json").read_bytes(), version)
    damage(version / name, data)
    files = {file: (version / file).read_bytes() for file in old.files}
    content = {k: v for k, v in dict(old).items() if k not in ("files", "digest")}
    damage(version / "manifest.json", Manifest.seal(files, **content).to_bytes())


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("model.onnx", b"no graph", "cannot be loaded and answer the version's example row"),
        ("reference.json", b'{"target": {"edges": ["x"]}}', "has no valid target"),
        ("reference.json", b"[]", "has no valid target"),
    ],
)
def test_a_model_that_cannot_answer_is_refused(
    three: Workspace, maas: Maas, name: str, data: bytes, said: str
):
    forge(three.models / "v2", name, data)
    done = maas("promote", "2")
    assert (done.code, done.out, len(done.err.splitlines())) == (1, "", 1)
    assert said in done.err
    assert live(three) == 1


def test_a_version_without_an_input_bound_has_it_measured(workspace: Workspace, maas: Maas):
    workspace.publish(Registry(PROJECT / "tests/data/first_schema").open(1))
    assert Registry(workspace.models).open(1).manifest.signature.input_bound is None
    assert maas("promote", "1").code == 0
    assert read_ledger(workspace.models).live.input_bound > 1e30


@pytest.mark.parametrize(
    ("example", "overrides"),
    [
        ("train_config.yaml", ["runtime=sklearn"]),
        ("train_config.yaml", ["estimator={name: LinearSVC}", "runtime=sklearn"]),
        ("examples/diabetes.yaml", ["gates={}"]),
    ],
)
def test_a_version_of_each_kind_answers_its_example(
    workspace: Workspace, maas: Maas, example: str, overrides: list[str]
):
    workspace.train_here(*overrides, config=PROJECT / "configs" / example)
    done = maas("promote", "1")
    assert (done.code, done.out) == (0, "r1  v1 -> v1  live\n"), done.err


def test_what_is_expected_to_be_live_is_checked(three: Workspace, maas: Maas):
    for wrong in ("2", "v2", "none", "7"):
        done = maas("promote", "2", "--expect", wrong)
        assert (done.code, len(done.err.splitlines())) == (2, 1)
        assert "v1 is live since release 1" in done.err
    for form in ("latest", "", "v", "01"):
        done = maas("promote", "2", "--expect", form)
        assert (done.code, "write 3, v3 or none" in done.err) == (2, True)
    assert maas("promote", "2", "--shadow", "--expect", "2").code == 2
    assert maas("promote", "none", "--shadow", "--expect", "2").code == 2
    assert maas("promote", "2", "--expect", "v1").code == 0
    assert maas("promote", "2", "--expect", "1").code == 2  # although v2 is live already
    assert len(read_ledger(three.models).entries) == 2


@pytest.mark.parametrize("expected", ["1", "none"])
def test_before_the_first_release_the_newest_is_expected_or_none(
    own: Workspace, maas: Maas, expected: str
):
    assert maas("promote", "1", "--expect", "2").code == 2
    assert maas("promote", "1", "--expect", expected).code == 0
    assert live(own) == 1


def test_a_missed_release_gate_is_said_with_figures_and_can_be_overridden(
    three: Workspace, maas: Maas
):
    add_gates(three.models / "v2", {"accuracy": {"min_delta": 0.01}, "f1_macro": {"min_delta": -1}})
    done = maas("promote", "2")
    assert (done.code, done.out, len(done.err.splitlines())) == (1, "", 1)
    assert re.search(r"accuracy: 0\.9\d+ -> 0\.9\d+ \(\S+; min_delta 0\.01\) missed", done.err)
    assert "f1_macro" not in done.err
    assert live(three) == 1
    document = maas("promote", "2", "--force", "--json").document
    assert document["release"]["forced"] is True
    assert {gate["metric"]: gate["passed"] for gate in document["gates"]} == {
        "accuracy": False,
        "f1_macro": True,
    }
    assert maas("history").out.splitlines()[1].startswith("r2  promote (forced)  v2  ")


def test_force_without_a_missed_gate_is_not_recorded(three: Workspace, maas: Maas):
    add_gates(three.models / "v2", {"accuracy": {"min_delta": -1}})
    done = maas("promote", "2", "--force")
    assert "gate       accuracy: " in done.err
    assert not read_ledger(three.models).live.forced


def test_metrics_on_other_rows_gate_nothing_and_that_is_said(three: Workspace, maas: Maas):
    add_gates(three.models / "v3", {"accuracy": {"min_delta": 1}})
    done = maas("promote", "3", "--breaking")
    assert done.code == 0
    assert "the release gates were not compared: other data" in done.err.splitlines()


def test_rollbacks_walk_back_and_end(three: Workspace, maas: Maas):
    assert maas("promote", "2").code == 0
    assert maas("promote", "3", "--breaking").code == 0
    done = maas("rollback", "--reason", "too slow")
    assert (done.code, done.out) == (0, "r4  v3 -> v2  live\n")
    done = maas("rollback")
    assert (done.code, done.out) == (0, "r5  v2 -> v1  live\n")
    done = maas("rollback")
    assert (done.code, done.out, len(done.err.splitlines())) == (2, "", 1)
    assert "nothing to go back to from release 5" in done.err
    assert maas("promote", "2").out == "r6  v1 -> v2  live\n"
    assert maas("rollback", "--json").document["release"]["version"] == 1
    entries = read_ledger(three.models).entries
    assert [(e.action, e.version, e.before) for e in entries] == [
        ("promote", 1, None),
        ("promote", 2, 1),
        ("promote", 3, 2),
        ("rollback", 2, 1),
        ("rollback", 1, None),
        ("promote", 2, 5),
        ("rollback", 1, None),
    ]
    assert entries[3].reason == "too slow"


def test_a_rollback_without_a_release_has_nothing_to_go_back_to(own: Workspace, maas: Maas):
    done = maas("rollback")
    assert (done.code, "nothing was released yet" in done.err) == (2, True)
    assert not (own.models / LEDGER).exists()


def remove(version: Path) -> None:
    version.chmod(0o755)
    shutil.rmtree(version)


def test_a_rollback_goes_past_a_version_that_was_removed_and_says_so(three: Workspace, maas: Maas):
    assert maas("promote", "2").code == 0
    assert maas("promote", "3", "--breaking").code == 0
    remove(three.models / "v2")
    document = maas("rollback", "--json").document
    assert (document["release"]["version"], document["skipped"]) == (1, [2])
    assert maas("promote", "3", "--breaking").code == 0
    remove(three.models / "v1")
    done = maas("rollback")
    assert (done.code, "and v1 was removed" in done.err) == (2, True)


def test_a_rollback_to_a_damaged_version_is_refused(three: Workspace, maas: Maas):
    assert maas("promote", "2").code == 0
    damage(three.models / "v1/model.onnx", b"x")
    done = maas("rollback")
    assert (done.code, "v1/model.onnx" in done.err) == (1, True)
    assert live(three) == 2


@pytest.mark.parametrize("lost", ["removed", "damaged"])
def test_a_live_version_that_is_lost_can_be_replaced(three: Workspace, maas: Maas, lost: str):
    assert maas("promote", "2").code == 0
    if lost == "removed":
        remove(three.models / "v2")
    else:
        damage(three.models / "v2/manifest.json", b"{}")
    assert maas("show", "live").code == 1
    listed = maas("list")
    assert listed.code == (1 if lost == "removed" else 0)
    assert (lost == "damaged") or "v2: is missing, and live since release 2" in listed.err
    done = maas("promote", "1")
    assert (done.code, done.out) == (0, "r3  v2 -> v1  live\n")
    assert "v2, which was live, cannot be compared: " in done.err
    assert maas("promote", "3", "--breaking").code == 0
    assert maas("rollback").code == 0


def test_a_shadow_is_named_ended_and_not_asked_for_gates(three: Workspace, maas: Maas):
    add_gates(three.models / "v2", {"accuracy": {"min_delta": 1}})
    done = maas("promote", "2", "--shadow")
    assert (done.code, done.out) == (0, "r2  v2  shadow\n")
    assert maas("promote", "2", "--shadow").out == "r2  v2  shadow already\n"
    assert (live(three), read_ledger(three.models).shadow.version) == (1, 2)
    done = maas("promote", "none", "--shadow", "--reason", "seen enough")
    assert (done.code, done.out) == (0, "r3  none  shadow\n")
    assert maas("promote", "none", "--shadow").out == "none  shadow already\n"
    entry = json.loads(maas("history", "--json").out)[-1]
    assert (entry["version"], entry["digest"], entry["reason"]) == (None, None, "seen enough")


def test_a_shadow_that_takes_other_rows_is_refused(three: Workspace, maas: Maas):
    done = maas("promote", "3", "--shadow")
    assert (done.code, len(done.err.splitlines())) == (2, 1)
    assert "cannot shadow v1, which takes other rows" in done.err
    assert read_ledger(three.models).shadow is None


def test_a_shadow_of_itself_is_possible_and_said(three: Workspace, maas: Maas):
    done = maas("promote", "1", "--shadow")
    assert (done.code, done.out) == (0, "r2  v1  shadow\n")
    assert "v1 is live too" in done.err
    assert live(three) == 1


def test_none_is_for_shadows(three: Workspace, maas: Maas):
    done = maas("promote", "none")
    assert (done.code, "promote none --shadow" in done.err) == (2, True)
    assert maas("promote", "9").code == 2
    assert maas("promote", "x").code == 2
    assert maas("promote", "1", "--reason", "a\nb").code == 2
    assert len(read_ledger(three.models).entries) == 1


def test_a_version_of_another_model_is_refused(three: Workspace, maas: Maas, train_once: TrainOnce):
    other = train_once("--set", "model_name=other")
    shutil.copytree(other.models / "v1", three.models / "v4")
    done = maas("promote", "4")
    assert (done.code, "belongs to another model" in done.err) == (2, True)


def test_history_lists_the_releases_oldest_first(three: Workspace, maas: Maas):
    assert maas("promote", "2", "--reason", "it is better").code == 0
    lines = maas("history").out.splitlines()
    when = r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ"
    assert re.fullmatch(rf"r1  promote  v1  {when}  \S+@\S+", lines[0])
    assert re.fullmatch(rf"r2  promote  v2  {when}  \S+@\S+  it is better", lines[1])
    written = json.loads((three.models / LEDGER).read_bytes())["entries"]
    assert maas("history", "--json").document == written


def test_a_history_without_releases_says_what_is_live(own: Workspace, maas: Maas):
    done = maas("history")
    assert (done.code, "v1 is live, as the newest" in done.out) == (0, True)
    assert maas("history", "--json").document == []
    remove(own.models / "v1")
    done = maas("history")
    assert (done.code, "holds no version yet" in done.out) == (0, True)


def test_list_and_show_say_what_is_live_and_when_it_was(three: Workspace, maas: Maas):
    assert maas("promote", "2", "--shadow").code == 0
    marks = [(e["live"], e["shadow"]) for e in maas("list", "--json").document]
    assert marks == [(True, False), (False, True), (False, False)]
    ends = [line.rsplit("  ", 1)[1] for line in maas("list").out.splitlines()]
    assert ends == ["live", "shadow", "ok"]
    assert maas("promote", "2").code == 0
    (term,) = maas("show", "1", "--json").document["live_terms"]
    entries = read_ledger(three.models).entries
    assert term == {"release": 1, "since": entries[0].at, "until": entries[2].at}
    assert maas("show", "live").out.splitlines()[-1] == f"live      r3, {entries[2].at} to now"
    assert "live      " not in maas("show", "3").out


def test_before_the_first_release_the_newest_is_marked(own: Workspace, maas: Maas, second: Version):
    own.publish(second)
    assert [e["live"] for e in maas("list", "--json").document] == [False, True]


def test_a_damaged_ledger_is_one_line_for_every_command(three: Workspace, maas: Maas):
    assert maas("promote", "2").code == 0
    edit(three.models / LEDGER, '"reason": null', '"reason": "none"')
    before = (three.models / LEDGER).read_bytes()
    for command in (
        ("history",),
        ("history", "--json"),
        ("promote", "1"),
        ("promote", "none", "--shadow"),
        ("rollback",),
        ("show", "1"),
        ("diff", "live", "1"),
    ):
        done = maas(*command)
        assert (done.code, done.out, len(done.err.splitlines())) == (1, "", 1), command
        assert "release 1 is not what its hash says" in done.err
    done = maas("list")
    assert (done.code, len(done.out.splitlines())) == (1, 3)
    assert "release 1 is not what its hash says" in done.err
    done = maas("list", "--json")
    assert [(e["state"], e["live"]) for e in done.document] == [("ok", None)] * 3
    assert maas("show", "live").code == 1
    assert maas("diff", "1", "2").code == 0
    assert (three.models / LEDGER).read_bytes() == before


@pytest.fixture
def readable(three: Workspace) -> Iterator[Workspace]:
    """The three versions in a folder that other users may enter, unlike those of tests."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    shutil.copytree(three.models, folder / "models")
    yield Workspace(folder)
    (folder / "models").chmod(0o755)
    shutil.rmtree(folder)


@pytest.mark.skipif(os.name == "nt", reason="forks")
def test_a_folder_that_cannot_be_written_is_one_line(readable: Workspace):
    before = (readable.models / LEDGER).read_bytes()
    readable.models.chmod(0o555)
    done = run_as_another(readable, "promote", "2")
    assert (done.code, done.out, len(done.err.splitlines())) == (1, "", 1)
    assert f"{LEDGER}: cannot be written (Permission denied); check its owner" in done.err
    assert (readable.models / LEDGER).read_bytes() == before
    assert sorted(p.name for p in readable.models.iterdir()) == [LEDGER, "v1", "v2", "v3"]
    assert run_as_another(readable, "history").out.startswith("r1  promote  v1")


def run_as_another(workspace: Workspace, *arguments: str) -> Done:
    """Run a command in a child of this process that is not root, who may write anywhere."""
    out, err = workspace.folder / "out", workspace.folder / "err"
    sys.stdout.flush()
    child = os.fork()
    if child == 0:
        code = 99
        try:
            for path, handle in ((out, 1), (err, 2)):
                os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), handle)
            if os.geteuid() == 0:
                os.setgroups([])
                os.setresuid(12345, 12345, 12345)
            sys.stdout, sys.stderr = open(1, "w"), open(2, "w")  # noqa: SIM115
            os.environ["MODELS_DIR"] = str(workspace.models)
            sys.argv = ["maas", *arguments]
            from maas.__main__ import run

            code = run()
            sys.stderr.flush()
        finally:
            os._exit(code)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    return Done(code, out.read_text(), err.read_text())


@pytest.mark.skipif(sys.platform == "win32", reason="stops a process with a signal")
def test_a_promotion_gives_up_where_a_stopped_process_holds_the_lock(
    three: Workspace, maas: Maas, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(locks, "TIMEOUT_S", 0.1)
    with stopped_holder(three.models):
        done = maas("promote", "2")
    assert (done.code, done.out) == (1, "")
    assert "is locked by another process for more than 0.1 s" in done.err.splitlines()[-1]
    assert live(three) == 1


def test_an_images_own_copy_is_not_promoted_in(
    three: Workspace, maas: Maas, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(commands_release, "PROJECT", three.folder)
    (three.folder / IMAGE_COPY).touch()
    for command in (("promote", "2"), ("rollback",)):
        done = maas(*command)
        assert (done.code, done.out, len(done.err.splitlines())) == (2, "", 1)
        assert "is the image's own copy of the models" in done.err
    assert maas("history").code == 0
    assert IMAGE_COPY in (PROJECT / "scripts/image_files.py").read_text(encoding="utf-8")


def test_models_from_outside_of_the_image_are_promoted_in(tmp_path: Path):
    project, models = tmp_path / "app", tmp_path / "app/models"
    models.mkdir(parents=True)
    assert not is_image_copy(models, project)
    (project / IMAGE_COPY).touch()
    assert is_image_copy(models, project)
    assert not is_image_copy(tmp_path / "elsewhere", project)


def test_a_bento_is_not_promoted_in(
    three: Workspace, maas: Maas, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    monkeypatch.setattr("maas.__main__.PROJECT", tmp_path / "src")
    (tmp_path / "bento.yaml").touch()
    done = maas("promote", "2")
    assert (done.code, "is a Bento, which serves the version" in done.err) == (2, True)
    assert live(three) == 1


def test_an_address_is_checked_before_anything_is_promoted(three: Workspace, maas: Maas):
    for url in (
        "file:///etc",
        "localhost:8000",
        "http://",
        "ftp://h",
        "http://h/?a=b",
        "http://h:x",
    ):
        done = maas("promote", "2", "--wait", url)
        assert (done.code, len(done.err.splitlines())) == (2, 1), url
    assert live(three) == 1


def test_a_release_is_made_and_said_even_if_no_server_answers(
    three: Workspace, maas: Maas, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("maas.commands.server_wait.LIMIT_S", 0.1)
    done = maas("promote", "2", "--wait", "http://127.0.0.1:1")
    assert (done.code, done.out) == (1, "r2  v1 -> v2  live\n")
    line = done.err.splitlines()[-1]
    assert "http://127.0.0.1:1: does not answer with v2 after 0.1 s (it cannot be reached" in line
    assert live(three) == 2
