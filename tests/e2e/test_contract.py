"""What operators rely on: keys, limits, metrics, logs, and how a service starts and stops."""

import json
import os
import re
import shutil
import signal
import threading
import time
from pathlib import Path

import httpx
import psutil
import pytest
from openapi_spec_validator import validate
from prometheus_client.parser import text_string_to_metric_families

from tests.raw_http import ask, connect, head, read, request
from tests.server import Serve, Server, wait_ready
from tests.workspace import Workspace

ROW = {"feature1": 1.5, "feature2": 0.3}
BODY = json.dumps(ROW).encode()


@pytest.fixture(scope="module")
def server(trained: Workspace, serve: Serve) -> Server:
    extra = {"APP_ENV": "prod", "BODY_TIMEOUT_S": "1", "MAX_CONCURRENCY": "4"}
    return serve(trained, extra=extra)


def samples(server: Server, metric: str, /, **labels: str) -> float:
    """The sum of a metric's samples that have these labels."""
    text = server.client.get("/metrics").text
    return sum(
        sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if sample.name == metric and labels.items() <= sample.labels.items()
    )


def lines(server: Server) -> list[dict]:
    """The JSON lines of the server's log; waits until the last request has its own."""
    time.sleep(0.2)
    found = server.log.read_text().splitlines()
    return [json.loads(line) for line in found if line.startswith("{")]


# Statuses


@pytest.mark.parametrize("path", ["/nothing", "/predict/", "/predict/1", "/model/x", "/%00"])
@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
def test_an_unknown_path_is_a_404_problem(server: Server, path: str, method: str):
    answer = server.client.request(method, path)
    assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")
    assert answer.json()["request_id"] == answer.headers["x-request-id"]


@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE", "OPTIONS", "HEAD", "TRACE"])
def test_a_wrong_method_is_a_405_problem(server: Server, method: str):
    answer = server.client.request(method, "/predict_batch")
    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")
    if method != "HEAD":
        assert answer.json()["status"] == 405
    for path in ("/readyz", "/metrics", "/", "/docs.json", "/schema.json"):
        answer = server.client.post(path)
        assert (answer.status_code, answer.headers["allow"]) == (405, "GET, HEAD")


def test_documents_answer_head_without_a_body(server: Server):
    for path in ("/model", "/docs.json", "/metrics", "/livez"):
        answer = server.client.head(path)
        assert (answer.status_code, answer.content) == (200, b"")


def test_a_missing_file_of_the_ui_is_a_404_problem(server: Server):
    answer = server.client.get("/static_content/nope")
    assert (answer.status_code, answer.json()["status"]) == (404, 404)
    assert answer.headers["x-model-version"] == "1"


def test_a_slow_body_is_408_and_others_are_answered_meanwhile(server: Server):
    answers = []
    slow = threading.Thread(
        target=lambda: answers.append(ask(server, head(Content_Length="99"), b"{", 0.5, b'"'))
    )
    slow.start()
    while slow.is_alive():
        assert server.post("/predict", ROW).status_code == 200
    assert answers[0].status == answers[0].json()["status"] == 408
    assert answers[0].headers["connection"] == "close"


def test_overload_is_429_with_retry_after_and_spares_the_probes(server: Server):
    waiting = [connect(server) for _ in range(4)]
    for connection in waiting:
        connection.sendall(head(Content_Length="99") + b"{")
    time.sleep(0.2)
    answer = server.post("/predict", ROW)
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "1")
    assert answer.json()["title"] == "Too Many Requests"
    for path in ("/readyz", "/livez", "/metrics", "/model", "/docs.json"):
        assert server.client.get(path).status_code == 200
    for connection in waiting:
        connection.close()
    time.sleep(0.2)
    assert server.post("/predict", ROW).status_code == 200


