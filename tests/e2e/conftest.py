"""A server that the tests of one process share."""

import pytest

from tests.server import Serve, Server
from tests.workspace import Workspace


@pytest.fixture(scope="session")
def server(trained: Workspace, serve: Serve) -> Server:
    """Serves v1 of the default config in production's form, with small limits."""
    limits = {
        "MAX_BODY_BYTES": "100000",
        "MAX_BATCH_ROWS": "200",
        "MAX_CONCURRENCY": "4",
        "BODY_TIMEOUT_S": "2",
    }
    return serve(trained, extra=limits | {"APP_ENV": "prod"})
