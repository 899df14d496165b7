"""Errors: one line that says where, what and what to do, and an exit code."""

import errno
import re
from pathlib import Path

import pytest

from maas import errors
from maas.errors import DataError, MaasError, OverflowingRowError, remedy_for


def all_below(kind: type[MaasError]) -> set[type[MaasError]]:
    return {kind}.union(*map(all_below, kind.__subclasses__()))


def test_an_error_is_one_line_whatever_it_is_made_of():
    error = DataError(Path("a  b.csv"), "cannot be\n  read (\tbad)\n", "correct\nit")
    assert str(error) == "a b.csv: cannot be read ( bad) ; correct it"
    assert (error.where, error.what) == ("a  b.csv", "cannot be\n  read (\tbad)\n")


def test_the_overview_names_every_error_with_its_exit_code():
    listed = dict(re.findall(r"(\w+Error) +(\d)  ", errors.__doc__ or ""))
    kinds = {kind for kind in all_below(MaasError) if kind.__module__ == errors.__name__}
    for kind in kinds:
        assert kind.__name__ in str(errors.__doc__)
        code = next(listed[k.__name__] for k in kind.__mro__ if k.__name__ in listed)
        assert kind.exit_code == int(code), kind


def test_a_row_that_is_too_large_keeps_its_index():
    with pytest.raises(OverflowingRowError, match="row 7: is too large") as caught:
        raise OverflowingRowError(7)
    assert (caught.value.row, caught.value.exit_code) == (7, 2)


@pytest.mark.parametrize(
    ("number", "remedy"),
    [
        (errno.ENOSPC, "free space there"),
        (errno.EDQUOT, "free space there"),
        (errno.EACCES, "check its owner and permissions"),
        (errno.EPERM, "check its owner and permissions"),
        (errno.EROFS, "make its file system writable"),
        (errno.ENAMETOOLONG, "choose a shorter name"),
        (errno.ENOTDIR, "move the file away that has the name of a folder"),
        (errno.ENOENT, "check that the folder exists"),
        (errno.EMFILE, "close other programs, or raise the limit of open files (`ulimit -n`)"),
        (errno.EIO, "check the disk, whose errors the system log names"),
        (errno.EPIPE, "correct that, then start again"),
        (None, "correct that, then start again"),
    ],
)
def test_the_remedy_is_that_of_the_error_of_the_system(number: int | None, remedy: str):
    assert remedy_for(OSError(number, "x") if number else OSError("x")) == remedy
