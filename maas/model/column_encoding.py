"""The values of one column to numbers and codes, checked by the feature's rule.

A column comes as a tuple of values, as JSON has them, or as arrays. The rule is one: the two ways
differ in what they read, not in what is valid.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from maas.model.checks import Rule
from maas.model.columns import Column
from maas.model.signature import Feature

Values = npt.NDArray[Any]
Numbers = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

GAP = -1
"""The code of a gap, and of a category that is ignored."""

_KINDS = {"number": "number", "integer": "number", "boolean": "boolean", "category": "text"}


class CategoryCodes(dict[str | None, int]):
    """A category's code is its place among the categories.

    An unknown category is a KeyError, or `GAP` where the signature ignores it.
    """

    def __init__(self, feature: Feature, unknown: str) -> None:
        super().__init__({name: code for code, name in enumerate(feature.categories or ())})
        self[None] = GAP
        self._ignores = unknown == "ignore"

    def __missing__(self, category: str | None) -> int:
        if self._ignores:
            return GAP
        raise KeyError(category)


def list_converter(
    rule: Rule, codes: CategoryCodes | None
) -> Callable[[tuple[Any, ...]], Numbers | list[int]]:
    """What checks a column's values and gives their numbers or codes."""
    types = rule.json_types | ({type(None)} if rule.nullable else set())

    def check_types(values: tuple[Any, ...]) -> None:
        if not set(map(type, values)) <= types:
            raise TypeError

    def convert_categories(values: tuple[Any, ...]) -> list[int]:
        check_types(values)
        return [table[value] for value in values]

    def convert_numbers(values: tuple[Any, ...]) -> Numbers:
        check_types(values)
        numbers = np.array(values, dtype=np.float64)
        doubtful = _find_doubtful(rule, numbers)
        gaps = values.count(None) if rule.nullable else 0
        if doubtful is not None and int(doubtful.sum()) != gaps:
            raise ValueError
        return _finish(rule, numbers)

    if codes is None:
        return convert_numbers
    table = codes
    return convert_categories


def array_encoder(
    rule: Rule, codes: CategoryCodes | None
) -> Callable[[Column], tuple[Values, Flags | None]]:
    """What gives a column's numbers or codes, and which of them are doubtful, if any are."""
    kind, gap = _KINDS[rule.kind], np.float32(np.nan if codes is None else GAP)

    def read(column: Column) -> tuple[Values, Flags | None]:
        if codes is not None:
            return _encode_texts(column, codes)
        if rule.kind == "boolean":
            return column.values, None
        numbers = column.values.astype(np.float64, copy=False)
        return _finish(rule, numbers), _find_doubtful(rule, numbers)

    def encode(column: Column) -> tuple[Values, Flags | None]:
        values, doubtful = encode_kind(column)
        if column.others:
            doubtful = np.zeros(len(column), dtype=bool) if doubtful is None else doubtful.copy()
            doubtful[list(column.others)] = True
        return values, doubtful

    def encode_kind(column: Column) -> tuple[Values, Flags | None]:
        gaps = np.ones(len(column), dtype=bool) if column.kind == "null" else column.gaps
        if column.kind == kind:
            values, doubtful = read(column)
        else:
            values, doubtful = np.full(len(column), gap), np.ones(len(column), dtype=bool)
        if gaps is None:
            return values, doubtful
        if not rule.nullable:
            return values, gaps if doubtful is None else doubtful | gaps
        return np.where(gaps, gap, values), None if doubtful is None else doubtful & ~gaps

    return encode


def _encode_texts(column: Column, codes: CategoryCodes) -> tuple[Values, Flags | None]:
    """The code of each row; a text that is not a category is doubtful."""
    unknown = len(codes)
    table = np.array([_code(codes, text, unknown) for text in column.texts], dtype=np.int32)
    places = column.values
    if column.gaps is not None:
        table = np.append(table, np.int32(GAP))
        places = np.where(column.gaps, len(column.texts), places)
    values = table[places]
    doubtful = values == unknown
    return values, doubtful if doubtful.any() else None


def _code(codes: CategoryCodes, text: str, unknown: int) -> int:
    try:
        return codes[text]
    except KeyError:
        return unknown


def _find_doubtful(rule: Rule, numbers: Numbers) -> Flags | None:
    """Which numbers are not plainly within the bound, or not whole where they must be."""
    bound = rule.bound
    if not len(numbers):
        return None
    # Below the bound, not at it: an integer just above it is the bound in float64. The two ends
    # are looked at first, which is faster; a NaN is at both, and no comparison holds for it.
    if rule.kind != "integer" and -bound < numbers.min() and numbers.max() < bound:
        return None
    with np.errstate(invalid="ignore"):
        valid = np.abs(numbers) < bound
        if rule.kind == "integer":
            valid &= numbers == np.trunc(numbers)
    return None if valid.all() else ~valid


def _finish(rule: Rule, numbers: Numbers) -> Numbers:
    return numbers + 0.0 if rule.kind == "integer" else numbers  # -0.0 is the integer 0
