"""Numbers for people."""

import pytest

from maas.report.numbers import (
    format_count,
    format_number,
    format_rows,
    format_share,
    format_shares,
    format_ticks,
    ticks,
)


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (0, "0"), (-0.0, "0"), (1, "1"), (0.93333, "0.9333"), (12.5, "12.5"), (2024, "2024"),
        (9999.96, "10,000"), (1234567, "1,235,000"), (-3.25, "−3.25"), (0.00012345, "0.0001234"),
        (1e-7, "1\u00a0×\u00a010⁻⁷"), (-1.5e20, "−1.5\u00a0×\u00a010²⁰"),
        (1.7e308, "1.7\u00a0×\u00a010³⁰⁸"), (5e-324, "4.941\u00a0×\u00a010⁻³²⁴"),
    ],
)  # fmt: skip
def test_numbers_have_few_digits(value: float, written: str):
    assert format_number(value) == written


def test_counts_have_all_their_digits():
    assert [format_count(n) for n in (0, 30, 4096, 12345)] == ["0", "30", "4096", "12,345"]
    assert [format_rows(n) for n in (0, 1, 2)] == ["0\u00a0rows", "1\u00a0row", "2\u00a0rows"]


@pytest.mark.parametrize(
    ("share", "written"),
    [
        (0, "0 %"), (1, "100 %"), (0.93333, "93 %"), (0.004, "0.4 %"), (0.0004, "0.04 %"),
        (0.9996, "99.96 %"), (0.99999, "> 99.99 %"), (0.00001, "< 0.01 %"),
    ],
)  # fmt: skip
def test_only_the_whole_is_100_per_cent(share: float, written: str):
    assert format_share(share).replace("\u00a0", " ") == written


def test_shares_have_the_decimals_that_tell_them_apart():
    assert format_shares(0.973, 0.967) == ["97.3\u00a0%", "96.7\u00a0%"]
    assert format_shares(0.9733, 0.9734) == ["97.33\u00a0%", "97.34\u00a0%"]
    assert format_shares(0.5, 0.5) == ["50\u00a0%", "50\u00a0%"]


@pytest.mark.parametrize(
    ("low", "high"),
    [(0, 1), (1.1, 6.9), (-3e5, 2e6), (1e9, 1e9 + 0.01), (-1e308, 1e308), (0, 5e-324), (3, 3)],
)
def test_ticks_are_few_and_inside(low: float, high: float):
    found = ticks(low, high, 5)
    assert 1 <= len(found) <= 5
    assert all(low - 1e-9 * abs(low) <= value <= high + 1e-9 * abs(high) for value in found)
    labels = format_ticks(found)
    assert len(set(labels)) == len(labels)


def test_ticks_have_the_same_decimals():
    assert format_ticks([0, 0.25, 0.5]) == ["0.00", "0.25", "0.50"]
    assert format_ticks([-10000, 0, 10000]) == ["−10,000", "0", "10,000"]
    assert format_ticks([]) == []
