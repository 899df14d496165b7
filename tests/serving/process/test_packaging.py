"""What `bentoml build` takes: the labels, the packages, and a model that the store then holds."""

import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest
from bentoml.exceptions import BentoMLException

from maas.config.service_config import ServiceConfig
from maas.registry.registry import Registry
from maas.registry.version import Version
from maas.serving.process.deployment import Deployment
from tests.samples import FILES, RUN, damage, make_manifest
from tests.workspace import PROJECT, Workspace

with warnings.catch_warnings(action="ignore", category=DeprecationWarning):  # of BentoML's own
    from maas.serving.process.packaging import bento_image, bento_labels, bento_model


@pytest.fixture
def version(workspace: Workspace) -> Version:
    return Registry(workspace.models).publish(make_manifest(), FILES, RUN, ())


@pytest.fixture
def entries(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The entries of the workspace's store, in which BentoML looks too."""
    from bentoml._internal.configuration.containers import BentoMLContainer
    from bentoml._internal.models.model import ModelStore

    monkeypatch.setenv("BENTOML_HOME", str(workspace.store))
    (workspace.store / "models").mkdir(parents=True)
    BentoMLContainer.model_store.set(ModelStore(workspace.store / "models"))
    yield workspace.store / "models/m"
    BentoMLContainer.model_store.reset()


def deployment(version: Version, in_bento: bool = False) -> Deployment:
    return Deployment(PROJECT, ServiceConfig(), in_bento, version)


def test_a_bento_is_labelled_with_the_tag_and_the_digest(version: Version):
    assert bento_labels(version) == {"model_tag": "m:v1", "model_digest": version.manifest.digest}


@pytest.mark.parametrize(("runtime", "has_sklearn"), [("onnx", False), ("sklearn", True)])
def test_an_image_has_the_packages_of_the_runtime(workspace: Workspace, runtime, has_sklearn: bool):
    manifest = make_manifest(runtime=runtime)
    version = Registry(workspace.models).publish(manifest, FILES, RUN, ())
    wanted = bento_image(deployment(version), version).python_requirements
    assert "onnxruntime==" in wanted
    assert "--hash=sha256:" in wanted
    assert ("scikit-learn==" in wanted) == has_sklearn
    assert bento_image(deployment(version, in_bento=True), version).python_requirements == ""


def test_a_model_is_mirrored_when_it_is_asked_for_and_not_before(entries: Path, version: Version):
    model = bento_model(deployment(version), version)
    assert str(model.tag) == "m:v1"
    assert not entries.exists()
    info = model.to_info()
    assert (str(info.tag), info.module) == ("m:v1", "bentoml.sklearn")
    assert (entries / "v1/model.onnx").read_bytes() == FILES["model.onnx"]
    assert Path(model.resolve().path) == entries / "v1"


@pytest.mark.usefixtures("entries")
def test_in_a_bento_nothing_is_mirrored(version: Version):
    assert bento_model(deployment(version, in_bento=True), version).stored is None


def test_a_tag_that_holds_another_version_is_not_built(
    entries: Path, version: Version, workspace: Workspace
):
    other = Registry(workspace.folder / "other")
    held = other.publish(make_manifest(metrics={"r2": 0.9}), FILES, RUN, ())
    bento_model(deployment(held), held).to_info()
    model = bento_model(deployment(version), version)
    with pytest.raises(BentoMLException, match=f"the tag holds {held.manifest.digest}") as caught:
        model.to_info()
    assert "set BENTOML_HOME to another folder" in str(caught.value)
    assert held.manifest.digest.encode() in (entries / "v1/manifest.json").read_bytes()


def test_a_damaged_version_is_not_built(entries: Path, version: Version):
    damage(version.path / "model.onnx", b"x")
    with pytest.raises(BentoMLException, match=r"model\.onnx: was altered"):
        bento_model(deployment(version), version).to_info()
    assert not (entries / "v1").exists()
