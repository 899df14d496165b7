"""Forged versions under a right digest: damage that each reader says in one line, and no more.

A digest proves that a manifest was not altered by accident. Whoever may write the models folder
can make one for any content, so each value here is sealed again after it was forged.
"""

import hashlib
import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from bentoml.exceptions import BentoMLException

from maas.errors import DamagedError, DataError, StorageError
from maas.registry.files import MAX_RECORD_BYTES
from maas.registry.manifest import canonical_json
from maas.registry.registry import Registry
from maas.registry.version import Version
from maas.serving.process.deployment import load_deployment
from tests.commands.conftest import Maas
from tests.samples import CONFIG, FILES, RUN, damage, make_manifest
from tests.workspace import PROJECT, Workspace, snapshot

Content = dict[str, Any]
Forge = Callable[[Content], object]


def put(path: str, value: object) -> Forge:
    """Set the value under a dotted path; a number is an index."""

    def forge(content: Any) -> None:
        *parents, last = path.split("/")
        for parent in parents:
            content = content[int(parent) if parent.isdigit() else parent]
        content[last] = value

    return forge


def drop(path: str) -> Forge:
    def forge(content: Any) -> None:
        *parents, last = path.split("/")
        for parent in parents:
            content = content[int(parent) if parent.isdigit() else parent]
        del content[last]

    return forge


def add_file(name: str) -> Forge:
    """List a file that is where its name leads to."""
    return lambda content: content["files"].update({name: {"sha256": "0" * 64, "size": 5}})


def repeat_feature(content: Content) -> None:
    content["signature"]["features"] += content["signature"]["features"][:1]


def nest(content: Content) -> None:
    for _ in range(900):
        content["config"] = {"a": content["config"]}


def refuse(refused: int, rows: int = 30, **by_feature: int) -> Forge:
    record = {"rows": rows, "refused": refused, "by_feature": by_feature}
    return put("held_out", record)


def warn(*features: str, kind: str = "leak", seen: str = "equal", **changes: object) -> Forge:
    record = {"kind": kind, "seen": seen, "features": features, "count": len(features)}
    return put("warnings", [record | changes])


def in_schema_2(forge: Forge) -> Forge:
    older = (forge, drop("files/report.json"), put("schema_version", 2))
    return lambda content: [change(content) for change in older]


FEATURE = "signature/features/0"
FORGERIES: dict[str, Forge] = {
    "a file name that leads out": add_file("../evil"),
    "a file name with a separator": add_file("sub/evil"),
    "a file name with a backslash": add_file("..\\evil"),
    "an absolute file name": add_file("/tmp/evil"),
    "a hidden file": add_file(".evil"),
    "no file name": add_file(""),
    "a folder as file name": add_file(".."),
    "a file name with a line end": add_file("evil\n"),
    "a file name with NUL": add_file("evil\0"),
    "a long file name": add_file("e" * 300),
    "the manifest among its files": add_file("manifest.json"),
    "run.json among the files": add_file("run.json"),
    "model.yaml among the files": add_file("model.yaml"),
    "model.yaml in capitals": add_file("MODEL.YAML"),
    "many files": lambda content: [add_file(f"f{i}")(content) for i in range(200)],
    "a size beyond any": put("files/model.onnx/size", 2**50),
    "a negative size": put("files/model.onnx/size", -1),
    "no hash": put("files/model.onnx/sha256", ""),
    "no model": drop("files/model.onnx"),
    "no pickle": drop("files/saved_model.pkl"),
    "no reference": drop("files/reference.json"),
    "no report": drop("files/report.json"),
    "a report before there were any": put("schema_version", 3),
    "no files": put("files", {}),
    "a model name that leads out": put("model_name", "../../../x"),
    "an absolute model name": put("model_name", "/tmp/x"),
    "a model name with a colon": put("model_name", "m:v1"),
    "a model name in capitals": put("model_name", "Model"),
    "no model name": put("model_name", ""),
    "a model name with a line end": put("model_name", "m\n"),
    "a long model name": put("model_name", "m" * 64),
    "no metrics": put("metrics", {}),
    "other metrics": put("metrics", {"r2": 0.5}),
    "a metric that is no number": put("metrics/accuracy", "high"),
    "an infinite metric": put("metrics/accuracy", float("inf")),
    "an unknown runtime": put("runtime", "torch"),
    "the runtime of another config": put("runtime", "sklearn"),
    "no config": put("config", {}),
    "a config that is a list": put("config", []),
    "no estimator": drop("config/estimator"),
    "a seed that is a text": put("config/seed", "42"),
    "an unknown numerics": put("config/numerics", "quantum"),
    "a split that does not fit": put("config/split/method", "group"),
    "a config without end": nest,
    "no features": put("signature/features", []),
    "a feature twice": repeat_feature,
    "a feature without a name": put(f"{FEATURE}/name", ""),
    "a feature of an unknown type": put(f"{FEATURE}/type", "date"),
    "a category without categories": put(f"{FEATURE}/type", "category"),
    "a number with categories": put(f"{FEATURE}/categories", ["a"]),
    "a category twice": lambda content: content["signature"]["features"][0].update(
        type="category", categories=["a", "a"], minimum=None, maximum=None
    ),
    "half a range": put(f"{FEATURE}/minimum", None),
    "no classes": put("signature/classes", []),
    "classes that are null": put("signature/classes", None),
    "a class twice": put("signature/classes", ["a", "a"]),
    "two classes of one text": put("signature/classes", [1, "1"]),
    "a regression with classes": put("signature/task", "regression"),
    "no example": put("signature/example", {}),
    "an example of other fields": put("signature/example/more", 1),
    "an example of another type": put("signature/example/feature1", "x"),
    "an example with a gap": put("signature/example/feature1", None),
    "a bound of zero": put("signature/input_bound", 0.0),
    "a bound beyond float32": put("signature/input_bound", 1e300),
    "parity that failed": put("parity/passed", False),
    "a negative tolerance": put("parity/tolerance", -1.0),
    "no rows": put("data/rows", 0),
    "more rows than there are": put("data/rows", 10**30),
    "no row refused": refuse(0),
    "more rows refused than held out": refuse(31, feature1=31),
    "as many rows held out as there are": refuse(1, rows=150, feature1=1),
    "rows refused for no feature": refuse(2),
    "rows refused for what is not a feature": refuse(2, feature3=2),
    "fewer rows refused than for a feature": refuse(2, feature1=3),
    "more rows refused than for all features": refuse(5, feature1=2, feature2=2),
    "a feature that refuses no row": refuse(1, feature1=1, feature2=0),
    "refused rows in schema 2": in_schema_2(refuse(1, feature1=1)),
    "a warning in schema 2": in_schema_2(warn("feature1")),
    "a warning of what is not a feature": warn("feature3"),
    "a warning of no feature": warn(),
    "a warning of a feature twice": warn("feature1", "feature1"),
    "a warning of more features than there are": warn("feature1", "feature2", count=3),
    "a warning of more features than it counts": warn("feature1", "feature2", count=1),
    "a warning of an unknown kind": warn("feature1", kind="virus"),
    "a warning of another kind than what was seen": warn("feature1", kind="constant"),
    "a warning with words of its own": warn("feature1", message="m"),
    "many warnings": lambda content: content.update(
        warnings=[{"kind": "leak", "seen": "equal", "features": ["feature1"], "count": 1}] * 21
    ),
    "null as warnings": put("warnings", None),
    "another schema": put("schema_version", 5),
    "a key of a newer schema": put("more", 1),
}


