"""The summary of versions: each in a line, whatever is wrong with it."""

from pathlib import Path

import pytest

from maas.registry.registry import Registry
from maas.registry.summary import Summary, summarise
from maas.registry.version import Version
from tests.samples import FILES, RUN, damage, make_manifest


@pytest.fixture
def registry(tmp_path: Path) -> Registry:
    return Registry(tmp_path)


def publish(registry: Registry, run: bytes = RUN, **changes) -> Version:
    return registry.publish(make_manifest(**changes), FILES, run, ())


def expected(version: Version, **changes) -> dict:
    content = {
        "version": version.number,
        "state": "ok",
        "problem": None,
        "tag": f"m:v{version.number}",
        "digest": version.manifest.digest,
        "created_at": "2026-01-02T03:04:05Z",
        "metric": "r2",
        "value": 0.5,
        "source": "s",
        "rows": 3,
        "live": None,
        "shadow": None,
    }
    return content | changes


def test_versions_are_summarised_in_the_order_of_their_numbers(registry: Registry):
    versions = [publish(registry) for _ in range(11)]
    assert [summary.to_json() for summary in summarise(registry)] == [
        expected(version) for version in versions
    ]


def test_a_classifier_is_summarised_by_its_accuracy(registry: Registry):
    signature = make_manifest().signature.model_copy(
        update={"task": "classification", "classes": ("p", "q")}
    )
    version = publish(registry, signature=signature, metrics={"f1_macro": 0.1, "accuracy": 0.9})
    (summary,) = summarise(registry)
    assert summary.to_json() == expected(version, metric="accuracy", value=0.9)


def test_an_altered_file_is_named_and_the_rest_is_still_said(registry: Registry):
    version = publish(registry)
    path = version.path / "model.onnx"
    damage(path, b"other")
    (summary,) = summarise(registry)
    problem = f"{path} was altered: its sha256 is not the one in manifest.json"
    assert summary.to_json() == expected(version, state="damaged", problem=problem)


@pytest.mark.parametrize(
    ("run", "state"),
    [(b"{}", "ok"), (b'{"created_at": 5}', "ok"), (b"[]", "damaged"), (b"{", "damaged")],
)
def test_a_provenance_without_a_date_leaves_the_date_out(
    registry: Registry, run: bytes, state: str
):
    version = publish(registry, run)
    (summary,) = summarise(registry)
    problem = summary.problem
    assert summary.to_json() == expected(version, state=state, problem=problem, created_at=None)
    assert (problem is None) == (state == "ok")


def test_a_version_whose_manifest_is_unreadable_has_its_number_only(registry: Registry):
    damage(publish(registry).path / "manifest.json", b"{}")
    intact = publish(registry)
    broken, other = summarise(registry)
    assert broken == Summary(1, "damaged", broken.problem)
    assert "v1/manifest.json is not a valid manifest" in str(broken.problem)
    assert other.to_json() == expected(intact)
