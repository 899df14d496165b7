"""The service over HTTP: a real `bentoml serve`, asked by real clients."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import httpx
import numpy as np
import pytest
from sklearn.datasets import load_iris

from tests.server import Serve, Server
from tests.workspace import PROJECT, Workspace

ROW = {"feature1": 1, "feature2": 2}


@pytest.fixture(scope="module")
def server(trained: Workspace, serve: Serve) -> Server:
    return serve(trained, extra={"MAX_BODY_BYTES": "100000", "MAX_BATCH_ROWS": "200"})


@pytest.fixture(scope="module")
def manifest(trained: Workspace):
    return json.loads((trained.models / "v1/manifest.json").read_bytes())


def test_the_readme_s_request_gets_the_readme_s_answer(server: Server):
    answer = server.post("/predict", ROW)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    assert answer.json() == {"input": ROW, "prediction": "setosa", "model_version": 1}
    assert list(answer.json()) == ["input", "prediction", "model_version"]


def test_probabilities_sum_to_one_and_lead_to_the_prediction(server: Server, manifest):
    answer = server.post("/predict_proba", {"feature1": 5.1, "feature2": 1.9}).json()
    probabilities = answer["probabilities"]
    assert list(probabilities) == manifest["signature"]["classes"]
    assert sum(probabilities.values()) == pytest.approx(1)
    assert max(probabilities, key=probabilities.__getitem__) == answer["prediction"]


def test_a_batch_answers_as_the_single_rows_do_in_order(server: Server):
    rows = [{"feature1": i / 10, "feature2": i / 30} for i in range(1, 70)]
    batch = server.post("/predict_batch", {"rows": rows}).json()
    assert batch["model_version"] == 1
    assert set(batch) == {"predictions", "model_version"}
    singles = [server.post("/predict", row).json()["prediction"] for row in rows]
    assert batch["predictions"] == singles
    assert len(set(singles)) == 3
    full = server.post("/predict_batch", {"rows": rows[:2], "probabilities": True}).json()
    assert full["predictions"] == singles[:2]
    assert [max(p, key=p.__getitem__) for p in full["probabilities"]] == singles[:2]


def test_an_empty_batch_gets_an_empty_answer(server: Server):
    assert server.post("/predict_batch", {"rows": []}).json()["predictions"] == []
    answer = server.post("/predict_batch", {"rows": [], "probabilities": True}).json()
    assert answer["probabilities"] == []


def test_the_service_says_what_scikit_learn_says_on_every_row(server: Server, trained: Workspace):
    rows = load_iris().data[:, 2:]
    code = (
        "import joblib, json, sys;"
        f"m = joblib.load({str(trained.models / 'v1/saved_model.pkl')!r});"
        f"print(json.dumps(m.predict({rows.tolist()}).tolist()))"
    )
    expected = json.loads(trained.run("-c", code).stdout)
    body = {"rows": [{"feature1": a, "feature2": b} for a, b in rows.tolist()]}
    assert server.post("/predict_batch", body).json()["predictions"] == expected


def test_model_gives_the_manifest_of_the_served_version(server: Server, manifest):
    answer = server.client.get("/model").json()
    assert {key: answer[key] for key in manifest} == manifest
    assert (answer["version"], answer["tag"]) == (1, "model_service:v1")


@pytest.mark.parametrize(
    ("path", "body"), [("/predict", ROW), ("/predict", {}), ("/predict_batch", [])]
)
def test_every_answer_names_its_model_and_its_request(server: Server, manifest, path, body):
    headers = server.post(path, body).headers
    assert headers["x-model-version"] == "1"
    assert headers["x-model-digest"] == manifest["digest"]
    assert len(headers["x-request-id"]) == 32
    given = server.post(path, body, headers={"X-Request-ID": "a-1"}).headers
    assert given["x-request-id"] == "a-1"
    insane = server.post(path, body, headers={"X-Request-ID": "a b\\n<"}).headers
    assert len(insane["x-request-id"]) == 32


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({"feature1": 1}, ["feature2"]),
        ({**ROW, "feature3": 1}, ["feature3"]),
        ({"feature1": "1", "feature2": True}, ["feature1", "feature2"]),
        ({"feature1": None, "feature2": 1}, ["feature1"]),
        ({"feature1": 1e39, "feature2": 1}, ["feature1"]),
        ([1, 2], ["body"]),
        ("text", ["body"]),
    ],
)
def test_a_row_that_does_not_fit_is_422_naming_the_fields(server: Server, body, fields):
    answer = server.post("/predict", body)
    problem = answer.json()
    assert answer.status_code == problem["status"] == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert problem["request_id"] == answer.headers["x-request-id"]
    assert [error["field"] for error in problem["errors"]] == fields


def test_a_batch_names_the_row_and_the_field(server: Server):
    answer = server.post("/predict_batch", {"rows": [ROW, {"feature1": 1}]})
    assert [error["field"] for error in answer.json()["errors"]] == ["rows.1.feature2"]
    assert server.post("/predict_batch", {"rows": [ROW], "more": 1}).status_code == 422


@pytest.mark.parametrize(
    ("content", "kind", "status"),
    [
        (b"{", "application/json", 400),
        (b"", "application/json", 400),
        (b'{"feature1": "\xff"}', "application/json", 400),
        (b'{"feature1": NaN, "feature2": 1}', "application/json", 422),
        (b"null", "application/json", 422),
        (b"feature1=1", "application/x-www-form-urlencoded", 415),
        (b"{}", "text/json", 415),
        (b"{}", None, 415),
        (b" " * 100_001, "application/json", 413),
        (json.dumps({"rows": [ROW] * 201}).encode(), "application/json", 422),
        (json.dumps(ROW).encode(), "Application/JSON; charset=UTF-8", 200),
    ],
)
def test_a_body_gets_its_status(server: Server, content, kind, status):
    headers = {"content-type": kind} if kind else {}
    answer = server.client.post("/predict", content=content, headers=headers)
    assert answer.status_code == status


def test_a_row_too_large_to_compute_with_is_422_and_the_schema_says_so(server: Server):
    schemas = server.client.get("/docs.json").json()["components"]["schemas"]
    limit = schemas["Row"]["properties"]["feature1"]["maximum"]
    assert 1e30 < limit < 3.4e38
    large = {"feature1": -3.4e38, "feature2": 3.4e38}
    for path in ("/predict", "/predict_proba"):
        answer = server.post(path, large)
        assert answer.status_code == 422
        assert [e["field"] for e in answer.json()["errors"]] == ["feature1", "feature2"]
        for row in (
            {"feature1": a * limit, "feature2": b * limit} for a in (1, -1) for b in (1, -1)
        ):
            assert server.post(path, row).status_code == 200
    answer = server.post("/predict_batch", {"rows": [ROW, large], "probabilities": True})
    assert answer.json()["errors"][0]["field"] == "rows.1.feature1"
    assert "Traceback" not in server.log.read_text()


def test_thousands_of_wrong_fields_get_a_short_answer(server: Server):
    for body in ({f"k{i}": 1 for i in range(5000)}, {"rows": [{}] * 150}):
        answer = server.post("/predict_batch", body)
        assert answer.status_code == 422
        assert len(answer.content) < 1000


def test_chunked_bodies_meet_the_same_limit(server: Server):
    chunks = (b" " * 1000 for _ in range(200))
    answer = server.client.post(
        "/predict", content=chunks, headers={"content-type": "application/json"}
    )
    assert answer.status_code == 413


def test_a_batch_over_the_limit_is_413(server: Server):
    assert server.post("/predict_batch", {"rows": [ROW] * 200}).status_code == 200
    assert server.post("/predict_batch", {"rows": [ROW] * 201}).status_code == 413


@pytest.mark.parametrize(("path", "allow"), [("/predict", "POST"), ("/model", "GET, HEAD")])
def test_a_wrong_method_is_405_and_names_the_right_one(server: Server, path, allow):
    answer = server.client.request("DELETE", path)
    assert (answer.status_code, answer.headers["allow"]) == (405, allow)


def test_a_content_encoding_is_415(server: Server):
    answer = server.post("/predict", ROW, headers={"content-encoding": "gzip"})
    assert answer.status_code == 415


@pytest.mark.parametrize("path", ["/", "/docs.json", "/schema.json", "/livez", "/readyz"])
def test_bentoml_s_own_routes_work_behind_the_app(server: Server, path):
    assert server.client.get(path).status_code == 200


CLIENT = """
import bentoml, json, sys
row = {"feature1": 1, "feature2": 2}
with bentoml.SyncHTTPClient(sys.argv[1]) as client:
    print(json.dumps([
        client.predict(dict(row)),
        client.predict_proba(dict(row)),
        client.predict_batch(rows=[row, row]),
        client.predict_batch(rows=[row], probabilities=True),
    ]))
