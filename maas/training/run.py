"""One run: config -> data -> fit -> export -> parity -> version -> mirror."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

import numpy as np

from maas.config import TrainConfig
from maas.errors import ConfigError, GateError
from maas.predictor import Predictor
from maas.registry.manifest import DataRecord, Manifest, ParityRecord, canonical_json
from maas.registry.store import Mirror, mirror, prepare_store, store_numbers
from maas.registry.versions import MODEL, PICKLE, Registry, Version
from maas.signature import Feature, Label, Signature
from maas.training.circumstances import describe_run
from maas.training.data import Dataset, read_dataset
from maas.training.export import export_onnx, export_pickle
from maas.training.fit import Fitted, fit
from maas.training.parity import TOLERANCE, check_parity
from maas.training.pipeline import task_of

Report = Callable[[str], None]
STEPS = 6
"""How often `train` reports."""


@dataclass(frozen=True)
class Outcome:
    """A published version, its mirror, and what scikit-learn warned of."""

    version: Version
    mirror: Mirror
    warnings: tuple[str, ...]


def train(
    config: TrainConfig, models_dir: Path, argv: Sequence[str], report: Report = lambda _: None
) -> Outcome:
    """Train, check and publish one version.

    Args:
        config: the run.
        models_dir: the registry's folder.
        argv: the command, for run.json.
        report: called at the start of each step with a line for people.

    Raises:
        MaasError: the run failed; nothing was published.
    """
    started = perf_counter()
    registry = Registry(models_dir)
    registry.prepare(config.model_name)
    prepare_store()

    report(f"reading {config.data.source}")
    data = read_dataset(config.data)
    report(f"fitting {config.estimator.name} on {data.rows} rows")
    fitted = fit(config, data)
    _check_gates(config, fitted)
    report("exporting to ONNX")
    signature = _sign(config, data, fitted)
    files = {
        MODEL: export_onnx(fitted.pipeline, len(signature.features)),
        PICKLE: export_pickle(fitted.pipeline),
    }
    report(f"comparing ONNX with scikit-learn on {len(fitted.held_out)} held-out rows")
    parity = check_parity(
        fitted.pipeline, Predictor(files[MODEL], signature), data.matrix[fitted.held_out]
    )
    report(f"publishing to {models_dir}")
    manifest = Manifest.seal(
        files,
        model_name=config.model_name,
        config=config.determining.model_dump(mode="json"),
        data=DataRecord(source=data.source, sha256=data.sha256, rows=data.rows),
        signature=signature,
        metrics=fitted.metrics,
        runtime=config.runtime,
        parity=ParityRecord(passed=parity.passed, tolerance=TOLERANCE),
    )
    run = describe_run(config, argv, perf_counter() - started, parity.figures(), fitted.warnings)
    version = registry.publish(
        manifest, files, canonical_json(run, indent=1), store_numbers(config.model_name)
    )
    report(f"mirroring to the BentoML store as {version.tag}")
    return Outcome(version, mirror(version), fitted.warnings)


def _check_gates(config: TrainConfig, fitted: Fitted) -> None:
    for name, gate in config.gates.items():
        if name not in fitted.metrics:
            raise ConfigError(
                f"gates.{name}", "no such metric", f"use some of {', '.join(fitted.metrics)}"
            )
        value = fitted.metrics[name]
        low, high = gate.min, gate.max
        if (low is not None and value < low) or (high is not None and value > high):
            raise GateError(
                f"gates.{name}",
                f"{name} = {value:.6g} is outside {low} to {high}; nothing was published",
                "improve the model or change the gate",
            )


def _sign(config: TrainConfig, data: Dataset, fitted: Fitted) -> Signature:
    """Record what the model takes and gives, from the rows it was trained on."""
    rows = data.matrix[fitted.train]
    features = tuple(
        Feature(
            name=name,
            column=column,
            type="number",
            minimum=float(values.min()),
            maximum=float(values.max()),
        )
        for (name, column), values in zip(data.columns.items(), rows.T, strict=True)
    )
    task = task_of(fitted.pipeline[-1])
    return Signature(
        features=features,
        target=config.data.target,
        task=task,
        classes=_classes(fitted) if task == "classification" else None,
        probabilities=hasattr(fitted.pipeline, "predict_proba"),
        example=dict(zip(data.columns, rows[0].tolist(), strict=True)),
    )


def _classes(fitted: Fitted) -> tuple[Label, ...]:
    classes: list[Label] = np.asarray(fitted.pipeline.classes_).tolist()
    return tuple(classes)
