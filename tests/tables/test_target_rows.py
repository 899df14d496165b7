"""Rows without a target and of rare classes are left out, and counted."""

import numpy as np
import pyarrow as pa
import pytest

from maas.config.train_config import DataConfig
from maas.errors import DataError
from maas.tables.row_places import RowPlaces
from maas.tables.target_rows import LeftOut, keep_rows


def keep(labels, **keys) -> tuple[list, LeftOut]:
    config = DataConfig.model_validate({"source": "t.csv", "target": "y", **keys})
    table = pa.table({"a": list(range(len(labels))), "y": labels})
    kept, left_out = keep_rows("t.csv: target", table, config, RowPlaces())
    return kept.column("y").to_pylist(), left_out


@pytest.mark.parametrize(
    "labels",
    [
        ["p", None, "q", None],
        pa.array(["p", None, "q", None]).dictionary_encode(),
        [True, None, False, None],
        pa.array([1.5, np.nan, 2, None], pa.float64()),
    ],
    ids=["text", "dictionary", "boolean", "float"],
)
def test_rows_without_a_target_are_left_out(labels):
    kept, left_out = keep(labels, drop_rows_without_target=True)
    assert (len(kept), None in kept, left_out) == (2, False, LeftOut(without_target=2))
    assert keep(labels)[1] == LeftOut()


@pytest.mark.parametrize("values", [["p", "q", "r", "s"], [1, 2, 3, 4]])
def test_rows_of_rare_classes_are_left_out(values: list):
    p, q, r, s = values
    kept, left_out = keep([p, q, r, p, q, s, q, None], min_class_rows=2)
    assert kept == [p, q, p, q, q, None]
    assert left_out == LeftOut(rare_classes=2)
    dropped = keep([p, q, p, q, r, None], min_class_rows=2, drop_rows_without_target=True)
    assert dropped == ([p, q, p, q], LeftOut(without_target=1, rare_classes=1))


def test_rows_of_rare_classes_become_one_class():
    labels = ["p", "r", "p", "s", "other", None]
    expected = (["p", "other", "p", "other", "other", None], LeftOut(merged=2))
    assert keep(labels, min_class_rows=2, rare_class="other") == expected
    coded = pa.array(labels).dictionary_encode()
    assert keep(coded, min_class_rows=2, rare_class="other") == expected


def test_where_nothing_would_be_left_one_line_says_so():
    with pytest.raises(DataError, match=r"has one class with 3 rows or more; lower data.min_class"):
        keep(["p", "p", "p", "q"], min_class_rows=3)
    with pytest.raises(DataError, match=r"has no class with 9 rows or more; lower data.min_class"):
        keep(["p", "p", "p", "q"], min_class_rows=9)
    with pytest.raises(DataError, match="has no value in any row; name another target"):
        keep(pa.nulls(3, pa.string()), drop_rows_without_target=True)


def test_classes_that_are_numbers_cannot_become_a_text():
    with pytest.raises(DataError, match=r"holds int64, which cannot become data.rare_class"):
        keep([1, 1, 2], min_class_rows=2, rare_class="other")


def test_rows_keep_the_numbers_that_they_have_in_their_files():
    places = RowPlaces(["one.csv", "two.csv"], lambda index: [2, 3][index])
    assert [places.name(row) for row in (1, 2)] == ["row 2 of one.csv", "row 1 of two.csv"]
    places.keep(np.array([False, True, True, False, True]))
    places.keep(np.array([False, True, True]))
    assert [places.name(row) for row in (0, 1)] == ["row 1 of two.csv", "row 3 of two.csv"]
