"""Equal distributions are no drift, whatever the numbers of rows; a shift is one."""

import json
from typing import Any

import numpy as np
import pytest

from maas.drift.comparison import MIN_PSI
from maas.drift.record import DriftReport
from maas.model.signature import FLOAT32_MAX
from tests.drift.references import (
    CLASSES,
    Judge,
    category,
    histogram,
    judge_of,
    make_signature,
    number,
    tally,
)

KINDS = ("normal", "lognormal", "exponential", "standard_cauchy", "random")


def draw(random: np.random.Generator, rows: int, features: int = 30) -> np.ndarray:
    """Columns of many shapes, some whole numbers, some mostly zero."""
    columns = [getattr(random, KINDS[place % 5])(size=rows) for place in range(features)]
    columns[0] = np.floor(columns[0] * 2)
    columns[1] = np.where(random.random(rows) < 0.95, 0, columns[1])
    return np.stack(columns, axis=1).clip(-1e6, 1e6).astype(np.float32)


@pytest.mark.parametrize("training_rows", [120, 1000, 10_000])
@pytest.mark.parametrize(("rows", "looks"), [(200, 60), (2000, 40), (50_000, 2)])
def test_equal_distributions_are_no_drift(training_rows: int, rows: int, looks: int):
    random = np.random.default_rng(training_rows + rows)
    alarms = 0
    for _ in range(looks):
        judge = judge_of(draw(random, training_rows))
        found = judge.look(draw(random, rows), random.integers(0, 3, rows))
        alarms += found.verdict == "drift"
    assert alarms <= 1 + looks // 100


@pytest.mark.parametrize("training_rows", [400, 1000, 10_000])
def test_a_shift_of_half_a_standard_deviation_is_found(training_rows: int):
    random = np.random.default_rng(training_rows)
    for look in range(30):
        training, rows = random.normal(size=(training_rows, 30)), random.normal(size=(2000, 30))
        rows[:, look % 30] += 0.5
        found = judge_of(training).look(rows)
        assert found.features[f"f{look % 30}"].verdict == found.verdict == "drift"


def test_a_difference_that_matters_little_is_no_drift_among_many_rows():
    random = np.random.default_rng(1)
    judge = judge_of(random.normal(size=(100_000, 2)))
    found = judge.look(random.normal(size=(300_000, 2)) + 0.1)
    assert found.verdict == "ok"
    assert 0 < found.features["f0"].psi < MIN_PSI == found.features["f0"].limit


def test_few_rows_have_no_verdict():
    judge = judge_of(np.random.default_rng(2).normal(size=(1000, 2)))
    for rows in (0, 1, 199):
        found = judge.look(np.full((rows, 2), 1e6))
        verdicts = {found.verdict, found.prediction.verdict}
        assert verdicts | {each.verdict for each in found.features.values()} == {"too few rows"}
    assert judge.look(np.full((200, 2), 1e6)).verdict == "drift"


def test_no_rows_are_at_no_distance():
    found = judge_of(np.random.default_rng(2).normal(size=(1000, 2))).look(np.empty((0, 2)))
    assert {(each.psi, each.js) for each in found.features.values()} == {(0, 0)}
    assert found.rows == 0


def test_a_twentieth_of_the_rows_outside_of_the_training_range_is_found():
    random = np.random.default_rng(4)
    judge = judge_of(random.normal(size=(1000, 2)))
    rows = random.normal(size=(2000, 2))
    rows[::20, 0] = 1000
    found = judge.look(rows)
    assert found.features["f0"].unseen_rate == pytest.approx(0.05, abs=0.01)
    assert (found.features["f0"].verdict, found.features["f1"].verdict) == ("drift", "ok")


def test_gaps_are_found_where_there_were_few():
    random = np.random.default_rng(5)
    records = {"a": histogram(random.normal(size=500)) | {"nulls": 1}}
    judge = Judge(make_signature(number("a", nullable=True)), records)
    rows = random.normal(size=(2000, 1))
    rows[::10] = np.nan
    found = judge.look(rows).features["a"]
    assert (found.null_rate, found.verdict) == (0.1, "drift")


def test_gaps_are_missed_where_there_were_many():
    random = np.random.default_rng(5)
    records = {"a": histogram(random.normal(size=400)) | {"nulls": 100}}
    judge = Judge(make_signature(number("a", nullable=True)), records)
    assert judge.look(random.normal(size=(2000, 1))).features["a"].verdict == "drift"


def test_training_rows_that_come_again_are_at_no_distance():
    values = np.random.default_rng(5).normal(size=(200, 1))
    found = judge_of(values).look(values).features["f0"]
    assert (found.psi, found.js) == (0, 0)
    known = {f"c{place}": 1 for place in range(300)}
    judge = Judge(make_signature(category("c", list(known)), unknown="ignore"), {"c": tally(known)})
    again = judge.look(np.arange(300).reshape(-1, 1)).features["c"]
    assert (again.psi, again.js) == (0, 0)
    assert judge.look(np.full((300, 1), -1)).features["c"].verdict == "ok"  # as many new ones


