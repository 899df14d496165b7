"""deploy/kubernetes is valid and hardened, and its parts name each other and what there is."""

import json
import re
import shutil
import subprocess
from itertools import chain
from pathlib import Path

import pytest
import yaml

from maas.config.reading import load_service_config
from tests.workspace import PROJECT

kubernetes_validate = pytest.importorskip(
    "kubernetes_validate", reason="in requirements/dev.txt only"
)

FOLDER = PROJECT / "deploy/kubernetes"
OVERLAYS = ("pinned", "following")
VERSIONS = ("1.30.0", kubernetes_validate.latest_version())
SERVICE_CONFIG = load_service_config(PROJECT / "configs/service_config.yaml", {})

each_overlay = pytest.mark.parametrize("overlay", OVERLAYS)
needs_kubectl = pytest.mark.skipif(
    not shutil.which("kubectl"), reason="no kubectl here, which renders the overlays"
)


def read(path: Path) -> list[dict]:
    return list(yaml.safe_load_all(path.read_text()))


def resource_files() -> list[Path]:
    """Every file that a kustomization names as a resource."""
    found = []
    for path in FOLDER.rglob("kustomization.yaml"):
        names = read(path)[0]["resources"]
        found += [path.parent / name for name in names if name.endswith(".yaml")]
    return found


RESOURCES = list(chain.from_iterable(map(read, resource_files())))
NAMES = [f"{resource['kind']}-{resource['metadata']['name']}" for resource in RESOURCES]

each_resource = pytest.mark.parametrize("resource", RESOURCES, ids=NAMES)


def only(kind: str, resources: list[dict], name: str = "model-service") -> dict:
    """The one resource of this kind and name."""
    (found,) = [r for r in resources if (r["kind"], r["metadata"]["name"]) == (kind, name)]
    return found


BASE = [r for path in resource_files() if path.parent.name == "base" for r in read(path)]
DEPLOYMENT = only("Deployment", BASE)
POD = DEPLOYMENT["spec"]["template"]["spec"]
CONTAINER = POD["containers"][0]
PODS = [r for r in RESOURCES if r["kind"] in ("Deployment", "StatefulSet")]

each_pod = pytest.mark.parametrize("resource", PODS, ids=[p["metadata"]["name"] for p in PODS])


@pytest.fixture(scope="module")
def rendered() -> dict[str, list[dict]]:
    """What `kubectl apply -k` would send, of each overlay."""
    made = {}
    for overlay in OVERLAYS:
        done = subprocess.run(
            ["kubectl", "kustomize", FOLDER / "overlays" / overlay],
            capture_output=True,
            text=True,
            check=False,
        )
        assert (done.returncode, done.stderr) == (0, "")
        made[overlay] = list(yaml.safe_load_all(done.stdout))
    return made


def validate(resource: dict) -> None:
    for version in VERSIONS:
        kubernetes_validate.validate(resource, version, strict=True)


@each_resource
def test_a_resource_is_valid(resource: dict):
    validate(resource)


def test_a_field_that_there_is_not_is_refused():
    with pytest.raises(kubernetes_validate.ValidationError):
        validate({**DEPLOYMENT, "spec": {**DEPLOYMENT["spec"], "replica": 2}})


def test_every_file_is_named_by_a_kustomization():
    named = set(resource_files())
    for path in FOLDER.rglob("kustomization.yaml"):
        named |= {path.parent / patch["path"] for patch in read(path)[0].get("patches", [])}
        named.add(path)
    assert named == set(FOLDER.rglob("*.yaml"))


@needs_kubectl
@each_overlay
def test_an_overlay_renders_to_what_is_valid_with_every_image_by_digest(
    overlay: str, rendered: dict[str, list[dict]]
):
    for resource in rendered[overlay]:
        validate(resource)
    images = re.findall(r"'image': '([^']*)'", str(rendered[overlay]))
    assert images
    for image in images:
        assert re.fullmatch(r"[\w./-]+@sha256:[0-9a-f]{64}", image)


@each_pod
def test_a_pod_may_do_and_take_no_more_than_it_needs(resource: dict):
    pod = resource["spec"]["template"]["spec"]
    assert pod["automountServiceAccountToken"] is False
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["securityContext"]["runAsUser"] == 1000
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert all("sizeLimit" in v["emptyDir"] for v in pod["volumes"] if "emptyDir" in v)
    for container in pod["containers"]:
        assert container["securityContext"] == {
            "readOnlyRootFilesystem": True,
            "allowPrivilegeEscalation": False,
            "capabilities": {"drop": ["ALL"]},
        }
        resources = container["resources"]
        assert resources["limits"]["memory"] == resources["requests"]["memory"]


