"""A version on disk: the names that count, its provenance, and the check of every file."""

from pathlib import Path

import pytest

from maas.errors import DamagedError
from maas.model.tag import numbers_among
from maas.registry.registry import Registry
from maas.registry.version import Version
from tests.samples import FILES, REPORT_RECORD, RUN, damage, make_manifest


@pytest.fixture
def version(tmp_path: Path) -> Version:
    """A version that was published."""
    return Registry(tmp_path).publish(make_manifest(), FILES, RUN, ())


def test_numbers_are_read_from_exact_names_and_sorted_as_numbers():
    names = [
        "v10",
        "v9",
        "v1",
        "latest",
        "v",
        "v0",
        "v01",
        "v1.0",
        "v-1",
        "v1 ",
        "v1\n",
        "V2",
        "v٣",
    ]
    assert numbers_among(names) == [1, 9, 10]
    largest = "v" + "9" * 9
    assert numbers_among([largest, largest + "9"]) == [10**9 - 1]


def test_the_provenance_is_what_was_published(version: Version):
    assert version.read_run() == {"created_at": "2026-01-02T03:04:05Z"}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "is missing"),
        (b"", "cannot be read"),
        (b'{"a": 1', "cannot be read"),
        (b'{"a": 1}{', "cannot be read"),
        (b'{"a": NaN}', "cannot be read"),
        (b'{"a": -Infinity}', "cannot be read"),
        (b'{"a": "\xff"}', "cannot be read"),
        (b'{"a": ' + b"9" * 5000 + b"}", "cannot be read"),
        (b"[" * 100_000, "cannot be read"),
        (b"[]", "is not a JSON object"),
        (b'"{}"', "is not a JSON object"),
        (b"null", "is not a JSON object"),
    ],
)
def test_a_provenance_that_is_no_json_object_is_damage(
    version: Version, content: bytes | None, said: str
):
    damage(version.path / "run.json", content)
    for read in (version.read_run, version.check):
        with pytest.raises(DamagedError) as caught:
            read()
        assert (caught.value.where, caught.value.what) == (str(version.path / "run.json"), said)


def test_a_folder_instead_of_the_provenance_is_damage(version: Version):
    damage(version.path / "run.json", None)
    (version.path / "run.json").mkdir()
    with pytest.raises(DamagedError, match=r"run\.json: is not a plain file"):
        version.check()


@pytest.mark.parametrize("name", ["more", ".hidden", "model.onnx.bak", "manifest.JSON", "folder/"])
def test_what_was_not_published_is_named(version: Version, name: str):
    added = version.path / name
    added.mkdir() if name.endswith("/") else added.touch()
    with pytest.raises(DamagedError, match="is not a file of this version") as caught:
        version.check()
    assert caught.value.where == str(added)


def test_the_check_names_the_file_of_which_a_byte_changed(version: Version):
    version.check()
    for name, data in FILES.items():
        damage(version.path / name, data[:-1] + b"x")
        with pytest.raises(DamagedError, match=f"{name}: was altered"):
            version.check()
        damage(version.path / name, data)
    version.check()


def test_a_report_is_read_as_it_was_published(version: Version):
    assert version.read_report() == REPORT_RECORD


@pytest.mark.parametrize("schema", [1, 2, 3])
def test_an_older_version_has_no_report(tmp_path: Path, schema: int):
    manifest = make_manifest(schema_version=schema)
    files = {name: FILES[name] for name in manifest.files}
    assert Registry(tmp_path).publish(manifest, files, RUN, ()).read_report() is None


OTHER_METRICS = REPORT_RECORD.model_dump_json().replace('"value":0.5', '"value":0.6')


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("{}", "is not a valid report"),
        ("[" * 100_000, "is not a valid report"),
        (REPORT_RECORD.model_dump_json().replace('"r2"', '"r3"', 1), "is not a valid report"),
        (OTHER_METRICS, "is not the report of this version"),
    ],
)
def test_a_forged_report_is_refused(tmp_path: Path, content: str, said: str):
    files = FILES | {"report.json": content.encode()}
    version = Registry(tmp_path).publish(make_manifest(files=files), files, RUN, ())
    with pytest.raises(DamagedError, match=said):
        version.read_report()
