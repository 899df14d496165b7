"""`docker stop` under load: no request is lost, and the process ends within the grace period."""

import asyncio

from tests.images.engine import HARDENED, Container, docker, skip_without_engine
from tests.stop_load import ask_while

pytestmark = skip_without_engine


def test_docker_stop_under_load_loses_no_request(serve_image: str):
    """Asked at the container's own address: docker-proxy takes connections on its own account."""
    container = Container(serve_image, 8000, *HARDENED, "-e", "DRAIN_S=2")
    with container:
        address = docker("inspect", "-f", "{{.NetworkSettings.IPAddress}}", container.id)
        counts = asyncio.run(ask_while(address, 8000, lambda: docker("stop", container.id)))
        assert docker("inspect", "-f", "{{.State.ExitCode}}", container.id) == "0"
    assert (counts.lost, counts.problems, counts.statuses) == (0, set(), {200})
    assert counts.answered > 0
    assert counts.refused > 0, "nobody asked until the end"
