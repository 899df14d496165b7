"""Counts of encoded rows and answers in the bins of reference.json."""

import json
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from sklearn import datasets

from maas.drift.counts import BinCounts
from maas.model.signature import Feature, Signature, label_text
from maas.training.reference import describe_reference
from maas.training.run import build_signature
from tests.training.fitted import config, fitted


def signature(*features: Feature, **changes) -> Signature:
    content: dict[str, Any] = {
        "features": features,
        "target": "t",
        "task": "regression",
        "example": {},
    }
    return Signature(**content | changes)


def number(name: str = "a", **changes) -> Feature:
    return Feature(name=name, column=name, type="number", **changes)


def category(known: tuple[str, ...], name: str = "c", **changes) -> Feature:
    return Feature(name=name, column=name, type="category", categories=known, **changes)


TARGET = {"edges": [0.0, 1.0, 2.0], "counts": [1, 1]}
EDGES = {"edges": [0.0, 0.1, 0.2, 0.3], "counts": [1, 1, 1], "nulls": 0}


def bins(features: dict[str, Any], given: Signature, target: Any = None) -> BinCounts:
    return BinCounts(given, {"rows": 3, "features": features, "target": target or TARGET})


def column(*values: float) -> np.ndarray:
    return np.array(values, dtype=np.float32).reshape(-1, 1)


def bundled(name: str) -> dict[str, Any]:
    loaded = getattr(datasets, f"load_{name}")(as_frame=True)
    columns = {str(key): values.to_numpy() for key, values in loaded.data.items()}
    target = loaded.target.to_numpy()
    return {**columns, "y": target if name == "diabetes" else target.astype(str)}


def generated(**changes) -> dict[str, Any]:
    random = np.random.default_rng(5)
    return {
        "whole": pa.array(random.integers(-40, 90, 300)),
        "few": pa.array(random.integers(0, 3, 300)),
        "large": pa.array(random.integers(10**9, 10**9 + 10**6, 300)),
        "cents": pa.array(random.integers(100, 9999, 300) / 100),
        "hours": pa.array(random.integers(0, 25, 300) / 10, mask=random.random(300) < 0.1),
        "flag": pa.array((random.random(300) < 0.3).tolist(), mask=random.random(300) < 0.1),
        "kind": pa.array([*"xyz"] * 99 + [None] * 3),
        "y": random.integers(0, 2, 300).astype(bool),
        **changes,
    }


DATA = {
    "iris": ("LogisticRegression", bundled("iris")),
    "wine": ("LogisticRegression", bundled("wine")),
    "diabetes": ("Ridge", bundled("diabetes")),
    "breast_cancer": ("LogisticRegression", bundled("breast_cancer")),
    "all types": ("HistGradientBoostingClassifier", generated()),
    "numbered classes": (
        "HistGradientBoostingClassifier",
        generated(y=np.arange(300) % 3 * 7),
    ),
}


def assert_equal_beside_edges(found: list[int], expected: dict[str, Any], values: Any) -> None:
    """Values that are in another bin are equal to an edge in float32."""
    moved = np.abs(np.cumsum(found) - np.cumsum(expected["counts"]))
    edges = np.array(expected["edges"], dtype=np.float32)[1:]
    assert (moved <= (values.astype(np.float32) == edges[:, np.newaxis]).sum(axis=1)).all()


@pytest.mark.filterwarnings("ignore:lbfgs")
@pytest.mark.parametrize("name", DATA)
def test_the_training_rows_have_the_counts_of_the_reference(name: str):
    estimator, given = DATA[name]
    setting = config(estimator, preprocessing={"encode": "ordinal"})
    data, frame, done = fitted(setting, pa.table(given))
    made = build_signature(setting, data, done)
    reference = describe_reference(made, data, done.train)
    counter = BinCounts(made, reference)
    matrix = done.pipeline[0].transform(frame.iloc[done.train]).astype(np.float32)

    counts = counter.count(matrix, data.target[done.train])

    found = counter.to_json(counts)
    assert found["rows"] == reference["rows"]
    for key, expected in reference["features"].items():
        got = found["features"][key]
        assert got["nulls"] == expected["nulls"]
        if name == "diabetes":  # its values have 17 digits, and many lie on an edge
            column = frame[key].to_numpy()[done.train]
            assert_equal_beside_edges(got["counts"], expected, column)
        else:
            assert got["counts"] == expected["counts"]
        assert not any(got.get(other) for other in ("below", "above", "unseen"))
    assert found["prediction"]["counts"] == reference["target"]["counts"]
    assert counter.from_json(json.loads(json.dumps(found))).tolist() == counts.tolist()


