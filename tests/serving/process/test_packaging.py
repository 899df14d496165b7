"""What `bentoml build` takes: the labels, the packages, and a model that the store then holds."""

import warnings
from collections.abc import Iterator
from pathlib import Path

import bentoml
import pytest
from bentoml.exceptions import BentoMLException

from maas.config.service_config import ServiceConfig
from maas.registry.registry import Registry
from maas.registry.version import Version
from maas.serving.process.deployment import Deployment
from tests.samples import FILES, RUN, damage, make_manifest
from tests.workspace import PROJECT, Workspace

with warnings.catch_warnings(action="ignore", category=DeprecationWarning):  # of BentoML's own
    from maas.serving.process.packaging import (
        bento_image,
        bento_labels,
        bento_model,
        service_name,
    )


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
    image = bento_image(deployment(version), version)
    with warnings.catch_warnings(action="ignore", category=DeprecationWarning):  # BentoML's own
        wanted = image.freeze(workspace.folder, [])
    assert "onnxruntime==" in wanted.python_requirements
    assert "--hash=sha256:" in wanted.python_requirements
    assert ("scikit-learn==" in wanted.python_requirements) == has_sklearn


def test_the_lock_is_read_when_a_bento_is_built_and_not_before(version: Version, tmp_path: Path):
    project = tmp_path / "project"
    image = bento_image(Deployment(project, ServiceConfig(), False, version), version)
    with pytest.raises(BentoMLException) as caught:
        image.freeze(tmp_path, [])
    assert str(caught.value) == (
        f"{project}/requirements/serving.txt: cannot be read (No such file or directory), and "
        "`bentoml build` needs it; restore that file, or make it with `make lock`"
    )


def test_the_service_and_its_bento_are_called_as_the_model(version: Version):
    assert service_name(version) == "m"


def test_a_model_may_be_called_as_a_setting_of_bentoml(workspace: Workspace):
    """Such a name gets a capital for the service; its Bento is called as the model all the same."""
    from bentoml._internal.configuration import v2
    from bentoml._internal.tag import to_snake_case

    for setting in {str(key.schema) for key in v2._SERVICE_CONFIG}:
        registry = Registry(workspace.folder / setting)
        version = registry.publish(make_manifest(model_name=setting), FILES, RUN, ())
        assert service_name(version) == setting.capitalize()
        assert to_snake_case(service_name(version)) == setting


@pytest.mark.parametrize("name", ["workers", "metrics", "http.port", "a-b", "1.5", "null"])
def test_bentoml_takes_the_settings_of_a_service_of_any_name(workspace: Workspace, name: str):
    from _bentoml_impl.server.allocator import ResourceAllocator
    from bentoml._internal.configuration.containers import BentoMLContainer

    version = Registry(workspace.models).publish(make_manifest(model_name=name), FILES, RUN, ())
    with warnings.catch_warnings(action="ignore"):  # BentoML's own
        service = bentoml.service(name=service_name(version), workers=3, http={"port": 9123})(
            type("ModelService", (), {})
        )
        service.inject_config()
    assert ResourceAllocator().get_worker_env(service)[0] == 3
    assert BentoMLContainer.http.port.get() == 9123


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
