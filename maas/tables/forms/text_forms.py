"""Finds numbers and dates that were written for people, and that pyarrow therefore reads as text.

A column of them is nearly always a mistake: each amount or day would become a category.
"""

import re
from dataclasses import replace

import numpy as np
import pandas as pd

from maas.config.data_format import NumberForm
from maas.tables.column_kinds import which_numeric
from maas.tables.forms.currencies import ANY_CURRENCY, CURRENCY, SIGNS
from maas.tables.forms.date_forms import find_formats
from maas.tables.forms.form_keys import find_number_key, have_currencies
from maas.tables.forms.text_form import DATES, TextForm

_SPACES = " \u00a0\u202f"
# Groups of three digits have one separator, and the decimals another.
_GROUPED = (
    r"[1-9]\d{0,2}(?:(?:,\d{3})+(?:\.\d*)?|(?:\.\d{3})+(?:,\d*)?"
    rf"|(?:['’{_SPACES}]\d{{3}})+(?:[.,]\d*)?)|\d{{1,2}}(?:,\d{{2}})+,\d{{3}}(?:\.\d*)?"
)
AMOUNT = rf"(?:{_GROUPED}|\d+(?:[.,]\d*)?|[.,]\d+)"
_TIME = r"(?:[T ]+\d{1,2}(?::\d{2}){0,2}(?:[.,]\d+)?\s?(?:[AaPp][Mm])?\s?(?:Z|[+-]\d{2}:?\d{2})?)?"
_MONTH = (
    r"(?:January|February|March|April|May|June|July|August|September|October|November|December"
    r"|Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec)\.?"
)
_DAY, _YEAR = r"(?:0?[1-9]|[12]\d|3[01])", r"(?:1[5-9]|2[01])\d{2}"

_MONEY = "amounts of money"
_PERCENTS = "percents"
_THOUSANDS = "numbers with thousands separators"
_DECIMAL_COMMAS = "numbers with decimal commas"
_DECIMAL_POINTS = "numbers with decimal points"
_BRACKETS = "numbers in brackets"
_MINUS = "numbers with a typographic minus"
_MINUS_BEHIND = "numbers with a minus behind"
_SEPARATED = "separated"

# How many different texts of a column are looked at: a column of a million is no slower.
MAX_TEXTS = 10_000


def _money(currency: str) -> str:
    return (
        rf"(?:\(?[-+]?\s*(?:{currency}\s*(?:[-+]\s*)?{AMOUNT}|{AMOUNT}\s*{currency})-?\)?"
        rf"|\({currency}\s*{AMOUNT}\))"
    )


# The first that fits a text is its form. A year of two digits is a date only where the rest
# leaves no doubt: 1.10.12 may be a version.
_FORMS = {
    _MINUS: r"[−–]\s?(?:\d+(?:\.\d*)?|\.\d+)",
    DATES: (
        rf"(?:{_YEAR}-(?:0[1-9]|1[0-2])|{_YEAR}([-/.]){_DAY}\1{_DAY}"
        rf"|{_DAY}([-/.]){_DAY}\2{_YEAR}|{_DAY}/{_DAY}/\d\d|[0-3]\d([-.])[0-3]\d\3\d\d"
        rf"|{_DAY}[-. /]*{_MONTH}[-, /]*(?:{_YEAR}|\d\d)"
        rf"|{_MONTH}[-. /]*{_DAY},?[- /]*{_YEAR}){_TIME}"
    ),
    _MONEY: rf"{_money(CURRENCY)}|(?=.*\d[,.]\d){_money(ANY_CURRENCY)}",
    _PERCENTS: rf"\(?[-+]?{AMOUNT}\s*[%‰]\)?",
    _BRACKETS: rf"\({AMOUNT}\)",
    _MINUS_BEHIND: rf"{AMOUNT}-",
    _SEPARATED: rf"[-+]?{AMOUNT}",
}
_PATTERNS = {name: re.compile(pattern) for name, pattern in _FORMS.items()}

