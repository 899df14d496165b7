"""Verification: train a version again from its own manifest, and compare."""

from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np

from maas.config.paths import PROJECT
from maas.config.train_config import TrainConfig
from maas.errors import DamagedError, DataError, InputError, UnreadableDataError
from maas.model.predictor import Predictor
from maas.model.scorers import make_scorer
from maas.registry.comparison import differences
from maas.registry.manifest import Manifest
from maas.registry.version import MANIFEST, MODEL_FILES, Version
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


@dataclass(frozen=True)
class Verification:
    """The result of training a version again.

    Attributes:
        version: its number.
        verdict: `bit-identical`, `equivalent` (same labels on the held-out rows, numbers
            within the manifest's tolerance) or `mismatch`.
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


def verify(version: Version, report: Callable[[str], None] = lambda _: None) -> Verification:
    """Check the stored files, train again into memory, and compare. Nothing is written.

    Raises:
        UnreadableDataError: the data can no longer be read.
        MaasError: the training failed for a reason that says nothing about the version.
    """
    report(f"checking the files of {version.label}")
    try:
        version.check()
    except DamagedError as error:
        return damaged_result(version.number, error)
    run = version.read_run()
    now = describe_environment(version.manifest.config["numerics"])
    circumstances = differences({key: run.get(key) for key in now}, now)
    found = replace(_retrain(version, _data_root(run), report), circumstances=circumstances)
    if circumstances and found.verdict != "bit-identical":
        changes = "; ".join(f"{k} {old} -> {new}" for k, (old, new) in circumstances.items())
        return replace(found, reason=f"{found.reason}; the environment differs: {changes}")
    return found


def damaged_result(number: int, error: DamagedError) -> Verification:
    """Build the result for a version whose files are not as published."""
    return Verification(number, "mismatch", f"{error.where} {error.what}")


def _config_of(manifest: Manifest) -> TrainConfig:
    return TrainConfig.model_validate({**manifest.config, "model_name": manifest.model_name})


def _data_root(run: dict[str, Any]) -> Path:
    """Find the folder that the data were read from at training, if it still exists."""
    recorded = PROJECT / (run.get("data_root") or ".")
    return recorded if recorded.is_dir() else PROJECT


def _retrain(version: Version, root: Path, report: Callable[[str], None]) -> Verification:
    config, then = _config_of(version.manifest), version.manifest.data
    changed = f"the data in {then.source} have changed"
    report(f"reading {then.source}")
    try:
        data = read_dataset(config, root)
    except UnreadableDataError:
        raise
    except DataError as error:
        return Verification(version.number, "mismatch", f"{changed}: {error.where} {error.what}")
    if data.sha256 != then.sha256:
        reason = f"{changed} ({then.rows} rows at training, {data.rows} now)"
        return Verification(version.number, "mismatch", reason)
    try:
        built = build(config, data, report, version.manifest.schema_version)
    except InputError as error:
        return Verification(version.number, "mismatch", f"retraining failed: {error}")
    return _compare(version, built)


def _compare(version: Version, built: BuildResult) -> Verification:
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
    return _compare_predictions(version, built, differing)


def _compare_predictions(
    version: Version, built: BuildResult, differing: tuple[str, ...]
) -> Verification:
    """Compare the predictions of the stored and the new model on the held-out rows."""
    manifest = version.manifest
    stored = make_scorer(manifest.runtime, version.read(MODEL_FILES[manifest.runtime]))
    old, new = (
        _predict_held_out(Predictor(stored, manifest.signature), built),
        _predict_held_out(built.predictor, built),
    )
    labels = int(np.sum(old[0] != new[0]))
    difference = float(np.abs(old[1] - new[1]).max())
    tolerance = manifest.parity.tolerance
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
    if predictor.signature.task == "regression":
        numbers = np.array(predictor.predict(built.held_out))
        return np.zeros(len(numbers)), numbers
    if not predictor.signature.probabilities:
        answers = predictor.predict(built.held_out)
        return np.array(answers, dtype=object), np.zeros(len(answers))
    labels, rows = predictor.predict_proba(built.held_out)
    return np.array(labels, dtype=object), np.array([list(row.values()) for row in rows])
