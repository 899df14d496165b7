"""A value is taken, encoded or refused alike in a row, a batch and a part of a large batch."""

import json
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from maas.model.encoding import Encoder
from maas.model.row import row_type
from maas.model.signature import FLOAT32_MAX, Feature, Signature
from maas.serving.api.batch_type import batch_type
from maas.serving.api.json_chunks import ChunkedList

BOUNDS = [None, FLOAT32_MAX, 1e38, 1e16, 1e6]

NUMBERS = [
    "0", "-0", "-0.0", "1e-400", "-1e-400", "5e-324", "1e-45", "0.1", "1.5", "1e400", "-1e400",
    "16777217", "33554435", "36028797018963969", "9007199791611905", "4503599627370497.5",
    "9007199254740993", "9007199254740993.0", "9223372036854775808", "18446744073709551617",
    "36893488147419103233", "1e22", "1E+5", "1" + "0" * 37, "1" + "0" * 400, "1" + "0" * 5000,
    "true", "null", '"1"', "[]", "{}", "NaN", "Infinity", "-Infinity",
]  # fmt: skip
TEXTS = ['"a"', '"new"', '""', "null", "1", "true", '"\\u0061"', '"\\ud800"', "[]", "{}", '"A"']
FLAGS = ["true", "false", "null", "0", "1", "1.0", '"true"']


def near(bound: float) -> list[str]:
    """Numbers at a bound, just below it and just above it, written in several ways."""
    whole = int(bound)
    texts = [str(whole + step) for step in (-1, 0, 1, 2)] + [repr(bound), f"{whole}.0"]
    texts += [
        f"{whole}.5",
        f"{whole - 1}.5",
        repr(bound * (1 + 2**-52)),
        repr(bound * (1 - 2**-53)),
    ]
    texts.append(str(10 ** len(str(whole))))
    return texts + [f"-{text}" for text in texts]


def say(take: Any, row: str) -> Any:
    """What a way of taking a row gives: its values and their encoding, or where it is wrong."""
    try:
        value, matrix = take(row)
    except ValidationError as error:
        problems = error.errors(include_url=False, include_input=False)
        return [problem["loc"][-1:] for problem in problems]
    return repr(value), matrix.tobytes()


@pytest.mark.parametrize("bound", BOUNDS)
@pytest.mark.parametrize("unknown", ["error", "ignore"])
@pytest.mark.parametrize("nullable", [False, True])
def test_a_row_and_a_batch_follow_one_rule(bound: float | None, unknown: str, nullable: bool):
    features = (
        Feature(name="number", column="n", type="number", nullable=nullable),
        Feature(name="kind", column="k", type="category", nullable=nullable, categories=("a", "b")),
        Feature(name="whole", column="w", type="integer", nullable=nullable),
        Feature(name="flag", column="f", type="boolean", nullable=nullable),
    )
    signature = Signature(
        features=features, unknown=unknown, target="t", task="regression", example={},
        input_bound=bound,
    )  # fmt: skip
    row_kind, encoder = row_type(signature), Encoder(signature)
    single = TypeAdapter(row_kind)
    batch = TypeAdapter(batch_type(row_kind, signature, 10))

    def in_row(row: str) -> Any:
        value = single.validate_json(row)
        return value, encoder.encode_rows([value])

    def in_batch(row: str) -> Any:
        rows = batch.validate_json(f"[{row}]")
        return rows[0], rows.matrix

    def in_part(row: str) -> Any:
        rows = batch.validate_python(ChunkedList((f"[{row}]".encode(),)))
        return rows[0], rows.matrix

    numbers = NUMBERS + near(FLOAT32_MAX if bound is None else bound)
    cases = {"number": numbers, "whole": numbers, "kind": TEXTS, "flag": FLAGS}
    taken = refused = 0
    for name, texts in cases.items():
        for text in texts:
            for kind in ('"a"', '"new"'):  # a category that training did not see stands beside it
                values = {"number": "0.5", "kind": kind, "whole": "3", "flag": "true", name: text}
                row = "{" + ",".join(f"{json.dumps(k)}:{v}" for k, v in values.items()) + "}"
                said = say(in_row, row)
                assert say(in_batch, row) == said, row
                in_parts = say(in_part, row)  # what is not plainly valid is parsed as a whole
                assert in_parts == said or isinstance(in_parts, list), row
                taken += isinstance(said, tuple)
                refused += isinstance(said, list)
    assert taken > 30
    assert refused > 30
