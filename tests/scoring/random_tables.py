"""Random signatures, and random tables for them with every kind of wrong value.

A table is made in one of two forms. A mixed one has any JSON value anywhere, and rows of different
keys: that is what a client of the API may send, and in part what a CSV file may hold. A typed one
has a column of one Arrow type per feature, which Arrow streams and Parquet files carry too.
"""

import math
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa

from maas.model.signature import FLOAT32_MAX, Feature, FeatureType, Signature
from tests.scoring.hand_made import make_signature

Row = dict[str, Any]

NAMES = ("a", "b.c", "é", "f0", "model_config", "with space", "prediction", "row", 'quo"te')
CATEGORIES = ("a", "b", "é", "true", "10", "x y")
BOUNDS = (None, FLOAT32_MAX, 1e38, 1e16, 1e6, 0.75)
CLASSES = (None, (False, True), (1, 7), ("no", "yes"))

_TEXTS = (
    "A", "a ", " a", "\u0430", "e\u0301", "É", "", "1", "null", "\u200ba", "ａ",
    "x" * 5000, "tab\tin it", "comma, in it", 'quote " in it',
)  # fmt: skip
_NESTED = ([], {}, [1], {"a": 1})


@dataclass(frozen=True)
class Table:
    """A table, as JSON has it.

    Attributes:
        rows: objects by the names of the API.
        arrow: the same columns in Arrow; None: the table is mixed.
    """

    rows: list[Row]
    arrow: pa.Table | None = None


def draw_signature(rng: random.Random) -> Signature:
    kinds: tuple[FeatureType, ...] = ("number", "integer", "boolean", "category")
    features = [
        _draw_feature(rng, name, rng.choice(kinds)) for name in rng.sample(NAMES, rng.randint(1, 5))
    ]
    return make_signature(
        features,
        rng.choice(CLASSES),
        unknown=rng.choice(("error", "ignore")),
        input_bound=rng.choice(BOUNDS),
    )


def _draw_feature(rng: random.Random, name: str, kind: FeatureType) -> Feature:
    return Feature(
        name=name,
        column=f"Column of {name}",
        type=kind,
        nullable=rng.random() < 0.5,
        categories=CATEGORIES[: rng.randint(1, len(CATEGORIES))] if kind == "category" else None,
    )


def draw_table(rng: random.Random, signature: Signature) -> Table:
    """A table for a signature whose input bound is known."""
    rows, wrong = rng.choice((0, 1, 2, 7, 40)), rng.choice((0, 0.02, 0.3))
    names = [f.name for f in signature.features]
    absent = rng.choice(names) if rng.random() < 0.1 else None
    extra = ["not_of_the_model"] if rng.random() < 0.1 else []
    if rng.random() < 0.5:
        return _draw_mixed(rng, signature, rows, wrong, absent, extra)
    columns = {
        f.name: _draw_column(rng, f, signature, rows, wrong)
        for f in signature.features
        if f.name != absent
    } | {name: ([1] * rows, pa.array([1] * rows, pa.int64())) for name in extra}
    arrow = pa.table({name: array for name, (_, array) in columns.items()})
    values = [values for values, _ in columns.values()]
    return Table([dict(zip(columns, row, strict=True)) for row in zip(*values, strict=True)], arrow)


def _draw_mixed(
    rng: random.Random,
    signature: Signature,
    rows: int,
    wrong: float,
    absent: str | None,
    extra: Sequence[str],
) -> Table:
    features = [f for f in signature.features if f.name != absent]
    made = []
    for _ in range(rows):
        row = {f.name: _draw_value(rng, f, signature, wrong) for f in features}
        row |= dict.fromkeys(extra, 1)
        if rng.random() < wrong / 5:
            row.pop(rng.choice(list(row)), None) if row else None
        if rng.random() < wrong / 5:
            row["unknown"] = rng.choice((None, 1))
        made.append(row)
    return Table(made)


def near(bound: float) -> list[float]:
    """A bound, and the numbers on both sides of it."""
    around = [bound, math.nextafter(bound, 0), math.nextafter(bound, math.inf)]
    return [*around, *(-number for number in around)]


def hard_numbers(bound: float) -> list[Any]:
    """Numbers that are hard to judge, near a bound and elsewhere."""
    whole = int(bound)
    return [
        *near(bound), whole, whole + 1, whole - 1, -whole, -whole - 1, whole + 2,
        math.nan, math.inf, -math.inf, 1e39, 1e308, -0.0, 5e-324, 1e-45, 1e-320, 1.5, 1.0, 1,
        16777217, 2**53 + 1, -(2**53) - 1, 2**63 - 1, 2**63, -(2**63), 2**64 + 1, 10**22, 10**400,
    ]  # fmt: skip


def _draw_value(rng: random.Random, feature: Feature, signature: Signature, wrong: float) -> Any:
    bound = signature.input_bound or FLOAT32_MAX
    if rng.random() >= wrong:
        return _draw_right(rng, feature, bound)
    if rng.random() < 0.5 and feature.type in ("number", "integer"):
        return rng.choice(hard_numbers(bound))
    others = (None, None, True, False, 0, 1, 1.0, 2, "1", "true", "nan", "a", *_NESTED)
    return rng.choice(others if rng.random() < 0.5 else (*_TEXTS, *CATEGORIES))


