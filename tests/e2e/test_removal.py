"""Removing versions beside a real server and a real Bento."""

from maas.registry.registry import Registry
from maas.registry.version import Version
from tests.server import Serve
from tests.workspace import Workspace

ROW = {"feature1": 1, "feature2": 2}


def test_a_server_goes_on_with_a_version_that_was_removed(
    own: Workspace, second: Version, serve: Serve
):
    own.publish(second)
    server = serve(own, extra={"MODEL_VERSION": "1"})
    done = own.maas("remove", "1")
    assert (done.returncode, done.stdout, done.stderr) == (0, "v1  removed\n", "")
    assert server.post("/predict", ROW).json()["model_version"] == 1
    assert server.client.get("/readyz").status_code == 200
    done = own.maas("remove", "2", "--force")
    assert (done.returncode, done.stdout) == (2, "")
    assert "v2: is live" in done.stderr


def test_a_bento_keeps_the_version_that_it_was_built_of(own: Workspace, second: Version):
    tag = own.build()
    own.publish(second)
    done = own.maas("remove", "1")
    assert (done.returncode, done.stdout) == (2, "")
    assert f"v1: is used by {tag}" in done.stderr
    assert Registry(own.models).numbers() == [1, 2]
    assert own.bentoml("delete", "--yes", tag).returncode == 0  # the remedy
    assert own.maas("remove", "1").stdout == "v1  removed\n"
