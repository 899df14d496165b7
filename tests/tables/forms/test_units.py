"""Numbers with a unit are told from words, and from the few that may be categories."""

import pandas as pd
import pytest

from maas.tables.forms.units import find_units


def units(*texts: str, of_feature: bool = False):
    return find_units(pd.Series([1] * len(texts), index=pd.Index(texts, dtype=object)), of_feature)


@pytest.mark.parametrize(
    ("texts", "plain"),
    [
        (["12 kg", "13.5 KG", "3kg"], "12"),
        (["−4 °C", "3 °C", "0 °C"], "-4"),
        (["3,5 m²", "12 m²", "4 m²"], "3.5"),
        (["1,200 km/h", "800 km/h", "2 km/h"], "1200"),
        (["4.7M", "3M", "2M"], "4.7"),
        (["4.7M", "900k", "30k"], None),
        (["3h 20m", "45m", "2h"], None),
        (["5'10\"", "6'1\"", "6'"], None),
        (["5 kg", "6 kg", "7 kg", "7 lb"], None),
    ],
)
def test_numbers_with_a_unit_are_found(texts: list[str], plain: str | None):
    assert (found := units(*texts)) is not None
    assert (found.name, found.example, found.plain) == ("numbers with a unit", texts[0], plain)
    remedy = "each as one number, all in one unit"
    if plain is not None:
        remedy = f"the number alone ({texts[0]!r} as {plain})"
    assert found.rewriting == f"write {remedy}"


@pytest.mark.parametrize(
    "texts",
    [
        ["red"],
        ["5 kg", "6 kg"],
        ["5 kg", "6 kg", "7 kg", "a", "b", "c"],
        ["1A", "1B", "2C", "3A"],
        ["2024Q1"],
        ["K1A"],
        ["5 kg", "6 lb"],
        ["1. Yes", "2. Yes", "3. Yes"],
        ["1st", "2nd", "3rd"],
    ],
)
def test_other_texts_have_no_unit(texts: list[str]):
    assert units(*texts) is None


def test_a_feature_may_be_one_of_a_few_and_has_one_unit():
    weights = [f"{number} kg" for number in range(11)]
    assert (found := units(*weights, "n/a", of_feature=True)) is not None
    assert found.sentence == "mixes numbers with a unit such as '0 kg' with text such as 'n/a'"
    assert units(*weights[1:], of_feature=True) is None
    assert units(*weights, "3 lb", of_feature=True) is None
