"""Batches as Arrow over HTTP: the answers, statuses and counts of JSON."""

import gzip
from typing import Any

import httpx
import pyarrow as pa
import pytest

from tests.server import Server
from tests.serving.api.arrow.streams import CONTENT_TYPE, declare, read, write

ROWS = [{"feature1": 0.1 * index, "feature2": 2.5 - 0.01 * index} for index in range(200)]
TABLE = pa.Table.from_pylist(ROWS)


def post(
    server: Server,
    body: Any,
    path: str = "/predict_batch",
    accept: str = CONTENT_TYPE,
    **headers: str,
) -> httpx.Response:
    content = body if isinstance(body, bytes) else write(body, 70)
    headers = {"content-type": CONTENT_TYPE, "accept": accept, **headers}
    return server.client.post(path, content=content, headers=headers)


def test_a_batch_as_arrow_gets_the_answers_of_json_to_the_bit(server: Server):
    in_json = server.post("/predict_batch", {"rows": ROWS, "probabilities": True})
    expected = in_json.json()
    answer = post(server, TABLE, "/predict_batch?probabilities=true")
    assert (answer.status_code, answer.headers["content-type"]) == (200, CONTENT_TYPE)
    assert answer.headers["x-model-version"] == "1"
    columns = read(answer.content).to_pydict()
    assert columns.pop("prediction") == expected["predictions"]
    for name, values in columns.items():
        given = [row[name.removeprefix("probability_")] for row in expected["probabilities"]]
        assert values == given
    assert len(columns) == len(expected["probabilities"][0])
    for row in (0, 77, 199):
        single = server.post("/predict_proba", ROWS[row]).json()
        assert single["probabilities"] == expected["probabilities"][row]
    assert post(server, TABLE, "/predict_batch?probabilities=true", "*/*").json() == expected


def test_json_may_be_answered_in_arrow_and_arrow_in_json(server: Server):
    answer = server.post("/predict_batch", {"rows": ROWS}, headers={"accept": CONTENT_TYPE})
    assert answer.headers["content-type"] == CONTENT_TYPE
    predictions = read(answer.content)["prediction"].to_pylist()
    assert post(server, TABLE, accept="application/json").json()["predictions"] == predictions
    row = server.post("/predict", ROWS[0], headers={"accept": CONTENT_TYPE})
    assert row.headers["content-type"] == "application/json"


def test_batches_count_in_metrics_as_those_in_json(server: Server):
    def counts() -> list[float]:
        metric, route = server.metric, "/predict_batch"
        return [
            metric("maas_batch_rows_count"),
            metric("maas_batch_rows_sum"),
            metric("maas_predictions_total"),
            metric("maas_feature_out_of_range_total"),
            metric("bentoml_service_request_total", endpoint=route, http_response_code="200"),
            metric("maas_validation_failures_total", endpoint=route, reason="arrow_invalid"),
            metric("maas_validation_failures_total", endpoint=route, reason="missing"),
        ]

    started = counts()
    server.post("/predict_batch", {"rows": ROWS})
    after_json = counts()
    post(server, TABLE)
    after_arrow = counts()
    by_json = [b - a for a, b in zip(started, after_json, strict=True)]
    assert by_json == [b - a for a, b in zip(after_json, after_arrow, strict=True)]
    assert by_json[:3] == [1, 200, 200]
    assert by_json[3] > 0
    assert by_json[4:] == [1, 0, 0]
    post(server, b"no stream")
    post(server, TABLE.select(["feature1"]).slice(0, 3))
    refused = [b - a for a, b in zip(after_arrow, counts(), strict=True)]
    assert refused == [0, 0, 0, 0, 0, 1, 3]


WRONG = TABLE.slice(0, 2).append_column("more", pa.array([1, 2]))


@pytest.mark.parametrize(
    ("body", "path", "headers", "status"),
    [
        (TABLE, "/predict", {}, 415),
        (TABLE, "/predict_proba", {}, 415),
        (gzip.compress(write(TABLE)), "/predict_batch", {"content-encoding": "gzip"}, 415),
        (TABLE, "/predict_batch", {"content-type": "application/vnd.apache.arrow.file"}, 415),
        (TABLE, "/predict_batch", {"content-type": "application/json"}, 400),
        (write(TABLE)[:-1], "/predict_batch", {}, 400),
        (write(TABLE, compression="zstd"), "/predict_batch", {}, 400),
        (b"", "/predict_batch", {}, 400),
        (pa.concat_tables([TABLE, TABLE.slice(0, 1)]), "/predict_batch", {}, 413),
        (declare(2**40, ["feature1"]), "/predict_batch", {}, 413),
        (bytes(100_001), "/predict_batch", {}, 413),
        (WRONG, "/predict_batch", {}, 422),
        (TABLE, "/predict_batch?probabilities=yes", {}, 422),
        (TABLE, "/predict_batch?more=1", {}, 422),
    ],
)  # fmt: skip
def test_a_refusal_has_the_status_of_json_and_is_a_problem(
    server: Server, body: Any, path: str, headers: dict[str, str], status: int
):
    answer = post(server, body, path, **headers)
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["status"] == status


def test_invalid_values_are_named_as_in_json(server: Server):
    rows = [{"feature1": 1.0, "feature2": None}, {"feature1": 1e39, "feature2": 0.5}]
    in_json = server.post("/predict_batch", {"rows": rows}).json()
    in_arrow = post(server, pa.Table.from_pylist(rows)).json()
    assert in_arrow["errors"] == in_json["errors"]
    assert [error["field"] for error in in_arrow["errors"]] == [
        "rows.0.feature2",
        "rows.1.feature1",
    ]


def test_the_refusal_of_a_row_as_arrow_says_where_arrow_goes(server: Server):
    detail = post(server, TABLE, "/predict").json()["detail"]
    assert "a batch as Arrow goes to POST /predict_batch" in detail


def test_the_document_has_both_forms_of_a_batch(server: Server):
    operations = server.client.get("/docs.json").json()["paths"]
    for path, both in (("/predict_batch", True), ("/predict", False), ("/predict_proba", False)):
        operation = operations[path]["post"]
        for content in (operation["requestBody"], operation["responses"]["200"]):
            assert (CONTENT_TYPE in content["content"]) is both
        assert [each["name"] for each in operation.get("parameters", [])] == (
            ["probabilities"] if both else []
        )
