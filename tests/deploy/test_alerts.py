"""The alerts are valid, fire when they should, and ask for metrics that there are."""

import re
import shutil
import subprocess
import sys

import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from maas.__main__ import _build_parser
from maas.registry.registry import Registry
from maas.registry.version import Version
from tests.releases import release
from tests.server import Serve, Server, wait_until
from tests.workspace import PROJECT, Workspace

FOLDER = PROJECT / "deploy/prometheus"
ALERTS = [
    rule
    for group in yaml.safe_load((FOLDER / "rules.yaml").read_text())["groups"]
    for rule in group["rules"]
]
NAMES = [alert["alert"] for alert in ALERTS]
UNIT_TESTS = (FOLDER / "rules_test.yaml").read_text()
ROW = {"feature1": 1.5, "feature2": 0.3}

needs_promtool = pytest.mark.skipif(
    not shutil.which("promtool"), reason="no promtool here: `apt-get install prometheus` brings it"
)
each_alert = pytest.mark.parametrize("alert", ALERTS, ids=NAMES)


@needs_promtool
@pytest.mark.parametrize(
    "command",
    [("check", "config", "prometheus.yml"), ("test", "rules", "rules_test.yaml")],
    ids=" ".join,
)
def test_promtool_takes_the_files(command: tuple[str, ...]):
    done = subprocess.run(
        ["promtool", *command], cwd=FOLDER, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def expected(name: str) -> list[set[str]]:
    """The labels of a firing alert, wherever the unit tests expect it."""
    found = re.findall(rf"ALERTS{{(alertname=\"{name}\", .*?)}}'\n", UNIT_TESTS)
    return [set(re.findall(r"(\w+)=", labels)) for labels in found]


@each_alert
def test_every_alert_is_seen_to_fire_with_the_labels_that_its_text_names(alert: dict):
    fired = expected(alert["alert"])
    assert fired
    named = set(re.findall(r"\$labels\.(\w+)", "".join(alert["annotations"].values())))
    for labels in fired:
        assert named <= labels


@each_alert
def test_the_commands_in_the_text_of_an_alert_are_commands(
    alert: dict, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(sys, "argv", ["maas"])  # the parser of all commands
    parser = _build_parser()
    for line in re.findall(r"`python -m maas ([^`]+)`", alert["annotations"]["description"]):
        words = re.sub(r"\b[NAB]\b", "1", line)
        parser.parse_args(re.sub(r'"[^"]*"', "why", words).split())


def selectors(expression: str) -> list[tuple[str, dict[str, str]]]:
    """The metrics that an expression asks for, each with its labels and the patterns for them."""
    found = re.findall(r"\b((?:maas|bentoml)_\w+)(?:{([^}]*)})?", expression)
    return [(name, dict(re.findall(r'(\w+)=~?"([^"]*)"', labels))) for name, labels in found]


@pytest.fixture(scope="module")
def busy(
    first: Version,
    second: Version,
    serve: Serve,
    tmp_path_factory: pytest.TempPathFactory,
) -> Server:
    """A service with a shadow, which has answered each kind of request."""
    workspace = Workspace(tmp_path_factory.mktemp("busy"))
    workspace.publish(first, second)
    release(workspace.models, first)
    release(workspace.models, Registry(workspace.models).open(2), "shadow")
    server = serve(workspace)
    server.log_after("is scored beside")
    for path in ("/predict", "/predict_proba"):
        server.post(path, ROW)
    server.post("/predict_batch", {"rows": [ROW] * 300})
    wait_until(lambda: server.metric("maas_shadow_rows_total") == 302, "the shadow has scored them")
    return server


@each_alert
def test_an_alert_asks_for_metrics_and_labels_of_a_running_service(alert: dict, busy: Server):
    text = busy.client.get("/metrics").text
    samples = [s for family in text_string_to_metric_families(text) for s in family.samples]
    asked = selectors(alert["expr"])
    assert asked or "up{" in alert["expr"]
    for name, patterns in asked:
        patterns |= {"http_response_code": ".*"} if "http_response_code" in patterns else {}
        assert any(
            sample.name == name
            and all(re.fullmatch(p, sample.labels.get(k, "-")) for k, p in patterns.items())
            for sample in samples
        ), f"{name} {patterns}"


@each_alert
def test_an_alert_sums_over_labels_that_there_are(alert: dict, busy: Server):
    text = busy.client.get("/metrics").text
    for names in re.findall(r"\bby \(([^)]*)\)", alert["expr"]):
        for label in set(names.replace(" ", "").split(",")) - {"job", "instance"}:
            assert f'{label}="' in text, label