def test_unseen_categories_are_found_and_expected_ones_are_not():
    random = np.random.default_rng(6)
    shares = 1 / np.arange(1, 3001)
    shares /= shares.sum()
    counts = np.bincount(random.choice(3000, 2000, p=shares), minlength=3000)
    known = np.flatnonzero(counts)
    names = {f"c{code}": int(counts[code]) for code in known}
    signature = make_signature(category("c", list(names)), unknown="ignore")
    judge = Judge(signature, {"c": tally(names)})
    place = np.full(3000, -1)
    place[known] = np.arange(len(known))
    found = judge.look(place[random.choice(3000, 5000, p=shares)].reshape(-1, 1)).features["c"]
    assert 0.1 < found.unseen_rate < 0.5
    assert found.verdict == "ok"
    rows = np.where(np.arange(5000) % 5, 0, -1).reshape(-1, 1)
    assert judge.look(rows).features["c"].verdict == "drift"


def test_predictions_are_compared_with_those_of_held_out_rows():
    random = np.random.default_rng(7)
    training, rows = random.normal(size=(1000, 1)), random.normal(size=(2000, 1))
    held_out = {"counts": {"a": 95, "b": 5, "c": 0}}
    mostly_a = np.where(np.arange(2000) % 20, 0, 1)
    assert judge_of(training, prediction=held_out).look(rows, mostly_a).prediction.verdict == "ok"
    found = judge_of(training, prediction=held_out).look(rows)
    assert (found.prediction.verdict, found.verdict) == ("drift", "drift")


def test_without_them_they_are_compared_with_the_target_and_are_no_drift():
    random = np.random.default_rng(8)
    judge = judge_of(random.normal(size=(1000, 1)), prediction=None)
    found = judge.look(random.normal(size=(2000, 1)), np.zeros(2000, dtype=int))
    assert found.prediction.psi > 1
    assert (found.prediction.limit, found.prediction.verdict, found.verdict) == (None, "ok", "ok")


@pytest.mark.parametrize("record", [{"edges": [], "counts": []}, {"edges": [2, 2], "counts": [90]}])
def test_a_feature_without_bins_is_judged_by_what_there_is(record: dict[str, Any]):
    features = {"a": record | {"nulls": 90 - sum(record["counts"])}}
    judge = Judge(make_signature(number("a", nullable=True)), features)
    same = np.nan if not record["counts"] else 2
    assert judge.look(np.full((500, 1), same)).verdict == "ok"
    assert judge.look(np.full((500, 1), 7)).verdict == "drift"


def test_the_document_has_the_keys_that_were_agreed():
    judge = judge_of(np.random.default_rng(9).normal(size=(500, 2)))
    found = json.loads(judge.look(np.zeros((300, 2))).model_dump_json())
    assert set(found) == {
        "version", "digest", "since", "rows", "features", "prediction", "verdict",
    }  # fmt: skip
    assert list(found["features"]) == ["f0", "f1"]
    distances = {"psi", "js", "limit", "verdict"}
    assert set(found["features"]["f0"]) == distances | {"null_rate", "unseen_rate"}
    assert set(found["prediction"]) == distances
    assert DriftReport.model_validate_json(json.dumps(found)).worst()[0][0] in ("f0", "f1")


@pytest.mark.parametrize("seed", range(30))
def test_any_counts_have_a_report(seed: int):
    """Of random signatures and references, and of counts that no rows can have."""
    random = np.random.default_rng(seed)
    features, records = [], {}
    for place in range(random.integers(1, 6)):
        name, nulls = f"f{place}", int(random.integers(0, 3)) * 7
        if random.random() < 0.5:
            features.append(number(name, nullable=True))
            records[name] = histogram(random.normal(size=random.integers(2, 50)))
            records[name] |= {"nulls": nulls}
        else:
            known = [f"c{code}" for code in range(random.integers(1, 90))]
            features.append(category(name, known, nullable=True))
            records[name] = tally({each: int(random.integers(0, 5)) for each in known}, nulls)
    held_out = {"counts": dict(zip(CLASSES, random.integers(0, 5, 3).tolist(), strict=True))}
    judge = Judge(make_signature(*features), records, prediction=held_out)
    for largest in (2, 1000, 2**62):
        counts = random.integers(0, largest, judge.bins.size)
        report = judge.judge(counts)
        assert DriftReport.model_validate_json(report.model_dump_json()) == report


def test_numbers_at_the_end_of_the_range_are_counted():
    judge = judge_of(np.random.default_rng(9).normal(size=(500, 1)))
    found = judge.look(np.full((300, 1), FLOAT32_MAX)).features["f0"]
    assert (found.unseen_rate, found.verdict) == (1, "drift")
