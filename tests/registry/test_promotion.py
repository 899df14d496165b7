"""What another process does between the check of a version and the lock of the ledger."""

import shutil
from collections.abc import Callable

import pytest

from maas.errors import DamagedError, GateError, InputError, VersionError
from maas.registry import promotion, rollback
from maas.registry.candidate import check_candidate
from maas.registry.ledger import read_ledger
from maas.registry.promotion import promote, promote_shadow
from maas.registry.registry import Registry
from maas.registry.rollback import roll_back
from maas.registry.version import Version
from tests.samples import damage, make_manifest
from tests.workspace import Workspace

Meanwhile = Callable[[Callable[[], object]], None]


@pytest.fixture
def registry(workspace: Workspace, first: Version, second: Version) -> Registry:
    """v1, v2 and v3, of which v1 is live, and then v2."""
    workspace.publish(first, second, first)
    registry = Registry(workspace.models)
    promote(registry, 1)
    promote(registry, 2)
    return registry


@pytest.fixture
def meanwhile(monkeypatch: pytest.MonkeyPatch) -> Meanwhile:
    """Let something happen once, when the next version has been checked."""

    def arrange(happens: Callable[[], object]) -> None:
        def check(version: Version) -> float | None:
            bound = check_candidate(version)
            monkeypatch.undo()
            happens()
            return bound

        for module in (promotion, rollback):
            monkeypatch.setattr(module, "check_candidate", check)

    return arrange


def test_what_depends_on_the_live_version_is_decided_by_the_one_that_is_live_then(
    registry: Registry, meanwhile: Meanwhile
):
    meanwhile(lambda: promote(registry, 1))
    with pytest.raises(InputError, match="--expect v2: v1 is live since release 3"):
        promote(registry, 3, expected=2)
    meanwhile(lambda: promote(registry, 2))
    outcome = promote(registry, 3)
    assert outcome.before is not None
    assert (outcome.before.number, outcome.changes["config"]) == (
        2,
        {"estimator.params.C": [0.5, 1.0]},
    )
    meanwhile(lambda: promote(registry, 2))
    assert promote(registry, 2).added is False


def test_a_rollback_goes_back_from_what_was_live_when_it_began(
    registry: Registry, meanwhile: Meanwhile
):
    """Two people who roll back at once go back once."""
    meanwhile(lambda: roll_back(registry))
    with pytest.raises(InputError, match="v1 became live meanwhile"):
        roll_back(registry)
    assert [entry.action for entry in read_ledger(registry.models_dir).entries] == [
        "promote",
        "promote",
        "rollback",
    ]


@pytest.mark.parametrize("begin", [promote, promote_shadow])
def test_a_version_that_is_removed_or_replaced_meanwhile_is_refused(
    registry: Registry, meanwhile: Meanwhile, begin: Callable[[Registry, int], object]
):
    path = registry.models_dir / "v3"
    meanwhile(lambda: damage(path / "manifest.json", make_manifest("model_service").to_bytes()))
    with pytest.raises(DamagedError, match="was replaced meanwhile"):
        begin(registry, 3)
    shutil.rmtree(path)
    shutil.copytree(registry.models_dir / "v1", path)
    meanwhile(lambda: shutil.rmtree(path))
    with pytest.raises(VersionError, match="no such version"):
        begin(registry, 3)
    assert len(read_ledger(registry.models_dir).entries) == 2


def test_a_gate_is_compared_with_the_version_that_is_live(registry: Registry, meanwhile: Meanwhile):
    run = b'{"release_gates": {"accuracy": {"min_delta": 0.5}}}'
    damage(registry.models_dir / "v3/run.json", run)
    with pytest.raises(GateError):
        promote(registry, 3)
    meanwhile(lambda: shutil.rmtree(registry.models_dir / "v2"))
    outcome = promote(registry, 3)  # there is nothing to compare with
    assert outcome.before is not None
    assert "is missing, and live since release 2" in outcome.before.problem
