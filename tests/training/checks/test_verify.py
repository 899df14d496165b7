"""When each of the three verdicts is given, for versions trained in the test's own process."""

import hashlib
import json
import pickle
from pathlib import Path

import pytest

from maas.config.reading import load_train_config
from maas.errors import TooLargeError, UnreadableDataError
from maas.registry.manifest import canonical_json
from maas.registry.registry import Registry
from maas.registry.version import Version
from maas.training.checks.verify import EXIT_CODES, Verification, verify
from maas.training.data import read_dataset
from maas.training.fit import fit
from maas.training.run import build
from tests.samples import damage, edit
from tests.workspace import DEFAULT, PROJECT, Workspace


@pytest.fixture
def version(workspace: Workspace) -> Version:
    """A version that the test may change."""
    return workspace.train_here()


def verify_again(workspace: Workspace) -> Verification:
    return verify(Registry(workspace.models).open(1))


def reseal(folder: Path) -> None:
    """Give a manifest the digest of its content, and its files their hashes."""
    content = json.loads((folder / "manifest.json").read_bytes())
    for name in content["files"]:
        data = (folder / name).read_bytes()
        digest = hashlib.sha256(data).hexdigest()
        content["files"][name] = {"sha256": digest, "size": len(data)}
    content.pop("digest")
    content["digest"] = "sha256:" + hashlib.sha256(canonical_json(content)).hexdigest()
    damage(folder / "manifest.json", canonical_json(content, indent=1))


def test_the_same_bytes_again_are_bit_identical_and_nothing_is_written(
    workspace: Workspace, version: Version
):
    before = sorted((path, path.stat().st_mtime_ns) for path in workspace.folder.rglob("*"))
    found = verify(version)
    assert (found.verdict, found.version) == ("bit-identical", 1)
    assert found.sentence.startswith("v1 is bit-identical: retraining gave the same 4 files")
    assert sorted((p, p.stat().st_mtime_ns) for p in workspace.folder.rglob("*")) == before


def test_features_in_any_order_are_bit_identical(workspace: Workspace):
    workspace.train_here(
        'data.features={z: "petal length (cm)", a: "petal width (cm)", m: "sepal width (cm)"}'
    )
    assert verify_again(workspace).verdict == "bit-identical"


def test_each_verdict_has_its_exit_code():
    assert EXIT_CODES == {"bit-identical": 0, "mismatch": 1, "equivalent": 3}


@pytest.mark.parametrize("name", ["model.onnx", "saved_model.pkl", "reference.json"])
def test_a_flipped_byte_is_a_mismatch_that_names_the_file(own: Workspace, name: str):
    path = own.models / "v1" / name
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    damage(path, bytes(data))
    found = verify_again(own)
    assert found.verdict == "mismatch"
    assert name in found.reason


def test_another_seed_under_the_digest_of_the_changed_manifest_is_a_mismatch(
    workspace: Workspace, version: Version
):
    edit(version.path / "manifest.json", '"seed": 42', '"seed": 43')
    reseal(version.path)
    assert verify_again(workspace).verdict == "mismatch"


def test_equal_answers_from_other_bytes_are_equivalent_and_name_what_differs(
    workspace: Workspace, version: Version
):
    pickled = version.path / "saved_model.pkl"
    damage(pickled, pickled.read_bytes() + b"\n")
    reseal(version.path)
    edit(version.path / "run.json", '"numpy": "2.', '"numpy": "1.')
    found = verify_again(workspace)
    assert found.verdict == "equivalent"
    assert found.differing_files == ("saved_model.pkl", "manifest.json")
    assert found.circumstances is not None
    assert found.circumstances["packages.numpy"][0].startswith("1.")
    assert "packages.numpy 1." in found.sentence
    assert "\n" not in found.sentence


def make_older(folder: Path) -> None:
    """Take out of a manifest what was recorded later, as an older version lacks it."""
    content = json.loads((folder / "manifest.json").read_bytes())
    del content["signature"]["input_bound"]
    damage(folder / "manifest.json", json.dumps(content).encode())
    reseal(folder)


def test_an_older_version_is_compared_in_its_own_schema(workspace: Workspace, version: Version):
    make_older(version.path)
    assert verify_again(workspace).verdict == "bit-identical"
    edit(version.path / "manifest.json", '"maximum": 6.9', '"maximum": 7.0')
    reseal(version.path)
    found = verify_again(workspace)
    assert found.verdict == "mismatch"
    assert "another signature" in found.reason


