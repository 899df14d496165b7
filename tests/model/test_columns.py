"""Columns of arrays: the same verdict and the same matrix as of the same values in rows."""

import itertools
import json
import random
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError

from maas.model.column_encoding import GAP
from maas.model.columns import Column, null_column
from maas.model.doubtful_rows import RowError, judge_rows, record_at
from maas.model.encoding import Encoder
from maas.model.row import row_type
from maas.model.scorers import Matrix
from maas.model.signature import FLOAT32_MAX, FeatureType, Signature
from tests.model.graphs import feature, signature

KINDS: tuple[FeatureType, ...] = ("number", "integer", "boolean", "category")


def number_column(values: Sequence[Any], dtype: Any = np.float64) -> Column:
    gaps = np.array([value is None for value in values], dtype=bool)
    filled = [0 if value is None else value for value in values]
    return Column("number", np.array(filled, dtype=dtype), gaps if gaps.any() else None)


def boolean_column(values: Sequence[bool | None]) -> Column:
    gaps = np.array([value is None for value in values], dtype=bool)
    return Column("boolean", np.array(values, dtype=bool), gaps if gaps.any() else None)


def text_column(values: Sequence[str | None], spare: Sequence[str] = ()) -> Column:
    """Texts as places; a gap has a place that means nothing."""
    texts = [*spare, *dict.fromkeys(value for value in values if value is not None)]
    places = [len(texts) + 7 if value is None else texts.index(value) for value in values]
    gaps = np.array([value is None for value in values], dtype=bool)
    return Column("text", np.array(places, dtype=np.int32), gaps if gaps.any() else None, texts)


def judge(made: Signature, *columns: Column) -> tuple[Matrix, list[RowError]]:
    encoder = Encoder(made)
    encoded = encoder.encode_columns(columns)
    errors = list(judge_rows(columns, encoded, encoder, row_type(made)))
    return encoded.matrix, errors


def judge_as_rows(made: Signature, *columns: Column) -> tuple[dict[int, bytes], list[RowError]]:
    """What POST /predict makes of each row: its matrix, or its first fault."""
    names = [each.name for each in made.features]
    kind, encoder = row_type(made), Encoder(made)
    valid: dict[int, bytes] = {}
    errors = []
    for row in range(len(columns[0])):
        try:
            checked = kind.model_validate(record_at(columns, names, row))
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False)[0]
            errors.append(RowError(row, str(first["loc"][0]), first["msg"]))
        else:
            valid[row] = encoder.encode_rows([checked]).tobytes()
    return valid, errors


def check_alike(made: Signature, *columns: Column) -> tuple[Matrix, list[RowError]]:
    matrix, errors = judge(made, *columns)
    valid, expected = judge_as_rows(made, *columns)
    assert errors == expected
    assert {row: matrix[row].tobytes() for row in valid} == valid
    return matrix, errors


def sample(kind: str) -> Column:
    """Two rows of a kind of column."""
    return {
        "number": number_column([1, 2.5]),
        "boolean": boolean_column([True, False]),
        "text": text_column(["a", "é"]),
        "null": null_column(2),
        "other": Column("other", np.array(["2024-01-01", "2024-01-02"], dtype="datetime64[D]")),
    }[kind]


@pytest.mark.parametrize("nullable", [False, True])
@pytest.mark.parametrize(
    ("kind", "given"),
    list(itertools.product(KINDS, ("number", "boolean", "text", "null", "other"))),
)
def test_each_kind_of_column_is_taken_where_its_values_are(
    kind: FeatureType, given: str, nullable: bool
):
    made = signature(feature("x", kind, nullable=nullable))
    _, errors = check_alike(made, sample(given))
    fits = {"number": "number", "integer": "number", "boolean": "boolean", "category": "text"}
    if given == "null":
        assert len(errors) == (0 if nullable else 2)
    elif (kind, given) == ("integer", "number"):
        assert [error.row for error in errors] == [1]  # 2.5
    else:
        assert len(errors) == (0 if fits[kind] == given else 2)
    assert {error.field for error in errors} <= {"x"}


@pytest.mark.parametrize("nullable", [False, True])
@pytest.mark.parametrize("kind", KINDS)
def test_a_gap_is_taken_where_the_feature_is_nullable(kind: FeatureType, nullable: bool):
    makers = {
        "number": lambda: number_column([1.5, None]),
        "integer": lambda: number_column([1, None]),
        "boolean": lambda: boolean_column([True, None]),
        "category": lambda: text_column(["a", None]),
    }
    matrix, errors = check_alike(signature(feature("x", kind, nullable=nullable)), makers[kind]())
    assert [error.row for error in errors] == ([] if nullable else [1])
    if nullable:
        assert matrix[1, 0] == GAP if kind == "category" else np.isnan(matrix[1, 0])


BOUND = 1000.0
ODD = [
    0.0, -0.0, BOUND, -BOUND, np.nextafter(BOUND, 0), np.nextafter(BOUND, 2000), 2 * BOUND,
    np.nan, np.inf, -np.inf, 0.5, 1e-46, 5e-324,
]  # fmt: skip


@pytest.mark.parametrize("nullable", [False, True])
@pytest.mark.parametrize("kind", ["number", "integer"])
@pytest.mark.parametrize("bound", [None, BOUND])
def test_odd_numbers_are_judged_as_in_a_row(kind: FeatureType, nullable: bool, bound: float | None):
    made = signature(feature("x", kind, nullable=nullable), input_bound=bound)
    huge = [FLOAT32_MAX, -FLOAT32_MAX, float(np.nextafter(FLOAT32_MAX, np.inf)), 1e300]
    matrix, errors = check_alike(made, number_column([*ODD, *huge, None]))
    refused = {error.row for error in errors}
    assert {ODD.index(value) for value in (np.inf, -np.inf)} <= refused
    assert 7 in refused  # a NaN that is no gap
    assert 0 not in refused
    assert np.signbit(matrix[1, 0]) == (kind == "number")  # -0.0 is the integer 0


