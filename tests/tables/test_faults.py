"""One error names everything that is wrong with a data set."""

from pathlib import Path

import pytest

from maas.errors import DataError, UnreadableDataError
from maas.tables.faults import MAX_NAMED, Faults


def fault(name: str) -> DataError:
    return DataError(f"data.csv: column {name!r}", "is wrong", "correct it")


def test_a_single_fault_is_raised_as_it_is():
    faults = Faults("data.csv")
    faults.check()
    error = fault("a")
    faults.add_column("a", error)
    faults.add_column("a", fault("again"))
    with pytest.raises(DataError) as caught:
        faults.check()
    assert caught.value is error


def test_many_faults_are_numbered_in_one_line_and_the_rest_counted():
    faults = Faults("data.csv", Path("/root"))
    faults.add("rows", DataError("/root/data.csv", "is odd", "look"))
    for number in range(MAX_NAMED + 4):
        faults.add_column(f"c{number}", fault(f"c{number}"))
    with pytest.raises(DataError) as caught:
        faults.check()
    line = str(caught.value)
    assert line.startswith("data.csv: has 25 faults: (1) ")
    assert "; (2) column 'c0': is wrong; correct it; (3) column 'c1'" in line
    assert "(20) column 'c18'" in line
    assert "c19" not in line
    assert "; and 5 more; correct all of them" in line


def test_columns_that_a_run_does_not_use_have_no_faults():
    faults = Faults("data.csv", needs="a".__eq__)
    faults.add_column("b", fault("b"))
    faults.check()
    assert "b" not in faults


def test_what_fails_to_be_read_is_a_fault_and_a_lost_file_an_error():
    def fail(error: DataError) -> None:
        raise error

    faults = Faults("data.csv")
    assert faults.attempt("a", len, "four") == 4
    assert faults.attempt("b", fail, fault("b")) is None
    assert "b" in faults
    with pytest.raises(UnreadableDataError):
        faults.attempt("c", fail, UnreadableDataError("data.csv", "is gone", "find it"))
