"""The steps of a run: what is published, and what is refused with nothing left behind."""

import os

import numpy as np
import pytest

from maas.errors import MaasError, StorageError, VersionError
from maas.registry.version import Version
from tests.workspace import DEFAULT, EXAMPLES, Workspace, snapshot


def left_behind(workspace: Workspace) -> list[str]:
    return [path.name for path in workspace.models.iterdir()] if workspace.models.exists() else []


@pytest.mark.parametrize(
    ("overrides", "code", "said"),
    [
        (["data.source=iriss"], 2, ".tsv or .tsv.gz file nor a bundled data set"),
        (["data.target=colour"], 2, "does not exist"),
        (["data.features.feature1=colour"], 2, "does not exist"),
        (["data.features.feature1=target"], 2, "is the target"),
        (["estimator.name=os.system"], 2, "is not a known estimator"),
        (["estimator.params.D=1"], 2, "is not a parameter of LogisticRegression"),
        (["estimator.params.C=-1"], 2, "must be a float in the range"),
        (["estimator.params.C=much"], 2, "must be a float in the range"),
        (["split.test_size=0.001"], 2, "test_size"),
        (["estimator={name: Ridge}", "split={}"], 2, "predicts numbers"),
        (["gates.accuracy.min=1.1"], 1, "misses the gate (min 1.1)"),
        (["gates.accuracy={}"], 2, "needs `min` or `max`"),
        (["gates.accuracy={min: 2, max: 1}"], 2, "`min` is above `max`"),
        (["seed=2020-13-45"], 2, "valid integer"),
        (["estimator.params.C=!!int abc"], 2, "not valid YAML"),
        (["seed=" + "[" * 5000], 2, "not valid YAML"),
        (["seed=!!bool x"], 2, "not valid YAML"),
        (['seed=!!int ""'], 2, "not valid YAML"),
        (['seed="\\UFFFFFFFF"'], 2, "not valid YAML"),
        (["estimator.params.class_weight={setosa: x}"], 2, "LogisticRegression cannot be"),
        (
            ["estimator={name: KNeighborsClassifier, params: {n_neighbors: 1000}}"],
            2,
            "KNeighborsClassifier cannot be fitted",
        ),
        (["gates.beauty.min=1"], 2, "is not a metric of this run"),
        (["release_gates.beauty.min_delta=0"], 2, "release_gates.beauty: is not a metric of this"),
        (["release_gates.accuracy={}"], 2, "needs `min_delta` or `max_delta`"),
        (["release_gates.accuracy.min=0"], 2, "release_gates.accuracy.min"),
        (["seeed=1"], 2, "did you mean seed?"),
        (["estimator={name: LinearSVC}"], 2, "LinearSVC cannot be exported to ONNX"),
    ],
)
def test_a_wrong_run_is_refused_in_one_line_and_leaves_nothing(
    workspace: Workspace, overrides: list[str], code: int, said: str
):
    with pytest.raises(MaasError) as caught:
        workspace.train_here(*overrides)
    line = str(caught.value)
    assert caught.value.exit_code == code
    assert said in line
    assert "\n" not in line
    assert left_behind(workspace) == []


def test_metrics_that_are_not_finite_are_refused(workspace: Workspace):
    with pytest.raises(MaasError, match="metrics that are not finite") as caught:
        workspace.train_here("split.test_size=0.001", config=EXAMPLES / "diabetes.yaml")
    assert caught.value.exit_code == 2
    assert left_behind(workspace) == []


def test_a_folder_of_another_model_is_refused(own: Workspace):
    before = snapshot(own.models)
    with pytest.raises(VersionError, match="holds versions of 'model_service', not of 'other'"):
        own.train_here("model_name=other")
    assert snapshot(own.models) == before


@pytest.mark.parametrize("kind", ["file", "loop", "nowhere"])
@pytest.mark.parametrize(("name", "what"), [("models", "models folder"), ("bentoml", "BentoML")])
def test_a_path_that_is_not_a_folder_is_named(
    workspace: Workspace, kind: str, name: str, what: str
):
    path = workspace.folder / name
    match kind:
        case "file":
            path.write_text("")
        case "loop":
            path.symlink_to(path)
        case _:
            path.symlink_to("/nowhere/at/all")
    with pytest.raises(StorageError) as caught:
        workspace.train_here()
    line = str(caught.value)
    assert caught.value.exit_code == 1
    assert "\n" not in line
    assert str(path) in line
    assert what in line
    assert not workspace.models.is_dir() or left_behind(workspace) == []


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may write anywhere")
@pytest.mark.parametrize("name", ["models", "bentoml"])
def test_an_unwritable_folder_is_refused(workspace: Workspace, name: str):
    (workspace.folder / name).mkdir(mode=0o555)
    with pytest.raises(StorageError, match="ermission denied"):
        workspace.train_here()
    assert left_behind(workspace) == []


def test_threads_change_no_digest(workspace: Workspace):
    wine = EXAMPLES / "wine.yaml"
    one, two = (
        workspace.train_here(f"estimator.params.n_jobs={jobs}", config=wine) for jobs in (1, 2)
    )
    assert one.manifest.digest == two.manifest.digest


def test_a_failing_export_is_refused_with_the_figures_and_served_by_sklearn(workspace: Workspace):
    data = workspace.folder / "equally_near.csv"  # of which onnxruntime takes other ones
    rng = np.random.default_rng(0)
    rows = rng.integers([4, 4, 3], size=(300, 3)).tolist()
    data.write_text("a,b,kind\n" + "".join(f"{a},{b},k{kind}\n" for a, b, kind in rows))
    of_data = f"data={{source: {data}, target: kind}}"
    overrides = [of_data, "gates={}", "estimator={name: KNeighborsClassifier}"]
    with pytest.raises(MaasError, match="numbers by up to") as caught:
        workspace.train_here(*overrides)
    assert "set `runtime: sklearn`" in str(caught.value)
    assert left_behind(workspace) == []
    version = workspace.train_here(*overrides, "runtime=sklearn")
    assert not (version.path / "model.onnx").exists()
    assert version.read_run()["parity"]["labels_differ"] == 0


def test_unpinned_training_gives_the_features_and_classes_of_a_pinned_one(
    workspace: Workspace, first: Version
):
    """What the tests train in their own process is what train.py trains, but for the pins."""
    version = workspace.train_here()
    unbounded = {"input_bound": None}
    here, there = (
        manifest.signature.model_copy(update=unbounded)
        for manifest in (version.manifest, first.manifest)
    )
    assert here == there
    assert version.manifest.data == first.manifest.data
    assert version.manifest.config["numerics"] == "native"
    assert DEFAULT.is_file()