def test_a_version_of_schema_1_is_built_again_by_its_own_rule(workspace: Workspace):
    config = load_train_config(DEFAULT, ["numerics=native"])
    built = build(config, read_dataset(config, PROJECT, 1), verified=1)
    assert built.manifest.schema_version == 1
    Registry(workspace.models).publish(built.manifest, built.files, b"{}", set())
    assert verify_again(workspace).verdict == "bit-identical"
    manifest = workspace.models / "v1/manifest.json"
    edit(manifest, '"feature1": 1.4', '"feature1": 1.5')
    reseal(workspace.models / "v1")
    assert "another signature" in verify_again(workspace).reason


def write_own(workspace: Workspace, text: str) -> Path:
    (workspace.folder / "data.csv").write_text(text)
    config = workspace.folder / "own.yaml"
    config.write_text(
        "{model_name: own, data: {source: data.csv, target: y}, estimator: {name: Ridge}}"
    )
    return config


@pytest.mark.parametrize("key", ["held_out", "warnings"])
@pytest.mark.parametrize("strip", [True, False])
def test_what_a_run_warned_of_cannot_be_stripped_or_altered(
    workspace: Workspace, key: str, strip: bool
):
    rows = [f"{i * 7 % 40},{'new' if i == 39 else 'old'},1,{i * 7 % 40},{i}" for i in range(40)]
    config = write_own(workspace, "\n".join(["a,town,unit,y,day", *rows]) + "\n")
    version = workspace.train_here("split={method: time, column: day}", config=config)
    assert verify(version).verdict == "bit-identical"
    content = json.loads((version.path / "manifest.json").read_bytes())
    assert [record["seen"] for record in content["warnings"]] == ["equal", "one_value"]
    if strip:
        del content[key]
    else:
        forged = {"held_out": {"rows": 9, "refused": 1, "by_feature": {"town": 1}}}
        content[key] = forged.get(key, content["warnings"][:1])
    damage(version.path / "manifest.json", json.dumps(content).encode())
    reseal(version.path)
    found = verify_again(workspace)
    assert (found.verdict, found.differing_files) == ("mismatch", ("manifest.json",))
    assert "retraining gave other refused rows or other warnings" in found.reason


@pytest.mark.parametrize("key", ["left_out", "merged"])
@pytest.mark.parametrize("strip", [True, False])
def test_which_rows_were_left_out_cannot_be_stripped_or_altered(
    workspace: Workspace, key: str, strip: bool
):
    rows = [f"{i * 7 % 40},{'pqrs'[i % 2 + 2 * (i > 37)] if i else ''}" for i in range(40)]
    config = write_own(workspace, "\n".join(["a,y", *rows]) + "\n")
    keys = ["drop_rows_without_target=true", "min_class_rows=2"]
    keys += ["rare_class=other"] if key == "merged" else []
    version = workspace.train_here(
        "estimator={name: GaussianNB}", *(f"data.{key}" for key in keys), config=config
    )
    assert verify(version).verdict == "bit-identical"
    content = json.loads((version.path / "manifest.json").read_bytes())
    left_out, merged = content["data"]["left_out"], content["data"].get("merged")
    assert left_out == {"without_target": 1} | ({} if merged else {"rare_classes": 2})
    assert merged == (2 if key == "merged" else None)
    if strip:
        del content["data"][key]
    else:
        content["data"][key] = 1 if key == "merged" else {"without_target": 2}
    damage(version.path / "manifest.json", json.dumps(content).encode())
    reseal(version.path)
    found = verify_again(workspace)
    assert (found.verdict, found.differing_files) == ("mismatch", ("manifest.json",))
    assert "retraining left out other rows of the data" in found.reason


def test_edited_data_are_a_mismatch_and_lost_data_an_error(workspace: Workspace):
    text = "a,y\n" + "".join(f"{i},{i * 2 + i % 3}\n" for i in range(40))
    workspace.train_here(config=write_own(workspace, text))
    assert verify_again(workspace).verdict == "bit-identical"
    for changed in (text.replace("7,", "7.5,"), "b,y\n1,2\n"):
        write_own(workspace, changed)
        found = verify_again(workspace)
        assert found.verdict == "mismatch"
        assert "the data in data.csv have changed" in found.reason
    (workspace.folder / "data.csv").unlink()
    with pytest.raises(UnreadableDataError, match="does not exist") as caught:
        verify_again(workspace)
    assert caught.value.exit_code == 2