def _draw_right(rng: random.Random, feature: Feature, bound: float) -> Any:
    if feature.nullable and rng.random() < 0.1:
        return None
    if feature.type == "category":
        return rng.choice(feature.categories or ())
    if feature.type == "boolean":
        return rng.random() < 0.5
    if feature.type == "integer":
        return rng.choice((0, 1, -3, 2.0)) if bound > 3 else 0
    return rng.choice((0, 0.5, -0.25, rng.uniform(-1, 1) * min(bound, 100)))


# A column of one Arrow type -------------------------------------------------------------------

_INTEGERS = [pa.int8(), pa.int16(), pa.int32(), pa.int64()]
_NATURALS = [pa.uint8(), pa.uint16(), pa.uint32(), pa.uint64()]
_FLOATS = [pa.float64(), pa.float64(), pa.float32(), pa.float16()]
_STRINGS = [
    pa.string(), pa.large_string(),
    pa.dictionary(pa.int8(), pa.string()), pa.dictionary(pa.int32(), pa.large_string()),
]  # fmt: skip
_DECIMALS = [pa.decimal128(12, 3), pa.decimal128(38, 0)]
RIGHT: dict[FeatureType, list[pa.DataType]] = {
    "number": [*_FLOATS, *_INTEGERS, *_NATURALS, *_DECIMALS],
    "integer": [*_INTEGERS, *_NATURALS, *_FLOATS, *_DECIMALS],
    "boolean": [pa.bool_()],
    "category": _STRINGS,
}
OTHERS: list[tuple[pa.DataType, Any]] = [
    (pa.timestamp("us", "UTC"), datetime(2026, 1, 2, tzinfo=UTC)),
    (pa.date32(), date(2026, 1, 2)),
    (pa.duration("s"), timedelta(seconds=3)),
    (pa.binary(), b"a"),
    (pa.list_(pa.float64()), [1.0]),
    (pa.struct([("a", pa.int64())]), {"a": 1}),
]
"""Types that carry no feature, and a value of each."""

NOT_IN_JSON: Any = []
"""What stands in JSON for a value that JSON does not have: of a type that no feature takes."""


def _draw_column(
    rng: random.Random, feature: Feature, signature: Signature, rows: int, wrong: float
) -> tuple[list[Any], pa.Array]:
    """A column as JSON values, and in Arrow."""
    gaps = feature.nullable or (wrong and rng.random() < 0.5)
    kind = rng.choice(RIGHT[feature.type])
    if wrong and rng.random() < 0.1:
        kind = rng.choice([pa.null(), *(t for types in RIGHT.values() for t in types)])
    if wrong and rng.random() < 0.1:
        kind, value = rng.choice(OTHERS)
        given = [None if gaps and rng.random() < 0.3 else value for _ in range(rows)]
        return [None if v is None else NOT_IN_JSON for v in given], pa.array(given, kind)
    draw = _drawer(rng, feature, signature, kind, wrong)
    given = [None if gaps and rng.random() < 0.1 else draw() for _ in range(rows)]
    array = pa.array(given, kind)
    return [_as_json(value) for value in array.to_pylist()], array


def _as_json(value: Any) -> Any:
    return float(value) if isinstance(value, Decimal | np.floating) else value


def _drawer(
    rng: random.Random, feature: Feature, signature: Signature, kind: pa.DataType, wrong: float
) -> Callable[[], Any]:
    """What draws values that an Arrow type can hold."""
    bound = signature.input_bound or FLOAT32_MAX
    types = pa.types
    if types.is_null(kind):
        return lambda: None
    if types.is_boolean(kind):
        return lambda: rng.random() < 0.5
    if types.is_string(kind) or types.is_large_string(kind) or types.is_dictionary(kind):
        known = feature.categories or CATEGORIES
        return lambda: rng.choice(_TEXTS if rng.random() < wrong else known)
    right = [0, 1, 2, 0.5, 0.25, rng.uniform(-1, 1)]
    candidates = [n for n in hard_numbers(bound) if type(n) is not int or abs(n) < 10**30]
    if types.is_decimal(kind):
        # With few digits, a value has one float64; others are rounded by whoever converts them.
        return lambda: Decimal(rng.choice((0, 1, -2, 3, 12345)))
    if not types.is_integer(kind):
        right = [0.0, 1.0] if feature.type == "integer" else right
        pick = lambda: float(rng.choice(candidates if rng.random() < wrong else right))  # noqa: E731
        short = {pa.float16(): np.float16, pa.float32(): np.float32}.get(kind)
        return pick if short is None else lambda: narrow(short, pick())
    bits = kind.bit_width - types.is_signed_integer(kind)
    low, high = (-(2**bits) if types.is_signed_integer(kind) else 0), 2**bits - 1
    whole = [n for n in (*candidates, low, high) if type(n) is int and low <= n <= high]
    return lambda: rng.choice(whole) if rng.random() < wrong else rng.choice((0, 0, 1, 2))


def narrow(kind: type[np.floating], number: float) -> Any:
    """A number as a shorter float; infinite if it is too large."""
    with np.errstate(over="ignore"):
        return kind(number)