def test_a_failing_method_is_a_500_without_internals_and_a_traceback_in_the_log(
    trained: Workspace, workspace: Workspace, serve: Serve
):
    project = workspace.folder / "project"
    shutil.copytree(trained.project, project, ignore=shutil.ignore_patterns(".*", "models", "logs"))
    text = (project / "service.py").read_text()
    failing = 'raise ValueError("a secret place")\n            (prediction,) = await self.predictor'
    text = text.replace("(prediction,) = await self.predictor", failing, 1)
    (project / "service.py").write_text(text)
    other = Workspace(workspace.folder, project, {"MODELS_DIR": str(trained.models)})
    server = serve(other)
    answer = server.post("/predict", {"feature1": 1.2345678, "feature2": 1})
    assert answer.status_code == 500
    assert set(answer.json()) == {"type", "title", "status", "detail", "request_id"}
    assert "secret" not in answer.text
    time.sleep(0.2)
    log = server.log.read_text()
    assert f"request {answer.headers['x-request-id']} failed in /predict" in log
    assert "a secret place" in log
    assert "1.2345678" not in log
    assert server.post("/predict_proba", ROW).status_code == 200


# Keys


@pytest.fixture(scope="module")
def keyed(trained: Workspace, serve: Serve, tmp_path_factory: pytest.TempPathFactory):
    path = tmp_path_factory.mktemp("keys") / "keys"
    path.write_text("first-key\n\n second-key \n")
    return serve(trained, extra={"API_KEYS_FILE": str(path)}), path


def test_keys_open_predict_and_model_and_nothing_else_needs_one(keyed: tuple[Server, Path]):
    server, _ = keyed
    for headers in (
        {},
        {"X-API-Key": "wrong"},
        {"X-API-Key": ""},
        {"Authorization": "Bearer"},
        {"Authorization": "Basic first-key"},
        {"Authorization": "Bearer first-ke"},
        {"Authorization": "first-key"},
        {"Authorization": "Bearer wrong", "X-API-Key": "first-key"},
        {"Authorization": "Bearer first-key", "X-API-Key": "wrong"},
    ):
        for ask_it in (
            lambda h: server.post("/predict", ROW, headers=h),
            lambda h: server.client.get("/model", headers=h),
        ):
            answer = ask_it(headers)
            assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")
    for headers in (
        {"X-API-Key": "second-key"},
        {"Authorization": "Bearer first-key"},
        {"authorization": "bearer first-key"},
    ):
        assert server.post("/predict", ROW, headers=headers).status_code == 200
        assert server.client.get("/model", headers=headers).status_code == 200
    for path in ("/livez", "/readyz", "/healthz", "/metrics", "/docs.json", "/schema.json", "/"):
        assert server.client.get(path).status_code == 200


def test_a_wrong_key_is_not_hidden_by_a_right_one(keyed: tuple[Server, Path]):
    server, _ = keyed
    for name, wrong, right in (
        ("X-API-Key", "wrong", "first-key"),
        ("Authorization", "Bearer wrong", "Bearer first-key"),
    ):
        for pair in ((wrong, right), (right, wrong), (right, right)):
            lines = {name: pair[0], name.lower(): pair[1]}
            assert ask(server, request(BODY, **lines)).status == 401


def test_keys_are_read_anew_when_the_file_changes(keyed: tuple[Server, Path]):
    server, path = keyed

    def status(key: str) -> int:
        return server.post("/predict", ROW, headers={"X-API-Key": key}).status_code

    before = path.read_text()
    path.write_text("third-key\n")
    assert (status("third-key"), status("second-key")) == (200, 401)
    path.unlink()
    assert status("third-key") == 200
    path.write_text("\ufeff" + before, encoding="utf-8")
    assert status("first-key") == 200
    path.write_text(before)
    assert (status("third-key"), status("second-key")) == (401, 200)


def test_keys_are_in_the_documents_and_never_in_the_log(keyed: tuple[Server, Path]):
    server, _ = keyed
    document = server.client.get("/docs.json").json()
    validate(document)
    operation = document["paths"]["/predict"]["post"]
    assert operation["security"] == [{"bearer": []}, {"header": []}]
    assert "401" in operation["responses"]
    time.sleep(0.2)
    log = server.log.read_text()
    assert "keys on" in log
    for word in ("first-key", "second-key", "third-key", "wrong"):
        assert word not in log


@pytest.mark.parametrize("content", [None, "", "\n  \n"])
def test_a_keys_file_without_a_key_refuses_to_start(trained: Workspace, tmp_path: Path, content):
    path = tmp_path / "keys"
    if content is not None:
        path.write_text(content)
    done = trained.bentoml("serve", extra={"API_KEYS_FILE": str(path)}, timeout=60)
    text = done.stdout + done.stderr
    assert (done.returncode, "Traceback" in text) == (1, False)
    assert str(path) in text


# OpenAPI and clients


