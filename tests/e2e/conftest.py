"""A server that the tests of one process share."""

import pytest

from tests.server import Server, start_server, wait_ready
from tests.workspace import Workspace


@pytest.fixture(scope="session")
def server(
    trained: Workspace, servers: list[Server], tmp_path_factory: pytest.TempPathFactory
) -> Server:
    """Serves v1 of the default config in production's form, with small limits."""
    limits = {
        "MAX_BODY_BYTES": "100000",
        "MAX_BATCH_ROWS": "200",
        "MAX_CONCURRENCY": "4",
        "MAX_HELD_BYTES": "300000",
        "BODY_TIMEOUT_S": "2",
    }
    log = tmp_path_factory.mktemp("serve") / "log"
    servers.append(start_server(trained, log, extra=limits | {"APP_ENV": "prod"}))
    wait_ready(servers[-1])
    return servers[-1]
