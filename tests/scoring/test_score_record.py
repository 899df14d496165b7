"""What the record of a finished job says."""

import hashlib
import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pydantic import ValidationError

from maas.registry.version import Version
from maas.scoring.score_record import ScoreRecord
from tests.scoring.conftest import Score


def test_it_says_what_was_scored_by_which_version_and_how(
    tmp_path: Path, run_job: Score, version: Version
):
    table = pa.table({"a": [-5.0, 0.0, 0.5, 2e6], "b": [0.0, None, None, 0.0], "id": [1, 2, 3, 4]})
    source = tmp_path / "in.parquet"
    pq.write_table(table, source)
    run_job(source, tmp_path / "out", keep=["id"], on_invalid="quarantine")
    found = json.loads((tmp_path / "out/_score.json").read_text())
    assert found.pop("seconds") >= 0
    counts = found.pop("counts")
    assert found == {
        "schema_version": 1,
        "tag": "m:v1",
        "model_name": "m",
        "version": 1,
        "digest": version.manifest.digest,
        "inputs": [
            {
                "file": "in.parquet",
                "sha256": hashlib.sha256(source.read_bytes()).hexdigest(),
                "size": source.stat().st_size,
                "rows": 4,
            }
        ],
        "options": {
            "probabilities": False,
            "keep": ["id"],
            "on_invalid": "quarantine",
            "form": "parquet",
            "single": False,
        },
        "scored": 3,
        "refused": 1,
        "engine": "local",
        "workers": 1,
    }
    assert counts["rows"] == 3  # those that were answered
    assert counts["features"]["a"] == {"counts": [0, 1, 1], "below": 1, "above": 0, "nulls": 0}
    assert counts["features"]["b"]["nulls"] == 2


def test_its_job_is_the_one_that_was_asked_for(tmp_path: Path, run_job: Score):
    pq.write_table(pa.table({"a": [1.0]}), tmp_path / "in.parquet")
    record = run_job(tmp_path / "in.parquet", tmp_path / "out")
    again = ScoreRecord.model_validate_json((tmp_path / "out/_score.json").read_bytes())
    assert again == record
    assert again.job().id == record.job().id


@pytest.mark.parametrize(
    "change", [{"scored": -1}, {"workers": 0}, {"schema_version": 2}, {"more": 1}]
)
def test_what_is_no_record_is_refused(tmp_path: Path, run_job: Score, change: dict[str, object]):
    pq.write_table(pa.table({"a": [1.0]}), tmp_path / "in.parquet")
    record = run_job(tmp_path / "in.parquet", tmp_path / "out").model_dump(mode="json")
    with pytest.raises(ValidationError):
        ScoreRecord.model_validate_json(json.dumps(record | change))