def test_the_document_is_valid_and_names_every_status_and_header(server: Server):
    document = server.client.get("/docs.json").json()
    validate(document)
    assert set(document["paths"]) == {
        "/predict", "/predict_proba", "/predict_batch", "/model",
        "/livez", "/readyz", "/healthz", "/metrics",
    }  # fmt: skip
    responses = document["paths"]["/predict"]["post"]["responses"]
    assert set(responses) == {"200", "400", "405", "408", "413", "415", "422", "429", "500"}
    assert document["paths"]["/predict"]["post"]["requestBody"]["required"] is True
    for response in responses.values():
        assert {"X-Model-Version", "X-Model-Digest", "X-Request-ID"} <= set(response["headers"])
    assert "Retry-After" in responses["429"]["headers"]
    assert "Allow" in responses["405"]["headers"]
    assert document["components"]["schemas"]["Row"]["additionalProperties"] is False


def test_bentoml_s_client_and_ui_work(server: Server, trained: Workspace):
    code = (
        "import bentoml, json\n"
        f"with bentoml.SyncHTTPClient({str(server.client.base_url)!r}) as client:\n"
        f"    print(json.dumps([client.predict({ROW}), client.predict_batch(rows=[{ROW}] * 2)]))"
    )
    done = trained.run("-c", code)
    assert done.returncode == 0, done.stderr
    single, batch = json.loads(done.stdout)
    assert single == {"input": ROW, "prediction": "setosa", "model_version": 1}
    assert batch["predictions"] == ["setosa", "setosa"]
    page = server.client.get("/")
    assert "text/html" in page.headers["content-type"]
    assert "static_content" in page.text
    assert "docs.json" in server.client.get("/static_content/swagger-initializer.js").text
    assert server.client.get("/static_content/swagger-ui.css").status_code == 200


def test_schemathesis_finds_nothing(server: Server, trained: Workspace, tmp_path: Path):
    pytest.importorskip("schemathesis", reason="in requirements/dev.txt only")
    url = f"{server.client.base_url}/docs.json"
    done = trained.run(
        "-m", "schemathesis.cli", "run", url, "--checks", "all", "--max-examples", "30",
        "--no-color", cwd=tmp_path, timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-3000:]
    assert "No issues found" in done.stdout


# Metrics


def test_requests_are_counted_under_bounded_labels(server: Server):
    name = "bentoml_service_request_total"
    before = samples(server, name, endpoint="/predict", http_response_code="200")
    for _ in range(5):
        server.post("/predict", ROW)
    assert samples(server, name, endpoint="/predict", http_response_code="200") == before + 5
    unmatched = samples(server, name, endpoint="unmatched", http_response_code="404")
    for index in range(50):
        server.client.get(f"/path/{index}")
    assert samples(server, name, endpoint="unmatched", http_response_code="404") == unmatched + 50
    text = server.client.get("/metrics").text
    assert "/path/" not in text
    assert len(text) < 100_000


def test_the_model_s_metrics_count_answers_ranges_and_failures(server: Server, trained: Workspace):
    digest = json.loads((trained.models / "v1/manifest.json").read_bytes())["digest"]
    assert samples(
        server, "maas_model_info", name="model_service", version="1", digest=digest
    ) == 1  # fmt: skip
    names = {
        "maas_predictions_total": {"label": "setosa"},
        "maas_feature_out_of_range_total": {"feature": "feature1"},
        "maas_validation_failures_total": {"endpoint": "/predict", "reason": "missing"},
        "maas_batch_rows_count": {},
        "maas_batch_rows_sum": {},
    }
    before = {name: samples(server, name, **labels) for name, labels in names.items()}
    server.post("/predict", ROW)
    server.post("/predict", {"feature1": 900, "feature2": 0.2})
    server.post("/predict", {"feature1": 1.4})
    server.post("/predict_batch", {"rows": [ROW, ROW, {"feature1": -5, "feature2": 0.2}]})
    after = {name: samples(server, name, **labels) - before[name] for name, labels in names.items()}
    assert after["maas_feature_out_of_range_total"] == 2
    assert after["maas_predictions_total"] >= 4
    assert after["maas_validation_failures_total"] == 1
    assert (after["maas_batch_rows_count"], after["maas_batch_rows_sum"]) == (1, 3)


