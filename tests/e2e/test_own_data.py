"""Your own data, end to end: file -> version -> service, compared with scikit-learn."""

import json
import platform
import re
import shlex
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import joblib
import numpy as np
import pandas as pd
import pytest
import yaml
from openapi_spec_validator import validate
from pyarrow import csv
from sklearn import datasets

from maas.registry.registry import Registry
from maas.registry.version import Version
from tests.samples import damage
from tests.server import Serve, Server
from tests.suite_size import choose
from tests.workspace import PROJECT, Workspace, copy_project


def wine_with_gaps() -> pd.DataFrame:
    """Wine: a boolean, an integer, and a category and a number with missing values."""
    bunch = datasets.load_wine()
    frame = pd.DataFrame(bunch.data, columns=bunch.feature_names)[["alcohol", "ash", "magnesium"]]
    bins = np.array(["pâle", "dunkel, rot", 'deep "blue"'])
    frame["Farbe (deutsch)"] = bins[np.digitize(bunch.data[:, 9], [3.5, 6])]
    frame["strong"] = frame["alcohol"] > 13
    frame["magnesium"] = frame["magnesium"].astype(int)
    frame.loc[frame.index % 9 == 0, "ash"] = np.nan
    frame.loc[frame.index % 11 == 0, "Farbe (deutsch)"] = None
    frame["class"] = bunch.target_names[bunch.target]
    return frame


def breast_cancer_as_booleans() -> pd.DataFrame:
    """Breast cancer: thirty numbers, one with missing values, and a boolean target."""
    bunch = datasets.load_breast_cancer()
    frame = pd.DataFrame(bunch.data, columns=bunch.feature_names)
    frame.loc[frame.index % 7 == 0, "mean radius"] = np.nan
    frame["benign"] = bunch.target == 1
    return frame


def diabetes_with_sexes() -> pd.DataFrame:
    """Diabetes: sex as a category, a number as target."""
    bunch = datasets.load_diabetes(scaled=False)
    frame = pd.DataFrame(bunch.data, columns=bunch.feature_names)
    frame["sex"] = np.where(frame["sex"] == 1, "m", "f")
    frame["progression"] = bunch.target
    return frame


def digits_as_integers() -> pd.DataFrame:
    """Digits: 64 integers and an integer target."""
    bunch = datasets.load_digits()
    frame = pd.DataFrame(bunch.data.astype(int), columns=bunch.feature_names)
    frame["digit"] = bunch.target
    return frame


CASES = {
    "wine-csv": (wine_with_gaps, "csv", "class", "RandomForestClassifier", "onnx"),
    "wine-parquet": (wine_with_gaps, "parquet", "class", "LogisticRegression", "onnx"),
    "cancer-parquet": (
        breast_cancer_as_booleans, "parquet", "benign", "HistGradientBoostingClassifier", "onnx",
    ),
    "diabetes-csv": (diabetes_with_sexes, "csv", "progression", "Ridge", "onnx"),
    "diabetes-hist": (
        diabetes_with_sexes, "csv", "progression", "HistGradientBoostingRegressor", "onnx",
    ),
    "digits-csv": (digits_as_integers, "csv", "digit", "MLPClassifier", "onnx"),
    "wine-sklearn": (wine_with_gaps, "csv", "class", "LinearSVC", "sklearn"),
    "cancer-sklearn": (
        breast_cancer_as_booleans, "csv", "benign", "KNeighborsClassifier", "sklearn",
    ),
}  # fmt: skip


UNSEEN_IGNORED = "wine-parquet"
"""The case whose version takes a category that training did not see."""


def write(frame: pd.DataFrame, path: Path) -> None:
    if path.suffix == ".csv":
        frame.to_csv(path, index=False)
    else:
        frame.to_parquet(path, index=False)


@dataclass(frozen=True)
class Case:
    """A version trained on a file, and the server that serves it."""

    workspace: Workspace
    server: Server
    frame: pd.DataFrame
    target: str

    @property
    def version(self) -> Version:
        return Registry(self.workspace.models).open(1)


def publish(name: str, workspace: Workspace) -> tuple[pd.DataFrame, str]:
    """Write the file of a case and train on it; give its frame and its target."""
    make, kind, target, estimator, runtime = CASES[name]
    frame = make()
    write(frame, workspace.folder / f"data.{kind}")
    config = {
        "model_name": "mine",
        "data": {"source": f"data.{kind}", "target": target},
        "estimator": {"name": estimator},
        "preprocessing": {"unknown": "ignore" if name == UNSEEN_IGNORED else "error"},
        "runtime": runtime,
    }
    path = workspace.folder / "mine.yaml"
    path.write_text(yaml.safe_dump(config))
    workspace.train_here(config=path)
    return frame, target


