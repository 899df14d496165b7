"""Verification: train a version again from its own manifest, and compare."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from math import isclose, nan
from pathlib import Path
from typing import Any, Literal

import numpy as np

from maas.config.paths import PROJECT
from maas.config.train_config import TrainConfig
from maas.errors import (
    DamagedError,
    DataError,
    InputError,
    TooLargeError,
    UnreadableDataError,
)
from maas.model.predictor import Predictor
from maas.registry.comparison import differences
from maas.registry.loading import load_predictor
from maas.registry.manifest import RESTORE
from maas.registry.manifest_rules import find_config_fault
from maas.registry.version import MANIFEST, MODEL_FILES, PICKLE, Version
from maas.training.data import read_dataset
from maas.training.provenance import describe_environment
from maas.training.run import BuildResult, build

Verdict = Literal["bit-identical", "equivalent", "mismatch"]

# The exit code of the command for each verdict, and the verdict in its sentence.
EXIT_CODES: dict[Verdict, int] = {"bit-identical": 0, "equivalent": 3, "mismatch": 1}
_VERDICT_PHRASES: dict[Verdict, str] = {
    "bit-identical": "bit-identical",
    "equivalent": "equivalent",
    "mismatch": "a mismatch",
}


# How far a metric may be from the retrained one: the last digits differ from CPU to CPU.
_METRICS_TOLERANCE = 1e-3


@dataclass(frozen=True)
class Verification:
    """The result of training a version again.

    Attributes:
        version: its number.
        verdict: `bit-identical`, `equivalent` (same labels on the held-out rows, numbers
            within the tolerance, and about the same metrics) or `mismatch`.
        reason: why, for people.
        differing_files: files whose bytes differ.
        labels_differ: held-out rows with another label.
        max_difference: largest |difference| of a number on the held-out rows.
        circumstances: differences of machine, Python and packages: name -> [then, now].
    """

    version: int
    verdict: Verdict
    reason: str
    differing_files: tuple[str, ...] = ()
    labels_differ: int = 0
    max_difference: float = 0.0
    circumstances: dict[str, list[Any]] | None = None

    @property
    def sentence(self) -> str:
        """The result as one sentence."""
        return f"v{self.version} is {_VERDICT_PHRASES[self.verdict]}: {self.reason}."

    def to_json(self) -> dict[str, Any]:
        """The result as a JSON object."""
        return asdict(self) | {"sentence": self.sentence}


def verify(
    version: Version, report: Callable[[str], None] = lambda _: None, trust: bool = False
) -> Verification:
    """Check the stored files, train again into memory, and compare. Nothing is written.

    Args:
        version: its files may be forged: none is loaded before training has given what it must be.
        report: called at the start of each step with a line for people.
        trust: whether to load a stored pickle that differs from the retrained one.

    Raises:
        UnreadableDataError: the data can no longer be read.
        MaasError: the training failed for a reason that says nothing about the version.
    """
    report(f"checking the files of {version.label}")
    try:
        version.check()
        config = _config_of(version)
        run = version.read_run()
    except DamagedError as error:
        return damaged_result(version.number, error)
    now = describe_environment(config.numerics)
    circumstances = differences({key: run.get(key) for key in now}, now)
    result = _retrain(version, config, _data_root(run), report)
    found = _compare(version, result, trust) if isinstance(result, BuildResult) else result
    found = replace(found, circumstances=circumstances)
    if circumstances and found.verdict != "bit-identical":
        changes = "; ".join(f"{k} {old} -> {new}" for k, (old, new) in circumstances.items())
        return replace(found, reason=f"{found.reason}; the environment differs: {changes}")
    return found


def damaged_result(number: int, error: DamagedError) -> Verification:
    """Build the result for a version whose files are not as published."""
    return Verification(number, "mismatch", f"{error.where} {error.what}")


def _config_of(version: Version) -> TrainConfig:
    manifest = version.manifest
    if fault := find_config_fault(manifest, newer_keys=False):
        what = f"cannot be trained from by this release ({fault})"
        raise DamagedError(version.path / MANIFEST, what, RESTORE)
    content = {**manifest.config, "model_name": manifest.model_name}
    if features := content["data"].get("features"):
        # A manifest sorts the keys of its config; the signature keeps the order of the features.
        order = {feature.name: place for place, feature in enumerate(manifest.signature.features)}
        names = sorted(features, key=lambda name: order.get(name, len(order)))
        content["data"] = {**content["data"], "features": {name: features[name] for name in names}}
    return TrainConfig.model_validate(content)


def _data_root(run: dict[str, Any]) -> Path:
    """Find the folder that the data were read from at training, if it still exists."""
    named = run.get("data_root")
    recorded = PROJECT / (named if isinstance(named, str) else ".")
    return recorded if recorded.is_dir() else PROJECT


def _retrain(
    version: Version, config: TrainConfig, root: Path, report: Callable[[str], None]
) -> BuildResult | Verification:
    """Train again; the result is a mismatch where that is not possible."""
    then = version.manifest.data
    changed = f"the data in {then.source} have changed"
    report(f"reading {then.source}")
    try:
        data = read_dataset(config, root, version.manifest.schema_version)
    except UnreadableDataError:
        raise
    except DataError as error:
        return Verification(version.number, "mismatch", f"{changed}: {error.where} {error.what}")
    if data.sha256 != then.sha256:
        reason = f"{changed} ({then.rows} rows at training, {data.rows} now)"
        return Verification(version.number, "mismatch", reason)
    try:
        return build(config, data, report, version.manifest.schema_version)
    except TooLargeError:
        raise
    except InputError as error:
        return Verification(version.number, "mismatch", f"retraining failed: {error}")


def _compare(version: Version, built: BuildResult, trust: bool) -> Verification:
    then = version.manifest
    now = built.manifest.in_schema_of(then)  # an older version lacks what was recorded later
    differing = tuple(
        name
        for name in sorted(then.files.keys() | now.files.keys())
        if then.files.get(name) != now.files.get(name)
    )
    if then.digest == now.digest:
        reason = f"retraining gave the same {len(then.files)} files and the same digest"
        return Verification(version.number, "bit-identical", reason)
    differing += (MANIFEST,)
    if then.signature != now.signature:
        reason = "retraining gave another signature"
        return Verification(version.number, "mismatch", reason, differing)
    if metrics := _other_metrics(then.metrics, now.metrics):
        reason = f"retraining gave other metrics ({metrics})"
        return Verification(version.number, "mismatch", reason, differing)
    if then.data != now.data:
        reason = "retraining left out other rows of the data"
        return Verification(version.number, "mismatch", reason, differing)
    if (then.held_out, then.warnings) != (now.held_out, now.warnings):
        reason = "retraining gave other refused rows or other warnings"
        return Verification(version.number, "mismatch", reason, differing)
    if then.runtime == "sklearn" and PICKLE in differing and not trust:
        reason = (
            f"{', '.join(differing)} differ; the stored {PICKLE} is not the retrained one, and was "
            f"not loaded, since a pickle can run any code: `verify {version.number} --trust` loads "
            "it and compares its answers"
        )
        return Verification(version.number, "mismatch", reason, differing)
    return _compare_predictions(version, built, differing)


def _other_metrics(then: Mapping[str, float], now: Mapping[str, float]) -> str:
    """Name the metrics that differ by more than another machine explains; empty if none does."""
    return ", ".join(
        f"{name} {value:.6g} -> {now.get(name, nan):.6g}"
        for name, value in then.items()
        if not isclose(value, now.get(name, nan), rel_tol=_METRICS_TOLERANCE, abs_tol=1e-9)
    )


def _compare_predictions(
    version: Version, built: BuildResult, differing: tuple[str, ...]
) -> Verification:
    """Compare the predictions of the stored and the new model on the held-out rows."""
    new = _predict_held_out(built.predictor, built)
    name = MODEL_FILES[version.manifest.runtime]
    try:
        old = _predict_held_out(load_predictor(version), built)
        labels = int(np.sum(old[0] != new[0]))
        difference = float(np.abs(old[1] - new[1]).max())
    except MemoryError:
        raise
    except Exception as error:  # a forged model can fail in any way
        first = (str(error).strip() or type(error).__name__).splitlines()[0]
        reason = f"the stored {name} cannot answer the held-out rows ({first})"
        return Verification(version.number, "mismatch", reason, differing)
    # Not that of the stored manifest, which may be forged: the data and the config are the same.
    tolerance = built.manifest.parity.tolerance
    files = f"{', '.join(differing)} differ"
    figures = (
        f"{labels} of {len(built.held_out)} held-out labels differ, "
        f"numbers by up to {difference:.3g} (tolerance {tolerance:.3g})"
    )
    same = labels == 0 and difference <= tolerance
    verdict: Verdict = "equivalent" if same else "mismatch"
    reason = f"{files}; {figures}"
    return Verification(version.number, verdict, reason, differing, labels, difference)


def _predict_held_out(predictor: Predictor, built: BuildResult) -> tuple[Any, Any]:
    """Predict labels and numbers for the held-out rows; what a model does not give is constant."""
    rows = built.held_out
    if predictor.signature.task == "regression":
        numbers = np.array(predictor.predict(rows))
        return np.zeros(len(numbers)), numbers
    if not predictor.signature.probabilities:
        answers = predictor.predict(rows)
        return np.array(answers, dtype=object), np.zeros(len(answers))
    labels, probabilities = predictor.score(rows)
    return np.array(labels, dtype=object), probabilities
