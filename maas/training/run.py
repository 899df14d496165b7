"""The steps of one run: config, data, fit, export, parity check, version, mirror."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from time import perf_counter

import numpy as np

from maas.config.train_config import ModelConfig, TrainConfig
from maas.errors import StorageError
from maas.model.blocks import blocks_of
from maas.model.predictor import Predictor
from maas.model.scorers import Matrix
from maas.model.signature import Label, Signature
from maas.registry.left_out import LeftOutRecord
from maas.registry.manifest import (
    SCHEMA_VERSION,
    DataRecord,
    Manifest,
    ParityRecord,
    SchemaVersion,
    canonical_json,
)
from maas.registry.manifest_rules import FIRST_SCHEMA_WITH_REPORT
from maas.registry.registry import Registry
from maas.registry.store import SyncResult, open_store
from maas.registry.version import MODEL_FILES, PICKLE, REFERENCE, REPORT, Version
from maas.report.record import Report
from maas.training.checks.parity import Parity, check_parity, load_scorer, tolerance_for
from maas.training.checks.pin_check import check_pins
from maas.training.data import Dataset, read_dataset
from maas.training.example import example_row
from maas.training.export import export_onnx, export_pickle
from maas.training.failure import explain_failure
from maas.training.fit.estimators import task_of
from maas.training.fit.fit import FitResult, fit
from maas.training.fit.gates import check_gates, check_names
from maas.training.input_bound import compute_input_bound
from maas.training.measurement import Measurement, measure
from maas.training.provenance import describe_run
from maas.training.reference import (
    FIRST_COUNTED_AS_SERVED,
    describe_answers,
    describe_reference,
)
from maas.training.report.report import make_report

Progress = Callable[[str], None]

# How often `build` and `train` call `report`.
BUILD_STEPS = 4
STEPS = BUILD_STEPS + 3


@dataclass(frozen=True)
class BuildResult:
    """The files of a version, before it is published.

    Attributes:
        files: name -> content.
        manifest: of the files.
        predictor: the exported model, loaded as serving loads it.
        held_out: the held-out rows, encoded for the model.
        parity: how the predictor compares with the fitted pipeline.
        measured: the metrics, and what they leave out.
        figures: the content of report.json; None in schemas that have none.
    """

    files: dict[str, bytes]
    manifest: Manifest
    predictor: Predictor
    held_out: Matrix
    parity: Parity
    measured: Measurement
    figures: Report | None


@dataclass(frozen=True)
class RunResult:
    """A published version, what was measured for it, and what was synced to the store."""

    version: Version
    measured: Measurement
    figures: Report | None
    sync_results: tuple[SyncResult, ...]


def train(
    config: TrainConfig,
    root: Path,
    models_dir: Path,
    argv: Sequence[str],
    report: Progress = lambda _: None,
) -> RunResult:
    """Train, check and publish one version.

    Args:
        config: the run.
        root: the folder that data paths are relative to.
        models_dir: the folder of the registry.
        argv: the command, for run.json.
        report: called at the start of each step with a line for people.

    Raises:
        MaasError: the run failed; nothing was published.
    """
    started = perf_counter()
    registry = Registry(models_dir)
    registry.prepare(config.model_name)
    with open_store(config.model_name):
        pass  # a store that cannot be written is an error now, not after the fit
    report(f"reading {config.data.source}")
    built = build(config, read_dataset(config, root), report)
    report(f"publishing to {models_dir}")
    seconds = perf_counter() - started
    run = describe_run(config, argv, root, seconds, built.parity.figures(), built.measured.warnings)
    version, sync_results = _publish(registry, built, canonical_json(run, indent=1), report)
    return RunResult(version, built.measured, built.figures, sync_results)


def _publish(
    registry: Registry, built: BuildResult, run: bytes, report: Progress
) -> tuple[Version, tuple[SyncResult, ...]]:
    """Publish the version and mirror it, under a lock: no other run can take its tag meanwhile."""
    with open_store(built.manifest.model_name) as store:
        version = registry.publish(built.manifest, built.files, run, store.numbers())
        report(f"mirroring to the BentoML store as {version.tag}")
        try:
            return version, tuple(store.sync(registry, thorough=False))
        except StorageError as error:  # the version is published: a later sync can mirror it
            return version, (SyncResult(version.tag, "missing", str(error)),)


@explain_failure("the run", "cannot be completed", "change estimator.params or the data")
def build(
    config: TrainConfig,
    data: Dataset,
    report: Progress = lambda _: None,
    verified: SchemaVersion | None = None,
) -> BuildResult:
    """Build and check the files of a version and its manifest, without publishing them.

    Args:
        config: the run.
        data: what its config names.
        report: called at the start of each step with a line for people.
        verified: the schema of the published version that is verified; None for a new run.

    Raises:
        MaasError: the data, the config or the model is not valid.
    """
    schema = verified or SCHEMA_VERSION
    check_pins(config.numerics)
    frame = data.frame()
    fitted = fit(config, data, frame, report, verified)
    signature = build_signature(config, data, fitted, schema)
    report(f"exporting for runtime {config.runtime}")
    files = _export(config, fitted, signature, schema)
    bound = compute_input_bound(fitted.pipeline, signature, files.get(MODEL_FILES["onnx"]))
    signature = signature.model_copy(update={"input_bound": bound})
    held_out = frame.iloc[fitted.held_out]
    report(f"measuring it on {len(held_out)} held-out rows")
    measured = measure(data, fitted, signature, held_out, verified)
    check_names("release_gates", config.release_gates, measured.metrics)
    check_gates(config.gates, measured.metrics)
    figures = None
    if schema >= FIRST_SCHEMA_WITH_REPORT:
        figures = make_report(data, fitted, signature, measured, held_out, config.seed)
        files[REPORT] = canonical_json(figures.model_dump(mode="json"), indent=1)
    files[REFERENCE] = _describe_rows(data, fitted, signature, measured, schema)
    report(f"comparing it with scikit-learn on {len(fitted.held_out)} held-out rows and more")
    scorer = load_scorer(config.runtime, files[MODEL_FILES[config.runtime]])
    blocks = blocks_of(signature, config.runtime, config.estimator.name, data.rows)
    predictor = Predictor(scorer, signature, blocks)
    tolerance = tolerance_for(signature, data.target[fitted.train])
    parity = check_parity(fitted.pipeline, predictor, held_out, tolerance)
    return BuildResult(
        files=files,
        manifest=_build_manifest(config, data, signature, measured, files, parity, schema),
        predictor=predictor,
        held_out=fitted.pipeline["encode"].transform(held_out),
        parity=parity,
        measured=measured,
        figures=figures,
    )


def _describe_rows(
    data: Dataset,
    fitted: FitResult,
    signature: Signature,
    measured: Measurement,
    schema: SchemaVersion,
) -> bytes:
    reference = describe_reference(signature, data, fitted.train, schema)
    if schema >= FIRST_COUNTED_AS_SERVED:
        answers = fitted.predictions[measured.answered]
        reference["prediction"] = describe_answers(signature, reference, answers)
    return canonical_json(reference, indent=1)


def _build_manifest(
    config: TrainConfig,
    data: Dataset,
    signature: Signature,
    measured: Measurement,
    files: dict[str, bytes],
    parity: Parity,
    schema: SchemaVersion,
) -> Manifest:
    return Manifest.seal(
        files,
        schema,
        model_name=config.model_name,
        config=config.determining.model_dump(mode="json"),
        data=_record_data(data),
        signature=signature,
        metrics=measured.metrics,
        runtime=config.runtime,
        parity=ParityRecord(passed=parity.passed, tolerance=parity.tolerance),
        held_out=measured.held_out if measured.held_out.refused else None,
        warnings=measured.suspects,
    )


def _record_data(data: Dataset) -> DataRecord:
    counts = asdict(data.left_out)
    merged = counts.pop("merged")
    left_out = LeftOutRecord(**counts) if any(counts.values()) else None
    return DataRecord(
        source=data.source, sha256=data.sha256, rows=data.rows, left_out=left_out, merged=merged
    )


def _export(
    config: ModelConfig, fitted: FitResult, signature: Signature, schema: SchemaVersion
) -> dict[str, bytes]:
    files = {PICKLE: export_pickle(fitted.pipeline, schema)}
    if config.runtime == "onnx":
        count = len(signature.features)
        files[MODEL_FILES["onnx"]] = export_onnx(fitted.pipeline, count, schema)
    return files


def build_signature(
    config: ModelConfig, data: Dataset, fitted: FitResult, schema: SchemaVersion = SCHEMA_VERSION
) -> Signature:
    """Describe what the model takes and predicts, from the rows that it was trained on."""
    task = task_of(fitted.pipeline[-1])
    return Signature(
        features=fitted.features,
        unknown=config.preprocessing.unknown,
        target=config.data.target,
        task=task,
        classes=_classes(fitted) if task == "classification" else None,
        probabilities=task == "classification" and hasattr(fitted.pipeline, "predict_proba"),
        example=example_row(data.columns, fitted.train, schema),
    )


def _classes(fitted: FitResult) -> tuple[Label, ...]:
    classes: list[Label] = np.asarray(fitted.pipeline.classes_).tolist()
    return tuple(classes)
