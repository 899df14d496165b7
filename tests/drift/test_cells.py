"""Bins are put together to cells of about equal training counts."""

from typing import Any

import pytest

from maas.drift.bins import answer_bins, feature_bins
from maas.drift.cells import Cells, feature_cells, prediction_cells
from tests.drift.references import CLASSES, category, make_signature, number, tally


def cells_of(feature: Any, record: Any, unknown: str = "ignore") -> Cells:
    return feature_cells(feature_bins(feature, record, unknown), feature, record, unknown)


def numbers(*counts: int, nulls: int = 0) -> dict[str, Any]:
    return {"edges": list(range(len(counts) + 1)), "counts": list(counts), "nulls": nulls}


def test_twenty_equal_bins_are_ten_cells_and_two_outside_of_them():
    cells = cells_of(number("a"), numbers(*[5] * 20))
    assert cells.cell_of[:20] == tuple(place // 2 for place in range(20))
    assert cells.expected == (*[10] * 10, 0, 0)
    assert cells.new == (*[0] * 10, 1, 1)
    assert cells.unseen == (20, 21)


def test_a_bin_of_most_rows_is_a_cell_of_its_own():
    cells = cells_of(number("a"), numbers(2, 950, 30, 10, 8))
    assert cells.expected[:3] == (2, 950, 48)


def test_a_feature_that_may_be_missing_has_a_cell_for_it():
    assert len(cells_of(number("a"), numbers(5, 5)).expected) == 4
    assert cells_of(number("a", nullable=True), numbers(5, 5, nulls=3)).expected[-1] == 3


def test_a_feature_that_was_always_missing_has_cells():
    record = {"edges": [], "counts": [], "nulls": 9}
    assert cells_of(number("a", nullable=True), record).expected == (0, 0, 9)


def test_a_constant_is_a_cell_between_two():
    record = {"edges": [3.0, 3.0], "counts": [50], "nulls": 0}
    assert cells_of(number("a"), record).expected == (50, 0, 0)


def test_rare_categories_are_put_together_whatever_their_counts():
    counts = {"often": 500, "half": 250, **{f"c{place}": 5 for place in range(50)}}
    cells = cells_of(category("c", list(counts)), tally(counts), "error")
    assert sorted(cells.expected) == [*[25] * 10, 250, 500]
    others = {"often": 500, "half": 250, **{f"c{place}": place % 11 for place in range(50)}}
    assert cells_of(category("c", list(others)), tally(others), "error").cell_of == cells.cell_of


def test_every_cell_of_categories_has_ten_rows_if_there_are_as_many():
    counts = {"often": 500, "x": 30, "y": 1, "z": 4}
    cells = cells_of(category("c", list(counts)), tally(counts), "error")
    assert sorted(cells.expected) == [35, 500]
    few = cells_of(category("c", ["often", "x", "y"]), tally({"often": 500, "x": 3, "y": 1}))
    assert sorted(few.expected[:2]) == [4, 500]


def test_labels_that_are_no_text_of_utf_8_have_a_cell():
    counts = {"\ud800": 5, "ü": 5}
    assert cells_of(category("c", list(counts)), tally(counts), "error").expected == (10,)


def test_categories_that_occur_once_tell_how_many_are_unseen():
    counts = {f"c{place}": 1 for place in range(100)}
    cells = cells_of(category("c", list(counts)), tally(counts))
    assert cells.new == (*[-10] * 10, 100)  # each new row is expected to be a new one
    assert cells.noise == pytest.approx(1 + 10 / 10)
    few = cells_of(category("c", "xyz"), tally({"x": 40, "y": 40, "z": 40}))
    assert (few.expected, few.new, few.noise) == ((40, 40, 40, 0), (0, 0, 0, 1), 1)


def test_false_that_was_never_seen_is_a_cell():
    flag = number("b").model_copy(update={"type": "boolean"})
    assert sorted(cells_of(flag, tally({"false": 0, "true": 90})).expected) == [0, 90]


def test_predicted_numbers_outside_of_the_target_are_in_the_outer_cells():
    signature = make_signature(number("a"), task="regression", classes=None, probabilities=False)
    record = {"edges": [0, 1, 2, 3], "counts": [4, 4, 4], "below": 4, "above": 4}
    cells = prediction_cells(answer_bins(signature, record), record)
    assert cells.expected == (4, 4, 4, 4, 4)
    assert cells.cell_of == (1, 2, 3, 0, 4)


@pytest.mark.parametrize(
    "record",
    [
        {"counts": {"a": 1, "b": 1}},
        {"counts": {"a": 1, "b": -1, "c": 1}},
        {"counts": {"a": 1, "b": True, "c": 1}},
        {"counts": [1, 1, 1]},
        {},
        [],
    ],
)
def test_a_record_of_something_else_is_refused(record: Any):
    bins = answer_bins(make_signature(number("a")), {"counts": dict.fromkeys(CLASSES, 1)})
    with pytest.raises(ValueError, match="prediction"):
        prediction_cells(bins, record)
