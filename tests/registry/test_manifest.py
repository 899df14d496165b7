"""The manifest: canonical JSON, and a digest over every input and result."""

import json

import pytest

from maas.registry.manifest import canonical_json
from tests.samples import CONFIG, make_manifest


def test_the_digest_covers_every_input_and_result():
    digest = make_manifest().digest
    assert make_manifest().digest == digest
    assert make_manifest("n").digest != digest
    assert make_manifest(metrics={"r2": 0.6}).digest != digest
    assert make_manifest(config=CONFIG | {"seed": 2}).digest != digest


def test_a_manifest_is_canonical_json():
    data = make_manifest().to_bytes()
    assert data.endswith(b"}\n")
    assert b"\r" not in data
    assert data == canonical_json(json.loads(data), indent=1)
    with pytest.raises(ValueError, match="Out of range"):
        canonical_json({"x": float("nan")})