@pytest.mark.parametrize("kind", ["number", "integer"])
@pytest.mark.parametrize("dtype", [np.int64, np.uint64, np.int8, np.float16, np.float32])
def test_numbers_of_each_dtype_are_judged_as_in_a_row(kind: FeatureType, dtype: Any):
    if np.issubdtype(dtype, np.integer):
        about = np.iinfo(dtype)
        values = [0, 1, int(about.min), int(about.max), int(about.max) - 1]
        large = [2**53 + 1, 2**60 + 2**36 + 1, 2**24 + 1]
        values += [value for value in large if value <= about.max]
    else:
        values = [0.0, -0.0, 1.5, float(np.finfo(dtype).max), np.nan, np.inf, float(dtype(0.1))]
    column = number_column(values, dtype)
    for bound in (None, 100.0, float(2**53), float(2**63)):
        check_alike(signature(feature("x", kind), input_bound=bound), column)


@pytest.mark.parametrize("unknown", ["error", "ignore"])
def test_an_unknown_category_is_judged_as_in_a_row(unknown: str):
    made = signature(feature("x", "category", nullable=True), unknown=unknown)
    column = text_column(["b", "new", "", None, "é", "new"], spare=["not used", "a"])
    matrix, errors = check_alike(made, column)
    if unknown == "ignore":
        assert matrix[:, 0].tolist() == [1, GAP, GAP, GAP, 2, GAP]
    assert [error.row for error in errors] == ([1, 2, 5] if unknown == "error" else [])


@pytest.mark.parametrize("kind", KINDS)
def test_columns_without_rows_are_a_matrix_without_rows(kind: FeatureType):
    column = text_column([]) if kind == "category" else number_column([])
    for empty in (column, null_column(0)):
        matrix, errors = judge(signature(feature("x", kind, nullable=True)), empty)
        assert matrix.shape == (0, 1)
        assert matrix.dtype == np.float32
        assert errors == []


def test_columns_come_in_the_order_of_the_features_and_go_in_that_of_the_matrix():
    made = signature(feature("k", "category"), feature("n"), feature("b", "boolean"))
    matrix, _ = check_alike(
        made, text_column(["a", "é"]), number_column([1, 2]), boolean_column([True, False])
    )
    assert matrix.tolist() == [[1, 1, 0], [2, 0, 2]]


def test_a_value_is_read_as_json_would_carry_it():
    assert number_column([1, None], np.int64).at(1) is None
    assert type(number_column([1], np.uint64).at(0)) is int
    assert type(number_column([1], np.float16).at(0)) is float
    assert boolean_column([True]).at(0) is True
    assert text_column(["b"], spare=["a"]).at(0) == "b"
    assert null_column(3).at(2) is None
    assert len(null_column(3)) == 3
    with pytest.raises(TypeError):
        json.dumps(sample("other").at(0))


def test_the_first_fault_of_a_row_is_named_in_the_order_of_the_features():
    made = signature(feature("k", "category"), feature("n"))
    _, errors = judge(made, text_column(["new", "a", "a"]), number_column([np.inf, 1, None]))
    assert [(error.row, error.field) for error in errors] == [(0, "k"), (2, "n")]


def random_column(rng: random.Random, kind: FeatureType, rows: int) -> Column:
    """Mostly what the feature takes."""
    gap = rng.choice([0, 0, 0.1])

    def values(make: Any) -> list[Any]:
        return [None if rng.random() < gap else make() for _ in range(rows)]

    def whole() -> float:
        return float(rng.choice((1, -1)) * rng.getrandbits(rng.randrange(1, 70)))

    wrong = rng.random()
    if wrong < 0.05:
        return null_column(rows)
    if wrong < 0.1:
        kind = rng.choice(KINDS)
    if kind == "category":
        names = ["a", "b", "é", *rng.choice([[], ["new"]])]
        return text_column(values(lambda: rng.choice(names)), spare=rng.choice([[], ["z"]]))
    if kind == "boolean":
        return boolean_column(values(lambda: rng.random() < 0.5))
    if kind == "integer" and rng.random() < 0.5:
        return number_column(values(lambda: rng.randrange(-(2**63), 2**63)), np.int64)
    odd = rng.choice([[], ODD])
    makers = [whole, *([] if kind == "integer" else [lambda: rng.uniform(-2000, 2000)])]
    makers += [lambda: rng.choice(odd)] if odd else []
    return number_column(values(lambda: rng.choice(makers)()))


def test_random_columns_are_judged_as_rows_and_encoded_as_records():
    """Thousands of rows: the verdict, field and words of the row type, and its matrix."""
    rng = random.Random(7)
    plain = 0
    for _ in range(300):
        kinds = [rng.choice(KINDS) for _ in range(rng.randrange(1, 5))]
        features = [
            feature(f"x{place}", kind, nullable=rng.random() < 0.5)
            for place, kind in enumerate(kinds)
        ]
        bound = rng.choice([None, BOUND, float(2**53), 1e30])
        made = signature(*features, unknown=rng.choice(["error", "ignore"]), input_bound=bound)
        columns = [random_column(rng, kind, rng.choice([12])) for kind in kinds]
        matrix, errors = check_alike(made, *columns)
        names = [each.name for each in made.features]
        records = [record_at(columns, names, row) for row in range(len(matrix))]
        by_record = Encoder(made).encode_records(records)
        if by_record is not None:
            plain += 1
            assert not errors
            assert by_record.tobytes() == matrix.tobytes()
    assert 30 < plain < 270