def test_the_grace_period_covers_the_drain_and_a_slow_request():
    grace = POD["terminationGracePeriodSeconds"]
    assert grace >= SERVICE_CONFIG.drain_s + SERVICE_CONFIG.body_timeout_s + 5


def test_readiness_notices_a_stop_while_requests_are_still_answered():
    probe = CONTAINER["readinessProbe"]
    assert probe["periodSeconds"] * probe["failureThreshold"] < SERVICE_CONFIG.drain_s


def test_the_probes_ask_the_port_and_endpoints_of_the_service():
    assert CONTAINER["ports"] == [{"name": "http", "containerPort": SERVICE_CONFIG.port}]
    probes = {kind: CONTAINER[f"{kind}Probe"]["httpGet"] for kind in ("startup", "readiness")}
    assert set(map(str, probes.values())) == {str({"path": "/readyz", "port": "http"})}
    assert CONTAINER["livenessProbe"]["httpGet"] == {"path": "/livez", "port": "http"}
    annotations = DEPLOYMENT["spec"]["template"]["metadata"]["annotations"]
    assert annotations["prometheus.io/port"] == str(SERVICE_CONFIG.port)


def test_all_of_the_base_is_about_the_pods_of_the_deployment():
    labels = DEPLOYMENT["spec"]["template"]["metadata"]["labels"]
    assert DEPLOYMENT["spec"]["selector"]["matchLabels"] == labels
    assert only("Service", BASE)["spec"]["selector"] == labels
    assert only("Service", BASE)["spec"]["ports"][0]["targetPort"] == "http"
    assert only("PodDisruptionBudget", BASE)["spec"]["selector"]["matchLabels"] == labels
    policy = only("NetworkPolicy", BASE)["spec"]
    assert policy["podSelector"]["matchLabels"] == labels
    assert policy["ingress"][0]["ports"] == [{"port": "http"}]
    scaler = only("HorizontalPodAutoscaler", BASE)["spec"]
    assert scaler["scaleTargetRef"]["name"] == DEPLOYMENT["metadata"]["name"]
    assert scaler["minReplicas"] > only("PodDisruptionBudget", BASE)["spec"]["maxUnavailable"]
    assert "replicas" not in DEPLOYMENT["spec"]
    for spread in POD["topologySpreadConstraints"]:
        assert spread["labelSelector"]["matchLabels"] == labels


@needs_kubectl
def test_pinned_names_the_version_of_this_checkout_by_its_digest(rendered: dict[str, list[dict]]):
    pod = only("Deployment", rendered["pinned"])["spec"]["template"]["spec"]
    settings = {entry["name"]: entry["value"] for entry in pod["containers"][0]["env"]}
    manifest = json.loads((PROJECT / "models/v1/manifest.json").read_text())
    assert settings == {"MODEL_VERSION": "1", "MODEL_DIGEST": manifest["digest"]}


@needs_kubectl
def test_following_reads_the_volume_that_one_pod_writes(rendered: dict[str, list[dict]]):
    pod = only("Deployment", rendered["following"])["spec"]["template"]["spec"]
    writer = only("StatefulSet", rendered["following"], "registry")["spec"]
    only("PersistentVolumeClaim", rendered["following"], "models")
    mounts = {mount["name"]: mount for mount in pod["containers"][0]["volumeMounts"]}
    assert mounts["models"] == {"name": "models", "mountPath": "/app/models", "readOnly": True}
    assert set(mounts) == {"models", "tmp"} == {volume["name"] for volume in pod["volumes"]}
    assert writer["replicas"] == 1
    for used in (pod, writer["template"]["spec"]):
        claims = [v["persistentVolumeClaim"] for v in used["volumes"] if v["name"] == "models"]
        assert claims[0]["claimName"] == "models"


def test_the_page_names_the_figures_that_there_are():
    page = " ".join((PROJECT / "docs/deployment.md").read_text().split())
    (metric,) = only("HorizontalPodAutoscaler", BASE)["spec"]["metrics"]
    assert f"holds {metric['resource']['target']['averageUtilization']} % of the core" in page
    assert f"grace period of {POD['terminationGracePeriodSeconds']} s" in page
    assert f"asks every {CONTAINER['readinessProbe']['periodSeconds']} s" in page
    assert CONTAINER["resources"]["limits"]["memory"] == "512Mi"
    assert "holds: 512 MiB" in page
