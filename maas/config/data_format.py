"""The types of the keys in `data:` that say how a file is written."""

import json
import re
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field

from maas.config.service_config import Text

NumberForm = Literal["money", "percent", "thousands"]
"""How numbers are written for people: `$1,200.50`, `12 %`, `1,200`."""

NUMBER_FORMS: tuple[NumberForm, ...] = ("money", "percent", "thousands")

# The fields of a date format that the C standard defines for numbers and names, of which a day is
# made; and those of a time.
_DATE_FIELDS = "YymdbB"
_TIME_FIELDS = "HIMSfpz"


def _take_list(value: object) -> object:
    """A list, as YAML and JSON have it, as a tuple."""
    if isinstance(value, str):
        raise ValueError(f"write a list: [{json.dumps(value)}]")
    return tuple(value) if isinstance(value, list) else value


def _check_unique(texts: tuple[str, ...]) -> tuple[str, ...]:
    if len(set(texts)) < len(texts):
        twice = next(text for text in texts if texts.count(text) > 1)
        raise ValueError(f"{twice!r} is there twice")
    return texts


def _check_delimiter(mark: str) -> str:
    if len(mark) != 1 or mark in '"\r\n' or not mark.isascii():
        raise ValueError('write one character, such as ";" or "\\t"')
    return mark


def _check_encoding(name: str) -> str:
    try:
        "".encode(name)
    except LookupError:
        raise ValueError("write an encoding that Python knows, such as cp1252") from None
    return name


def _check_form(form: str) -> str:
    if form in NUMBER_FORMS or _is_date_format(form):
        return form
    known = ", ".join(NUMBER_FORMS)
    raise ValueError(f'write one of {known}, or the format of a date such as "%d.%m.%Y"')


def _is_date_format(form: str) -> bool:
    fields = re.findall("%(.?)", form)
    known = set(_DATE_FIELDS + _TIME_FIELDS)
    return bool(fields) and known.issuperset(fields) and not {"Y", "y"}.isdisjoint(fields)


Columns = Annotated[tuple[str, ...], BeforeValidator(_take_list), AfterValidator(_check_unique)]
"""Names of columns. Also "", as the index is called that R and pandas write into a CSV file."""

NullValues = Annotated[tuple[str, ...], BeforeValidator(_take_list), AfterValidator(_check_unique)]
"""Texts that are gaps."""

Delimiter = Annotated[str, AfterValidator(_check_delimiter)]
"""One character between two columns."""

Encoding = Annotated[str, Field(min_length=1), AfterValidator(_check_encoding)]
"""The name of an encoding."""

Forms = dict[Text, Annotated[str, AfterValidator(_check_form)]]
"""Column -> a `NumberForm`, or the format of its dates in the fields of `strptime`."""
