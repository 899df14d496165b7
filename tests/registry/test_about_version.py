"""What a version is, read from its files; and files that are not what they should be."""

import json
from pathlib import Path
from typing import Any

import pytest

from maas.errors import DamagedError
from maas.registry.about_version import about_version
from maas.registry.version import RUN, Version
from maas.report.document import render_document
from tests.samples import FILES, make_manifest

GOOD: dict[str, Any] = {
    "rows": 2,
    "features": {"a": {"edges": [0.0, 1.0], "counts": [2], "nulls": 0}},
    "target": {"edges": [0.0, 1.0], "counts": [2]},
}


def version_with(folder: Path, reference: Any, run: str = "{}") -> Version:
    """A version whose manifest vouches for this reference.json."""
    files = FILES | {"reference.json": json.dumps(reference).encode()}
    for name, data in files.items():
        (folder / name).write_bytes(data)
    (folder / RUN).write_text(run)
    return Version(1, folder, make_manifest(files=files))


def test_it_is_what_the_files_say(tmp_path: Path):
    about = about_version(version_with(tmp_path, GOOD, '{"created_at": "2026-01-02T03:04:05Z"}'))
    assert (about.name, about.label, about.rows) == ("m", "v1", 3)
    assert (about.estimator, about.parameters) == ("Ridge", {})
    assert about.created_at == "2026-01-02T03:04:05Z"
    assert about.report is not None
    assert about.reference == GOOD
    assert "2 January 2026" in render_document(about)


def test_a_moment_of_another_type_is_unknown(tmp_path: Path):
    assert about_version(version_with(tmp_path, GOOD, '{"created_at": 3}')).created_at is None


def test_held_out_answers_are_in_the_bins_of_the_target(tmp_path: Path):
    answers = {"rows": 1, "counts": [1], "below": 0, "above": 0}
    assert about_version(version_with(tmp_path, GOOD | {"prediction": answers}))


@pytest.mark.parametrize(
    "change",
    [
        {"rows": None},
        {"rows": -1},
        {"target": []},
        {"target": {"edges": [0.0, 1.0], "counts": ["<script>"]}},
        {"target": {"edges": [0.0, 1.0], "counts": [0.5]}},
        {"features": {}},
        {"features": {"a": {"edges": [0.0, 1.0], "counts": [2, 3], "nulls": 0}}},
        {"features": {"a": {"edges": [0.0, 1.0], "counts": [-2], "nulls": 0}}},
        {"features": {"a": {"edges": [0.0, 1.0], "counts": [2], "nulls": "many"}}},
        {"features": {"a": []}},
        {"features": {"a": {"edges": [1.0], "counts": [], "nulls": 2}}},
        {"features": {"a": {"edges": [*map(float, range(60))], "counts": [0] * 59, "nulls": 0}}},
        {"target": {"edges": [*map(float, range(60))], "counts": [0] * 59}},
        {"prediction": []},
        {"prediction": {"counts": {"x": 1}}},
        {"prediction": {"counts": [1, 2]}},
    ],
)
def test_a_forged_reference_is_damage(tmp_path: Path, change: dict[str, Any]):
    version = version_with(tmp_path, GOOD | change)
    with pytest.raises(DamagedError, match="is not a valid reference"):
        about_version(version)


def test_a_reference_that_is_no_mapping_is_damage(tmp_path: Path):
    with pytest.raises(DamagedError, match="is not a valid reference"):
        about_version(version_with(tmp_path, [1]))
