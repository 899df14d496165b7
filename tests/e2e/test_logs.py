"""What the service logs: one line per request, no value of a client, no traceback of its errors."""

import re

import pytest

from maas.registry.version import Version
from tests.raw_http import ask, request
from tests.server import Serve, Server, json_lines
from tests.workspace import Workspace

ROW = {"feature1": 1.5, "feature2": 0.3}


def lines_of(server: Server, request_id: str) -> list[dict]:
    lines = json_lines(server.log_after(request_id))
    return [line for line in lines if line.get("request_id") == request_id]


def test_each_request_has_one_json_line_with_its_ids(server: Server):
    trace = "4bf92f3577b34da6a3ce929d0e0e4736"
    headers = {"X-Request-ID": "my-id-7", "traceparent": f"00-{trace}-00f067aa0ba902b7-01"}
    server.post("/predict", ROW, headers=headers)
    (line,) = lines_of(server, "my-id-7")
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", line["time"])
    assert 0 < line.pop("duration_ms") < 10_000
    line.pop("time")
    assert line == {
        "level": "INFO", "message": "request", "request_id": "my-id-7", "trace_id": trace,
        "method": "POST", "route": "/predict", "status": 200, "model_version": 1,
    }  # fmt: skip


@pytest.mark.parametrize("value", ["x", f"00-{'0' * 32}-00f067aa0ba902b7-01", "00-" + "g" * 32])
def test_an_invalid_traceparent_is_no_trace(server: Server, value: str):
    headers = {"X-Request-ID": f"no-trace-{len(value)}", "traceparent": value}
    server.post("/predict", ROW, headers=headers)
    assert lines_of(server, headers["X-Request-ID"])[-1]["trace_id"] is None


def test_the_log_says_at_start_what_is_served_where(server: Server, first: Version):
    port = server.client.base_url.port
    text = f"serving model_service:v1 {first.manifest.digest} on 127.0.0.1 port {port}, keys off"
    log = server.log.read_text()
    assert text in log
    assert f"open http://127.0.0.1:{port}" in log
    assert f"listening on http://127.0.0.1:{port}" in log


def test_a_client_s_error_logs_no_value_and_no_traceback(server: Server):
    for body in (b'{"feature1": "s3cr3t-value"}', b"s3cr3t-value", b'{"s3cr3t-value": 1}'):
        ask(server, request(body))
    ask(server, request(b"s3cr3t{", X_Request_ID="the-last"))
    log = server.log_after("the-last")
    assert "s3cr3t" not in log
    assert "Traceback" not in log


def test_in_production_every_line_is_json_of_one_form(server: Server):
    server.post("/predict", ROW, headers={"X-Request-ID": "in-json"})
    log = server.log_after("in-json")
    lines = json_lines(log)
    assert len(lines) == len(log.splitlines())
    assert all({"time", "level", "message"} <= line.keys() for line in lines)
    own = [line for line in lines if line["message"] != "request"]
    assert {frozenset(line) for line in own} == {frozenset({"time", "level", "message", "env"})}
    assert any("BentoServer" in line["message"] for line in lines)


def test_listening_on_every_interface_without_keys_is_a_warning(open_server: Server):
    log = open_server.log.read_text()
    assert "WARNING" in log
    assert "listening on every interface without keys" in log
    assert f"open http://localhost:{open_server.client.base_url.port}" in log
    assert "listening on http://localhost" not in log
    assert f"listening on http://0.0.0.0:{open_server.client.base_url.port}" in log


@pytest.fixture(scope="module")
def open_server(trained: Workspace, serve: Serve) -> Server:
    """Serves on every interface, with the log of dev."""
    return serve(trained, extra={"BENTOML_HOST": "0.0.0.0"})


def test_dev_logs_text(open_server: Server):
    server = open_server
    server.post("/predict", ROW, headers={"X-Request-ID": "in-text"})
    (line,) = [x for x in server.log_after("in-text").splitlines() if "in-text" in x]
    assert re.search(r" INFO POST /predict 200 [\d.]+ms v1 request=in-text$", line)


def test_the_access_log_can_be_off_and_the_level_a_warning(trained: Workspace, serve: Serve):
    quiet = serve(trained, extra={"ACCESS_LOG": "false"})
    silent = serve(trained, extra={"LOG_LEVEL": "WARNING"})
    for server in (quiet, silent):
        server.post("/predict", ROW, headers={"X-Request-ID": "not-said"})
        server.post("/predict", {}, headers={"X-Request-ID": "not-said"})
        server.client.get("/metrics")  # lines of a request are written before the next is read
    assert "not-said" not in quiet.log.read_text()
    assert "serving model_service:v1" in quiet.log.read_text()
    assert silent.log.read_text() == ""
