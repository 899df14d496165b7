"""train.py, run as a user runs it: what it writes, prints, refuses and does not touch."""

import hashlib
import json
import platform
import subprocess
import sys
from pathlib import Path

import pytest

from maas.registry.version import Version
from tests.workspace import PROJECT, Workspace, copy_project, snapshot

FILES = {
    "manifest.json", "model.onnx", "reference.json", "report.json", "run.json", "saved_model.pkl",
}  # fmt: skip
PROMISED = (sys.platform, platform.machine()) == ("linux", "x86_64")


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
    printed = (trained.folder / "stdout").read_text()
    accuracy = manifest["metrics"]["accuracy"]
    assert printed == f"v1  model_service:v1  {manifest['digest']}  accuracy={accuracy:.3f}\n"


def test_a_second_run_is_v2_with_the_same_digest_and_leaves_v1_untouched(
    own: Workspace, first: Version
):
    before = snapshot(own.models / "v1")
    result = json.loads(own.train("--json").stdout)
    assert snapshot(own.models / "v1") == before
    assert (result["version"], result["tag"]) == (2, "model_service:v2")
    assert set(result) == {"version", "tag", "path", "digest", "metrics", "held_out", "warnings"}
    assert result["held_out"] == {"rows": 30, "refused": 0, "by_feature": {}}
    assert result["warnings"] == []
    assert (result["digest"], result["metrics"]) == (first.manifest.digest, first.manifest.metrics)
    after = snapshot(own.models / "v2")
    assert {name for name in FILES if after[name] != before[name]} == {"run.json"}


@pytest.mark.skipif(not PROMISED, reason="other platforms give other bytes")
def test_the_readme_prints_the_digest_that_a_run_gives(first: Version):
    digest = first.manifest.digest
    readme = (PROJECT / "README.md").read_text(encoding="utf-8")
    assert readme.count(f"{digest[:15]}…{digest[-7:]}") == 2


def test_what_scikit_learn_prints_leaves_stdout_alone(workspace: Workspace):
    estimator = "{name: GradientBoostingClassifier, params: {verbose: 1}}"
    done = workspace.train("--json", "--set", f"estimator={estimator}")
    assert json.loads(done.stdout)["version"] == 1
    assert "Train Loss" in done.stderr


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


def test_a_run_mends_what_it_finds_in_the_store_and_says_so(own: Workspace, first: Version):
    """A missing mirror, an incomplete entry of this project, and two without a version."""
    own.publish(first, first)
    entries = own.store / "models/model_service"
    (entries / "v1/model.yaml").unlink()
    (entries / "v1").rename(own.folder / "gone")
    (entries / "v2/model.yaml").unlink()
    (own.models / "v3").rename(own.folder / "v3")
    (entries / "v3").rename(entries / "v8")
    (entries / "v8/model.yaml").unlink()
    (entries / "v9").mkdir()
    assert own.bentoml("models", "list").returncode != 0
    done = own.train()
    assert done.stdout.startswith("v10  "), done.stderr
    states = {"v1": "created", "v2": "repaired", "v8": "repaired", "v9": "removed"}
    for tag, state in states.items():
        assert f"model_service:{tag} in the BentoML store: {state}" in done.stderr
    listed = own.bentoml("models", "list")
    assert listed.returncode == 0
    assert all(f"model_service:v{n} " in listed.stdout for n in (1, 2, 8, 10))


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
        (["--set", "gates.accuracy.min=1.1"], 1, "misses the gate (min 1.1)"),
        (["--set", "data.target=colour"], 2, "does not exist"),
        (["--config", "none.yaml"], 2, "cannot be read"),
        (["--nonsense"], 2, "usage:"),
    ],
)
def test_a_refusal_is_one_line_and_an_exit_code(
    workspace: Workspace, args: list[str], code: int, said: str
):
    done = workspace.train(*args)
    assert (done.returncode, done.stdout) == (code, ""), done.stderr
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    if "usage:" not in said:
        assert done.stderr.splitlines()[-1].startswith("error: ")
    assert list(workspace.folder.iterdir()) == []


@pytest.mark.parametrize(
    ("holds", "data"), [(["train.py"], "configs"), (["train.py", "maas/__init__.py"], ".")]
)
def test_a_config_in_another_repository_or_clone_trains_into_this_project(
    tmp_path: Path, holds: list[str], data: str
):
    """Wherever the config is, versions stand beside the code that made them, and are verified."""
    project, other = copy_project(tmp_path / "project"), tmp_path / "other"
    (other / "configs").mkdir(parents=True)
    (other / "maas").mkdir()
    for name in holds:
        (other / name).touch()
    config = other / "configs/mine.yaml"
    config.write_text(
        "{model_name: mine, data: {source: rows.csv, target: t}, estimator: {name: SVC}}"
    )
    (other / data / "rows.csv").write_text(
        "a,t\n" + "".join(f"{i},{'no' if i < 20 else 'yes'}\n" for i in range(40))
    )
    workspace = Workspace(tmp_path, project, {"MODELS_DIR": ""})
    done = workspace.train("--config", str(config), cwd=other)
    assert done.returncode == 0, done.stderr
    assert (project / "models/v1/manifest.json").is_file()
    assert (project / "logs/train.log").is_file()
    assert not {"models", "logs"} & {path.name for path in other.iterdir()}
    done = workspace.maas("verify", "1")
    assert "v1 is bit-identical" in done.stdout, done.stderr


def test_train_sh_works_from_any_folder_and_passes_its_arguments_on(
    workspace: Workspace, tmp_path: Path
):
    home = {"BENTOML_HOME": "~/store", "HOME": str(workspace.folder)}
    done = subprocess.run(
        ["bash", str(PROJECT / "scripts/train.sh"), "--json", "--set", "seed=3"],
        cwd=tmp_path,
        env=workspace.env(home),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["version"] == 1
    assert (workspace.folder / "store/models/model_service/v1/model.yaml").is_file()


def test_the_caller_s_environment_does_not_change_the_bytes(workspace: Workspace, first: Version):
    hostile = {
        "OPENBLAS_CORETYPE": "SkylakeX", "OMP_NUM_THREADS": "3", "OPENBLAS_NUM_THREADS": "2",
        "PYTHONHASHSEED": "77", "LC_ALL": "C", "TZ": "Asia/Tokyo",
        "GLIBC_TUNABLES": "glibc.cpu.hwcaps=-AVX2",
    }  # fmt: skip
    workspace.train(extra=hostile)
    trained = (workspace.models / "v1/manifest.json").read_bytes()
    assert trained == (first.path / "manifest.json").read_bytes()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no limit of address space")
def test_a_fit_that_uses_up_the_memory_is_one_line_and_publishes_nothing(workspace: Workspace):
    import resource

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_AS, (4_000_000_000, 4_000_000_000))

    # Its weights, which the check before the fit does not know of, are 7 GB.
    network = "{name: MLPClassifier, params: {hidden_layer_sizes: [30000, 30000]}}"
    done = subprocess.run(
        [sys.executable, str(PROJECT / "train.py"), "--set", f"estimator={network}",
         "--set", f"paths.logs_dir={workspace.folder}/logs"],
        env=workspace.env(), preexec_fn=limit, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (1, "")
    last = done.stderr.splitlines()[-1]
    assert last.startswith(
        "error: estimator: MLPClassifier cannot be fitted (out of memory, Unable"
    )
    assert "Traceback" not in done.stderr
    assert not list(workspace.models.glob("*v*"))
