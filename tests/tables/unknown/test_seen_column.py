"""What is counted in a column that nobody has described."""

import pyarrow as pa

from maas.tables.unknown.seen_column import SeenColumn, count_of, number


def seen(values: object) -> SeenColumn:
    return SeenColumn("x", pa.chunked_array([pa.array(values)]))


def test_gaps_are_counted_apart():
    column = seen([1.5, None, float("nan"), 1.5])
    assert (column.rows, column.gaps, column.different) == (2, 2, 1)
    assert column.is_present.to_pylist() == [True, False, False, True]


def test_texts_in_a_dictionary_are_texts():
    array = pa.array(["a", None, "b", "a"]).dictionary_encode()
    column = SeenColumn("x", pa.chunked_array([array]))
    assert column.is_text
    assert (column.rows, column.gaps, column.different) == (3, 1, 2)
    assert column.counts.to_dict() == {"a": 2, "b": 1}


def test_names_of_ids():
    names = ("id", "ID", "user_id", "userId", "user ID", "uuid", "order-key", "row index")
    for name in names:
        assert SeenColumn(name, pa.chunked_array([pa.array([1])])).has_name_of_id, name
    for name in ("paid", "valid", "idle", "keyboard", "monkey", "android", "grid", "indexed"):
        assert not SeenColumn(name, pa.chunked_array([pa.array([1])])).has_name_of_id, name


def test_numbers_for_people():
    assert (number(7), number(1462), number(1234567)) == ("7", "1 462", "1 234 567")
    assert (count_of(1, "gap"), count_of(2000, "gap")) == ("1 gap", "2 000 gaps")
