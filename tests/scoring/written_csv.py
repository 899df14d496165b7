"""A table written as a CSV file in any dialect, and what the file holds then.

What a CSV file cannot carry is said here: `carried_by_csv` gives the value that it holds in place
of one of JSON.
"""

import csv
import gzip
import json
import math
import random
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.csv

from maas.config.train_config import DataConfig
from maas.model.signature import Feature, FeatureType, Signature
from maas.tables.dialect import Dialect, dialect_of

_CSV = pa.csv.ConvertOptions()
_FLAGS = dict.fromkeys(_CSV.true_values, True) | dict.fromkeys(_CSV.false_values, False)
_DIGITS = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)")


@dataclass(frozen=True)
class Writing:
    """How CSV files are written for a version.

    Attributes:
        suffix: of their names.
        data: keys of the version's config.
    """

    suffix: str = ".csv"
    data: dict[str, Any] = field(default_factory=dict)

    def dialect(self) -> Dialect:
        """What the version reads them by."""
        config = {"source": "s", "target": "t", **self.data}
        return dialect_of(DataConfig.model_validate(config), Path(f"in{self.suffix}"))

    def form_of(self, feature: Feature) -> str | None:
        return self.dialect().forms.get(feature.column)


PLAIN_WRITING = Writing()


def draw_writing(rng: random.Random, signature: Signature) -> Writing:
    """A dialect that can hold any text."""
    suffix = rng.choice((".csv", ".tsv", ".csv.gz", ".tsv.gz", ".CSV.GZ"))
    data: dict[str, Any] = {}
    if rng.random() < 0.6:
        data["delimiter"] = rng.choice((",", ";", "\t", "|"))
    if data.get("delimiter", suffix[1]) in (";", "\t", "|", "t") and rng.random() < 0.6:
        data["decimal"] = ","
    if rng.random() < 0.3:
        data["encoding"] = rng.choice(("utf-16", "utf-8-sig", "utf-32-le"))
    if rng.random() < 0.3:
        data["null_values"] = ["-", "no value"]
    numbers = [f for f in signature.features if f.type in ("number", "integer")]
    forms = {f.column: rng.choice(("money", "percent", "thousands")) for f in numbers}
    kept = {column: form for column, form in forms.items() if rng.random() < 0.3}
    return Writing(suffix, data | ({"forms": kept} if kept else {}))


def write_csv(
    path: Path,
    names: Sequence[str],
    rows: Iterable[Sequence[Any]],
    writing: Writing = PLAIN_WRITING,
    forms: Sequence[str | None] = (),
) -> Path:
    """Write a table; of each column, its form may be given."""
    dialect = writing.dialect()
    opened = gzip.open if path.name.lower().endswith(".gz") else open
    with opened(path, "wt", encoding=dialect.encoding, newline="") as file:
        writer = csv.writer(file, delimiter=dialect.delimiter)
        writer.writerow(names)
        for row in rows:
            chosen = forms or [None] * len(row)
            pairs = zip(row, chosen, strict=True)
            writer.writerow([_write_text(value, dialect, form) for value, form in pairs])
    return path


def _write_text(value: Any, dialect: Dialect, form: str | None) -> str:
    if value is None:
        return random.choice(("", *dialect.null_values))
    if isinstance(value, str):
        return value
    number = not isinstance(value, bool)
    if form and _is_finite(value):
        return _write_in_form(Decimal(repr(value)), dialect.decimal, form)
    text = json.dumps(value)
    return text.replace(".", dialect.decimal) if number else text


def _write_in_form(number: Decimal, decimal: str, form: str) -> str:
    text = f"{number.copy_abs():,f}"
    if decimal == ",":
        text = text.translate(str.maketrans(",.", ".,"))
    around = {
        "money": ("{}", "${}", "{} €"),
        "percent": ("{}", "{}%", "{} %"),
        "thousands": ("{}",),
    }
    text = random.choice(around[form]).format(text)
    if not number.is_signed():
        return text
    return random.choice(("-{}", "−{}", "({})")).format(text)


def carried_by_csv(
    value: Any, kind: FeatureType, writing: Writing = PLAIN_WRITING, form: str | None = None
) -> Any:
    """What a CSV file holds in place of a value of JSON, for a feature.

    It holds texts, of which some mean a gap. NaN is a gap; each number is a float64; a text that
    can be read as a number, or as a boolean, is one; what cannot is a text.
    """
    dialect = writing.dialect()
    if value is None:
        return None
    text = _write_text(value, dialect, None)
    if text in dialect.all_null_values:
        return None
    if kind == "category":
        return text
    if form is not None:
        if _is_finite(value):
            return float(repr(value))
        written = _with_points(text.strip(" \t\u00a0\u202f"), dialect)
        return float(written) if _DIGITS.fullmatch(written) else text
    number = _read_number(_with_points(text, dialect))
    if number is not None and math.isnan(number):
        return None
    if kind == "boolean":
        return _FLAGS.get(text, bool(number) if number in (0.0, 1.0) else text)
    return text if number is None else number


def _is_finite(value: Any) -> bool:
    return type(value) is int or (type(value) is float and math.isfinite(value))


def _with_points(text: str, dialect: Dialect) -> str:
    if dialect.decimal == ".":
        return text
    return text.translate(str.maketrans(",.", ".,"))


def _read_number(text: str) -> float | None:
    try:
        return float(text.strip(" \t"))
    except ValueError:
        return None
