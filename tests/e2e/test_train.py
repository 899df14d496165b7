"""train.py, run as a user runs it: what it writes, prints, refuses and does not touch."""

import hashlib
import json
import os
import platform
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from tests.workspace import PROJECT, Workspace

FILES = {"manifest.json", "model.onnx", "reference.json", "run.json", "saved_model.pkl"}


DIABETES = PROJECT / "configs/examples/diabetes.yaml"


def snapshot(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def left_behind(workspace: Workspace) -> list[str]:
    return [path.name for path in workspace.models.iterdir()] if workspace.models.exists() else []


def test_a_run_makes_a_whole_version_and_ends_with_one_line(trained: Workspace):
    folder = trained.models / "v1"
    assert {path.name for path in folder.iterdir()} == FILES
    manifest = json.loads((folder / "manifest.json").read_bytes())
    for name, record in manifest["files"].items():
        data = (folder / name).read_bytes()
        assert hashlib.sha256(data).hexdigest() == record["sha256"]
        assert len(data) == record["size"]
    assert manifest["model_name"] == "model_service"
    assert manifest["parity"]["passed"] is True
    run = json.loads((folder / "run.json").read_bytes())
    assert run["created_at"].endswith("Z")
    assert run["packages"]["scikit-learn"]


def test_a_second_run_is_v2_with_the_same_digest_and_leaves_v1_untouched(workspace: Workspace):
    first = workspace.train()
    assert first.returncode == 0, first.stderr
    before = snapshot(workspace.models / "v1")
    second = workspace.train("--json")
    result = json.loads(second.stdout)
    assert snapshot(workspace.models / "v1") == before
    assert (result["version"], result["tag"]) == (2, "model_service:v2")
    assert set(result) == {"version", "tag", "path", "digest", "metrics"}
    label, tag, digest, metric = first.stdout.rstrip("\n").split("  ")
    assert (label, tag, digest) == ("v1", "model_service:v1", result["digest"])
    assert metric == f"accuracy={result['metrics']['accuracy']:.3f}"
    after = snapshot(workspace.models / "v2")
    assert {name for name in FILES if after[name] != before[name]} == {"run.json"}


@pytest.mark.skipif(
    (sys.platform, platform.machine()) != ("linux", "x86_64"),
    reason="other platforms give other bytes",
)
def test_the_readme_prints_the_digest_that_a_run_gives(trained: Workspace):
    digest = json.loads((trained.models / "v1/manifest.json").read_bytes())["digest"]
    readme = (PROJECT / "README.md").read_text(encoding="utf-8")
    assert readme.count(f"{digest[:15]}…{digest[-7:]}") == 2


def test_what_scikit_learn_prints_leaves_stdout_alone(workspace: Workspace):
    estimator = "{name: GradientBoostingClassifier, params: {verbose: 1}}"
    done = workspace.train("--json", "--set", f"estimator={estimator}")
    assert json.loads(done.stdout)["version"] == 1
    assert "Train Loss" in done.stderr


def test_threads_change_no_digest(workspace: Workspace):
    digests = {
        json.loads(
            workspace.train(
                "--json",
                *("--config", str(PROJECT / "configs/examples/wine.yaml")),
                *("--set", f"estimator.params.n_jobs={jobs}"),
            ).stdout
        )["digest"]
        for jobs in (1, 2)
    }
    assert len(digests) == 1


def test_progress_goes_to_stderr_and_to_the_log_file(workspace: Workspace):
    done = workspace.train(
        "--set", f"paths.logs_dir={workspace.folder}/logs", "--set", "app.env=prod"
    )
    lines = done.stderr.splitlines()
    assert (workspace.folder / "logs/train.log").read_text(encoding="utf-8").splitlines() == lines
    assert json.loads(lines[0])["message"] == "reading iris"
    assert json.loads(lines[0])["app"] == "model-service"


def test_the_store_holds_the_same_files_and_bentoml_loads_the_pipeline(trained: Workspace):
    entry = trained.store / "models/model_service/v1"
    stored = snapshot(entry)
    assert stored.pop("model.yaml")
    assert stored == snapshot(trained.models / "v1")
    code = (
        "import bentoml; m = bentoml.sklearn.load_model('model_service:v1');"
        "print(m.predict([[1.0, 0.2], [6.0, 2.2]]).tolist(), len(bentoml.models.list()))"
    )
    done = trained.run("-W", "ignore", "-c", code)
    assert done.stdout.startswith("['setosa', 'virginica']"), done.stderr


def test_published_files_are_read_only(trained: Workspace):
    for path in (trained.models / "v1").iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o444


def test_a_number_is_not_used_again_while_the_store_knows_it(workspace: Workspace):
    workspace.train()
    (workspace.models / "v1").rename(workspace.folder / "gone")
    done = workspace.train("--json")
    assert json.loads(done.stdout)["version"] == 2


def test_v10_follows_v9(workspace: Workspace):
    workspace.train()
    (workspace.models / "v1").rename(workspace.models / "v9")
    assert json.loads(workspace.train("--json").stdout)["version"] == 10


@pytest.mark.parametrize("name", ["wine", "breast_cancer", "diabetes"])
def test_every_example_trains(workspace: Workspace, name: str):
    config = str(PROJECT / f"configs/examples/{name}.yaml")
    done = workspace.train("--config", config, "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["tag"] == f"{name}:v1"


def test_a_config_from_anywhere_trains_from_anywhere(workspace: Workspace, tmp_path: Path):
    config = tmp_path / "mine.yaml"
    config.write_text(
        "{model_name: mine, data: {source: iris, target: target}, estimator: {name: SVC},"
        f" paths: {{logs_dir: {tmp_path}/logs}}}}"
    )
    done = workspace.train("--config", "mine.yaml", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("v1  mine:v1  sha256:")
    assert (tmp_path / "logs/train.log").is_file()


@pytest.mark.parametrize(
    ("args", "code", "said"),
    [
        (
            ["--set", "data.source=iriss"],
            2,
            "neither a .csv or .parquet file nor a bundled data set",
        ),
        (["--set", "data.target=colour"], 2, "does not exist"),
        (["--set", "data.features.feature1=colour"], 2, "does not exist"),
        (["--set", "data.features.feature1=target"], 2, "is the target"),
        (["--set", "estimator.name=os.system"], 2, "is not a known estimator"),
        (["--set", "estimator.params.D=1"], 2, "is not a parameter of LogisticRegression"),
        (["--set", "estimator.params.C=-1"], 2, "must be a float in the range"),
        (["--set", "estimator.params.C=much"], 2, "must be a float in the range"),
        (["--set", "split.test_size=0.001"], 2, "test_size"),
        (["--set", "estimator={name: Ridge}", "--set", "split={}"], 2, "predicts numbers"),
        (["--set", "gates.accuracy.min=1.1"], 1, "misses the gate (min 1.1)"),
        (["--set", "gates.accuracy={}"], 2, "needs `min` or `max`"),
        (["--set", "gates.accuracy={min: 2, max: 1}"], 2, "`min` is above `max`"),
        (["--set", "seed=2020-13-45"], 2, "valid integer"),
        (["--set", "estimator.params.C=!!int abc"], 2, "not valid YAML"),
        (["--set", "seed=" + "[" * 5000], 2, "not valid YAML"),
        (["--set", "estimator.params.class_weight={setosa: x}"], 2, "LogisticRegression cannot be"),
        (
            ["--set", "estimator={name: KNeighborsClassifier, params: {n_neighbors: 1000}}"],
            2,
            "KNeighborsClassifier cannot be fitted",
        ),
        (
            ["--config", str(DIABETES), "--set", "split.test_size=0.001"],
            2,
            "metrics that are not finite",
        ),
        (["--set", "gates.beauty.min=1"], 2, "is not a metric of this run"),
        (["--set", "seeed=1"], 2, "did you mean seed?"),
        (["--config", "none.yaml"], 2, "cannot be read"),
        (["--nonsense"], 2, "usage:"),
    ],
)
def test_a_wrong_run_is_refused_in_one_line_and_leaves_nothing(
    workspace: Workspace, args, code, said
):
    done = workspace.train(*args)
    assert done.returncode == code, done.stderr
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""
    if "usage:" not in said:
        assert done.stderr.splitlines()[-1].startswith("error: ")
    assert left_behind(workspace) == []


def test_a_folder_of_another_model_is_refused(workspace: Workspace):
    workspace.train()
    before = snapshot(workspace.models)
    done = workspace.train("--set", "model_name=other")
    assert done.returncode == 2
    assert "holds versions of 'model_service', not of 'other'" in done.stderr
    assert snapshot(workspace.models) == before


def test_a_path_that_is_a_file_is_refused(workspace: Workspace):
    workspace.models.write_text("")
    done = workspace.train()
    assert (done.returncode, "Traceback" in done.stderr) == (1, False)
    assert "models folder" in done.stderr
    workspace.models.unlink()
    workspace.store.write_text("")
    done = workspace.train()
    assert (done.returncode, "Traceback" in done.stderr) == (1, False)
    assert "BentoML store" in done.stderr
    assert left_behind(workspace) == []


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may write anywhere")
@pytest.mark.parametrize("name", ["models", "bentoml"])
def test_an_unwritable_folder_is_refused(workspace: Workspace, name: str):
    folder = workspace.folder / name
    folder.mkdir(mode=0o555)
    done = workspace.train()
    assert done.returncode == 1
    assert "ermission denied" in done.stderr.splitlines()[-1]
    assert left_behind(workspace) == []


def test_a_tag_that_holds_another_model_is_left_alone(workspace: Workspace):
    workspace.train()
    other = Workspace(workspace.folder / "other", environ={"BENTOML_HOME": str(workspace.store)})
    before = snapshot(workspace.store / "models/model_service/v1")
    done = other.train("--set", "seed=7")
    assert done.stdout.startswith("v2  ")
    (other.models / "v2").rename(other.models / "v1")
    synced = json.loads(other.maas("sync", "--json").stdout)
    assert [(m["tag"], m["state"]) for m in synced] == [("model_service:v1", "refused")]
    assert snapshot(workspace.store / "models/model_service/v1") == before


def test_train_sh_works_from_any_folder_and_passes_its_arguments_on(
    workspace: Workspace, tmp_path: Path
):
    done = subprocess.run(
        ["bash", str(PROJECT / "scripts/train.sh"), "--json", "--set", "seed=3"],
        cwd=tmp_path,
        env=workspace.env(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["version"] == 1


@pytest.mark.parametrize(
    "hostile",
    [
        {"OPENBLAS_CORETYPE": "SkylakeX", "OMP_NUM_THREADS": "3"},
        {"PYTHONHASHSEED": "77", "LC_ALL": "C", "TZ": "Asia/Tokyo"},
        {"GLIBC_TUNABLES": "glibc.cpu.hwcaps=-AVX2", "OPENBLAS_NUM_THREADS": "2"},
    ],
    ids=["blas", "python", "glibc"],
)
def test_the_caller_s_environment_does_not_change_the_bytes(
    workspace: Workspace, trained: Workspace, hostile
):
    workspace.train(extra=hostile)
    assert (workspace.models / "v1/manifest.json").read_bytes() == (
        trained.models / "v1/manifest.json"
    ).read_bytes()
