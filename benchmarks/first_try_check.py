"""Checks a version that `benchmarks/first_try.py` made: its answers, and a baseline beside it."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pandas as pd
from pydantic import ValidationError
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.pipeline import Pipeline

from maas.config.paths import project_root
from maas.config.reading import load_train_config
from maas.model.predictor import Predictor
from maas.model.row import Row, row_type
from maas.model.signature import Signature
from maas.registry.loading import load_predictor
from maas.registry.registry import Registry
from maas.registry.version import PICKLE, Version
from maas.training.data import read_dataset
from maas.training.fit.metrics import compute_metrics
from maas.training.refusals import find_refusals
from maas.training.split import split_rows


@dataclass(frozen=True)
class Checked:
    """What was found out about a version.

    Attributes:
        rows: that the model was trained on and measured with.
        used: columns that are features.
        task: classification or regression.
        estimator: its name.
        metrics: of the model, on the held-out rows that it answers.
        dummy: of scikit-learn's dummy on the same rows: the most frequent class, or the mean.
        answered: held-out rows that the service answers.
        refused: held-out rows that it refuses.
        unequal: answered rows where it differs from the pipeline of scikit-learn: another label,
            or a number beyond the tolerance of the parity check.
    """

    rows: int
    used: int
    task: str
    estimator: str
    metrics: dict[str, float]
    dummy: dict[str, float]
    answered: int
    refused: int
    unequal: int


def check_version(config_path: Path, models_dir: Path) -> Checked:
    """Ask the newest version for all held-out rows of its config, as the service does.

    Args:
        config_path: of its run.
        models_dir: its models folder.

    Raises:
        MaasError: the version, the config or the data cannot be read.
    """
    version = Registry(models_dir).latest()
    manifest, signature = version.manifest, version.manifest.signature
    config = load_train_config(config_path)
    data = read_dataset(config, project_root(config_path))
    train, held_out = split_rows(config, data, signature.task)
    frame = data.frame().iloc[held_out]
    refused = find_refusals(signature, frame).refused
    answered = frame[~refused]
    rows, judged = _to_rows(signature, frame)
    unequal = int((judged != refused).sum())  # rows that the row type judges otherwise
    if not unequal:
        unequal = _count_unequal(version, load_predictor(version), rows, answered)
    truth = data.target[held_out][~refused]
    dummy, _ = compute_metrics(
        data.source, signature.task, truth, _guess(signature.task, data.target[train], len(truth))
    )
    return Checked(
        rows=data.rows,
        used=len(signature.features),
        task=signature.task,
        estimator=config.estimator.name,
        metrics=manifest.metrics,
        dummy=dummy,
        answered=len(answered),
        refused=int(refused.sum()),
        unequal=unequal,
    )


def _to_rows(signature: Signature, frame: pd.DataFrame) -> tuple[list[Row], Any]:
    """The rows that the row type takes, and which of the frame it refuses."""
    kind = row_type(signature)
    flags = {feature.name for feature in signature.features if feature.type == "boolean"}
    rows: list[Row] = []
    refused = np.zeros(len(frame), dtype=bool)
    for index, record in enumerate(frame.to_dict("records")):
        values = {str(name): None if pd.isna(value) else value for name, value in record.items()}
        for name in flags:
            values[name] = None if values[name] is None else bool(values[name])
        try:
            rows.append(kind.model_validate(values))
        except ValidationError:
            refused[index] = True
    return rows, refused


def _count_unequal(
    version: Version, predictor: Predictor, rows: list[Row], frame: pd.DataFrame
) -> int:
    pipeline: Pipeline = joblib.load(version.path / PICKLE)
    given = predictor.predict(predictor.encoder.encode_rows(rows))
    expected = np.asarray(pipeline.predict(frame)).reshape(-1).tolist()
    if predictor.signature.task == "classification":
        return sum(a != b for a, b in zip(given, expected, strict=True))
    difference = np.abs(np.asarray(given, dtype=np.float64) - np.asarray(expected))
    return int((difference > version.manifest.parity.tolerance).sum())


def _guess(task: str, target: Any, rows: int) -> Any:
    """What scikit-learn's dummy predicts, which looks at the target alone."""
    dummy = DummyRegressor() if task == "regression" else DummyClassifier(strategy="most_frequent")
    known = np.asarray(target.tolist())
    return np.asarray(dummy.fit(np.zeros((len(known), 1)), known).predict(np.zeros((rows, 1))))
