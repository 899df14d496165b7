"""The numbers of versions: one bound for all that reads or gives one."""

import pytest

from maas.model.tag import MAX_NUMBER, numbers_among, parse_number, strays_among


@pytest.mark.parametrize("digits", ["1", "10", "999999999"])
def test_numbers_up_to_the_bound_are_read(digits: str):
    assert parse_number(digits) == int(digits) <= MAX_NUMBER


@pytest.mark.parametrize("digits", ["", "0", "01", "1000000000", "+1", "1 ", "1_0", "٣", "1\n"])
def test_nothing_else_is_a_number(digits: str):
    assert parse_number(digits) is None


def test_names_are_versions_strays_or_not_of_interest():
    names = ["v10", "v2", "v01", "v9999999999", "V3", "v", "wine", ".staging-x", "v1x", "3"]
    assert numbers_among(names) == [2, 10]
    assert strays_among(names) == ["v01", "v9999999999"]