# What the config may call numbers of a form; among others there may be amounts of money.
_KEYS: dict[str, tuple[NumberForm, ...]] = {_MONEY: ("money",), _PERCENTS: ("percent",)}

# An IP address, whose groups are not thousands: 192.168.100.200.
_BYTE = r"(?:25[0-5]|2[0-4]\d|1?\d?\d)"
_ADDRESS = re.compile(rf"{_BYTE}(?:\.{_BYTE}){{3}}")

_SHORT_DATE = re.compile(rf"(\d{{1,2}})([-./])(\d{{1,2}})\2(\d\d){_TIME}")
_SHORT_ORDERS = ("%d-%m-%y", "%m-%d-%y", "%y-%m-%d")

# A point that separates either thousands or decimals.
_THREE_AFTER_POINT = re.compile(r"[1-9]\d{0,2}\.\d{3}")


def find_form(counts: "pd.Series[int]", decimal: str = ".") -> TextForm | None:
    """Find the form that more than half of the texts have, together with plain numbers.

    Args:
        counts: text -> how many rows hold it, in the order of the rows; the first 10,000 stand
            for all.
        decimal: the decimal mark of plain numbers.

    Returns:
        The most frequent form; None if there is no such form, also if all are plain numbers.
    """
    counts = counts.iloc[:MAX_TEXTS]
    texts = [str(text) for text in counts.index.str.strip()]
    plain = which_numeric(counts, decimal)
    found = ["" if number else _form_of(text) for text, number in zip(texts, plain, strict=True)]
    kinds = np.array(_drop_labels(texts, found), dtype=object)
    numbers = counts.to_numpy()
    known = plain | (kinds != "")
    shares = pd.Series(numbers).groupby(kinds).sum().drop("", errors="ignore")
    if shares.empty or numbers[known].sum() <= numbers.sum() / 2:
        return None
    form = str(shares.idxmax())
    of_form = [text for text, kind in zip(texts, kinds, strict=True) if kind == form]
    other = None if known.all() else texts[int(known.argmin())]
    read = [text for text, is_known in zip(texts, known, strict=True) if is_known]
    found_form = replace(describe(form, of_form, other), other_rows=int(numbers[~known].sum()))
    if form == DATES:
        return _with_format(found_form, read)
    likely = "," if _has_commas(read) else decimal
    key, mark = find_number_key(read, _KEYS.get(form, ("thousands", "money")), likely)
    if decimal == "," and mark is not None:
        described = describe(form, of_form, other, mark == ",")
        found_form = replace(described, other_rows=found_form.other_rows)
        if form == _SEPARATED and mark == ".":
            found_form = replace(found_form, name=_DECIMAL_POINTS)
    found_form = replace(found_form, key=key, decimal=mark)
    if form == _MONEY and key is None and have_currencies(read, likely):
        return replace(found_form, unread=" in several currencies")
    behind = form != _MINUS_BEHIND and _MINUS_BEHIND in kinds
    return replace(found_form, unread=", some with a minus behind" if behind else "")


def _with_format(form: TextForm, texts: list[str]) -> TextForm:
    """Add the format that reads dates, or why none does."""
    found = find_formats(texts)
    if len(found) == 1:
        return replace(form, key=found[0])
    doubt = " whose day and month cannot be told apart" if found else ", not all in one format"
    return replace(form, unread=doubt)


