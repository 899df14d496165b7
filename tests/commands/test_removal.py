"""The command `remove`, and what the other commands say of what is gone."""

import json
import shutil

import pytest

from maas.registry.registry import Registry
from maas.registry.removed_numbers import REMOVED
from maas.registry.version import Version
from tests.commands.conftest import Maas
from tests.releases import write_releases
from tests.samples import damage
from tests.workspace import Workspace


@pytest.fixture
def three(own: Workspace, first: Version, second: Version) -> Workspace:
    """A workspace with three versions."""
    own.publish(second, first)
    return own


def test_versions_go_from_folder_and_store_in_one_command(three: Workspace, maas: Maas):
    done = maas("remove", "v1", "2", "1")
    assert (done.code, done.out, done.err) == (0, "v1  removed\nv2  removed\n", "")
    assert [entry["version"] for entry in maas("list", "--json").document] == [3]
    assert maas("sync").out == "model_service:v3  present\n"
    assert three.bentoml("models", "list").stdout.count("model_service:v") == 1


def test_the_number_of_the_newest_is_not_given_again(three: Workspace, maas: Maas):
    write_releases(three.models, ("promote", 1))
    assert maas("remove", "latest").out == "v3  removed\n"
    assert three.train_here().number == 4


def test_json_is_one_document(three: Workspace, maas: Maas):
    write_releases(three.models, ("promote", 1))
    assert maas("remove", "--keep", "1", "--json").document == [
        {"version": 1, "state": "kept", "detail": "is live"},
        {"version": 2, "state": "removed", "detail": ""},
        {"version": 3, "state": "kept", "detail": "is the newest"},
    ]
    assert maas("remove", "1", "--json").out == ""


def test_nothing_to_remove_is_a_line(three: Workspace, maas: Maas, workspace: Workspace):
    done = maas("remove", "--keep", "3")
    assert (done.code, done.err) == (0, "")
    assert done.out.splitlines()[0] == "v1  kept  is one of the newest 3"
    assert done.out.splitlines()[3] == f"{workspace.models}: there is nothing to remove"
    shutil.rmtree(three.models)
    done = maas("remove", "--keep", "3")
    assert (done.code, done.out) == (0, f"{workspace.models}: there is nothing to remove\n")
    assert maas("remove", "--keep", "3", "--json").document == []


@pytest.mark.parametrize(
    ("args", "line"),
    [
        ([], "needs either versions or --keep K"),
        (["1", "--keep", "2"], "needs either versions or --keep K"),
        (["--keep", "0"], "'0' is not a number"),
        (["--keep", "-1"], "'-1' is not a number"),
        (["--keep", "all"], "'all' is not a number"),
        (["--force"], "needs either versions or --keep K"),
        (["1", "x"], "x: is not a version; write "),
        (["1", "v0"], "v0: is not a version"),
        (["1", "7"], "v7: no such version (there: v1, v2, v3)"),
        (["1", "3"], "v3: is live"),
        (["1", "latest", "--force"], "v3: is live"),
    ],
)
def test_a_wrong_call_is_exit_2_and_a_line_and_removes_nothing(
    three: Workspace, maas: Maas, args: list[str], line: str
):
    done = maas("remove", *args)
    assert (done.code, done.out) == (2, "")
    assert line in done.err
    assert len(done.err.splitlines()) == 1
    assert Registry(three.models).numbers() == [1, 2, 3]
    assert not (three.models / REMOVED).exists()


@pytest.mark.parametrize("name", ["serving.json", "removed.json"])
def test_a_damaged_record_is_exit_1_and_a_line(three: Workspace, maas: Maas, name: str):
    (three.models / name).write_text('{"entries": 7, "highest": []}')
    done = maas("remove", "1", "--force")
    assert (done.code, done.out, len(done.err.splitlines())) == (1, "", 1)
    assert name in done.err
    assert [Registry(three.models).check(n).number for n in (1, 2, 3)] == [1, 2, 3]


def test_train_refuses_a_damaged_record_before_the_fit(own: Workspace):
    (own.models / REMOVED).write_text("{}")
    done = own.train()
    assert (done.returncode, done.stdout) == (1, "")
    assert "removed.json: is not valid (highest: Field required); write " in done.stderr
    assert "fitting" not in done.stderr


def test_sync_names_what_only_the_store_has_and_the_remedy_works(three: Workspace, maas: Maas):
    shutil.rmtree(three.models / "v2")
    done = maas("sync", "--json")
    assert done.code == 0
    assert [(r["tag"], r["state"]) for r in done.document] == [
        ("model_service:v1", "present"),
        ("model_service:v3", "present"),
        ("model_service:v2", "orphan"),
    ]
    detail = done.document[2]["detail"]
    assert "leave it if it belongs to another project or clone" in detail
    assert (three.store / "models/model_service/v2").is_dir()
    command = detail.partition("`python -m maas ")[2].strip("`").split()
    assert maas(*command[:2]).code == 2
    done = maas(*command)
    assert (done.code, done.out[:11]) == (0, "v2  removed")
    assert [r["state"] for r in maas("sync", "--json").document] == ["present", "present"]
    assert json.loads((three.models / REMOVED).read_text())["highest"] == 2


def test_a_run_says_nothing_of_the_tags_of_other_clones(own: Workspace, first: Version):
    other = Workspace(own.folder / "other", environ={"BENTOML_HOME": str(own.store)})
    assert [result.state for result in other.publish(first)] == ["created"]


def test_sync_finishes_a_removal_that_was_killed(three: Workspace, maas: Maas):
    trash = three.models / ".staging-dead/version"
    trash.mkdir(parents=True)
    (three.models / "v2").rename(trash / "v2")
    maas("sync")
    assert sorted(path.name for path in three.models.iterdir()) == ["v1", "v3"]


def test_versions_that_go_while_they_are_looked_at_are_left_out(
    three: Workspace, maas: Maas, monkeypatch: pytest.MonkeyPatch
):
    """Each command has read the names before a version goes."""
    opened = Registry.open

    def remove_first(registry: Registry, number: int) -> Version:
        if (three.models / "v2").exists() and number == 2:
            shutil.rmtree(three.models / "v2")
        return opened(registry, number)

    monkeypatch.setattr(Registry, "open", remove_first)
    monkeypatch.setattr("maas.commands.verify.pin_process", lambda _: None)
    shutil.copytree(three.models / "v2", three.folder / "v2")
    for command in (("list", "--json"), ("sync", "--json"), ("verify", "--all", "--json")):
        if not (three.models / "v2").exists():
            shutil.copytree(three.folder / "v2", three.models / "v2")
        if command[0] == "verify":
            damage(three.models / "v1/model.onnx", b"")  # so that it need not be trained again
            damage(three.models / "v3/model.onnx", b"")
        done = maas(*command)
        versions = [
            r.get("version") or int(r["tag"][-1])
            for r in done.document
            if "state" not in r or r["state"] != "orphan"
        ]
        assert versions == [1, 3], command
