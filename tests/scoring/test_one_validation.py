"""Rows, batches and files are checked by one rule: of one table, all say the same.

For random tables with every kind of wrong value, what is said of a row is compared with what
POST /predict says of it: whether it is valid, the first field that is wrong, the words, the bits of
its encoding, and the bits of the answer. Where a format cannot carry a value, the row is compared
with the one that it does carry; docs/scoring.md lists these differences.
"""

import math
import random
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from maas.model.signature import FLOAT32_MAX, Feature, FeatureType, Signature
from maas.serving.http.problems import Problem
from tests.scoring.hand_made import make_signature, publish
from tests.scoring.random_tables import (
    BOUNDS,
    NOT_IN_JSON,
    RIGHT,
    Row,
    Table,
    draw_signature,
    draw_table,
    hard_numbers,
    narrow,
)
from tests.scoring.ways import (
    OVERFLOW,
    Model,
    Refused,
    Verdict,
    as_bits,
    expect_problem,
    write_parquet,
    write_stream,
)
from tests.scoring.written_csv import (
    PLAIN_WRITING,
    Writing,
    carried_by_csv,
    draw_writing,
    write_csv,
)
from tests.suite_size import choose

TABLES = 5
"""Tables of one signature."""

SEEDS = choose(30, 60, 2000)
INFINITE = "Input should be a finite number"
NO_NUMBER = "Input should be a valid number"

PARTS = 8
"""Tests that the seeds are shared among."""


@pytest.mark.parametrize("part", range(PARTS))
def test_all_ways_say_the_same_of_a_random_table(part: int, tmp_path: Path):
    for seed in range(part, SEEDS, PARTS):
        check_seed(seed, tmp_path / str(seed))


def check_seed(seed: int, folder: Path) -> None:
    rng = random.Random(seed)
    signature = draw_signature(rng)
    writing = draw_writing(rng, signature) if seed % 2 else PLAIN_WRITING
    model = Model(publish(folder / "models", signature, data=writing.data))
    for place in range(TABLES):
        table = draw_table(rng, model.signature)
        where = f"seed {seed}, table {place}, {writing}"
        check_table(model, table, folder / str(place), rng, where, writing)


def check_table(
    model: Model,
    table: Table,
    folder: Path,
    rng: random.Random,
    where: str,
    writing: Writing = PLAIN_WRITING,
) -> None:
    folder.mkdir()
    check_batches(model, table, where)
    check_csv(model, table, folder / "csv", rng, where, writing)
    if table.arrow is not None:
        check_stream(model, table, rng, where)
        check_parquet(model, table, folder / "parquet", rng, where)


@pytest.mark.parametrize("bound", BOUNDS)
@pytest.mark.parametrize("kind", ["number", "integer"])
def test_all_ways_say_the_same_at_the_bound(kind: FeatureType, bound: float | None, tmp_path: Path):
    """Every number that is hard to judge, in a column of each type that can hold it."""
    rng = random.Random(0)
    signature = make_signature([Feature(name="a", column="A", type=kind)], input_bound=bound)
    model = Model(publish(tmp_path / "models", signature))
    candidates = hard_numbers(model.signature.input_bound or FLOAT32_MAX)
    for place, arrow_kind in enumerate((None, *RIGHT[kind])):
        numbers = [n for n in candidates if arrow_kind is None or holds(arrow_kind, n)]
        arrow = None
        if arrow_kind is not None:
            arrow = pa.table({"a": make_array(numbers, arrow_kind)})
            numbers = arrow["a"].to_pylist()
        table = Table([{"a": n} for n in numbers], arrow)
        check_table(model, table, tmp_path / str(place), rng, f"{bound}, {arrow_kind}")


def make_array(numbers: list[Any], kind: pa.DataType) -> pa.Array:
    dtype = np.dtype(kind.to_pandas_dtype())
    return pa.array([dtype.type(number) for number in numbers], kind)


