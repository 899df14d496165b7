"""A draft is trained once; what is refused is replaced, and large tables are not trained."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pytest

from maas.errors import InputError
from maas.tables.column_draft import ColumnDraft
from maas.tables.target_draft import TargetDraft
from maas.training.draft.draft import Draft, EstimatorDraft
from maas.training.draft.rehearsal import rehearse
from tests.training.draft.drafts import draft

RNG = np.random.default_rng(3)
X = RNG.normal(size=80)
TABLE = pa.table({"x": X, "y": np.where(X + RNG.normal(size=80) > 0, "a", "b")})
LOGISTIC = draft(
    file="t.csv",
    source="elsewhere/t.csv",
    target=TargetDraft("y", "classification", ""),
    columns=(ColumnDraft("x", ""),),
    estimator=EstimatorDraft("LogisticRegression", {}, ""),
)
REFUSED = EstimatorDraft("LogisticRegression", {"C": -1}, "")


@pytest.fixture(autouse=True)
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    pyarrow.csv.write_csv(TABLE, tmp_path / "t.csv")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_what_is_trained_stays_as_it_is():
    assert rehearse(LOGISTIC, 80) == LOGISTIC


def test_an_estimator_that_is_refused_is_replaced():
    found = rehearse(replace(LOGISTIC, estimator=REFUSED), 80)
    assert found.estimator.name == "RandomForestClassifier"
    assert "in place of LogisticRegression" in found.estimator.reason


@pytest.mark.parametrize(("is_whole", "values"), [(False, 80), (True, 500_001)])
def test_a_large_table_is_not_trained(is_whole: bool, values: int):
    refused: Draft = replace(LOGISTIC, estimator=REFUSED, is_whole=is_whole)
    assert rehearse(refused, values) == refused


def test_what_nothing_takes_is_the_first_refusal(root: Path):
    floats = pa.table({"x": X, "y": np.where(X > 0, 0.5, 1.5)})
    pyarrow.csv.write_csv(floats, root / "t.csv")
    with pytest.raises(InputError, match="is a float, but LogisticRegression predicts classes"):
        rehearse(LOGISTIC, 80)


def test_the_file_is_read_as_training_reads_it(root: Path):
    (root / "t.csv").write_text("x,y\n1,2,3\n")
    with pytest.raises(InputError, match="columns"):
        rehearse(LOGISTIC, 80)