@pytest.fixture(scope="module")
def served(serve: Serve, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Case]:
    """Serve the version of a case; each is trained and started once."""

    @cache
    def start(name: str) -> Case:
        workspace = Workspace(tmp_path_factory.mktemp(name))
        frame, target = publish(name, workspace)
        return Case(workspace, serve(workspace), frame, target)

    return start


SOME = ["wine-csv", "wine-parquet", "diabetes-hist", "wine-sklearn"]


@pytest.mark.parametrize("name", choose(SOME, sorted(CASES), sorted(CASES)))
def test_the_service_answers_every_row_as_scikit_learn_does(
    served: Callable[[str], Case], name: str
):
    case = served(name)
    features = case.frame.drop(columns=case.target)
    expected = joblib.load(case.version.path / "saved_model.pkl").predict(features).tolist()
    rows = json.loads(features.to_json(orient="records"))  # null for a missing value
    answer = case.server.post("/predict_batch", {"rows": rows}, timeout=60)
    assert answer.status_code == 200, answer.text[:2000]
    given = answer.json()["predictions"]
    manifest = case.server.client.get("/model").json()
    if manifest["signature"]["task"] == "regression":
        assert given == pytest.approx(expected, abs=manifest["parity"]["tolerance"])
    else:
        assert given == expected
        assert {type(label) for label in given} == {type(case.frame[case.target].tolist()[0])}
    assert manifest["runtime"] == CASES[name][4]
    example = manifest["signature"]["example"]
    assert case.server.post("/predict", example).json()["input"] == example
    assert "Traceback" not in case.server.log.read_text()


def test_gaps_and_categories_are_typed_in_the_api(served: Callable[[str], Case]):
    case = served("wine-csv")
    server, frame = case.server, case.frame
    document = server.client.get("/docs.json").json()
    validate(document)
    row = document["components"]["schemas"]["Row"]
    assert list(row["properties"]) == sorted(frame.columns.drop(case.target))
    assert row["required"] == ["alcohol", "magnesium", "strong"]
    colour = row["properties"]["Farbe (deutsch)"]["anyOf"]
    assert colour[0]["enum"] == sorted(frame["Farbe (deutsch)"].dropna().unique())
    assert colour[1] == {"type": "null"}
    assert "Training range" in row["properties"]["alcohol"]["description"]
    assert row["properties"]["magnesium"]["type"] == "integer"
    assert server.post("/predict", row["example"]).status_code == 200

    sent = dict(row["example"])
    unseen = server.post("/predict", sent | {"Farbe (deutsch)": "grün"})
    assert unseen.status_code == 422
    (error,) = unseen.json()["errors"]
    assert error["field"] == "Farbe (deutsch)"
    assert "'pâle'" in error["message"]
    for wrong in ({"strong": 1}, {"magnesium": 1.5}, {"alcohol": None}, {"ash": "2"}):
        assert server.post("/predict", sent | wrong).status_code == 422
    for right in ({"ash": None}, {"magnesium": 90.0}, {"Farbe (deutsch)": None}):
        assert server.post("/predict", sent | right).status_code == 200
    assert server.post("/predict", {k: sent[k] for k in row["required"]}).status_code == 200


def test_an_unseen_category_can_be_ignored(served: Callable[[str], Case]):
    server = served(UNSEEN_IGNORED).server
    row = server.client.get("/model").json()["signature"]["example"]
    unseen = server.post("/predict_proba", row | {"Farbe (deutsch)": "grün"})
    gap = server.post("/predict_proba", row | {"Farbe (deutsch)": None})
    assert unseen.status_code == 200
    assert unseen.json()["probabilities"] == gap.json()["probabilities"]


def test_reference_json_counts_every_training_row(served: Callable[[str], Case]):
    case = served("wine-csv")
    reference = json.loads(case.version.read("reference.json"))
    assert set(reference["features"]) == set(case.frame.columns) - {"class"}
    assert sum(reference["target"]["counts"].values()) == reference["rows"]
    for feature in reference["features"].values():
        counts = feature["counts"]
        total = sum(counts.values() if isinstance(counts, dict) else counts)
        assert total + feature["nulls"] == reference["rows"]
    assert len(reference["features"]["alcohol"]["edges"]) == 21