def holds(kind: pa.DataType, number: Any) -> bool:
    """Whether an Arrow type holds exactly a number."""
    dtype = np.dtype(kind.to_pandas_dtype())
    if dtype.kind in "iu":
        limits = np.iinfo(dtype)
        return type(number) is int and limits.min <= number <= limits.max
    if dtype.kind != "f":  # a decimal
        return False
    try:
        found = float(narrow(dtype.type, float(number)))
    except OverflowError:
        return False
    return found == number or (math.isnan(found) and math.isnan(number))


# Batches ---------------------------------------------------------------------------------------


def check_batches(model: Model, table: Table, where: str) -> None:
    expected = [in_batch(model.judge(row), row) for row in table.rows]
    for least in (0, 300_000):  # a large body is parsed in chunks
        said = model.ask(model.write_json(table.rows, least))
        compare_batch(said, expected, f"{where}, {least} bytes of JSON")
    valid = [row for row, verdict in zip(table.rows, expected, strict=True) if not verdict.errors]
    answers = [as_bits(verdict.answer) for verdict in expected if not verdict.errors]
    for least in (0, 300_000):
        said = model.ask(model.write_json(valid, least))
        assert not isinstance(said, Problem), where
        assert list(map(as_bits, said)) == answers, where


def in_batch(verdict: Verdict, row: dict[str, Any]) -> Verdict:
    """A verdict in the words of a batch, which says of an integer beyond float64 that it is none.

    A single row is read by another parser, to which it is infinite.
    """
    errors = tuple(
        (field, NO_NUMBER if type(row.get(field)) is int and message == INFINITE else message)
        for field, message in verdict.errors
    )
    return replace(verdict, errors=errors)


def compare_batch(said: object, expected: list[Verdict], where: str) -> None:
    """Compare an answer to a batch with what is expected of its rows."""
    wrong = [v for v in expected if v.errors and v.first != ("", OVERFLOW)]
    if not any(v.errors for v in expected):
        assert not isinstance(said, Problem), where
        assert list(map(as_bits, said)) == [as_bits(v.answer) for v in expected], where
        return
    assert isinstance(said, Problem), where
    if wrong:
        invalid = [v if v in wrong else Verdict() for v in expected]
        count, named = expect_problem(invalid)
        assert (said.status, said.errors) == (422, named), where
        assert f"has {count} invalid field" in said.detail, where
    else:  # the first row that overflows is named
        row = next(row for row, v in enumerate(expected) if v.errors)
        assert said.errors == [{"field": f"rows.{row}", "message": OVERFLOW}], where


def as_in_stream(table: Table) -> list[Row]:
    """The rows of a table as an Arrow stream over HTTP has them."""
    assert table.arrow is not None
    decimals = [f.name for f in table.arrow.schema if pa.types.is_decimal(f.type)]
    return [
        row | {name: NOT_IN_JSON for name in decimals if row[name] is not None}
        for row in table.rows
    ]


def check_stream(model: Model, table: Table, rng: random.Random, where: str) -> None:
    """Check a batch that comes as an Arrow stream: a decimal in it is no number."""
    arrow = table.arrow
    assert arrow is not None
    rows = as_in_stream(table)
    expected = [model.judge(row) for row in rows]
    body = write_stream(arrow, rng.choice((1, 3, 1000)))
    compare_batch(model.ask_arrow(body), expected, f"{where}, Arrow")
    valid = [row for row, verdict in enumerate(expected) if not verdict.errors]
    said = model.ask_arrow(write_stream(arrow.take(pa.array(valid, pa.int64())), 1000))
    compare_batch(said, [expected[row] for row in valid], f"{where}, Arrow of valid rows")


# Files -----------------------------------------------------------------------------------------


