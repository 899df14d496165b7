"""Holds the metrics of a run against the gates that its config sets."""

from collections.abc import Mapping

from maas.config.train_config import GateConfig
from maas.errors import ConfigError, GateError


def check_gates(gates: Mapping[str, GateConfig], metrics: Mapping[str, float]) -> None:
    """Refuse metrics that are outside the gates; gates and metrics are found by name.

    Raises:
        ConfigError: a gate names a metric that this run does not have.
        GateError: a metric is outside its gate; the model must not be published.
    """
    for name, gate in gates.items():
        if name not in metrics:
            known = ", ".join(metrics)
            raise ConfigError(f"gates.{name}", "no such metric", f"use some of {known}")
        if not _is_inside(metrics[name], gate):
            raise GateError(
                f"gates.{name}",
                f"{name} = {metrics[name]:.6g}, the gate is {_bounds(gate)}; nothing was published",
                "improve the model or change the gate",
            )


def _is_inside(value: float, gate: GateConfig) -> bool:
    above = gate.min is None or value >= gate.min
    below = gate.max is None or value <= gate.max
    return above and below


def _bounds(gate: GateConfig) -> str:
    bounds = {"min": gate.min, "max": gate.max}
    return ", ".join(f"{name} {value:g}" for name, value in bounds.items() if value is not None)
