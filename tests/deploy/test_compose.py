"""compose.yaml is valid and hardened, and names what there is; tests/images starts it."""

import re
import shutil
import subprocess

import pytest
import yaml

from maas.config.reading import load_service_config
from tests.workspace import PROJECT

COMPOSE = yaml.safe_load((PROJECT / "compose.yaml").read_text())
SERVICES = COMPOSE["services"]
SERVICE_CONFIG = load_service_config(PROJECT / "configs/service_config.yaml", {})

each_service = pytest.mark.parametrize("name", SERVICES)


def defaulted(text: str) -> str:
    """The text with each variable at its default."""
    return re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", text)


@pytest.mark.skipif(
    not shutil.which("docker-compose"),
    reason="no docker-compose here: `apt-get install docker-compose` brings it",
)
def test_docker_compose_takes_the_file():
    done = subprocess.run(
        ["docker-compose", "-f", PROJECT / "compose.yaml", "config", "-q"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")


@each_service
def test_a_container_may_do_and_take_no_more_than_it_needs(name: str):
    service = SERVICES[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["mem_limit"]
    assert service["pids_limit"]
    assert all("size=" in mount for mount in service["tmpfs"])
    assert not {"privileged", "cap_add", "pid", "ipc"} & set(service)
    assert service.get("network_mode") in (None, "none")
    assert "root" not in service.get("user", "")


@each_service
def test_ports_are_for_this_machine_alone(name: str):
    for port in SERVICES[name].get("ports", []):
        assert port.startswith("127.0.0.1:")


@each_service
def test_what_is_mounted_is_there_and_only_the_trainer_writes_it(name: str):
    for mount in SERVICES[name]["volumes"]:
        source, inside, *mode = defaulted(mount).split(":")
        if source in COMPOSE["volumes"]:
            continue
        assert (PROJECT / source).is_dir(), source
        assert (mode == ["ro"]) is ((name, inside) != ("train", "/app/models"))


def test_images_are_built_here_or_pinned():
    for service in SERVICES.values():
        if "build" not in service:
            assert re.fullmatch(r"[\w./-]+:v?\d+\.\d+\.\d+", service["image"])
    targets = re.findall(r"^FROM .* AS (\w+)$", (PROJECT / "Dockerfile").read_text(), re.MULTILINE)
    assert SERVICES["service"]["build"]["target"] in targets


def test_the_grace_period_covers_the_drain_and_a_slow_request():
    grace = int(SERVICES["service"]["stop_grace_period"].removesuffix("s"))
    assert grace >= SERVICE_CONFIG.drain_s + SERVICE_CONFIG.body_timeout_s + 3


def test_prometheus_asks_the_service_and_reads_the_same_rules():
    folder = PROJECT / "deploy/prometheus"
    asked, local = (
        yaml.safe_load((folder / name).read_text())
        for name in ("prometheus.compose.yml", "prometheus.yml")
    )
    target = f"service:{SERVICE_CONFIG.port}"
    assert asked["scrape_configs"][0].pop("static_configs") == [{"targets": [target]}]
    local["scrape_configs"][0].pop("static_configs")
    assert asked == local
    mounted = {defaulted(mount) for mount in SERVICES["prometheus"]["volumes"]}
    assert "./deploy/prometheus:/etc/prometheus:ro" in mounted
    assert (
        "--config.file=/etc/prometheus/prometheus.compose.yml" in SERVICES["prometheus"]["command"]
    )


def test_the_page_names_the_limits_that_there_are():
    page = (PROJECT / "docs/deployment.md").read_text()
    service = SERVICES["service"]
    assert f"--memory {service['mem_limit']} --pids-limit {service['pids_limit']} " in page
    assert f"--stop-timeout {service['stop_grace_period'].removesuffix('s')} " in page
    assert f"--tmpfs {service['tmpfs'][0]} " in page
    variables = set(re.findall(r"\$\{(\w+):-", (PROJECT / "compose.yaml").read_text()))
    assert variables == {"MODELS", "RUN_AS", "PORT", "PROMETHEUS_PORT"}
    for name in variables:
        assert f"`{name}" in page
