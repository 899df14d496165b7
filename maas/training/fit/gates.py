"""The gates of a config: bounds that the metrics of a run must keep."""

from collections.abc import Iterable, Mapping

from maas.config.train_config import GateConfig
from maas.errors import ConfigError, GateError


def check_gates(gates: Mapping[str, GateConfig], metrics: Mapping[str, float]) -> None:
    """Check the metrics of a run against its gates, by name.

    Raises:
        ConfigError: a gate names a metric that the run does not have.
        GateError: a metric is outside its gate; the model must not be published.
    """
    check_names("gates", gates, metrics)
    for name, gate in gates.items():
        if not _is_inside(metrics[name], gate):
            what = f"{name} = {metrics[name]:.6g} misses the gate ({_bounds(gate)})"
            remedy = "nothing was published; improve the model, or change the gate"
            raise GateError(f"gates.{name}", what, remedy)


def check_names(key: str, names: Iterable[str], metrics: Mapping[str, float]) -> None:
    """Check that a key of the config, `gates` or `release_gates`, names metrics of the run.

    Raises:
        ConfigError: the run does not have a metric of this name.
    """
    for name in names:
        if name not in metrics:
            known = ", ".join(metrics)
            raise ConfigError(f"{key}.{name}", "is not a metric of this run", f"use {known}")


def _is_inside(value: float, gate: GateConfig) -> bool:
    above = gate.min is None or value >= gate.min
    below = gate.max is None or value <= gate.max
    return above and below


def _bounds(gate: GateConfig) -> str:
    bounds = {"min": gate.min, "max": gate.max}
    return ", ".join(f"{name} {value:g}" for name, value in bounds.items() if value is not None)