def check_parquet(model: Model, table: Table, folder: Path, rng: random.Random, where: str) -> None:
    assert table.arrow is not None
    folder.mkdir()
    features = model.signature.features
    trained = rng.random() < 0.3
    names = [f.column if trained else f.name for f in features]
    renamed = dict(zip(model.names, names, strict=True))
    arrow = table.arrow.rename_columns([renamed.get(n, n) for n in table.arrow.column_names])
    source = write_parquet(folder / "in.parquet", arrow)
    rows = [{n: row.get(n) for n in model.names} for row in table.rows]
    expected = [model.judge(row) for row in rows]
    absent = [name for name in names if name not in arrow.column_names]
    if len(absent) < len(names):
        compare_matrix(model.encode(source, names), expected, f"{where}, columns of Parquet")
    said = model.score(source, folder / "out", len(rows))
    refusal = expect_refusal(model.signature, arrow, names)
    compare_file(said, expected, refusal, f"{where}, Parquet")


def check_csv(
    model: Model, table: Table, folder: Path, rng: random.Random, where: str, writing: Writing
) -> None:
    folder.mkdir()
    features = model.signature.features
    there = [f for f in features if not table.rows or any(f.name in row for row in table.rows)]
    trained = rng.random() < 0.3
    names = {f.name: f.column if trained else f.name for f in features}
    written = [[row.get(f.name) for f in there] for row in table.rows]
    path, forms = folder / f"in{writing.suffix}", {f.name: writing.form_of(f) for f in features}
    random.seed(where)
    columns = [names[f.name] for f in there]
    source = write_csv(path, columns, written, writing, [forms[f.name] for f in there])
    rows = [
        {f.name: carried_by_csv(row.get(f.name), f.type, writing, forms[f.name]) for f in features}
        for row in table.rows
    ]
    expected = [model.judge(row) for row in rows]
    if there:
        said = model.encode(source, list(names.values()))
        compare_matrix(said, expected, f"{where}, columns of CSV")
    absent = [f for f in features if f not in there and not f.nullable]
    refusal = f"column {names[absent[0].name]!r}" if absent else None
    refusal = refusal if there else "holds empty lines only"
    if refusal is None and not rows:
        refusal = "holds no row"
    said = model.score(source, folder / "out", len(rows))
    compare_file(said, expected, refusal, f"{where}, CSV")


def compare_matrix(said: list[Verdict], expected: list[Verdict], where: str) -> None:
    for row, (one, other) in enumerate(zip(said, expected, strict=True)):
        overflows = other.first == ("", OVERFLOW)
        assert one.first == (None if overflows else other.first), f"{where}, row {row}"
        assert one.matrix == other.matrix, f"{where}, row {row}"


def compare_file(
    said: list[Verdict] | Refused,
    expected: list[Verdict],
    refusal: str | None,
    where: str,
) -> None:
    """Compare what is said of a file; `refusal` is in the words that refuse it as a whole."""
    if refusal is not None:
        assert isinstance(said, Refused), where
        assert refusal in said.message, where
        return
    assert not isinstance(said, Refused), f"{where}: {said.message}"
    for row, (one, other) in enumerate(zip(said, expected, strict=True)):
        assert one.first == other.first, f"{where}, row {row}"
        assert as_bits(one.answer) == as_bits(other.answer), f"{where}, row {row}"


def expect_refusal(signature: Signature, arrow: pa.Table, names: Sequence[str]) -> str | None:
    """What refuses a whole Parquet file: a column that is missing or of a wrong type, or no row.

    Over HTTP, each row says so of itself; with a wrong type, but for those that are null there.
    """
    pairs = list(zip(names, signature.features, strict=True))
    there = [(name, feature) for name, feature in pairs if name in arrow.column_names]
    if not there:
        return "does not exist"
    for name, feature in pairs:
        if name not in arrow.column_names and not feature.nullable:
            return f"column {name!r}"
    for name, feature in there:
        kind = arrow.schema.field(name).type
        if kind not in (*RIGHT[feature.type], pa.null()):
            return f"column {name!r}: holds "
    return None if len(arrow) else "holds no row"
