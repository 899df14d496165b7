"""Which version is served, and what is refused before anything starts."""

import pytest
from bentoml.exceptions import BentoMLException

from maas.errors import DamagedError
from maas.registry.registry import Registry
from maas.registry.version import Version
from maas.serving.process.deployment import Deployment, load_deployment
from tests.releases import release, write_ledger
from tests.samples import damage
from tests.workspace import PROJECT, Workspace


@pytest.fixture
def models(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    """An empty workspace that the service config names."""
    monkeypatch.setenv("MODELS_DIR", str(workspace.models))
    monkeypatch.setenv("BENTOML_HOME", str(workspace.store))
    return workspace


@pytest.mark.usefixtures("models")
def test_without_a_version_the_remedy_is_to_train_one():
    with pytest.raises(BentoMLException, match=r"holds no version; run `python train\.py`"):
        load_deployment(PROJECT)


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("MODEL_VERSION", "7", r"no such version \(there: v1\)"),
        ("MODEL_DIGEST", "sha256:" + "0" * 64, "the service demands"),
        ("WORKERS", "many", "variable WORKERS: workers = 'many'"),
    ],
)
def test_a_wrong_setting_is_named(
    models: Workspace,
    first: Version,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    value: str,
    said: str,
):
    models.publish(first)
    monkeypatch.setenv(name, value)
    with pytest.raises(BentoMLException, match=said) as caught:
        load_deployment(PROJECT)
    assert "\n" not in str(caught.value)


def test_what_is_live_is_served_unless_another_is_chosen(
    models: Workspace, first: Version, second: Version, monkeypatch: pytest.MonkeyPatch
):
    models.publish(first, second)
    entry = release(models.models, Registry(models.models).open(1))
    deployment = load_deployment(PROJECT)
    assert (deployment.version.number, deployment.release) == (1, entry)
    assert (deployment.live, deployment.follows) == (True, True)
    monkeypatch.setenv("FOLLOW_S", "0")
    deployment = load_deployment(PROJECT)
    assert (deployment.version.number, deployment.live, deployment.follows) == (1, True, False)
    monkeypatch.setenv("MODEL_VERSION", "latest")
    deployment = load_deployment(PROJECT)
    assert (deployment.version.number, deployment.release) == (2, None)
    assert (deployment.live, deployment.follows) == (False, False)


def test_a_damaged_ledger_is_refused_in_one_line_unless_a_version_is_chosen(
    models: Workspace, first: Version, monkeypatch: pytest.MonkeyPatch
):
    models.publish(first)
    write_ledger(models.models, b"[]")
    with pytest.raises(BentoMLException, match=r"serving\.json: is not a valid ledger") as caught:
        load_deployment(PROJECT)
    assert "\n" not in str(caught.value)
    monkeypatch.setenv("MODEL_VERSION", "1")
    assert load_deployment(PROJECT).version.number == 1


def test_the_highest_number_is_served_unless_another_is_chosen(
    models: Workspace, first: Version, second: Version, monkeypatch: pytest.MonkeyPatch
):
    models.publish(first, second)
    assert load_deployment(PROJECT).version.manifest == second.manifest
    monkeypatch.setenv("MODEL_VERSION", "1")
    monkeypatch.setenv("MODEL_DIGEST", first.manifest.digest)
    deployment: Deployment = load_deployment(PROJECT)
    assert (deployment.version.number, deployment.in_bento) == (1, False)
    assert deployment.version.manifest == first.manifest


@pytest.mark.parametrize("name", ["model.onnx", "saved_model.pkl"])
def test_an_altered_file_is_found_by_the_check(models: Workspace, first: Version, name: str):
    models.publish(first)
    damage(models.models / "v1" / name, b"x")
    with pytest.raises(DamagedError, match=name):
        load_deployment(PROJECT).check()


def test_an_altered_manifest_is_found_at_once(models: Workspace, first: Version):
    models.publish(first)
    damage(models.models / "v1/manifest.json", b"{}")
    with pytest.raises(BentoMLException, match=r"manifest\.json"):
        load_deployment(PROJECT)
