"""The two images, built once for all tests."""

import secrets
from collections.abc import Iterator

import pytest

from scripts.reproducible import engine, images
from scripts.reproducible.copies import two_copies
from tests.images.engine import docker


@pytest.fixture(scope="session")
def project_image() -> Iterator[str]:
    """The image of the whole project, from a fresh copy of the checkout."""
    tag = f"maas-test-{secrets.token_hex(4)}"
    with two_copies() as (copy, _):
        docker("build", "-t", tag, ".", cwd=copy.folder, timeout=1200)
    yield tag
    docker("rmi", "-f", tag)


@pytest.fixture(scope="session")
def serve_image() -> Iterator[str]:
    """The serving image, built without the cache: another build of it is to be equal."""
    tag = f"maas-test-{secrets.token_hex(4)}"
    with two_copies() as (copy, _):
        images.build(copy, "serve", tag)
    yield tag
    engine.remove_images(tag)
