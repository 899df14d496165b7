"""Releases with real processes: a server that is waited for."""

from pathlib import Path

import pytest

from maas.commands.server_wait import KEY_VARIABLE
from maas.registry.version import Version
from tests.server import Serve
from tests.workspace import Workspace


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("keys") / "keys"
    path.write_text("a-key\n")
    return path


def test_a_promotion_waits_until_a_server_with_keys_answers_with_it(
    workspace: Workspace, first: Version, serve: Serve, keys: Path
):
    workspace.publish(first)
    server = serve(workspace, extra={"API_KEYS_FILE": str(keys)})
    url = server.url.rstrip("/")
    done = workspace.maas("promote", "1", "--wait", url, extra={KEY_VARIABLE: "a-key"})
    assert (done.returncode, done.stdout) == (0, "r1  v1 -> v1  live\n"), done.stderr
    assert f"{url} answers with v1 after 0." in done.stderr.splitlines()[-1]
    done = workspace.maas("promote", "1", "--wait", url)
    assert (done.returncode, done.stdout) == (1, "r1  v1  live already\n")
    assert f"asks for an API key (or for another than that in {KEY_VARIABLE})" in done.stderr
    assert "Traceback" not in done.stderr
