"""The manifest: canonical JSON, and a digest over every input and result."""

import json

import pytest

from maas.errors import DamagedError
from maas.registry.manifest import SCHEMA_VERSION, Manifest, canonical_json
from maas.registry.run_warnings import HeldOutRecord, WarningRecord
from tests.samples import CONFIG, make_manifest


def test_the_digest_covers_every_input_and_result():
    digest = make_manifest().digest
    assert make_manifest().digest == digest
    assert make_manifest("n").digest != digest
    assert make_manifest(metrics={"r2": 0.6}).digest != digest
    assert make_manifest(config=CONFIG | {"seed": 2}).digest != digest


def test_a_manifest_has_the_schema_of_its_rules():
    assert make_manifest().schema_version == SCHEMA_VERSION == 4
    for schema in (1, 2, 3):
        older = make_manifest(schema_version=schema)
        assert Manifest.parse(older.to_bytes(), "here") == older
        assert older.digest != make_manifest().digest


@pytest.mark.parametrize("schema", ["0", "5", '"1"', "null"])
def test_an_unknown_schema_is_refused(schema: str):
    data = (
        make_manifest()
        .to_bytes()
        .replace(b'"schema_version": 4', b'"schema_version": %b' % schema.encode())
    )
    with pytest.raises(DamagedError, match="schema_version"):
        Manifest.parse(data, "here")


def test_a_manifest_is_canonical_json():
    data = make_manifest().to_bytes()
    assert data.endswith(b"}\n")
    assert b"\r" not in data
    assert data == canonical_json(json.loads(data), indent=1)
    with pytest.raises(ValueError, match="Out of range"):
        canonical_json({"x": float("nan")})


RECORDS = {
    "held_out": HeldOutRecord(rows=2, refused=1, by_feature={"a": 1}),
    "warnings": (WarningRecord(kind="leak", seen="equal", features=("a",), count=1),),
}


@pytest.mark.parametrize("key", RECORDS)
def test_a_record_is_compared_with_a_version_that_should_have_it(key: str):
    whole, stripped = make_manifest(**{key: RECORDS[key]}), make_manifest()
    assert whole.in_schema_of(stripped) == whole
    assert whole.digest != stripped.digest
    assert stripped.in_schema_of(whole) == stripped


def test_a_record_is_written_only_where_there_is_something_to_record():
    assert json.loads(make_manifest().to_bytes()).keys().isdisjoint(RECORDS)
    made = make_manifest(**RECORDS)
    assert Manifest.parse(made.to_bytes(), "here") == made
