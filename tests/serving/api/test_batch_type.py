"""The type of a batch as the API describes it; what it takes is in test_row_batch."""

import subprocess
import sys

import pytest
from pydantic import TypeAdapter, ValidationError

from maas.model.row import row_type
from maas.serving.api.batch_type import batch_type
from tests.model.graphs import numbers
from tests.workspace import PROJECT

SIGNATURE = numbers(2)
Row = row_type(SIGNATURE)
ROW = {"n0": 1, "n1": 2}


def adapter(max_rows: int) -> TypeAdapter:
    return TypeAdapter(batch_type(Row, SIGNATURE, max_rows))


def test_the_largest_number_of_rows_is_told_in_words():
    schema = adapter(7).json_schema()
    assert schema["description"] == "At most 7 rows."
    assert "maxItems" not in schema
    assert schema["type"] == "array"
    assert set(schema["$defs"]["Row"]["properties"]) == {"n0", "n1"}


@pytest.mark.parametrize("row", [ROW, {"n0": 1, "n1": "2"}], ids=["valid", "invalid"])
def test_a_longer_batch_is_too_long_whatever_its_rows_are(row: dict):
    with pytest.raises(ValidationError) as caught:
        adapter(2).validate_python([row] * 3)
    assert [error["type"] for error in caught.value.errors()] == ["too_long"]


def test_two_types_do_not_share_their_limit():
    small, large = adapter(1), adapter(2)
    assert len(large.validate_python([ROW] * 2)) == 2
    with pytest.raises(ValidationError):
        small.validate_python([ROW] * 2)


CODE = """
import sys
from pydantic import TypeAdapter
from maas.model.row import row_type
from maas.model.signature import Feature, Signature
from maas.serving.api.batch_type import batch_type
features = (Feature(name="n", column="n", type="number"),)
signature = Signature(features=features, target="t", task="regression", example={})
adapter = TypeAdapter(batch_type(row_type(signature), signature, 5))
adapter.json_schema()
print("numpy" in sys.modules, end=" ")
adapter.validate_python([{"n": 1.0}])
print("numpy" in sys.modules)
"""


def test_the_type_loads_numpy_when_the_first_batch_comes():
    done = subprocess.run(
        [sys.executable, "-c", CODE], cwd=PROJECT, capture_output=True, text=True, check=False
    )
    assert (done.stdout, done.stderr) == ("False True\n", "")
