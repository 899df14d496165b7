"""Finds numbers and dates that were written for people, and that pyarrow therefore reads as text.

A column of them is nearly always a mistake: each amount or day would become a category.
"""

import re
from dataclasses import dataclass

import pandas as pd

# Signs of currencies, the codes of those that are traded most (BIS Triennial Survey 2022), and
# the abbreviations of some that have no sign.
_CURRENCY = (
    r"(?:(?:US|A|C|R|HK|NZ|S)?[$¢£¤¥֏؋৲৳฿₠-⃀]|"
    r"USD|EUR|JPY|GBP|CNY|AUD|CAD|CHF|HKD|SGD|SEK|KRW|NOK|NZD|INR|MXN|TWD|ZAR|BRL|DKK|PLN|THB|ILS"
    r"|IDR|CZK|AED|TRY|HUF|CLP|SAR|PHP|MYR|COP|RUB|RON|PEN|BHD|BGN|ARS|kr\.?|zł|Kč|Ft|Fr\.?|Rs\.?)"
)
_SPACES = " \u00a0\u202f"
_GROUPED = rf"(?:\d{{1,3}}(?:[,.'’{_SPACES}]\d{{3}})+|\d{{1,2}}(?:,\d{{2}})+,\d{{3}})"
_AMOUNT = rf"(?:(?:{_GROUPED}|\d+)(?:[.,]\d*)?|[.,]\d+)"
_TIME = r"(?:[T ]+\d{1,2}(?::\d{2}){0,2}(?:[.,]\d+)?\s?(?:[AaPp][Mm])?\s?(?:Z|[+-]\d{2}:?\d{2})?)?"
_MONTH = r"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]*\.?"
_DAY, _YEAR = r"(?:0?[1-9]|[12]\d|3[01])", r"(?:1[5-9]|2[01])\d{2}"

_DATES = "dates"
_MONEY = "amounts of money"
_PERCENTS = "percents"
_THOUSANDS = "numbers with thousands separators"
_DECIMAL_COMMAS = "numbers with decimal commas"
_BRACKETS = "numbers in brackets"
_SEPARATED = "separated"

# How many different texts of a column are looked at: a column of a million is no slower.
_MAX_TEXTS = 10_000

# The first that fits a text is its form. A year of two digits is a date only where the rest
# leaves no doubt: 1.10.12 may be a version.
_FORMS = {
    _DATES: (
        rf"(?:{_YEAR}-(?:0[1-9]|1[0-2])|{_YEAR}([-/.]){_DAY}\1{_DAY}"
        rf"|{_DAY}([-/.]){_DAY}\2{_YEAR}|{_DAY}/{_DAY}/\d\d|[0-3]\d([-.])[0-3]\d\3\d\d"
        rf"|{_DAY}[-. /]*{_MONTH}[-, /]*(?:{_YEAR}|\d\d)"
        rf"|{_MONTH}[-. /]*{_DAY},?[- /]*{_YEAR}){_TIME}"
    ),
    _MONEY: (
        rf"\(?[-+]?\s*(?:{_CURRENCY}\s*[-+]?\s*{_AMOUNT}|{_AMOUNT}\s*{_CURRENCY})-?\)?"
        rf"|\({_CURRENCY}\s*{_AMOUNT}\)"
    ),
    _PERCENTS: rf"\(?[-+]?{_AMOUNT}\s*[%‰]\)?",
    _BRACKETS: rf"\({_AMOUNT}\)",
    _SEPARATED: rf"[-+]?{_AMOUNT}",
}
_PATTERNS = {name: re.compile(pattern) for name, pattern in _FORMS.items()}


@dataclass(frozen=True)
class TextForm:
    """The form of most texts of a column.

    Attributes:
        name: in the plural, such as "amounts of money".
        example: the first text of this form.
        plain: the example as a number that pyarrow reads; None for a date.
        doubt: what else the example might mean; empty if nothing.
        other: the first text that is neither a number nor a date; None if there is none.
    """

    name: str
    example: str
    plain: str | None
    doubt: str
    other: str | None

    @property
    def sentence(self) -> str:
        """What the column holds, for an error."""
        found = f"{self.name} such as {self.example[:40]!r}{self.doubt}"
        if self.other is None:
            return f"holds {found}"
        return f"mixes {found} with text such as {self.other[:40]!r}"

    @property
    def rewriting(self) -> str:
        """How to write the values, as an instruction."""
        if self.plain is None:
            return "write days as YYYY-MM-DD"
        return f"write plain numbers ({self.example[:40]!r} as {self.plain})"


def find_form(counts: "pd.Series[int]") -> TextForm | None:
    """Find the form that more than half of the texts have, together with plain numbers.

    Args:
        counts: text -> how many rows hold it, in the order of the rows; the first 10,000 stand
            for all.

    Returns:
        The most frequent form; None if there is no such form, also if all are plain numbers.
    """
    counts = counts.iloc[:_MAX_TEXTS]
    texts = counts.index.str.strip()
    plain = pd.to_numeric(pd.Series(texts, dtype=object), errors="coerce").notna().to_numpy()
    forms = ["" if number else _form_of(text) for text, number in zip(texts, plain, strict=True)]
    kinds = pd.Series(forms, index=texts, dtype=object)
    numbers = counts.to_numpy()
    known = plain | (kinds != "").to_numpy()
    shares = pd.Series(numbers).groupby(kinds.to_numpy()).sum().drop("", errors="ignore")
    if shares.empty or numbers[known].sum() <= numbers.sum() / 2:
        return None
    form = str(shares.idxmax())
    of_form = [str(text) for text in texts[(kinds == form).to_numpy()]]
    decimal_commas = any(map(_has_decimal_comma, of_form))
    other = None if known.all() else str(texts[~known][0])
    return _describe(form, of_form, decimal_commas, other)


def _describe(form: str, texts: list[str], decimal_commas: bool, other: str | None) -> TextForm:
    example, doubt = texts[0], ""
    if form == _SEPARATED and decimal_commas:
        form, example = _DECIMAL_COMMAS, next(filter(_has_decimal_comma, texts))
    elif form == _SEPARATED:
        form = _THOUSANDS
        if "," in example and "." not in example:
            doubt = " (three digits after each comma: if it is a decimal comma, write a point)"
    plain = None if form == _DATES else _plain(example, decimal_commas)
    return TextForm(form, example, plain, doubt, other)


def _form_of(text: str) -> str:
    return next((name for name, form in _PATTERNS.items() if form.fullmatch(text)), "")


def _amount(text: str) -> str:
    """The digits and separators of a text."""
    found = re.search(_AMOUNT, re.sub(_CURRENCY, "", text))
    return re.sub(rf"['’{_SPACES}]", "", found.group()) if found else ""


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
    if amount.count(".") > 1:
        amount = amount.replace(".", "")
    return f"-{amount}" if "-" in text or text.startswith("(") else amount