def test_numbers_are_counted_between_edges_and_outside():
    counter = bins({"a": EDGES}, signature(number(nullable=True)))
    matrix = column(-1, 0, 0.1, 0.2, 0.25, 0.3, np.nextafter(np.float32(0.3), np.float32(1)), 7)
    rows = np.concatenate((matrix, column(np.nan, np.nan)))
    answers = np.array([-1, 0, 0.5, 1, 2, 2, 2, 3, 4, 5], dtype=np.float32)
    assert counter.to_json(counter.count(rows, answers)) == {
        "rows": 10,
        "features": {"a": {"counts": [1, 1, 3], "below": 1, "above": 2, "nulls": 2}},
        "prediction": {"counts": [2, 4], "below": 1, "above": 3},
    }


@pytest.mark.parametrize(
    ("edge", "expected"),
    [(3.8, [0, 1]), (3.8000000000000003, [1, 0]), (3.7999999999999994, [0, 1])],
)
def test_a_decimal_on_an_edge_is_where_float64_puts_it(edge: float, expected: list[int]):
    edges = [2.0, edge, 4.4]
    assert np.histogram([3.8], edges)[0].tolist() == expected
    counter = bins({"a": {"edges": edges, "counts": [1, 1]}}, signature(number()))
    found = counter.to_json(counter.count(column(3.8), np.zeros(1, np.float32)))
    assert found["features"]["a"]["counts"] == expected


def test_counts_of_parts_add_up_to_those_of_the_whole():
    random = np.random.default_rng(0)
    given = signature(number(), category(("p", "q")))
    counter = bins({"a": EDGES, "c": {"counts": {"p": 1, "q": 2}, "nulls": 0}}, given)
    matrix = np.stack((random.normal(size=9000), random.integers(-1, 2, 9000)), axis=1)
    matrix = matrix.astype(np.float32)
    answers = random.normal(size=9000).astype(np.float32)
    total = counter.zeros()
    for part in (slice(0, 1), slice(1, 1), slice(1, 5000), slice(5000, 9000)):
        total += counter.count(matrix[part], answers[part])
    assert total.tolist() == counter.count(matrix, answers).tolist()
    assert len(total) == counter.size


def test_a_feature_without_a_value_in_training_has_no_bin():
    empty = {"edges": [], "counts": [], "nulls": 3}
    counter = bins({"a": empty}, signature(number(nullable=True)))
    found = counter.to_json(counter.count(column(1, np.nan, -1), np.zeros(3, np.float32)))
    assert found["features"]["a"] == {"counts": [], "below": 0, "above": 2, "nulls": 1}


@pytest.mark.parametrize("edges", [[5.0, 5.0], [0.3, 0.30000000000000004]])
def test_a_single_value_has_one_bin_that_is_no_wider(edges: list[float]):
    record = {"edges": edges, "counts": [3], "nulls": 0}
    counter = bins({"a": record}, signature(number()))
    value = edges[0]
    found = counter.to_json(counter.count(column(value, 0, 9), np.zeros(3, np.float32)))
    assert found["features"]["a"] == {"counts": [1], "below": 1, "above": 1, "nulls": 0}


def test_a_column_of_nulls_has_no_other_count():
    record = {"counts": {"false": 2, "true": 1}, "nulls": 0}
    given = signature(Feature(name="b", column="b", type="boolean", nullable=True))
    counter = bins({"b": record}, given)
    found = counter.to_json(counter.count(column(np.nan, np.nan), np.zeros(2, np.float32)))
    expected = {"counts": {"false": 0, "true": 0}, "unseen": 0, "nulls": 2}
    assert found["features"]["b"] == expected


def test_thousands_of_categories_are_counted():
    known = tuple(f"c{n:05d}" for n in range(10_000))
    record = {"counts": dict.fromkeys(known, 1), "nulls": 0}
    counter = bins({"c": record}, signature(category(known)))
    codes = column(0, 9999, 9999)
    found = counter.to_json(counter.count(codes, np.zeros(3, np.float32)))["features"]["c"]
    assert {k: n for k, n in found["counts"].items() if n} == {"c00000": 1, "c09999": 2}


@pytest.mark.parametrize(
    ("nullable", "unknown", "nulls", "expected"),
    [
        (True, "error", None, {"unseen": 0, "nulls": 3}),
        (False, "ignore", None, {"unseen": 3, "nulls": 0}),
        (True, "ignore", {0: 1}, {"unseen": 2, "nulls": 1}),
        (True, "ignore", {0: 3}, {"unseen": 0, "nulls": 3}),
    ],
)
def test_gaps_and_ignored_categories_are_told_apart(nullable, unknown, nulls, expected):
    given = signature(category(("p", "q"), nullable=nullable), unknown=unknown)
    counter = bins({"c": {"counts": {"p": 1, "q": 2}, "nulls": 0}}, given)
    assert counter.ambiguous == ((0,) if nulls else ())
    found = counter.to_json(counter.count(column(-1, 0, -1, -1), np.zeros(4, np.float32), nulls))
    assert found["features"]["c"] == {"counts": {"p": 1, "q": 0}} | expected


