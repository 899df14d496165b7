"""Reads numbers that were written for people: amounts of money, percents, thousands separators."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from maas.model.columns import Column
from maas.model.signature import FeatureType
from maas.tables.forms.currencies import ANY_CURRENCY
from maas.tables.stream.arrow_columns import find_gaps, read_flags, read_values

_SPACES = " \t\u00a0\u202f"
_SPACE = f"[{_SPACES}]*"
_SIGN = "[-+−–]"

# What may stand between groups of three digits, beside the comma or point that is not decimal.
_SEPARATORS = (" ", "\u00a0", "\u202f", "'", "’")

# What may stand around a number of each form.
_BESIDE = {"money": (ANY_CURRENCY, ANY_CURRENCY), "percent": ("", "%"), "thousands": ("", "")}


@dataclass(frozen=True)
class Written:
    """Texts as plain numbers.

    Attributes:
        plain: as Arrow reads numbers; null in place of a gap and of a text that does not fit.
        misfits: which texts do not fit; a gap is none.
        currencies: the sign or code beside each number, without a point; "" if there is none.
    """

    plain: pa.Array
    misfits: pa.Array
    currencies: pa.Array


def write_plainly(texts: pa.Array, form: str, decimal: str = ".") -> Written:
    """Write numbers of a form as plain numbers, digit by digit.

    Spaces around a text do not count. A number has a sign (a typographic minus too) or stands in
    brackets, which mean a minus. Separators are only between groups of three digits, all of one
    kind, or as in lakhs (1,23,456); a number needs none. Exponents are not part of any form.

    Args:
        texts: strings.
        form: `money`: one sign or code of a currency before or after a number, or none;
            `percent`: a number before %, or alone, and 12.5 % is 12.5; `thousands`: a number.
        decimal: the decimal mark; the other one of comma and point separates thousands.
    """
    found = pc.extract_regex(pc.utf8_trim(texts, characters=_SPACES), _pattern(form, decimal))
    parts = dict(zip([field.name for field in found.type], found.flatten(), strict=True))
    digits = pc.replace_substring_regex(parts["amount"], f"[^0-9{decimal}]", "")
    digits = pc.replace_substring(digits, decimal, ".")
    # Without a scalar, which would import pandas.
    nothing = pc.replace_substring_regex(texts, "(?s).+", "")
    signs = pc.binary_join_element_wise(parts["open"], parts["sign"], parts["inner"], nothing)
    minus = pc.replace_substring_regex(pc.replace_substring(signs, "+", ""), "^.+$", "-")
    plain = pc.binary_join_element_wise(minus, digits, nothing)
    currencies = pc.binary_join_element_wise(parts["before"], parts["after"], nothing)
    fits = pc.and_kleene(_agree(parts), found.is_valid())
    return Written(
        pc.if_else(fits, plain, pa.nulls(len(texts), texts.type)),
        pc.and_(texts.is_valid(), pc.invert(fits)),
        pc.utf8_rtrim(pc.if_else(fits, currencies, nothing), "."),
    )


def make_form_column(array: pa.Array, kind: FeatureType, form: str, decimal: str) -> Column:
    """A column of the encoder, of the texts of a column with a form.

    Args:
        array: strings, or a dictionary of strings; null where there is a gap.
        kind: the type of the feature; no category.
        form: as in `write_plainly`.
        decimal: the decimal mark.
    """
    texts = array.dictionary_decode() if pa.types.is_dictionary(array.type) else array
    if pa.types.is_string_view(texts.type):  # for which Arrow lacks functions
        texts = texts.cast(pa.large_string())
    numbers, misfits = read_numbers(texts, form, decimal)
    if kind == "boolean":
        misfits = misfits | ~np.isin(numbers, (0.0, 1.0))
    return number_column(kind, numbers, find_gaps(texts), misfits, texts)


def number_column(
    kind: FeatureType,
    numbers: npt.NDArray[np.float64],
    gaps: npt.NDArray[np.bool_] | None,
    misfits: npt.NDArray[np.bool_],
    texts: pa.Array,
) -> Column:
    """A column of numbers or booleans, in which misfits stay texts."""
    others = {row: texts[row].as_py() for row in np.flatnonzero(misfits).tolist()}
    if kind == "boolean":
        return Column("boolean", numbers == 1.0, gaps, others=others)
    return Column("number", numbers, gaps, others=others)


def _agree(parts: dict[str, pa.Array]) -> pa.Array:
    """Whether there is one sign at most, one currency at most, and no bracket alone."""
    there = {name: pc.match_substring_regex(part, ".") for name, part in parts.items()}
    pairs = [("sign", "inner"), ("sign", "open"), ("inner", "open"), ("before", "after")]
    agree = pc.equal(there["open"], there["close"])
    for one, other in pairs:
        agree = pc.and_not(agree, pc.and_(there[one], there[other]))
    return agree


def find_currencies(written: Written) -> dict[str, int]:
    """The different currencies of texts, as they are written, and the first place of each."""
    places: dict[str, int] = {}
    for currency in pc.unique(written.currencies).to_pylist():
        if currency:
            places[currency] = pc.index(written.currencies, currency).as_py()
    return places


def read_numbers(
    texts: pa.Array, form: str, decimal: str = "."
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.bool_]]:
    """Read numbers of a form.

    Args:
        texts: strings, null where there is a gap.
        form: as in `write_plainly`.
        decimal: the decimal mark.

    Returns:
        The numbers, shape (rows,), 0 for a gap and for a text that does not fit; and which texts
        do not fit.
    """
    written = write_plainly(texts, form, decimal)
    return read_values(written.plain.cast(pa.float64())), read_flags(written.misfits)


def _pattern(form: str, decimal: str) -> str:
    before, after = _BESIDE[form]
    return (
        rf"^(?P<open>\(?){_SPACE}(?P<sign>{_SIGN}?){_SPACE}(?P<before>(?:{before})?){_SPACE}"
        rf"(?P<inner>{_SIGN}?){_SPACE}(?P<amount>{_amount(decimal)}){_SPACE}"
        rf"(?P<after>(?:{after})?){_SPACE}(?P<close>\)?)$"
    )


def _amount(decimal: str) -> str:
    """The digits of a number, with or without separators."""
    marks = [r"\." if decimal == "," else ",", *_SEPARATORS]
    groups = "|".join(rf"(?:{mark}[0-9]{{3}})+" for mark in marks)
    whole = rf"[1-9][0-9]{{0,2}}(?:{groups})|[0-9]+"
    if decimal == ".":
        whole += r"|[0-9]{1,2}(?:,[0-9]{2})+,[0-9]{3}"
    mark = "," if decimal == "," else r"\."
    return rf"(?:(?:{whole})(?:{mark}[0-9]*)?|{mark}[0-9]+)"