def _drop_labels(texts: list[str], forms: list[str]) -> list[str]:
    """Take away the forms of texts that the rest of the column shows to be labels or codes."""
    pairs = list(zip(texts, forms, strict=True))
    dropped: set[str] = set()
    short = [text for text in texts if _SHORT_DATE.fullmatch(text)]
    if short and not _have_one_order(short):
        dropped.update(short)
    decimals = any(re.search(r"\d[.,]\d", text) for text in texts)
    if not decimals and not {_MONEY, _PERCENTS, _SEPARATED} & set(forms):  # (1), (2)
        dropped.update(text for text, form in pairs if form == _BRACKETS)
    behind = [text for text, form in pairs if form == _MINUS_BEHIND]
    if not decimals and all(len(text) == 2 for text in behind):  # the grades 1-, 2, 2-
        dropped.update(behind)
    money = [text for text, form in pairs if form == _MONEY]
    written = any(re.search(rf"{SIGNS}|\d[.,]\d", text) for text in money)
    if len(money) > 1 and not written and len(set(map(_amount, money))) == 1:  # USD1, EUR1
        dropped.update(money)
    return ["" if text in dropped else form for text, form in pairs]


def _have_one_order(texts: list[str]) -> bool:
    """Whether all days with a year of two digits are valid in one order of day, month and year."""
    days = pd.Series([_SHORT_DATE.sub(r"\1-\3-\4", text) for text in texts], dtype=object)
    return any(
        pd.to_datetime(days, format=order, errors="coerce").notna().all() for order in _SHORT_ORDERS
    )


def describe(
    form: str, texts: list[str], other: str | None, commas: bool | None = None
) -> TextForm:
    """Describe the texts of one form.

    Args:
        form: its name.
        texts: of this form.
        other: as in `TextForm`.
        commas: whether they have decimal commas; None: as they look.
    """
    example, doubt = texts[0], ""
    commas = _has_commas(texts) if commas is None else commas
    if form == _SEPARATED and any(map(_has_decimal_comma, texts)):
        form, example = _DECIMAL_COMMAS, next(filter(_has_decimal_comma, texts))
        if all(re.fullmatch(r"\d,\d", text) for text in texts):
            doubt = " (if the comma separates two values, make two columns)"
    elif form == _SEPARATED:
        form = _THOUSANDS
        if "," in example and "." not in example:
            doubt = " (three digits after each comma: if it is a decimal comma, write a point)"
        elif len(set(map(len, texts))) == 1 < len(texts):
            doubt = " (all of one length: they may be codes)"
    elif not commas and all(_THREE_AFTER_POINT.fullmatch(_amount(text)) for text in texts):
        doubt = " (three digits after the point: if it separates thousands, leave it out)"
    plain = None if form == DATES else _plain(example, commas)
    return TextForm(form, example, plain, doubt, other)


def _form_of(text: str) -> str:
    if _ADDRESS.fullmatch(text):
        return ""
    if _PATTERNS[_MINUS].fullmatch(text):
        return _MINUS
    text = _with_hyphen(text)
    return next((name for name, form in _PATTERNS.items() if form.fullmatch(text)), "")


def _with_hyphen(text: str) -> str:
    """A text whose minus is the one of a keyboard."""
    return re.sub("^–", "-", text.replace("−", "-"))


def _amount(text: str) -> str:
    """The digits and separators of a text."""
    found = re.search(AMOUNT, re.sub(ANY_CURRENCY, "", text))
    return re.sub(rf"['’{_SPACES}]", "", found.group()) if found else ""


def _has_commas(texts: list[str]) -> bool:
    """Whether commas are the decimal separator of texts, and points that of thousands."""
    return any(_has_decimal_comma(text) or _amount(text).count(".") > 1 for text in texts)


def _has_decimal_comma(text: str) -> bool:
    """Whether a comma cannot be a thousands separator: 3,5 or 0,125 or 1234,567 or 1.234,567."""
    head, comma, tail = _amount(text).rpartition(",")
    if not comma or "." in tail or (len(tail) == 3 and "," in head):
        return False
    return len(tail) != 3 or "." in head or len(head) > 3 or head in ("", "0")


def _plain(text: str, decimal_comma: bool) -> str:
    """Write a number with a decimal point and without separators."""
    thousands, point = (".", ",") if decimal_comma else (",", ".")
    amount = _amount(text).replace(thousands, "").replace(point, ".")
    return f"-{amount}" if "-" in _with_hyphen(text) or text.startswith("(") else amount
