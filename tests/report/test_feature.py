"""The figures of a feature: in training, and live beside it."""

import re
from itertools import pairwise
from typing import Any

import pytest

from maas.model.signature import Feature, Signature
from maas.report.figures.feature import answers_figure, feature_figure
from tests.report.pages import check_figure
from tests.report.records import HOSTILE, feature

LIVE_NUMBERS = {"counts": [1] * 20, "below": 5, "above": 7, "nulls": 3}


def live_of(record: dict[str, Any]) -> dict[str, Any]:
    if isinstance(record["counts"], dict):
        return {"counts": dict.fromkeys(record["counts"], 2), "unseen": 4, "nulls": 1}
    return {"counts": [1] * len(record["counts"]), "below": 5, "above": 7, "nulls": 3}


@pytest.mark.parametrize("small", [False, True])
@pytest.mark.parametrize("kind", ["number", "boolean", "category"])
def test_training_is_filled_and_live_outlined(kind: str, small: bool):
    described, record = feature("x", kind, ("red", "green"))
    alone = feature_figure(described, record, small=small)
    both = feature_figure(described, record, live_of(record), small=small)
    for figure in (alone, both):
        check_figure(figure)
        assert 'class="fill"' in figure.drawing
    assert 'class="line"' not in alone.drawing
    assert 'class="line"' in both.drawing
    assert "live" in both.drawing


def test_numbers_say_what_is_outside():
    described, record = feature("x", "number")
    figure = feature_figure(described, record, LIVE_NUMBERS)
    assert "35\u00a0rows live" in figure.caption
    assert "14\u00a0% below all training values, 20\u00a0% above" in figure.caption
    assert "0.1 to 5.1, half below about" in figure.drawing


def test_categories_are_merged_and_what_is_unseen_is_a_bar():
    described, record = feature("x", "category", [f"value {n}" for n in range(200)])
    figure = feature_figure(described, record, live_of(record))
    assert "188 others" in figure.drawing
    assert "not seen in training" in figure.drawing
    assert "missing" in figure.drawing
    assert "value 199<" in figure.drawing  # the most frequent one
    assert "value 0<" not in figure.drawing
    assert len(figure.drawing) < 10_000


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("kind", ["number", "boolean", "category"])
def test_small_ones_are_small_whatever_the_names(name: str, kind: str):
    described, record = feature(name, kind, [name, *(f"{name}{n}" for n in range(200))])
    for live in (None, live_of(record)):
        check_figure(feature_figure(described, record, live))
        small = feature_figure(described, record, live, small=True)
        check_figure(small)
        assert len(small.drawing.encode()) < 1500


@pytest.mark.parametrize(
    ("edges", "counts"),
    [([], []), ([4.0, 4.0], [50]), ([-1e308, 1e308], [5]), ([0.0, 1e-310], [5]), ([0, 1], [0])],
)
@pytest.mark.parametrize("small", [False, True])
def test_numbers_of_any_range(edges: list[float], counts: list[int], small: bool):
    described = Feature(name="x", column="x", type="number")
    record = {"edges": edges, "counts": counts, "nulls": 0}
    live = {"counts": counts, "below": 0, "above": 2, "nulls": 0}
    for now in (None, live, {"counts": counts, "below": 0, "above": 0, "nulls": 0}):
        check_figure(feature_figure(described, record, now, small=small))


def test_a_category_without_values_and_no_live_row_yet():
    described, record = feature("x", "category", ())
    check_figure(feature_figure(described, record))
    described, record = feature("x", "category", ("a",))
    none = {"counts": {"a": 0}, "unseen": 0, "nulls": 0}
    assert "0\u00a0rows live" in feature_figure(described, record, none).caption


def test_names_that_differ_have_ids_that_differ():
    ids = {feature_figure(*feature(name, "number")).id for name in HOSTILE}
    assert len(ids) == len(HOSTILE)


@pytest.mark.parametrize("classes", [("a", "b"), (True, False), (0, 1, 2)])
def test_answers_of_a_classifier(classes: tuple[Any, ...]):
    signature = Signature(
        features=(), target="y", task="classification", classes=classes, example={}
    )
    labels = [str(label).lower() for label in classes]
    reference = {"target": {"counts": dict.fromkeys(labels, 5)}}
    figure = answers_figure(signature, reference, {"counts": dict.fromkeys(labels, 1)})
    check_figure(figure)
    assert figure.id == "answers"
    assert f">{labels[0]}<" in figure.drawing
    assert ">training<" in figure.drawing


