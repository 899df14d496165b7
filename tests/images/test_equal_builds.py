"""Another build of the serving image, from an unlike copy of the checkout, is equal."""

import secrets

from scripts.reproducible import engine, images
from scripts.reproducible.copies import PROJECT, two_copies
from tests.images.engine import skip_without_engine

pytestmark = skip_without_engine


def test_the_serving_image_is_equal_in_two_builds(serve_image: str):
    tag = f"maas-test-{secrets.token_hex(4)}"
    base = engine.fetch_base(PROJECT / "Dockerfile")
    with two_copies() as (_, other):
        try:
            images.build(other, "serve", tag)
            compared = images.compare_images(base, serve_image, tag)
        finally:
            engine.remove_images(tag)
    assert compared.differences == [], "\n".join(compared.differences)
