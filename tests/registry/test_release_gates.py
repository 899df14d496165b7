"""Release gates: metrics against those of the live version, where they can be compared."""

import json
from pathlib import Path
from typing import Any

import pytest

from maas.errors import DamagedError, GateError
from maas.registry.manifest import DataRecord
from maas.registry.registry import Registry
from maas.registry.release_gates import compare_metrics, read_release_gates
from maas.registry.version import Version
from tests.samples import CONFIG, FILES, make_manifest


def publish(models: Path, gates: Any = None, **changes: Any) -> Version:
    run = json.dumps({} if gates is None else {"release_gates": gates}).encode()
    return Registry(models).publish(make_manifest(**changes), FILES, run, ())


@pytest.mark.parametrize(
    ("gate", "value", "passed"),
    [
        ({"min_delta": -0.01}, 0.49, True),
        ({"min_delta": -0.01}, 0.4899, False),
        ({"min_delta": -0.01}, 0.9, True),
        ({"min_delta": 0}, 0.5, True),
        ({"min_delta": 0.001}, 0.5, False),
        ({"max_delta": 0.1}, 0.6, True),
        ({"max_delta": 0.1}, 0.61, False),
        ({"max_delta": 0.1}, -5.0, True),
        ({"min_delta": -0.1, "max_delta": 0.1}, 0.35, False),
    ],
)
def test_a_metric_may_be_so_far_from_the_live_one(
    tmp_path: Path, gate: dict, value: float, passed: bool
):
    """0.49 - 0.5 is a little below -0.01 in floating point."""
    version = publish(tmp_path, {"r2": gate}, metrics={"r2": value})
    report = compare_metrics(version, make_manifest())
    (result,) = report.results
    assert (result.passed, report.not_compared) == (passed, "")
    assert (result.live, result.value) == (0.5, value)
    if passed:
        report.require(version)
        return
    with pytest.raises(GateError, match="misses its release gates") as caught:
        report.require(version)
    assert f"r2: 0.5 -> {value:g} (" in str(caught.value)
    assert caught.value.exit_code == 1


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"data": DataRecord(source="s", sha256="1" * 64, rows=3)}, "other data"),
        ({"config": CONFIG | {"seed": 2}}, "other seed"),
        ({"config": CONFIG | {"split": {"test_size": 0.3}, "seed": 2}}, "other split and seed"),
    ],
)
def test_metrics_on_other_rows_are_not_compared(tmp_path: Path, changes: dict, said: str):
    version = publish(tmp_path, {"r2": {"min_delta": 9}}, **changes)
    report = compare_metrics(version, make_manifest())
    assert (report.results, report.missed) == ((), ())
    assert report.not_compared == f"the release gates were not compared: {said}"


def test_a_metric_that_one_version_lacks_is_not_compared(tmp_path: Path):
    gates = {"r2": {"min_delta": 0}, "mae": {"max_delta": 0}}
    version = publish(tmp_path, gates, metrics={"r2": 0.5, "mae": 1.0})
    report = compare_metrics(version, make_manifest())
    assert [result.metric for result in report.results] == ["r2"]
    assert report.not_compared == "mae: not compared, because one version lacks it"


def test_a_version_without_gates_is_not_compared(tmp_path: Path):
    report = compare_metrics(publish(tmp_path), make_manifest())
    assert (report.results, report.not_compared) == ((), "")


@pytest.mark.parametrize(
    "gates", [[], "x", {"r2": 1}, {"r2": {}}, {"r2": {"min_delta": "0"}}, {"r2": {"min": 0}}]
)
def test_gates_that_are_not_valid_are_damage(tmp_path: Path, gates: object):
    with pytest.raises(DamagedError, match=r"run\.json: has no valid release_gates"):
        read_release_gates(publish(tmp_path, gates))