def test_who_leaves_is_counted_and_logged(server: Server):
    before = samples(server, "maas_requests_abandoned_total", endpoint="/predict")
    with connect(server) as connection:
        connection.sendall(head(Content_Length="99") + b"{")
        time.sleep(0.1)
    time.sleep(0.2)
    assert samples(server, "maas_requests_abandoned_total", endpoint="/predict") == before + 1
    assert [line for line in lines(server) if line.get("status") == 499]


def test_in_progress_shows_what_waits(server: Server):
    name = "bentoml_service_request_in_progress"
    assert samples(server, name, endpoint="/predict") == 0
    with connect(server) as connection:
        connection.sendall(head(Content_Length="99") + b"{")
        time.sleep(0.1)
        assert samples(server, name, endpoint="/predict") == 1


def test_a_regression_s_values_and_unseen_categories_are_counted(
    workspace: Workspace, serve: Serve
):
    table = workspace.folder / "table.csv"
    rows = (f"{i},{'ab'[i % 2]},{i % 2 == 0},{100 + i},{i * 2 + i % 2}" for i in range(60))
    table.write_text("\n".join(["x,kind,flag,z,y", *rows, ""]))
    done = workspace.train(
        "--set", f"data.source={table}", "--set", "data.target=y", "--set", "data.features=null",
        "--set", "estimator={name: Ridge}", "--set", "preprocessing.unknown=ignore",
        "--set", "gates={}", "--set", "split.method=random",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    server = serve(workspace)
    fine = {"x": 3, "kind": "a", "flag": True, "z": 120}
    unlike = [{"kind": "never"}, {"kind": "seen", "z": 99}, {"z": 160}]
    for change in ({}, *unlike):
        assert server.post("/predict", fine | change).status_code == 200
    assert server.post("/predict_batch", {"rows": [fine | c for c in unlike]}).status_code == 200
    assert samples(server, "maas_prediction_value_count") == 7
    assert samples(server, "maas_feature_unseen_total", feature="kind") == 4
    assert samples(server, "maas_feature_out_of_range_total", feature="x") == 0
    assert samples(server, "maas_feature_out_of_range_total", feature="z") == 4


# Logs


def test_each_request_has_one_json_line_with_its_ids(server: Server):
    trace = "4bf92f3577b34da6a3ce929d0e0e4736"
    headers = {"X-Request-ID": "my-id-7", "traceparent": f"00-{trace}-00f067aa0ba902b7-01"}
    server.post("/predict", ROW, headers=headers)
    (line,) = [line for line in lines(server) if line.get("request_id") == "my-id-7"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", line["time"])
    assert 0 < line.pop("duration_ms") < 10_000
    line.pop("time")
    assert line == {
        "level": "INFO", "message": "request", "request_id": "my-id-7", "trace_id": trace,
        "method": "POST", "route": "/predict", "status": 200, "model_version": 1,
    }  # fmt: skip


@pytest.mark.parametrize("value", ["x", f"00-{'0' * 32}-00f067aa0ba902b7-01", "00-" + "g" * 32])
def test_an_insane_traceparent_is_no_trace(server: Server, value: str):
    server.post("/predict", ROW, headers={"X-Request-ID": "no-trace", "traceparent": value})
    assert [x for x in lines(server) if x.get("request_id") == "no-trace"][-1]["trace_id"] is None


def test_the_log_says_at_start_what_is_served_where(server: Server, trained: Workspace):
    digest = json.loads((trained.models / "v1/manifest.json").read_bytes())["digest"]
    port = server.client.base_url.port
    assert f"serving model_service:v1 {digest} on port {port}, keys off" in server.log.read_text()


def test_a_client_s_error_logs_no_value_and_no_traceback(server: Server):
    for body in (b'{"feature1": "s3cr3t-value"}', b"s3cr3t-value", b'{"s3cr3t-value": 1}'):
        ask(server, request(body))
    time.sleep(0.2)
    log = server.log.read_text()
    assert "s3cr3t-value" not in log
    assert "Traceback" not in log


def test_dev_logs_text_and_access_log_off_logs_no_request(trained: Workspace, serve: Serve):
    server = serve(trained)
    server.post("/predict", ROW, headers={"X-Request-ID": "in-text"})
    quiet = serve(trained, extra={"ACCESS_LOG": "false"})
    quiet.post("/predict", ROW, headers={"X-Request-ID": "in-text"})
    time.sleep(0.2)
    (line,) = [x for x in server.log.read_text().splitlines() if "in-text" in x]
    assert re.search(r" INFO POST /predict 200 [\d.]+ms v1 request=in-text$", line)
    assert "in-text" not in quiet.log.read_text()


# Life cycle


def stop_and_wait(server: Server) -> int:
    server.process.send_signal(signal.SIGTERM)
    return server.process.wait(30)


def test_sigterm_turns_readyz_at_once_and_loses_no_accepted_request(
    trained: Workspace, serve: Serve
):
    server = serve(trained, extra={"DRAIN_S": "2"})
    url = str(server.client.base_url)
    outcomes: list[int] = []
    stopping = threading.Event()

    def load() -> None:
        with httpx.Client(base_url=url) as client:
            while not stopping.is_set():
                outcomes.append(client.post("/predict", json=ROW).status_code)

    threads = [threading.Thread(target=load) for _ in range(8)]
    for thread in threads:
        thread.start()
    time.sleep(0.5)
    server.process.send_signal(signal.SIGTERM)
    time.sleep(0.5)
    with httpx.Client(base_url=url) as client:
        answer = client.get("/readyz")
        assert (answer.status_code, answer.headers["connection"]) == (503, "close")
        assert client.post("/predict", json=ROW).headers["connection"] == "close"
        answer = client.get("/livez")
        assert (answer.status_code, answer.headers["connection"]) == (200, "close")
        answer = client.post("/nothing", content=b" " * 100_000)
        assert answer.headers.get_list("connection") == ["close"]
    time.sleep(1)
    stopping.set()
    for thread in threads:
        thread.join()
    assert server.process.wait(30) == 0
    assert len(outcomes) > 20
    assert set(outcomes) == {200}


def test_a_request_in_flight_is_answered_before_the_end(trained: Workspace, serve: Serve):
    server = serve(trained, extra={"DRAIN_S": "0.2"})
    with connect(server) as connection:
        connection.sendall(head(Content_Length=str(len(BODY))) + BODY[:5])
        time.sleep(0.2)
        server.process.send_signal(signal.SIGTERM)
        time.sleep(1.5)
        connection.sendall(BODY[5:])
        assert read(connection).status == 200
    assert server.process.wait(30) == 0


def test_a_second_sigterm_is_immediate(trained: Workspace, serve: Serve):
    server = serve(trained, extra={"DRAIN_S": "60"})
    server.process.send_signal(signal.SIGTERM)
    time.sleep(1)
    assert server.process.poll() is None
    assert stop_and_wait(server) == 0


def workers_of(server: Server) -> list[psutil.Process]:
    return [
        child
        for child in psutil.Process(server.process.pid).children(recursive=True)
        if child.status() != psutil.STATUS_ZOMBIE
        and any("_bentoml_impl.worker" in part for part in child.cmdline())
    ]


def test_several_workers_count_together_and_a_killed_one_comes_back_the_same(
    workspace: Workspace, serve: Serve
):
    assert workspace.train().returncode == 0
    server = serve(workspace, extra={"WORKERS": "2"})
    assert len(workers_of(server)) == 2
    assert workspace.train("--set", "seed=7").returncode == 0  # a newer latest
    pids = set()

    def ask_some(count: int) -> None:
        for _ in range(count):
            with httpx.Client(base_url=server.client.base_url) as client:
                answer = client.post("/predict", json=ROW)
                assert answer.json()["model_version"] == 1
                pids.add(answer.headers["x-request-id"][:20])

    ask_some(60)
    assert len(pids) == 2  # both answered
    name = "bentoml_service_request_total"
    assert samples(server, name, endpoint="/predict", http_response_code="200") == 60
    killed = workers_of(server)[0]
    os.kill(killed.pid, signal.SIGKILL)
    end = time.monotonic() + 60
    while time.monotonic() < end and (
        len(workers_of(server)) < 2 or server.log.read_text().count("initialized") < 3
    ):
        time.sleep(0.2)
    wait_ready(server)
    ask_some(60)
    assert len(pids) == 3
    assert samples(server, name, endpoint="/predict", http_response_code="200") == 120
    assert samples(server, "maas_model_info", version="1") == 1
    assert samples(server, "bentoml_service_request_in_progress", endpoint="/predict") == 0
