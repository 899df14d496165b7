"""The version that an argument names, and what is said of one that names none."""

from pathlib import Path

import pytest

from maas.commands.version_argument import find_number, find_version
from maas.errors import DamagedError, VersionError
from maas.registry.ledger import LEDGER
from maas.registry.registry import Registry
from maas.registry.releases import open_ledger
from tests.samples import FILES, RUN, damage, make_manifest


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Registry:
    """A registry of v1, v2 and v10, all but the first damaged; tests only read it."""
    registry = Registry(tmp_path_factory.mktemp("models"))
    for taken in ((), (), (9,)):
        registry.publish(make_manifest(), FILES, RUN, taken)
    damage(registry.models_dir / "v2/manifest.json", b"{}")
    damage(registry.models_dir / "v10/manifest.json", None)
    return registry


@pytest.mark.parametrize(
    ("argument", "number"),
    [("1", 1), ("v1", 1), ("v2", 2), ("10", 10), ("latest", 10), ("live", 10)],
)
def test_a_version_is_named_by_its_number_its_label_or_as_the_latest(
    registry: Registry, argument: str, number: int
):
    assert find_number(registry, argument) == number


def test_the_version_that_is_named_is_opened(registry: Registry):
    for argument in ("1", "v1"):
        assert find_version(registry, argument) == registry.open(1)


@pytest.mark.parametrize(
    "argument",
    [
        "",
        "v",
        "0",
        "v0",
        "01",
        "-1",
        "+1",
        "1.0",
        "V1",
        "vv1",
        "1 ",
        "1\n",
        "٣",
        "Latest",
        "Live",
        "none",
        "9" * 19,
    ],
)
def test_another_form_is_no_version(registry: Registry, argument: str):
    for find in (find_number, find_version):
        with pytest.raises(VersionError, match="is not a version; write 3, v3, latest or live"):
            find(registry, argument)


@pytest.mark.parametrize("argument", ["3", "v100", "9" * 9])
def test_a_number_without_a_version_is_refused_with_those_there_are(
    registry: Registry, argument: str
):
    for find in (find_number, find_version):
        with pytest.raises(VersionError, match=r"no such version \(there: v1, v2, v10\)"):
            find(registry, argument)


def test_a_damaged_version_has_a_number_but_is_not_opened(registry: Registry):
    for argument, number in (("v2", 2), ("latest", 10)):
        assert find_number(registry, argument) == number
        with pytest.raises(DamagedError, match=r"manifest\.json"):
            find_version(registry, argument)


@pytest.mark.parametrize("argument", ["1", "latest", "live"])
def test_a_folder_without_versions_has_no_latest(tmp_path: Path, argument: str):
    with pytest.raises(VersionError):
        find_number(Registry(tmp_path / "none"), argument)


def test_the_live_version_is_the_one_that_was_released(tmp_path: Path):
    registry = Registry(tmp_path)
    first = registry.publish(make_manifest(), FILES, RUN, ())
    registry.publish(make_manifest(), FILES, RUN, ())
    with open_ledger(tmp_path) as writer:
        writer.append("promote", first, None)
    assert find_number(registry, "live") == 1
    assert find_version(registry, "live") == first
    damage(first.path / "manifest.json", make_manifest(metrics={"r2": 0.4}).to_bytes())
    with pytest.raises(DamagedError, match="is not the version that release 1 names"):
        find_version(registry, "live")
    damage(tmp_path / LEDGER, b"{")
    for find in (find_number, find_version):
        with pytest.raises(DamagedError, match=LEDGER):
            find(registry, "live")
