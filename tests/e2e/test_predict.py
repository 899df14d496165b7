"""What the predict routes answer, and which rows they refuse."""

import json

import httpx
import joblib
import pytest
from sklearn.datasets import load_iris

from maas.registry.version import Version
from tests.server import Server
from tests.workspace import Workspace

ROW = {"feature1": 1, "feature2": 2}


def test_the_readme_s_request_gets_the_readme_s_answer(server: Server):
    answer = server.post("/predict", ROW)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    assert answer.json() == {"input": ROW, "prediction": "setosa", "model_version": 1}
    assert list(answer.json()) == ["input", "prediction", "model_version"]


def test_probabilities_sum_to_one_and_lead_to_the_prediction(server: Server, first: Version):
    answer = server.post("/predict_proba", {"feature1": 5.1, "feature2": 1.9}).json()
    probabilities = answer["probabilities"]
    assert list(probabilities) == list(first.manifest.signature.classes or ())
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


def test_the_service_says_what_scikit_learn_says_on_every_row(server: Server, first: Version):
    rows = load_iris().data[:, 2:].tolist()
    expected = joblib.load(first.path / "saved_model.pkl").predict(rows).tolist()
    body = {"rows": [{"feature1": a, "feature2": b} for a, b in rows]}
    assert server.post("/predict_batch", body).json()["predictions"] == expected


@pytest.mark.parametrize(
    ("path", "body"), [("/predict", ROW), ("/predict", {}), ("/predict_batch", [])]
)
def test_every_answer_names_its_model_and_its_request(
    server: Server, first: Version, path: str, body: object
):
    headers = server.post(path, body).headers
    assert headers["x-model-version"] == "1"
    assert headers["x-model-digest"] == first.manifest.digest
    assert len(headers["x-request-id"]) == 32
    given = server.post(path, body, headers={"X-Request-ID": "a-1"}).headers
    assert given["x-request-id"] == "a-1"
    invalid = server.post(path, body, headers={"X-Request-ID": "a b\\n<"}).headers
    assert len(invalid["x-request-id"]) == 32


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
def test_a_row_that_does_not_fit_is_422_naming_the_fields(
    server: Server, body: object, fields: list[str]
):
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
        assert len(answer.json()["errors"]) == 20
        assert len(answer.content) < 2000


def test_the_connection_stays_open_after_a_client_s_error(server: Server):
    with httpx.Client(base_url=server.url, verify=False) as client:
        ports = set()
        for body, status in [({}, 422), (ROW, 200)] * 3:
            with client.stream("POST", "/predict", json=body) as answer:
                answer.read()
                assert answer.status_code == status
                stream = answer.extensions["network_stream"]
                ports.add(stream.get_extra_info("client_addr"))
    assert len(ports) == 1


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
    done = trained.run("-c", CLIENT, server.url)
    assert done.returncode == 0, done.stderr
    one, proba, batch, full = json.loads(done.stdout)
    assert one == {"input": ROW, "prediction": "setosa", "model_version": 1}
    assert proba["probabilities"]["setosa"] > 0.4
    assert batch["predictions"] == ["setosa", "setosa"]
    assert full["probabilities"] == [pytest.approx(proba["probabilities"])]
