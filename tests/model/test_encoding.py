"""The encoding: codes of categories, float32, and the order of the matrix, by row and by column."""

import random
from typing import Any

import numpy as np
import pytest

from maas.model.column_encoding import GAP, CategoryCodes
from maas.model.columns import Column
from maas.model.encoding import Encoder
from maas.model.row import row_type
from maas.model.scorers import Matrix
from maas.model.signature import FLOAT32_MAX, Signature
from tests.model.graphs import feature, numbers, signature


def encode(made: Signature, *records: dict[str, Any]) -> Matrix:
    """The matrix of records, which both encoders must give bit by bit."""
    encoder, row = Encoder(made), row_type(made)
    by_column = encoder.encode_records(list(records))
    by_row = encoder.encode_rows([row.model_validate(record) for record in records])
    assert by_column is not None
    assert by_column.dtype == by_row.dtype == np.float32
    assert by_column.shape == by_row.shape
    assert by_column.tobytes() == by_row.tobytes()
    return by_row


def test_a_category_s_code_is_its_place():
    codes = CategoryCodes(feature("x", "category"), "error")
    assert [codes[name] for name in ("a", "b", "é", None)] == [0, 1, 2, GAP]


def test_a_category_that_training_did_not_see_is_a_gap_where_it_is_ignored():
    assert CategoryCodes(feature("x", "category"), "ignore")["new"] == GAP
    with pytest.raises(KeyError, match="new"):
        CategoryCodes(feature("x", "category"), "error")["new"]
    made = signature(feature("x", "category"), unknown="ignore")
    assert encode(made, {"x": "new"}, {"x": "b"}, {"x": ""}).tolist() == [[GAP], [1], [GAP]]


def test_an_ignored_category_is_not_remembered():
    codes = CategoryCodes(feature("x", "category"), "ignore")
    for index in range(100):
        assert codes[f"new {index}"] == GAP
    assert len(codes) == 4


def test_numbers_come_first_and_categories_last():
    made = signature(
        feature("k", "category"),
        feature("n"),
        feature("b", "boolean"),
        feature("m", "category"),
        feature("i", "integer"),
    )
    records = [
        {"k": "b", "n": 0.5, "b": True, "m": "é", "i": 7},
        {"i": -7, "m": "a", "b": False, "n": 1, "k": "a"},  # the order of keys does not matter
    ]
    assert encode(made, *records).tolist() == [[0.5, 1, 7, 1, 2], [1, 0, -7, 0, 0]]


def test_a_gap_is_nan_among_numbers_and_a_code_among_categories():
    made = signature(
        feature("k", "category", nullable=True),
        feature("n", nullable=True),
        feature("i", "integer", nullable=True),
        feature("b", "boolean", nullable=True),
    )
    matrix = encode(made, dict.fromkeys("knib"), {"k": "a", "n": 1, "i": 2, "b": True})
    assert np.isnan(matrix[0, :3]).all()
    assert matrix[0, 3] == GAP
    assert matrix[1].tolist() == [1, 2, 1, 0]


@pytest.mark.parametrize("kinds", [["number"], ["category"], ["number"] * 2, ["category"] * 2])
def test_a_row_may_have_one_column_and_columns_of_one_kind(kinds: list):
    made = signature(*[feature(f"x{index}", kind) for index, kind in enumerate(kinds)])
    value = {"number": 2, "category": "é"}[kinds[0]]
    record = {f"x{index}": value for index in range(len(kinds))}
    assert encode(made, record, record).tolist() == [[2] * len(kinds)] * 2


@pytest.mark.parametrize(
    ("value", "encoded"),
    [
        (0.1, 0.10000000149011612),
        (16_777_217, 16_777_216),
        (16_777_219, 16_777_220),
        (2**60 + 2**36 + 1, 2**60),  # to float64 first, and from there to even
        (2**100, 2**100),
        (1e-45, 1.401298464324817e-45),
        (1e-46, 0),
        (float(np.nextafter(FLOAT32_MAX, 0)), FLOAT32_MAX),
    ],
)
def test_a_number_is_the_nearest_float32(value: float, encoded: float):
    for sign in (1, -1):
        matrix = encode(numbers(1), {"n0": sign * value})
        assert matrix[0, 0] == np.float32(sign * encoded)
        assert np.isfinite(matrix).all()


def test_a_negative_zero_stays_negative():
    assert np.signbit(encode(numbers(2), {"n0": -0.0, "n1": 0.0})).tolist() == [[True, False]]


def test_numbers_of_every_size_are_encoded_alike_by_row_and_by_column():
    rng = random.Random(5)
    made = signature(feature("i", "integer"), feature("n"), feature("k", "category"))

    def whole() -> int:
        return rng.choice((1, -1)) * rng.getrandbits(rng.randrange(1, 128))

    records = [
        {"i": whole() % 10**38, "n": rng.choice((whole() % 10**38, rng.uniform(-1, 1))), "k": "a"}
        for _ in range(500)
    ]
    assert np.isfinite(encode(made, *records)).all()


def test_no_rows_are_a_matrix_without_rows():
    assert Encoder(numbers(3)).encode_rows([]).shape == (0, 3)


@pytest.mark.parametrize(
    "records",
    [
        [],
        (),
        {},
        None,
        "ab",
        [["n0", "n1"]],
        ["ab"],
        [None],
        [{}],
        [{"n0": 1}],
        [{"n0": 1, "other": 2}],
        [{"n0": 1, "n1": 2, "other": 3}],
        [{"n0": 1, "n1": 2}, {"n0": 1}],
        [{"n0": 1, "n1": 2}, {"n0": 1, "n1": "2"}],
        [{"n0": 1, "n1": [2]}],
        [{"n0": 1, "n1": 10**400}],
    ],
)
def test_what_is_not_plainly_a_list_of_rows_is_left_to_the_row_type(records: Any):
    assert Encoder(numbers(2)).encode_records(records) is None


def test_what_float32_cannot_hold_in_a_column_is_doubtful_and_no_warning():
    values = np.array([1.0, 1e39, -1e300, np.inf])
    encoded = Encoder(numbers(1)).encode_columns([Column("number", values)])
    assert encoded.doubtful is not None
    assert encoded.doubtful.tolist() == [False, True, True, True]
    assert encoded.matrix[0].tolist() == [1.0]
