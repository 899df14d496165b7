"""Gates: a run whose metrics miss one is not published."""

import pytest

from maas.config.train_config import GateConfig
from maas.errors import ConfigError, GateError
from maas.training.fit.gates import check_gates

METRICS = {"r2": 0.5, "mae": 2.0}


@pytest.mark.parametrize(
    "gates",
    [
        {},
        {"r2": GateConfig(min=0.5)},
        {"r2": GateConfig(max=0.5)},
        {"r2": GateConfig(min=0.4, max=0.6), "mae": GateConfig(max=2)},
        {"r2": GateConfig(min=-1)},
    ],
)
def test_a_metric_may_be_at_its_bound(gates: dict):
    check_gates(gates, METRICS)


@pytest.mark.parametrize(
    ("gates", "said"),
    [
        ({"r2": GateConfig(min=0.5000001)}, r"gates.r2: r2 = 0.5 misses the gate \(min 0.5\)"),
        ({"r2": GateConfig(min=0, max=0.4)}, r"r2 = 0.5 misses the gate \(min 0, max 0.4\)"),
        ({"r2": GateConfig(min=0), "mae": GateConfig(max=-1)}, r"mae = 2 misses .*\(max -1\)"),
    ],
)
def test_a_metric_outside_its_bounds_is_named_with_them(gates: dict, said: str):
    with pytest.raises(GateError, match=said):
        check_gates(gates, METRICS)


@pytest.mark.parametrize("value", [float("nan"), float("-inf")])
def test_a_metric_that_is_no_number_misses_its_gate(value: float):
    with pytest.raises(GateError):
        check_gates({"r2": GateConfig(min=0)}, {"r2": value})


def test_a_gate_of_another_metric_is_a_wrong_config():
    with pytest.raises(ConfigError, match=r"gates.accuracy: is not a metric .* use r2, mae"):
        check_gates({"accuracy": GateConfig(min=0.5)}, METRICS)