def test_too_little_memory_says_nothing_about_a_version(
    version: Version, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(fit, "available_memory", lambda: 1000)
    with pytest.raises(TooLargeError, match=r"iris: the fit: needs .* 0\.0 GB are available"):
        verify(version)


def test_native_versions_promise_nothing_and_say_so(version: Version):
    assert version.read_run()["determinism"]["promise"].startswith("none across machines")


class Evil:
    """What a forged pickle can be: it runs code when it is loaded."""

    def __init__(self, marker: Path) -> None:
        self.marker = marker

    def __reduce__(self) -> tuple[object, ...]:
        return Path.touch, (self.marker,)


@pytest.fixture
def marker(tmp_path: Path) -> Path:
    """The file that a forged pickle makes when it is loaded."""
    return tmp_path / "loaded"


def forge_pickle(version: Version, marker: Path) -> None:
    damage(version.path / "saved_model.pkl", pickle.dumps(Evil(marker)))
    reseal(version.path)


def test_a_forged_pickle_beside_an_onnx_model_is_named_and_never_loaded(
    workspace: Workspace, version: Version, marker: Path
):
    forge_pickle(version, marker)
    for trust in (False, True):
        found = verify(Registry(workspace.models).open(1), trust=trust)
        assert found.verdict == "equivalent"
        assert found.differing_files == ("saved_model.pkl", "manifest.json")
        assert not marker.exists()


def test_a_forged_pickle_that_is_served_is_loaded_with_trust_alone(
    workspace: Workspace, marker: Path
):
    version = workspace.train_here("runtime=sklearn")
    assert verify(version).verdict == "bit-identical"
    forge_pickle(version, marker)
    found = verify_again(workspace)
    assert (found.verdict, marker.exists()) == ("mismatch", False)
    assert "saved_model.pkl is not the retrained one, and was not loaded" in found.reason
    assert "`verify 1 --trust` loads it" in found.reason
    found = verify(Registry(workspace.models).open(1), trust=True)
    assert (found.verdict, marker.exists()) == ("mismatch", True)
    assert "the stored saved_model.pkl cannot answer the held-out rows" in found.reason


def test_with_trust_another_pickle_with_equal_answers_is_equivalent(workspace: Workspace):
    version = workspace.train_here("runtime=sklearn")
    pickled = version.path / "saved_model.pkl"
    damage(pickled, pickled.read_bytes() + b"\n")
    reseal(version.path)
    assert verify_again(workspace).verdict == "mismatch"
    found = verify(Registry(workspace.models).open(1), trust=True)
    assert found.verdict == "equivalent"
    assert found.differing_files == ("saved_model.pkl", "manifest.json")


def test_a_pickle_with_the_retrained_bytes_is_compared_without_trust(workspace: Workspace):
    version = workspace.train_here("runtime=sklearn")
    edit(version.path / "manifest.json", '"accuracy": 0.9', '"accuracy": 0.8')
    reseal(version.path)
    found = verify_again(workspace)
    assert (found.verdict, found.differing_files) == ("mismatch", ("manifest.json",))
    assert "retraining gave other metrics (accuracy 0.8" in found.reason
    edit(version.path / "manifest.json", '"accuracy": 0.83', '"accuracy": 0.93')
    damage(version.path / "reference.json", b"{}")
    reseal(version.path)
    found = verify_again(workspace)
    assert found.verdict == "equivalent"
    assert found.differing_files == ("reference.json", "manifest.json")


def test_a_forged_tolerance_hides_no_difference(workspace: Workspace, version: Version):
    other = Workspace(workspace.folder / "other").train_here("estimator.params.C=0.5")
    damage(version.path / "model.onnx", other.read("model.onnx"))
    edit(version.path / "manifest.json", '"tolerance": 1e-05', '"tolerance": 1e+30')
    reseal(version.path)
    assert verify_again(workspace).verdict == "mismatch"


@pytest.mark.parametrize("data", [b"", b"junk", b"\x08\x01"])
def test_a_model_that_cannot_be_loaded_is_a_mismatch(
    workspace: Workspace, version: Version, data: bytes
):
    damage(version.path / "model.onnx", data)
    reseal(version.path)
    found = verify_again(workspace)
    assert found.verdict == "mismatch"
    assert "the stored model.onnx cannot answer the held-out rows (" in found.reason
    assert "\n" not in found.sentence


def test_a_config_that_cannot_be_trained_from_is_a_mismatch(workspace: Workspace, version: Version):
    edit(version.path / "manifest.json", '"seed": 42', '"seed": 42, "search": {}')
    reseal(version.path)
    damage(version.path / "run.json", b'{"data_root": 5}')
    found = verify_again(workspace)
    assert found.verdict == "mismatch"
    assert "config.search: " in found.reason
    edit(version.path / "manifest.json", '"search": {}', '"seed": 42')
    reseal(version.path)
    assert verify_again(workspace).verdict == "bit-identical"