"""


def test_bentoml_s_own_client_calls_every_method(server: Server, trained: Workspace):
    done = trained.run("-c", CLIENT, str(server.client.base_url))
    assert done.returncode == 0, done.stderr
    one, proba, batch, full = json.loads(done.stdout)
    assert one == {"input": ROW, "prediction": "setosa", "model_version": 1}
    assert proba["probabilities"]["setosa"] > 0.4
    assert batch["predictions"] == ["setosa", "setosa"]
    assert full["probabilities"] == [pytest.approx(proba["probabilities"])]


def test_a_client_s_error_leaves_no_traceback_and_no_value_in_the_log(server: Server):
    server.post("/predict", {"feature1": "s3cret", "feature2": 1})
    server.client.post("/predict", content=b"s3cret{", headers={"content-type": "application/json"})
    log = server.log.read_text()
    assert "Traceback" not in log
    assert "s3cret" not in log


@pytest.fixture
def edited(trained: Workspace, tmp_path: Path) -> Callable[[str, str], Workspace]:
    """A copy of the project in which service.py says something else."""

    def edit(old: str, new: str) -> Workspace:
        copy = tmp_path / "project"
        ignored = shutil.ignore_patterns(".*", "models", "logs")
        shutil.copytree(PROJECT, copy, ignore=ignored)
        source = (copy / "service.py").read_text()
        assert old in source
        (copy / "service.py").write_text(source.replace(old, new))
        return Workspace(trained.folder, project=copy)

    return edit


def test_editing_a_method_changes_what_a_client_sees(edited, serve: Serve):
    workspace = edited("input=row, prediction=prediction,", "input=row, prediction='virginica',")
    assert serve(workspace).post("/predict", ROW).json()["prediction"] == "virginica"


def test_a_failure_inside_a_method_is_a_500_with_the_id_and_the_traceback_in_the_log(
    edited, serve: Serve
):
    call = "(prediction,) = await self.predictor.predict("
    server = serve(edited(call, "(prediction,) = 1 / 0 and ("))
    answer = server.post("/predict", ROW, headers={"X-Request-ID": "broken-1"})
    assert answer.status_code == 500
    assert answer.json()["request_id"] == "broken-1"
    assert "ZeroDivisionError" not in answer.text
    log = server.log.read_text()
    assert "broken-1" in log
    assert "ZeroDivisionError" in log


@pytest.mark.parametrize("name", ["wine", "breast_cancer", "diabetes"])
def test_every_example_serves_its_own_example_row(workspace: Workspace, serve: Serve, name: str):
    assert (
        workspace.train("--config", str(PROJECT / f"configs/examples/{name}.yaml")).returncode == 0
    )
    server = serve(workspace)
    signature = server.client.get("/model").json()["signature"]
    answer = server.post("/predict", signature["example"]).json()
    assert answer["input"] == pytest.approx(signature["example"])
    batch = server.post("/predict_batch", {"rows": [signature["example"]] * 3}).json()
    if signature["task"] == "regression":
        assert np.isfinite(answer["prediction"])
        # float32 sums run in another order in a batch than in a row
        assert batch["predictions"] == pytest.approx([answer["prediction"]] * 3, rel=1e-6)
        assert server.post("/predict_proba", signature["example"]).status_code == 404
    else:
        assert answer["prediction"] in signature["classes"]
        assert batch["predictions"] == [answer["prediction"]] * 3


def test_the_connection_stays_open_after_a_client_s_error(server: Server):
    with httpx.Client(base_url=server.client.base_url) as client:
        for _ in range(3):
            assert client.post("/predict", json={}).status_code == 422
            assert client.post("/predict", json=ROW).status_code == 200
