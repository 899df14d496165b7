"""Finds numbers that were written with their unit, and that pyarrow therefore reads as text."""

import re
from collections import Counter
from dataclasses import replace

import pandas as pd

from maas.tables.forms.text_form import UNITS, TextForm
from maas.tables.forms.text_forms import AMOUNT, MAX_TEXTS, describe

# A feature of this many different numbers with a unit may be one of categories: 5 kg or 10 kg.
_MAX_UNITS_AS_CATEGORIES = 10

# A target of fewer is one of classes: 3rd, 12 years.
_MIN_AMOUNTS = 3

# One or more numbers, each with its unit: 12 kg, 4.7M, 3h 20m, 5'10"; but not "1. Yes".
_UNIT = r"(?:[^\W\d_]|[°'′″\"])(?:[^\W\d_]|[°'′″\"/·])*\.?"
_WITH_UNIT = re.compile(rf"[-+−–]?(?:{AMOUNT}(?<![.,])\s?{_UNIT}\s?){{1,3}}")

# 900K and 1.2M have one unit.
_MAGNITUDES = {"k", "m", "b", "bn", "mio"}


def find_units(counts: "pd.Series[int]", of_feature: bool) -> TextForm | None:
    """Find numbers with one unit, such as 12 kg or 3h 20m, in more than half of the rows.

    Args:
        counts: as in `find_form`.
        of_feature: whether the texts may be categories: then all numbers with a unit must share
            it, and more than 10 must be different. In a target, 3 must be.

    Returns:
        The form, without a plain number if the texts have several units; None if there is none.
    """
    counts = counts.iloc[:MAX_TEXTS]
    rows = {str(text).strip(): int(number) for text, number in counts.items()}
    units = {text: _units(text) for text in rows if _WITH_UNIT.fullmatch(text)}
    shares: Counter[frozenset[str]] = Counter()
    for text, found in units.items():
        shares[_scaled(found)] += rows[text]
    if not shares:
        return None
    common = max(shares, key=lambda found: shares[found])
    sharing = [text for text, found in units.items() if _scaled(found) <= common]
    fewest = _MAX_UNITS_AS_CATEGORIES + 1 if of_feature else _MIN_AMOUNTS
    rare = sum(rows[text] for text in sharing) <= sum(rows.values()) / 2
    if rare or len(sharing) < fewest or (of_feature and len(sharing) < len(units)):
        return None
    other = next((text for text in rows if text not in units and not _is_plain(text)), None)
    form = describe(UNITS, sharing, other)
    one = len({word for found in units.values() for word in found}) == 1
    return form if one else replace(form, plain=None, doubt="")


def _units(text: str) -> frozenset[str]:
    return frozenset(re.findall(_UNIT, text.casefold()))


def _scaled(units: frozenset[str]) -> frozenset[str]:
    """The units, where thousands and millions are the same."""
    return frozenset("k" if unit in _MAGNITUDES else unit for unit in units)


def _is_plain(text: str) -> bool:
    return bool(pd.notna(pd.to_numeric(text, errors="coerce")))