def test_a_version_served_by_scikit_learn_refuses_an_altered_pickle_unopened(
    served: Callable[[str], Case], workspace: Workspace
):
    workspace.publish(served("wine-sklearn").version)
    opened = workspace.folder / "opened"
    pickle = f"cos\nsystem\n(S'touch {opened}'\ntR.".encode()
    damage(workspace.models / "v1/saved_model.pkl", pickle)
    done = workspace.bentoml("serve", timeout=60)
    assert done.returncode == 1
    assert "saved_model.pkl" in done.stderr + done.stdout
    assert not opened.exists()


def test_a_bento_of_such_a_version_installs_scikit_learn(
    served: Callable[[str], Case], workspace: Workspace, serve: Serve
):
    workspace.publish(served("wine-sklearn").version)
    tag = workspace.build()
    lock = workspace.store / "bentos" / tag.replace(":", "/") / "env/python/requirements.txt"
    assert re.search(r"^scikit-learn==", lock.read_text(), re.MULTILINE)
    server = serve(workspace, tag)
    row = server.client.get("/model").json()["signature"]["example"]
    assert server.post("/predict", row).status_code == 200


@dataclass(frozen=True)
class Step:
    """A command of a page, and the lines that the page shows below it."""

    command: str
    shown: list[str]


def steps(page: str) -> list[Step]:
    """The commands of a page: the lines after `$` in its console blocks."""
    found: list[Step] = []
    for block in re.findall(r"^```console\n(.*?)^```", page, re.DOTALL | re.MULTILINE):
        for line in block.splitlines():
            if line.startswith("$ "):
                found.append(Step(line[2:], []))
            else:
                found[-1].shown.append(line)
    return found


def test_the_page_s_commands_lead_from_a_csv_to_an_answer(
    workspace: Workspace, serve: Serve, tmp_path: Path
):
    """Every command of docs/your-data.md, in a copy of the project, prints what the page shows."""
    project = copy_project(tmp_path / "project")
    (project / "models").mkdir()
    (project / "configs/flats.yaml").unlink(missing_ok=True)  # if the page was followed here
    workspace = Workspace(tmp_path, project=project, environ={"MODELS_DIR": ""})
    page = (PROJECT / "docs/your-data.md").read_text(encoding="utf-8")
    (rows,) = re.findall(r"`flats.csv`:\n\n```csv\n(.*?)```", page, re.DOTALL)
    (drafted,) = re.findall(r"What it wrote:\n\n```yaml\n(.*?)```", page, re.DOTALL)
    (project / "flats.csv").write_text(rows, encoding="utf-8")
    init, train, serving, request = steps(page)

    done = run_step(workspace, init)
    assert sorted([*done.stdout.splitlines(), *done.stderr.splitlines()]) == sorted(init.shown)
    assert (project / "configs/flats.yaml").read_text(encoding="utf-8") == drafted
    assert [train.command, serving.command, request.command] == done.stdout.splitlines()[-3:]
    label, tag, digest, metric = run_step(workspace, train).stdout.split()
    assert [label, tag, metric] == [
        words for n, words in enumerate(train.shown[0].split()) if n != 2
    ]
    if sys.platform == "linux" and platform.machine() == "x86_64":
        assert digest.startswith(train.shown[0].split()[2].rstrip("…"))
    server = serve(workspace, extra={"MODELS_DIR": "models/flats"})
    given = server.post("/predict", json.loads(shlex.split(request.command)[-1]))
    assert given.status_code == 200, given.text
    expected = json.loads(request.shown[0])
    assert given.json()["input"] == expected["input"]
    assert given.json()["prediction"] == pytest.approx(expected["prediction"], rel=1e-6)
    check_client_of_arrow(page, workspace, server)


def run_step(workspace: Workspace, step: Step) -> subprocess.CompletedProcess[str]:
    done = workspace.run(*shlex.split(step.command)[1:], cwd=workspace.project)
    assert done.returncode == 0, done.stderr
    return done


def check_client_of_arrow(text_of_page: str, workspace: Workspace, server: Server) -> None:
    """The page's client gets for its file what a batch as JSON gets."""
    (client,) = re.findall(r"```python\n(.*?)```", text_of_page, re.DOTALL)
    code = client.replace("http://localhost:8000", server.url.rstrip("/"))
    done = workspace.run("-c", code, cwd=workspace.project)
    assert done.returncode == 0, done.stderr
    options = csv.ConvertOptions(strings_can_be_null=True, null_values=["", "?"])
    flats = csv.read_csv(workspace.project / "flats.csv", convert_options=options)
    rows = flats.drop_columns(["flat", "listed", "rent"]).to_pylist()
    answer = server.post("/predict_batch", {"rows": rows}).json()
    assert json.loads(done.stdout) == answer["predictions"]
