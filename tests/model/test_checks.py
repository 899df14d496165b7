"""What values are valid: the same in a row and in a column of a batch."""

import json

import pytest
from pydantic import ValidationError

from maas.model.encoding import Encoder
from maas.model.row import Row, row_type
from maas.model.signature import FLOAT32_MAX, FeatureType, Signature
from tests.model.graphs import feature, signature

LARGEST = int(FLOAT32_MAX)


def parse(made: Signature, value: str) -> Row | None:
    """The row with this JSON value; None where its type refuses it."""
    try:
        return row_type(made).model_validate_json(f'{{"x": {value}}}')
    except ValidationError:
        return None


def is_plain(made: Signature, *values: str) -> bool:
    """Whether a column of these JSON values is encoded without a look at its rows."""
    return Encoder(made).encode_records([{"x": json.loads(value)} for value in values]) is not None


ACCEPTED: list[tuple[FeatureType, list[str]]] = [
    ("number", ["0", "1", "-0.0", "2.5", "-1e38", "3.4028e38", "1e-400", "9007199254740993"]),
    ("integer", ["0", "-7", "3.0", "-0.0", "1e3", "1e38", "9007199254740993", "1" + "0" * 30]),
    ("boolean", ["true", "false"]),
    ("category", ['"a"', '"b"', '"\\u00e9"']),
]
REFUSED: list[tuple[FeatureType, list[str]]] = [
    ("number", ["true", '"1"', "null", "[]", "{}", "NaN", "Infinity", "-Infinity", "3.5e38"]),
    ("number", ["1" + "0" * 39, "1" + "0" * 400, "-1e300"]),
    ("integer", ["0.5", "true", '"1"', "null", "[1]", "NaN", "Infinity", "1e39", "1e300"]),
    ("integer", ["1" + "0" * 39, "-1" + "0" * 400, "9007199254740992.5e-1"]),
    ("boolean", ["0", "1", "1.0", '"true"', "null", "[true]"]),
    ("category", ['"c"', '""', '"A"', '"a "', "1", "true", "null", '["a"]', '"e\\u0301"']),
]


def cases(listed: list[tuple[FeatureType, list[str]]]) -> list[tuple[FeatureType, str]]:
    return [(kind, value) for kind, values in listed for value in values]


@pytest.mark.parametrize(("kind", "value"), cases(ACCEPTED))
@pytest.mark.parametrize("nullable", [False, True], ids=["required", "nullable"])
def test_a_valid_value_is_accepted_in_a_row_and_in_a_column(
    kind: FeatureType, value: str, nullable: bool
):
    made = signature(feature("x", kind, nullable=nullable))
    assert parse(made, value) is not None
    assert is_plain(made, value)


@pytest.mark.parametrize(("kind", "value"), cases(REFUSED))
def test_an_invalid_value_is_refused_in_a_row_and_in_a_column(kind: FeatureType, value: str):
    made = signature(feature("x", kind))
    (valid, *_) = next(values for accepted, values in ACCEPTED if accepted == kind)
    assert parse(made, value) is None
    assert not is_plain(made, value)
    assert not is_plain(made, valid, value, valid)


@pytest.mark.parametrize("kind", ["number", "integer", "boolean", "category"])
def test_null_is_valid_where_the_data_had_gaps(kind: FeatureType):
    made = signature(feature("x", kind, nullable=True))
    row = parse(made, "null")
    assert row is not None
    assert row.model_dump() == {"x": None}
    assert is_plain(made, "null", "null")


@pytest.mark.parametrize("kind", ["number", "integer"])
def test_what_is_no_number_is_no_null(kind: FeatureType):
    made = signature(feature("x", kind, nullable=True))
    for value in ("NaN", "Infinity", '""', "[]"):
        assert parse(made, value) is None
        assert not is_plain(made, "null", value)


@pytest.mark.parametrize("value", ['"c"', '""', '"null"'])
def test_every_text_is_valid_where_unknown_categories_are_ignored(value: str):
    made = signature(feature("x", "category"), unknown="ignore")
    assert parse(made, value) is not None
    assert is_plain(made, value)
    assert parse(made, "null") is None
    assert not is_plain(made, "null")
    assert parse(made, "1") is None
    assert not is_plain(made, "1")


@pytest.mark.parametrize(
    ("kind", "bound", "inside", "outside"),
    [
        ("number", None, "3.4028234663852886e38", "3.4028234663852890e38"),
        ("number", 1e30, "1e30", "1.0000000000000001e30"),
        ("integer", None, str(LARGEST), str(LARGEST + 1)),
        ("integer", 1e3, "1000", "1001"),
        ("integer", 1e30, "1e30", str(int(1e30) + 1)),
    ],
)
def test_the_bound_itself_is_valid_and_a_column_leaves_it_to_the_row_type(
    kind: FeatureType, bound: float | None, inside: str, outside: str
):
    made = signature(feature("x", kind), input_bound=bound)
    for sign in ("", "-"):
        assert parse(made, sign + inside) is not None
        assert parse(made, sign + outside) is None
        assert not is_plain(made, sign + inside)
        assert not is_plain(made, sign + outside)


def test_a_whole_float_is_an_integer_in_the_row():
    row = parse(signature(feature("x", "integer")), "1e3")
    assert row is not None
    assert row.model_dump_json() == '{"x":1000}'
