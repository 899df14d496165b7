"""What is made of the target: the task, and which rows count."""

from datetime import date

import pyarrow as pa
import pytest

from maas.errors import DataError
from maas.tables.target_draft import TargetDraft, draft_target, find_candidates
from maas.tables.unknown.seen_column import SeenColumn


def column(values: object, name: str = "y") -> SeenColumn:
    array = values if isinstance(values, pa.Array) else pa.array(values)
    return SeenColumn(name, pa.chunked_array([array]))


def draft(values: object) -> TargetDraft:
    return draft_target("t.csv", column(values))


@pytest.mark.parametrize(
    ("values", "task", "seen"),
    [
        (["a", "b"] * 10, "classification", "2 classes"),
        ([True, False] * 10, "classification", "2 classes"),
        ([0, 1] * 10, "classification", "2 different whole numbers"),
        ([3, 4, 5] * 10, "classification", "3 different whole numbers"),
        (list(range(11)) * 10, "regression", "11 different numbers"),
        ([0, 1, 2, 3, 4, 5, 6, 7, 8, 9], "regression", None),  # too few rows of each
        ([0.0, 1.0, None] * 10, "classification", "2 different whole numbers"),
        ([0.5, 1.5] * 10, "regression", "2 different numbers"),
        (["$1.50", "$2.20", "$3.10", "$4", "$5"] * 4, "regression", "amounts of money"),
    ],
)
def test_the_task_follows_from_the_values(values: object, task: str, seen: str | None):
    if seen is None:
        values = [n * 7 % 11 for n in range(11)]
        seen = "11 different numbers"
    found = draft(values)
    assert (found.task, found.seen) == (task, seen)


def test_gaps_are_counted():
    assert draft(["a", "b", None] * 10).gaps == 10
    assert draft([1.5, 2.5, float("nan")] * 10).gaps == 10


@pytest.mark.parametrize(
    ("sizes", "least", "rare"),
    [
        ((50, 50), None, 0),
        ((50, 5), None, 0),
        ((50, 4), None, 0),  # the other class would be alone
        ((50, 40, 4), 5, 4),
        ((50, 40, 4, 1), 5, 5),
        ((50, 40, 4, 4, 4), None, 0),  # more than a tenth of the rows, and no single one
        ((50, 40, 4, 4, 4, 1), 2, 1),
    ],
)
def test_rare_classes_are_left_out_if_they_are_few(
    sizes: tuple[int, ...], least: int | None, rare: int
):
    found = draft([f"c{n}" for n, size in enumerate(sizes) for _ in range(size)])
    assert (found.min_class_rows, found.rare_rows) == (least, rare)


@pytest.mark.parametrize(
    ("values", "what"),
    [
        (pa.nulls(20), "has no value in any row"),
        ([7] * 20, "has the same value in every row;"),
        ([1e25] * 20, "has the same value in every row as floats, which have 16 digits;"),
        (["a", "b", "a"], "has 3 rows with a value, too few"),
        (["a"] * 9 + [None] * 20 + ["b"], None),
        ([f"text {n}" for n in range(20)], "holds another text in each of 20 rows, so it is an id"),
        ([f"text {n}" for n in range(20)] + ["text 0"], "holds 20 different texts in 21 rows"),
        (
            [f"t{n % 1001}" for n in range(3003)],
            "holds 1 001 different texts, too many for classes",
        ),
        ([f"{n}.12.2024" for n in range(1, 20)], "holds dates, which cannot be predicted"),
        ([date(2024, 1, day) for day in range(1, 20)], "holds date32[day], which cannot be"),
        (list(range(100, 130)), "rises by one from row to row, as row numbers do"),
        ([f"{n} kg" for n in range(30)], "holds numbers with a unit, which are not read"),
        ([*map(str, range(30)), "many", "few"] * 2, "mixes numbers with 2 other texts"),
    ],
)
def test_what_cannot_be_predicted_is_refused(values: object, what: str | None):
    if what is None:
        assert draft(values).task == "classification"
        return
    with pytest.raises(DataError) as refused:
        draft(values)
    line = str(refused.value)
    assert line.startswith(f"t.csv: target 'y': {what}")
    assert "--target" in line


def test_points_in_a_file_with_decimal_commas():
    texts = pa.chunked_array([[f"{n}.{n * 37 % 900 + 100}" for n in range(1, 31)]])
    found = draft_target("t.csv", SeenColumn("y", texts, decimal=","))
    assert (found.task, found.form) == ("regression", "thousands")
    points = pa.chunked_array([[f"{n}.5" for n in range(30)]])
    with pytest.raises(DataError, match="decimal points, with another decimal mark than other"):
        draft_target("t.csv", SeenColumn("y", points, decimal=","))


def test_candidates_are_the_columns_that_can_be_predicted():
    columns = [
        column([f"text {n}" for n in range(20)], "name"),
        column(["a", "b"] * 10, "kind"),
        column([0.5 * n for n in range(20)], "size"),
    ]
    assert [c.column for c in find_candidates("t.csv", columns)] == ["kind", "size"]


def test_a_column_without_a_name_cannot_be_predicted():
    with pytest.raises(DataError, match="target '': has no name"):
        draft_target("t.csv", column(["a", "b"] * 10, ""))