@pytest.mark.parametrize("nulls", [None, {}, {1: 1}, {0: -1}, {0: 3}])
def test_nulls_that_cannot_be_told_from_ignored_ones_must_be_given(nulls):
    given = signature(category(("p",), nullable=True), unknown="ignore")
    counter = bins({"c": {"counts": {"p": 1}, "nulls": 0}}, given)
    with pytest.raises(ValueError, match="nulls among 2 codes of -1"):
        counter.count(column(-1, -1), np.zeros(2, np.float32), nulls)


@pytest.mark.parametrize(
    ("classes", "answers"),
    [
        (("x", "y"), np.array(["y", "x", "y"], dtype=object)),
        (("x", "y"), np.array(["y", "x", "y"])),
        (("x", "y"), np.array([1, 0, 1], dtype=np.int32)),
        ((3, 8), np.array([8, 3, 8])),
        ((False, True), np.array([1, 0, 1])),
        ((False, True), np.array([True, False, True])),
    ],
)
def test_classes_are_counted_by_label_or_place(classes, answers):
    given = signature(number(), task="classification", classes=classes)
    low, high = map(label_text, classes)
    counter = bins({"a": EDGES}, given, {"counts": {low: 1, high: 2}})
    found = counter.to_json(counter.count(column(0, 0, 0), answers))
    assert found["prediction"] == {"counts": {low: 1, high: 2}}


@pytest.mark.parametrize(
    ("classes", "answers"),
    [
        (("x", "y"), np.array(["x", "z"], dtype=object)),
        (("x", "y"), np.array([0, 2])),
        (("x", "y"), np.array([0, -1])),
        ((3, 8), np.array([3, 4])),
    ],
)
def test_an_answer_that_is_no_class_is_an_error(classes, answers):
    given = signature(number(), task="classification", classes=classes)
    target = {"counts": dict.fromkeys(map(label_text, classes), 1)}
    counter = bins({"a": EDGES}, given, target)
    with pytest.raises(ValueError, match=r"prediction: an answer|a place beyond|negative"):
        counter.count(column(0, 0), answers)


@pytest.mark.parametrize(
    "record",
    [
        None,
        [],
        {"counts": [1]},
        {"edges": [0.0, 1.0]},
        {"edges": [0.0, 1.0], "counts": {"x": 1}},
        {"edges": [0.0, 1.0], "counts": [1, 1]},
        {"edges": [1.0, 0.0], "counts": [1]},
        {"edges": [0.0, float("nan")], "counts": [1]},
        {"edges": [0.0, 10**400], "counts": [1]},
        {"edges": [0.0, "x"], "counts": [1]},
        {"edges": [0.0, {}], "counts": [1]},
        {"edges": 1.0, "counts": []},
        {"edges": [[0.0], [1.0]], "counts": [1]},
    ],
)
def test_a_reference_that_is_not_one_of_the_signature_is_an_error(record):
    with pytest.raises(ValueError, match="a: "):
        bins({"a": record}, signature(number()))


def test_a_reference_of_other_features_categories_or_classes_is_an_error():
    given = signature(category(("p", "q")))
    with pytest.raises(ValueError, match="other features"):
        bins({"d": EDGES}, given)
    with pytest.raises(ValueError, match="c: no counts"):
        bins({"c": {"counts": {"p": 1}, "nulls": 0}}, given)
    with pytest.raises(ValueError, match="prediction: no counts"):
        bins({"c": {"counts": {"p": 1, "q": 0}, "nulls": 0}}, given, {"counts": {"x": 1}})


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"rows": 2', '"rows": -1'),
        ('"rows": 2', '"rows": 1.5'),
        ('"rows": 2', '"rows": 3'),
        ('"nulls": 0', '"nulls": 1'),
        ('"above": 0', '"beyond": 0'),
        ('"nulls": 0', '"nulls": 9223372036854775808'),
        ('"counts": [2, 0, 0]', '"counts": [2, 0]'),
        ('"counts": [2, 0, 0]', '"counts": [2, 0, true]'),
        ('"a"', '"b"'),
        ('"prediction"', '"target"'),
    ],
)
def test_counts_of_other_bins_are_an_error(old: str, new: str):
    counter = bins({"a": EDGES}, signature(number()))
    text = json.dumps(counter.to_json(counter.count(column(0, 0), np.zeros(2, np.float32))))
    assert old in text
    with pytest.raises(
        ValueError, match=r"is not a count|values in|other bins|other features|no prediction"
    ):
        counter.from_json(json.loads(text.replace(old, new, 1)))