@pytest.fixture
def forged(workspace: Workspace, first: Version) -> Path:
    """The folder of v1, which the test forges."""
    shutil.copytree(first.path, workspace.models / "v1")
    (workspace.models / "evil").write_text("evil\n")
    return workspace.models / "v1"


def seal(folder: Path, forge: Forge) -> None:
    """Forge a manifest, and give it the digest of its content."""
    content = json.loads((folder / "manifest.json").read_bytes())
    content.pop("digest")
    forge(content)
    try:
        data = canonical_json(content)
    except ValueError:  # what JSON does not have cannot be sealed
        data = json.dumps(content).encode()
    content["digest"] = "sha256:" + hashlib.sha256(data).hexdigest()
    damage(folder / "manifest.json", json.dumps(content, indent=1).encode())


@pytest.fixture
def judge(
    maas: Maas, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> Callable[[], set[str]]:
    """Let every reader judge v1; return the lines in which they refuse it."""
    monkeypatch.setattr("maas.commands.verify.pin_process", lambda _: None)

    def run() -> set[str]:
        before = snapshot(workspace.folder)
        (entry,) = maas("list", "--json").document
        assert entry["state"] == "damaged"
        listed = maas("list")
        assert (listed.code, listed.err, len(listed.out.splitlines())) == (0, "", 1)
        lines = {f"error: {entry['problem']}"}
        for args in (["show", "1"], ["diff", "1", "1"]):
            done = maas(*args)
            assert (done.code, done.out, len(done.err.splitlines())) == (1, "", 1), done
            lines.add(done.err)
        done = maas("verify", "1")
        assert (done.code, len(done.out.splitlines()), done.err) == (1, 1, ""), done
        lines.add(done.out)
        assert snapshot(workspace.folder) == before
        done = maas("sync")
        assert (done.code, len((done.out + done.err).splitlines())) == (1, 1), done
        lines.add(done.out + done.err)
        added = snapshot(workspace.folder).keys() - before.keys()
        assert added <= {"bentoml/maas.lock"}
        return lines

    return run


@pytest.mark.parametrize("name", FORGERIES)
def test_a_forged_manifest_is_damage_to_every_reader(
    forged: Path, judge: Callable[[], set[str]], name: str
):
    seal(forged, FORGERIES[name])
    for line in judge():
        assert "v1/manifest.json" in line
        assert "is not a valid manifest (" in line or "digest does not match" in line, line
        assert len(line) < 600
    with pytest.raises(BentoMLException, match=r"v1/manifest\.json: ") as caught:
        load_deployment(PROJECT)  # what `bentoml serve` and `bentoml build` begin with
    assert "\n" not in str(caught.value)


def folder_of(path: Path) -> None:
    path.unlink(missing_ok=True)
    path.mkdir()


def link_of(path: Path) -> None:
    """The right content, but under another name that its owner may change at any time."""
    target = path.parent.parent / "evil"
    target.write_bytes(path.read_bytes() if path.exists() else b"")
    path.unlink(missing_ok=True)
    path.symlink_to(target)


def fifo_of(path: Path) -> None:
    path.unlink(missing_ok=True)
    os.mkfifo(path)


def huge(path: Path) -> None:
    path.unlink(missing_ok=True)
    path.touch()
    os.truncate(path, 2**30)


@pytest.mark.skipif(os.name == "nt", reason="makes links and FIFOs")
@pytest.mark.parametrize("make", [folder_of, link_of, fifo_of, huge])
@pytest.mark.parametrize("name", ["manifest.json", "run.json", "model.onnx", "more"])
def test_what_is_not_a_plain_file_of_its_size_is_damage_and_is_not_waited_for(
    forged: Path, maas: Maas, workspace: Workspace, make: Callable[[Path], None], name: str
):
    make(forged / name)
    (entry,) = maas("list", "--json").document
    assert entry["state"] == "damaged"
    assert f"v1/{name}" in entry["problem"]
    for args in (["show", "1"], ["diff", "1", "1"], ["sync"]):
        done = maas(*args)
        assert done.code == 1, done
        assert len((done.out + done.err).splitlines()) == 1
        assert f"v1/{name}" in done.out + done.err
    assert not list(workspace.store.glob("models/*/v1"))


def test_a_forged_version_beside_a_valid_one_is_not_mirrored(
    own: Workspace, maas: Maas, first: Version
):
    own.publish(first)
    seal(own.models / "v2", put("model_name", "../../../x"))
    seal(own.models / "v1", add_file("../evil"))
    (own.models / "evil").write_text("evil\n")
    own.publish(first)
    before = snapshot(own.folder)
    done = maas("sync", "--json")
    assert [result["state"] for result in done.document] == ["damaged", "damaged", "present"]
    assert snapshot(own.folder) == before


def test_keys_that_a_newer_release_added_to_the_config_are_let_pass_but_not_trained_from(
    forged: Path, maas: Maas, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("maas.commands.verify.pin_process", lambda _: None)
    seal(forged, put("config/search", {"n": 3}))
    assert maas("list", "--json").document[0]["state"] == "ok"
    assert maas("show", "1").code == 0
    done = maas("verify", "1")
    assert done.code == 1
    assert "cannot be trained from by this release (config.search: " in done.out


def test_control_characters_are_shown_and_not_obeyed(forged: Path, maas: Maas):
    seal(forged, put("data/source", "iris\n\x1b[2J"))
    for args in (["list"], ["show", "1"]):
        done = maas(*args)
        assert done.code == 0
        assert "iris\\n\\x1b[2J" in done.out
    assert len(maas("list").out.splitlines()) == 1


@pytest.mark.parametrize(
    "run", [{"data_root": 5}, {"data_root": ["/"]}, {"created_at": "x\n"}, {"packages": 1}]
)
def test_run_json_may_hold_anything(forged: Path, maas: Maas, run: Content):
    damage(forged / "run.json", json.dumps(run).encode())
    for args in (["list"], ["show", "1"], ["diff", "1", "1"]):
        assert maas(*args).code == 0


def test_what_no_reader_would_accept_is_not_published(tmp_path: Path):
    with pytest.raises(DataError, match=r"metrics: r2 is missing"):
        make_manifest(metrics={"mae": 0.5})
    with pytest.raises(DataError, match=r"config\.estimator: "):
        make_manifest(config={key: CONFIG[key] for key in ("seed", "data")})
    run = RUN + b" " * MAX_RECORD_BYTES
    with pytest.raises(StorageError, match=r"run\.json: would be larger"):
        Registry(tmp_path).publish(make_manifest(), FILES, run, ())
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_the_manifest_does_not_list_is_not_read(forged: Path):
    version = Registry(forged.parent).open(1)
    for name in ("run.json", "../evil"):
        with pytest.raises(DamagedError, match="is not a file of this version"):
            version.read(name)


def test_what_these_forgeries_alter_is_valid_as_a_run_writes_it(forged: Path, maas: Maas):
    def forge(content: Content) -> None:
        refuse(3, feature1=2, feature2=2)(content)
        warn("feature1", "feature2")(content)

    seal(forged, forge)
    assert maas("list", "--json").document[0]["state"] == "ok"


@pytest.mark.parametrize(
    "folder", ["models", *(f"tests/data/{nth}_schema" for nth in ("first", "second", "third"))]
)
def test_the_committed_versions_stay_valid(folder: str):
    version = Registry(PROJECT / folder).check(1)
    assert version.manifest.to_bytes() == (version.path / "manifest.json").read_bytes()
