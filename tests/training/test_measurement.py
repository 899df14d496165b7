"""What the metrics are measured on, by schema, and what a run records and warns of."""

from pathlib import Path

import joblib
import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import mean_absolute_error

from maas.config.reading import load_train_config
from maas.errors import DataError, GateError
from maas.registry.manifest import Manifest, SchemaVersion
from maas.registry.run_warnings import HeldOutRecord
from maas.training.checks.verify import verify
from maas.training.data import read_dataset
from maas.training.run import build
from tests.workspace import Workspace


def make_rows(unseen: int) -> pd.DataFrame:
    """100 rows, of which a split by `day` holds out the last 20: so many of these are refused."""
    generator = np.random.default_rng(0)
    frame = pd.DataFrame({"day": range(100), "size": generator.uniform(20, 120, 100)})
    frame["town"] = np.where(frame.index % 2, "Ulm", "Kiel")
    frame.loc[frame.index >= 100 - unseen, "town"] = "Bonn"
    frame["rent"] = frame["size"] * 9 + generator.normal(0, 60, 100)
    return frame


def write_run(folder: Path, unseen: int, more: str = "") -> Path:
    make_rows(unseen).to_csv(folder / "rents.csv", index=False)
    config = folder / "rents.yaml"
    config.write_text(
        "{model_name: rents, data: {source: rents.csv, target: rent}, estimator: {name: Ridge},"
        f" split: {{method: time, column: day}}{more}}}"
    )
    return config


def test_the_metrics_leave_out_what_the_service_refuses(workspace: Workspace):
    version = workspace.train_here(config=write_run(workspace.folder, unseen=1))
    held_out = make_rows(1).iloc[80:]
    answered = held_out[held_out["town"] != "Bonn"]
    pipeline = joblib.load(version.path / "saved_model.pkl")
    errors = {
        len(rows): mean_absolute_error(rows["rent"], pipeline.predict(rows[["size", "town"]]))
        for rows in (held_out, answered)
    }
    assert version.manifest.metrics["mae"] == pytest.approx(errors[19], rel=1e-12)
    assert errors[19] != pytest.approx(errors[20])
    record = HeldOutRecord(rows=20, refused=1, by_feature={"town": 1})
    assert version.manifest.held_out == record
    assert version.read_run()["parity"]["held_out"] == 20
    assert verify(version).verdict == "bit-identical"


def test_nothing_is_recorded_where_nothing_is_refused_or_suspected(workspace: Workspace):
    version = workspace.train_here(config=write_run(workspace.folder, unseen=0))
    text = (version.path / "manifest.json").read_text()
    assert "held_out" not in text
    assert "warnings" not in text


def test_too_many_refused_rows_refuse_the_run_and_the_remedy_works(workspace: Workspace):
    config = write_run(workspace.folder, unseen=2)
    with pytest.raises(DataError) as caught:
        workspace.train_here(config=config)
    line = str(caught.value)
    assert "the service would refuse 2 of 20 held-out rows ('town': 2)" in line
    assert "add `--set preprocessing.unknown=ignore`" in line
    assert not workspace.models.exists()
    version = workspace.train_here("preprocessing.unknown=ignore", config=config)
    assert version.manifest.held_out is None


def test_a_gate_is_held_on_the_rows_that_are_answered(workspace: Workspace):
    config = write_run(workspace.folder, unseen=1)
    mae = workspace.train_here(config=config).manifest.metrics["mae"]
    below, above = (write_run(workspace.folder, 1, f", gates: {{mae: {{max: {mae + step}}}}}")
                    .read_text() for step in (-1e-9, 1e-9))  # fmt: skip
    config.write_text(above)
    workspace.train_here(config=config)
    config.write_text(below)
    with pytest.raises(GateError, match="misses the gate"):
        workspace.train_here(config=config)


def build_again(folder: Path, unseen: int, schema: SchemaVersion) -> Manifest:
    config = load_train_config(write_run(folder, unseen), ["numerics=native"])
    return build(config, read_dataset(config, folder, schema), verified=schema).manifest


def test_older_schemas_measure_all_rows_and_the_newest_is_only_recorded(tmp_path: Path):
    older = [build_again(tmp_path, 5, schema) for schema in (1, 2)]
    newer = build_again(tmp_path, 5, 3)
    assert [manifest.held_out for manifest in older] == [None, None]
    assert older[0].metrics == older[1].metrics != newer.metrics
    assert newer.held_out == HeldOutRecord(rows=20, refused=5, by_feature={"town": 5})


def test_a_version_none_of_whose_rows_would_be_answered_is_forged(tmp_path: Path):
    with pytest.raises(DataError, match="would refuse 20 of 20 held-out rows"):
        build_again(tmp_path, 20, 3)
    assert build_again(tmp_path, 20, 2).held_out is None


def test_older_schemas_warn_of_nothing(tmp_path: Path):
    config = write_run(tmp_path, 0)
    make_rows(0).assign(unit="m²").to_csv(tmp_path / "rents.csv", index=False)
    loaded = load_train_config(config, ["numerics=native"])
    data = read_dataset(loaded, tmp_path)
    assert [record.seen for record in build(loaded, data).manifest.warnings] == ["one_value"]
    for schema in (1, 2):
        assert build(loaded, data, verified=schema).manifest.warnings == ()


def test_progress_says_how_many_rows_train(tmp_path: Path):
    loaded = load_train_config(write_run(tmp_path, 0), ["numerics=native"])
    lines: list[str] = []
    build(loaded, read_dataset(loaded, tmp_path), lines.append)
    assert lines[0] == "fitting Ridge on 80 of 100 rows"
