"""Training on numbers written for people is training on the numbers, to the bit."""

import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
import pytest

from maas.config.train_config import ModelConfig
from maas.errors import DataError
from maas.training.checks.verify import verify
from maas.training.data import Dataset, read_dataset
from tests.workspace import Workspace

ROWS = 60
FORMS = {"price": "money", "share": "percent", "y": "money", "day": "%d.%m.%Y"}


def make_table(written: bool) -> pa.Table:
    """A table of numbers, or the same as a person writes it."""
    rng = np.random.default_rng(0)
    price = rng.integers(1, 10**6, ROWS)
    share = rng.integers(0, 1000, ROWS) / 10
    y = price * 2 + rng.integers(0, 9, ROWS) / 4
    day = np.datetime64("2024-01-01") + rng.integers(0, 400, ROWS)
    if not written:
        return pa.table({"price": price, "share": share, "y": y, "day": day})
    return pa.table(
        {
            "price": [f"${n:,}" for n in price],
            "share": [f"{n} %" for n in share],
            "y": [f"{n:,.2f} €" for n in y],
            "day": [d.strftime("%d.%m.%Y") for d in day.tolist()],
        }
    )


def make_config(source: str, forms=None, **changes) -> ModelConfig:
    content = {
        "data": {"source": source, "target": "y", "forms": forms or {}},
        "estimator": {"name": "Ridge", "params": {}},
        "split": {"method": "time", "column": "day"},
    }
    return ModelConfig.model_validate(content | changes)


def read(folder: Path, written: bool, suffix: str, config: ModelConfig | None = None) -> Dataset:
    path = folder / f"{written}.{suffix}"
    table = make_table(written)
    pq.write_table(table, path) if suffix == "parquet" else pa.csv.write_csv(table, path)
    return read_dataset(config or make_config(path.name, FORMS if written else None), folder)


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_the_data_are_those_of_plain_numbers(tmp_path: Path, suffix: str):
    plain, written = read(tmp_path, False, suffix), read(tmp_path, True, suffix)
    assert [(c.name, c.type) for c in written.columns] == [
        ("price", "integer"),
        ("share", "number"),
    ]
    assert written.target.dtype == np.float64
    assert written.keys is not None
    assert np.issubdtype(written.keys.dtype, np.integer)
    assert written.sha256 == plain.sha256


def refuse(config: ModelConfig, folder: Path) -> str:
    with pytest.raises(DataError) as caught:
        read(folder, True, "csv", config)
    return str(caught.value)


def test_the_remedy_of_each_refusal_works(tmp_path: Path):
    """What the refusals of a config without forms say is what the config with forms says."""
    said = refuse(make_config("True.csv"), tmp_path)
    for setting in (
        'set data.forms: {"price": money}, or write plain numbers',
        'set data.forms: {"share": percent}, or',
        'set data.forms: {"y": money}, or',
        'set data.forms: {"day": "%d.%m.%Y"}, or write days as YYYY-MM-DD',
    ):
        assert setting in said


def test_names_in_the_forms_that_do_not_fit_are_faults(tmp_path: Path):
    forms = FORMS | {"prize": "money"}
    said = refuse(make_config("True.csv", forms), tmp_path)
    assert "column 'prize' (data.forms): does not exist; did you mean 'price'?" in said
    data = {"source": "True.csv", "target": "y", "forms": FORMS,
            "features": {"p": {"column": "price", "type": "category"}}}  # fmt: skip
    said = refuse(make_config("", data=data), tmp_path)
    assert said == (
        "data.forms: 'price': is declared as a category, which is the text itself; "
        "remove one of the two"
    )


def test_a_date_is_no_feature(tmp_path: Path):
    said = refuse(make_config("True.csv", FORMS, split={}), tmp_path)
    assert "column 'day': holds timestamp[us], which is not a supported feature type" in said


def test_a_version_of_forms_is_that_of_plain_numbers_and_is_verified(workspace: Workspace):
    versions = []
    for written in (False, True):
        path = workspace.folder / f"{written}.csv"
        pa.csv.write_csv(make_table(written), path)
        forms = json.dumps(FORMS if written else {})
        config = workspace.folder / f"{written}.yaml"
        config.write_text(
            f"model_name: forms\ndata: {{source: {path}, target: y, forms: {forms}}}\n"
            "split: {method: time, column: day}\nestimator: {name: Ridge}\n"
        )
        versions.append(workspace.train_here(config=config))
    plain, written_out = (version.manifest for version in versions)
    assert written_out.config["data"]["forms"] == FORMS
    assert "forms" not in plain.config["data"]
    assert written_out.data.sha256 == plain.data.sha256
    assert written_out.metrics == plain.metrics
    assert versions[0].read("model.onnx") == versions[1].read("model.onnx")
    assert verify(versions[1]).verdict == "bit-identical"