def test_live_answers_are_beside_those_of_the_held_out_rows():
    signature = Signature(features=(), target="y", task="regression", example={})
    reference = {"target": {"edges": [0.0, 1.0, 2.0], "counts": [4, 6]}}
    live = {"counts": [1, 2], "below": 1, "above": 0}
    check_figure(answers_figure(signature, reference))
    figure = answers_figure(signature, reference, live)
    assert ">training<" in figure.drawing
    figure = answers_figure(signature, reference | {"prediction": {"rows": 4, **live}}, live)
    check_figure(figure)
    assert ">held-out answers<" in figure.drawing
    assert "4\u00a0rows of held-out answers, 4\u00a0rows live" in figure.caption


def drawn(edges: list[float], counts: list[int], live: bool = False, small: bool = False):
    described = Feature(name="x", column="x", type="number")
    now = {"counts": counts, "below": 1, "above": 2, "nulls": 0} if live else None
    figure = feature_figure(
        described, {"edges": edges, "counts": counts, "nulls": 0}, now, small=small
    )
    return figure, check_figure(figure)


def columns(tree) -> list[tuple[float, float]]:
    """Where the filled columns begin, and their width."""
    path = next(each.get("d") for each in tree.iter("path") if each.get("class") == "fill")
    found = re.findall(r"M([\d.]+) [\d.]+h([\d.]+)v", path)
    return [(float(x), float(width)) for x, width in found]


def labels(tree) -> list[str]:
    return [each.text for each in tree.iter("text") if each.text]


@pytest.mark.parametrize("live", [False, True])
def test_a_bin_that_goes_on_far_is_a_column_as_wide_as_others_beside_a_gap(live: bool):
    figure, tree = drawn([*map(float, range(0, 200, 10)), 99_999.0], [5] * 20, live)
    found = columns(tree)
    assert len(found) == 20
    assert max(width for _, width in found) - min(width for _, width in found) < 0.3
    gaps = [x - (before + width) for (before, width), (x, _) in pairwise(found)]
    assert max(gaps[:-1]) < 0.3 < 2.5 < gaps[-1] < 3.5
    assert {"0", "100", "to 100,000"} <= set(labels(tree))
    assert "Not to scale: the last column is 190 to 100,000." in figure.caption
    assert "not to scale: the last column is 190 to 100,000" in figure.drawing
    small, tree = drawn([*map(float, range(0, 200, 10)), 99_999.0], [5] * 20, live, small=True)
    assert len(columns(tree)) == 20
    assert len(small.drawing.encode()) < 1500


def test_zeros_of_whole_numbers_are_a_column():
    edges = [-0.5, *(0.5 + 1000 * n for n in range(16)), 99_999.5]
    figure, tree = drawn(edges, [900, *[7] * 16])
    assert labels(tree).count("0") == 1
    assert "first column is 0, the last column is 15,000 to 100,000." in figure.caption
    assert "half below about 0;" in figure.drawing


def test_columns_at_both_ends_say_where_they_end():
    edges = [-1e6, *map(float, range(-8, 10, 2)), 2e6]
    figure, tree = drawn(edges, [3] * 10)
    assert {"from \u22121,000,000", "to 2,000,000", "0"} <= set(labels(tree))
    assert "first column is \u22121,000,000 to \u22128, the last column is 8 to" in figure.caption
    figure, tree = drawn([1.0, 4.8, 5.2, 900.0], [3, 990, 3])
    assert "last columns are 4.8 to 5.2 and 5.2 to 900." in figure.caption


def test_bins_of_equal_width_are_to_scale():
    for edges in ([0.0, 0.52, 1.0, 1.49, 2.0], [-0.5, 0.5, 1.5], [3.0, 3.0], [], [0.0, 5.0]):
        counts = [4] * (len(edges) - 1) if edges else []
        figure, _ = drawn(edges, counts)
        assert "scale" not in figure.caption + figure.drawing
